//go:build linux

package live

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/testdata"
	"github.com/stoop-project/stoop/live/probe"
	"github.com/stoop-project/stoop/test/lab"
)

func TestMain(m *testing.M) {
	probe.Helper()
	act()
	KeepPrivileges() // the tests go on to start containers
	os.Exit(lab.Run(m))
}

// needRoot skips where the kernel would refuse us.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("STOOP_NO_SKIP") == "1" {
		t.Fatal("the live source needs root")
	}
	testdata.Skipf(t, "the live source needs root")
}

// watched is a running source and what it has handed on.
type watched struct {
	*Live
	mu   sync.Mutex
	rows []row
}

type row struct {
	b *event.Batch
	i int
}

func (w *watched) Batch(b *event.Batch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range b.Len() {
		w.rows = append(w.rows, row{b, i})
	}
}

func (r row) proc() *event.Proc       { return r.b.Tables.Proc(r.b.Proc[r.i]) }
func (r row) obj() *event.Object      { return r.b.Tables.Obj(r.b.Obj[r.i]) }
func (r row) text(s event.Str) string { return r.b.Tables.Text(s) }

func (r row) String() string {
	p := r.proc()
	return fmt.Sprintf("%s pid=%d %s fd=%d %s res=%d", r.b.Type[r.i], p.PID, r.text(p.Name), r.b.FD[r.i], r.obj().Title(r.b.Tables), r.b.Res[r.i])
}

// find returns the first event that holds for is.
func (w *watched) find(is func(row) bool) (row, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.rows {
		if is(r) {
			return r, true
		}
	}
	return row{}, false
}

// count says for how many events is holds.
func (w *watched) count(is func(row) bool) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.rows {
		if is(r) {
			n++
		}
	}
	return n
}

func (w *watched) await(t *testing.T, what string, is func(row) bool) row {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if r, ok := w.find(is); ok {
			return r
		}
	}
	t.Fatalf("no event: %s", what)
	return row{}
}

// probing makes an event that shows that the source is attached; nil: an exec
// on the host.
var probing func() error

// watchFor starts the source with a filter and waits until it is attached.
func watchFor(t *testing.T, expr string, opt source.Options) *watched {
	t.Helper()
	needRoot(t)
	src, err := Open(context.Background(), "live", opt)
	if err != nil {
		t.Fatal(err)
	}
	w := &watched{Live: src.(*Live)}
	var req source.Request
	if expr != "" {
		if req.Filter, err = filter.Compile(expr, event.Fields); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx, req, w) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	mark := fmt.Sprintf("/attached-%d", time.Now().UnixNano())
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		do := func() error { return exec.Command("/bin/true", mark).Run() }
		if probing != nil {
			do = probing
		}
		if err := do(); err != nil {
			t.Fatal(err)
		}
		if w.Stats().Taken > 0 {
			return w
		}
	}
	t.Fatal("no record within 30 s")
	return nil
}

func TestExec(t *testing.T) {
	begin := time.Now()
	w := watchFor(t, "", source.Options{})
	t.Logf("attached and first record after %v", time.Since(begin))
	cmd := exec.Command("/bin/sh", "-c", "cat /etc/hostname; exit 3")
	cmd.Dir, cmd.Env = "/tmp", []string{"STOOP=1", "PATH=/bin:/usr/bin"}
	_ = cmd.Run()

	r := w.await(t, "execve of cat", func(r row) bool {
		return r.b.Type[r.i].String() == "execve" && strings.HasPrefix(r.text(r.proc().Args), "/etc/hostname")
	})
	p := r.proc()
	if p.Flags&event.Seeded != 0 {
		t.Error("the process counts as read from /proc")
	}
	for _, f := range []struct{ name, have, want string }{
		{"comm", r.text(p.Name), "cat"},
		{"exe", r.text(p.Exe), "cat"},
		{"cwd", r.text(p.Cwd), "/tmp/"},
		{"user", r.text(p.User), "root"},
		{"args", r.text(p.Args), "/etc/hostname\x00"},
		{"container", r.text(r.b.Tables.Cont(p.Cont).ID), "host"},
	} {
		if f.have != f.want {
			t.Errorf("%s is %q, want %q", f.name, f.have, f.want)
		}
	}
	if env := r.text(p.Env); !strings.Contains(env, "STOOP=1\x00") {
		t.Errorf("environment is %q", env)
	}
	parent := r.b.Tables.Proc(p.Parent)
	if got := r.text(parent.Name); got != "sh" {
		t.Errorf("parent is %q, want sh", got)
	}
	grand := r.b.Tables.Proc(parent.Parent)
	if int(grand.PID) != os.Getpid() {
		t.Errorf("grandparent is %d, want the test, %d", grand.PID, os.Getpid())
	}
	exit := w.await(t, "procexit of sh", func(r row) bool {
		return r.b.Type[r.i] == event.TypeProcExit && r.proc().PID == int32(cmd.Process.Pid)
	})
	raw, ok := event.ArgAt(exit.b.Payload(exit.i), event.TypeProcExit.ParamIndex("ret"))
	if !ok || raw.Num != 3 {
		t.Errorf("exit code is %v, want 3", raw)
	}
	if s := w.Stats(); s.Taken != s.Passed+s.Dropped {
		t.Errorf("%d taken are not %d passed and %d dropped", s.Taken, s.Passed, s.Dropped)
	}
	t.Logf("%+v", w.Stats())
}
