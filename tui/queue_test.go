package tui

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/queue"
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
