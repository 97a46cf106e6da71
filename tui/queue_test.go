package tui

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/queue"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/tui/tuitest"
)

// Two screens at one desk: what one decides the other sees, and who decides
// about what was changed meanwhile is told.
func TestQueueTwoScreens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "queue")
	at := func(by string) (*tuitest.Driver, *Model) {
		d, m := open(t, 120, 40, func(o *Options) { o.Desk, o.By = queue.OpenFile(path), by })
		go m.desk.follow(m.ctx, m.hub)
		return d, m
	}
	ann, _ := at("ann")
	bob, m := at("bob")
	bob.Keys("Q")
	ann.Keys("Q", "c", "1")
	if !bob.Settle(changedMsg{}, func() bool { return m.hub.queue.Version() > 0 && m.queue.sum.States[queue.Closed] == 1 }) {
		t.Fatalf("bob sees\n%s", bob.Text())
	}
	if len(m.queue.groups) != 5 {
		t.Errorf("%d groups", len(m.queue.groups))
	}
	// A third has not been told yet.
	d, late := open(t, 120, 40, func(o *Options) { o.Desk, o.By = queue.OpenFile(path), "eve" })
	if d.Keys("Q", "a"); !says("ann has changed")(late, d) || late.queue.sum.States[queue.Closed] != 1 {
		t.Errorf("%q\n%s", late.toast.text, d.Text())
	}
}

// What cannot be kept is said, and is not shown as decided.
func TestQueueNotKept(t *testing.T) {
	d, m := open(t, 120, 40, func(o *Options) { o.Desk = queue.OpenFile("/proc/no/such/queue") })
	if d.Keys("Q", "a"); !says("this was not kept: ")(m, d) || m.queue.sum.States[queue.Open] != 6 {
		t.Errorf("%q, %v", m.toast.text, m.queue.sum)
	}
	m.desk.trouble = errors.New("no way").Error()
	if d.Draw(); !strings.Contains(d.Text(), "what others decide is not seen: no way") {
		t.Errorf("\n%s", d.Text())
	}
}

// The queue counts what the store has let go, and says that it is not held.
func TestQueueOutlivesStore(t *testing.T) {
	w := tuitest.NewWorld()
	cont := w.Container("6cf4be7b2388", "web", "web-7d9c5f6b8-x2k8p", "shop", "shop/web:1")
	p := w.Proc(0, cont, 10, 0, "root", "/bin/sh")
	w.Alert(p, "execve", 0, "r", event.PriorityCritical)
	d, m := openOn(t, &tuitest.Source{Name: "s"}, 120, 40)
	m.hub.queue.Batch(w.Take())
	if d.Keys("Q", "enter"); m.over == nil || !says("not held any more")(m, d) {
		t.Errorf("%q\n%s", m.toast.text, d.Text())
	}
	d.Keys("c", "2")
	if text := d.Text(); !strings.Contains(text, "everything is closed; h shows it") {
		t.Errorf("\n%s", text)
	}
}

// vault is a silo that finds too, and evaluates every filter.
type vault struct{ *silo }

func (v *vault) Support(*filter.Filter) func(*filter.Check) filter.Support {
	return func(*filter.Check) filter.Support { return filter.Decides }
}

func (v *vault) Find(_ context.Context, req source.Request, n int, sink source.Sink) (more bool, err error) {
	for i := v.all.Len() - 1; i >= 0 && n > 0; i-- {
		if req.Filter.Match(v.all, i) {
			sink.Batch(v.all.Slice(i, i+1))
			n--
		}
	}
	return n == 0, nil
}

// The queue shows what a source holds that counts by itself, also the kinds of
// which nothing was fetched; their newest alert opens.
func TestQueueOfWhatIsThere(t *testing.T) {
	v := &vault{&silo{archive: newArchive()}}
	d, m := openOn(t, v, 120, 40)
	d.Settle(changedMsg{}, func() bool { return m.level().counted.shown == archivePage })
	if _, sum := m.hub.queue.Groups(); sum.Groups != 0 {
		t.Fatalf("%d groups were fetched", sum.Groups)
	}
	d.Keys("Q")
	if text := d.Text(); len(m.queue.groups) != 6 || !strings.Contains(text, "6 alerts in 6 groups · 6 open · 6 fetched") || !strings.Contains(text, "1 counted there, 1 fetched") {
		t.Errorf("%d groups\n%s", len(m.queue.groups), text)
	}
	golden(t, d, 120, 40, "queue-there")
	if d.Keys("enter"); m.level().pin.B == nil {
		t.Errorf("the newest alert did not open: %q\n%s", m.toast.text, d.Text())
	}
}

// While the source counts, and where it cannot, the counts are those of what was
// fetched, and say so.
func TestQueueOfWhatWasFetched(t *testing.T) {
	v := &vault{&silo{archive: newArchive(), fail: errors.New("no shards")}}
	d, m := openOn(t, v, 120, 40, func(o *Options) { o.Filter = "alert.rule exists" })
	d.Settle(changedMsg{}, func() bool { return m.level().counted.shown == 6 })
	d.Keys("Q")
	if text := d.Text(); !strings.Contains(text, "≥6 alerts in 6 groups") || !strings.Contains(text, "as far as fetched: archive: no shards") || !strings.Contains(text, "     ≥1 ") {
		t.Errorf("\n%s", text)
	}
}
