package recording

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/testdata"
)

// origin returns the profile that a batch's documents are read by.
func origin(b *event.Batch) string { return b.Tables.Docs.(*profile.Docs).Profile().Name }

// A file may hold several kinds of documents in any order: each is read by the
// profile that knows it.
func TestKindsInTurns(t *testing.T) {
	audit := func(sec int) string {
		return fmt.Sprintf(`{"kind":"Event","auditID":"a%d","verb":"get","stage":"ResponseComplete","stageTimestamp":"2026-01-01T00:00:%02dZ"}`, sec, sec)
	}
	content := alert(1, "a") + "\n" + audit(2) + "\n{broken\n" + alert(4, "b") + "\n" + audit(3) + "\n" + `{"@timestamp":"2026-01-01T00:00:05Z","x":1}` + "\n" + alert(6, "c") + "\n" // an end, so that it is all there at once
	check := func(t *testing.T, s source.Source) {
		t.Helper()
		var got []string
		next := uint64(1)
		for _, b := range collect(t, s, source.Request{}) {
			if b.Seq != next {
				t.Errorf("batch of %s begins at %d, want %d", origin(b), b.Seq, next)
			}
			next += uint64(b.Len())
			for i := range b.Len() {
				f, _ := event.Fields.Lookup("ka.auditid")
				v, _ := f.Get(b.Row(i), event.Arg{})
				got = append(got, origin(b)+" "+v.String()+b.Tables.Text(b.Tables.Alert(b.AlertAt(i)).Rule))
			}
		}
		if text := strings.Join(got, ", "); text != "falco a, falco b, falco c, k8s-audit a2, k8s-audit a3, ecs " {
			t.Errorf("got %s", text)
		}
		if st := s.Stats(); st.Bad != 1 || st.Passed != 6 {
			t.Errorf("stats %+v", st)
		}
	}
	t.Run("file", func(t *testing.T) { check(t, open(t, write(t, content))) })
	t.Run("stream", func(t *testing.T) { check(t, OpenReader("-", strings.NewReader(content))) })
}

// Every kind of documents opens as a file, told by its content alone: the names
// of the files say nothing.
func TestEveryKindOpens(t *testing.T) {
	for i, c := range []struct{ file, want string }{
		{"siem/cloud-defend/alerts.ndjson", "cloud-defend 1"},
		{"siem/endpoint-session/session_view.ndjson", "endpoint 1"},
		{"siem/falco-elastic/sample_event.ndjson", "falco-elastic 1"},
		{"siem/falco-fluentbit/merge_log.derived.ndjson", "falco 18"},
		{"siem/falcosidekick/flattened.derived.ndjson", "falcosidekick 18"},
		{"siem/k8s-audit-elastic/expected.ndjson", "k8s-audit 1"},
		{"siem/k8s-audit-elastic/pipeline.derived.ndjson", "k8s-audit 51"},
		{"siem/tetragon-raw/events.ndjson", "tetragon 43"},
		{"siem/tetragon-elastic/pipeline.derived.ndjson", "tetragon 43"},
		{"siem/wazuh/docker.ndjson", "wazuh 1"},
		{"siem/zeek-elastic/connection.ndjson", "zeek 1"},
		{"audit/falco-k8s_audit.ndjson", "k8s-audit 51"},
	} {
		data, err := os.ReadFile(testdata.Path(t, c.file))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), fmt.Sprint("x", i))
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		counts := map[string]int{}
		for _, b := range collect(t, open(t, path), source.Request{}) {
			counts[origin(b)] += b.Len()
		}
		var got bytes.Buffer
		for name, n := range counts {
			fmt.Fprint(&got, name, " ", n)
		}
		if got.String() != c.want {
			t.Errorf("%s is read as %s, want %s", c.file, got.String(), c.want)
		}
	}
}
