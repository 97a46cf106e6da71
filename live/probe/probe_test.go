//go:build linux

package probe

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/stoop-project/stoop/bpf"
)

func TestMain(m *testing.M) {
	Helper()
	os.Exit(m.Run())
}

// needRoot skips, saying why, or fails where skips are not allowed.
func needRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("STOOP_NO_SKIP") != "" {
		t.Fatal("live tests need root")
	}
	t.Skip("live tests need root: run them with sudo")
}

func open(t testing.TB, opts Options, plan Plan) *Probe {
	t.Helper()
	needRoot(t)
	p, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	plan.WatchSelf = true
	if err := p.Update(plan); err != nil {
		t.Fatal(err)
	}
	return p
}

// collect copies the records that arrive until one satisfies last, or fails.
func collect(t testing.TB, p *Probe, last func(bpf.Record) bool) []bpf.Record {
	t.Helper()
	var all []bpf.Record
	batch := make([]bpf.Record, 0, 512)
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		done := false
		for batch = p.Reader().Next(batch); len(batch) > 0; batch = p.Reader().Next(batch) {
			for _, r := range batch {
				all = append(all, slices.Clone(r))
				done = done || last(r)
			}
		}
		if done {
			return all
		}
	}
	t.Fatalf("the record that was waited for did not come; %d others did", len(all))
	return nil
}

func path(t testing.TB, r bpf.Record, role uint8) string {
	t.Helper()
	part, ok := r.Find(bpf.TagPath, role)
	if !ok {
		return ""
	}
	b, ok := bpf.AppendPath(nil, part)
	if !ok {
		t.Errorf("path does not parse: %q", part.Data)
	}
	return string(b)
}

func mine(r bpf.Record, call string) bool {
	return r.Kind() == bpf.KindSyscall && r.Pid() == uint32(os.Getpid()) && bpf.Native.SyscallName(int(r.Nr())) == call
}

func TestOpenExecForkExit(t *testing.T) {
	p := open(t, Options{}, Plan{Syscalls: []string{"openat"}, Exec: true, Fork: true, Exit: true})
	dir := t.TempDir()
	name := dir + "/a/b/c"
	if err := os.MkdirAll(dir+"/a/b", 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	st, _ := f.Stat()
	_ = st
	f.Close()
	os.Open("/no/such/file")
	cmd := exec.Command("/bin/sh", "-c", "exit 3")
	cmd.Env = []string{"STOOP_TEST=1"}
	cmd.Run()
	recs := collect(t, p, func(r bpf.Record) bool { return r.Kind() == bpf.KindExit && r.Pid() == uint32(cmd.Process.Pid) })
	for _, r := range recs {
		if r.Kind() == bpf.KindSyscall && r.Pid() != uint32(os.Getpid()) {
			continue
		}
		s := fmt.Sprintf("%v %s pid %d ret %d exec %d cg %d", r.Kind(), bpf.Native.SyscallName(int(r.Nr())), r.Pid(), r.Ret(), r.ExecID(), r.Cgroup())
		for c := r.Parts(); c.Next(); {
			s += fmt.Sprintf("\n   tag %d role %#x fl %#x aux %d %q", c.Tag, c.Role, c.Flags, c.Aux, c.Data)
		}
		t.Log(len(r), s)
	}
}
