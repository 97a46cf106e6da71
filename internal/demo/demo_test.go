package demo_test

import (
	"bytes"
	"testing"

	"github.com/stoop-project/stoop/internal/demo"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/recording"
	"github.com/stoop-project/stoop/internal/source"
)

// TestTheStoryIsThere looks for each act of the incident in the recording.
func TestTheStoryIsThere(t *testing.T) {
	acts := map[string]string{
		"the shell's connection":  `proc.name = nc.traditional and evt.type = connect and fd.sip = 127.0.0.66 and fd.sport = 4444`,
		"the shell":               `evt.type in (execve, execveat) and proc.name = bash and proc.aname = python3`,
		"the password file":       `fd.name = /etc/shadow and evt.type = openat and proc.name = cat`,
		"the scan":                `evt.type = connect and proc.name = nmap`,
		"sshd's configuration":    `evt.type in (rename, renameat, renameat2) and evt.arg.newpath contains sshd_config`,
		"the ssh key":             `fd.name = /root/.ssh/authorized_keys and evt.is_open_write = true`,
		"the repository":          `fd.name startswith /etc/apt/sources.list.d and evt.is_open_write = true`,
		"the fetched program":     `evt.type in (execve, execveat) and proc.exepath = /tmp/.cache/updater`,
		"the deleted log":         `evt.type = unlinkat and evt.args contains access.log`,
		"the sibling's own work":  `k8s.pod.name = worker-0 and evt.type = execve`,
		"the lineage to the root": `proc.name = id and proc.aname[1] = bash and container.id != host`,
	}
	found := make(map[string]int)
	src := recording.OpenReader("demo", bytes.NewReader(demo.Recording))
	events := 0
	err := src.Run(t.Context(), source.Request{}, source.SinkFunc(func(b *event.Batch) {
		events += b.Len()
		for act, text := range acts {
			f, err := filter.Compile(text, event.Fields)
			if err != nil {
				t.Fatalf("%s: %v", act, err)
			}
			for i := range b.Len() {
				if f.Match(b, i) {
					found[act]++
				}
			}
		}
		for id := range b.Tables.Procs.Len() {
			p := b.Tables.Procs.At(uint32(id))
			if b.Tables.Cont(p.Cont).IsHost() && (p.Env != event.NoStr || p.Args != event.NoStr) {
				t.Fatalf("the command line of %s, of the machine it was recorded on, is in the demo", b.Tables.Text(p.Name))
			}
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	for act, text := range acts {
		if found[act] == 0 {
			t.Errorf("%s is not there (%s)", act, text)
		}
	}
	st := src.Stats()
	if st.LostTotal() != 0 || st.Bad != 0 || events == 0 {
		t.Errorf("%d events, %d lost, %d bad", events, st.LostTotal(), st.Bad)
	}
	if n := len(demo.Recording); n > 1<<20 {
		t.Errorf("the demo has %d bytes; it should be small", n)
	}
}
