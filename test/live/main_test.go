//go:build linux

package livetest

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/live"
	"github.com/stoop-project/stoop/live/probe"
	"github.com/stoop-project/stoop/test/lab"
)

func TestMain(m *testing.M) {
	probe.Helper()
	live.KeepPrivileges() // the tests go on to start containers
	code := lab.Run(m)
	for _, dir := range made {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// made are folders that all tests share.
var made []string

// row is one event.
type row struct {
	b *event.Batch
	i int
}

func (r row) typ() string { return r.b.Type[r.i].String() }

// text reads a field as text; "<NA>" when the event does not have it.
func (r row) text(t testing.TB, name string) string {
	t.Helper()
	if v, ok := r.field(t, name); ok {
		return v.String()
	}
	return notKnown
}

const notKnown = "<NA>"

func (r row) field(t testing.TB, name string) (event.Value, bool) {
	t.Helper()
	f, arg, err := event.Fields.Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	return f.Show(r.b.Row(r.i), arg)
}

// kept are the events that a source has handed on.
type kept struct {
	mu   sync.Mutex
	rows []row
}

func (k *kept) Batch(b *event.Batch) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range b.Len() {
		k.rows = append(k.rows, row{b, i})
	}
}

// all returns the events for which is holds.
func (k *kept) all(is func(row) bool) []row {
	k.mu.Lock()
	defer k.mu.Unlock()
	var found []row
	for _, r := range k.rows {
		if is(r) {
			found = append(found, r)
		}
	}
	return found
}

// await returns the first event for which is holds, once there is one.
func (k *kept) await(t testing.TB, what string, is func(row) bool) row {
	t.Helper()
	var found []row
	if !eventually(5*time.Second, func() bool { found = k.all(is); return len(found) > 0 }) {
		t.Fatalf("no event within 5 s: %s", what)
	}
	return found[0]
}

// waitShort is enough for what the pipeline or a runtime does.
const waitShort = 30 * time.Second

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// eventually waits until something is so.
func eventually(within time.Duration, is func() bool) bool {
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if is() {
			return true
		}
	}
	return is()
}

// watching is a live source that runs.
type watching struct {
	*live.Live
	kept
}

// watch runs the live source until the test's end. It returns when the kernel
// programs are in place.
func watch(t testing.TB, condition string, opt source.Options) *watching {
	t.Helper()
	w := &watching{}
	w.Live = watchInto(t, condition, opt, w)
	return w
}

// watchInto is watch with a sink of the caller's.
func watchInto(t testing.TB, condition string, opt source.Options, sink source.Sink) *live.Live {
	t.Helper()
	lab.NeedRoot(t)
	t.Setenv("STOOP_CRI_SOCKET", lab.Containerd(t).Socket)
	src, err := live.Open(t.Context(), "live", opt)
	if err != nil {
		t.Fatal(err)
	}
	w := src.(*live.Live)
	var req source.Request
	if condition != "" {
		if req.Filter, err = filter.Compile(condition, event.Fields); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx, req, sink) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	// Of the machine's other processes one does something soon; if not, this does.
	attached := eventually(time.Minute, func() bool {
		if p, err := os.StartProcess("/bin/true", []string{"true"}, &os.ProcAttr{}); err == nil {
			_, _ = p.Wait()
		}
		return w.Stats().Taken > 0
	})
	if !attached {
		t.Fatal("no record within a minute of attaching")
	}
	return w
}
