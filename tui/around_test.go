package tui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/tui/tuitest"
)

// kept makes a SIEM that holds three deeds of a shell and hands on but the
// middle one.
func kept() (*tuitest.Index, *event.Batch) {
	w := tuitest.NewWorld()
	cont := w.Container("6cf4be7b2388", "web", "web-0", "shop", "docker.io/shop/web:2.4.1")
	sh := w.Proc(0, cont, 5901, 0, "root", "/bin/sh")
	for _, file := range []string{"/etc/passwd", "/etc/shadow", "/etc/group"} {
		w.Do(sh, "openat", w.File(file), 3)
		w.Wait(20 * time.Second)
	}
	all := w.Take()
	return &tuitest.Index{Source: tuitest.Source{Name: "es://siem/falco-*", IsLive: true, Batches: []*event.Batch{all.Slice(1, 2)}}, Holds: all}, all
}

// What a SIEM holds beside what it has handed on is counted in the list and
// comes into the timeline, once, also when reading comes to it later.
func TestAroundInSIEM(t *testing.T) {
	src, all := kept()
	d, m := openOn(t, src, 120, 40)
	d.Settle(changedMsg{}, func() bool { return m.level().counted.shown == 1 })
	d.Keys("i", "j", "j", "j") // the process
	if text := d.Text(); !strings.Contains(text, "process            2") {
		t.Errorf("the list does not have two events of the process:\n%s", text)
	}
	d.Keys("enter")
	if l := m.level(); l.counted.shown != 3 || len(m.stack) != 2 || !l.relative {
		t.Errorf("%d events of %q, %q", l.counted.shown, l.title, m.toast.text)
	}
	src.Put(all.Slice(0, 3)) // a page of older ones: one is here already, two were brought in
	src.Put(all.Slice(0, 1)) // … and one that is new though it looks the same
	d.Settle(changedMsg{}, func() bool { return m.level().counted.shown == 5 })
	if n := m.store.Stats().Events; n != 5 {
		t.Errorf("%d events are held, of which the source has handed on one again", n)
	}
	d.Keys("esc", "i", "enter") // as it was left, and nothing comes twice
	if n := m.store.Stats().Events; n != 5 {
		t.Errorf("%d events are held after opening it again", n)
	}
}

// A source that cannot be asked is said, and asked again the next time.
func TestAroundFails(t *testing.T) {
	src, _ := kept()
	d, m := openOn(t, src, 160, 40)
	d.Settle(changedMsg{}, func() bool { return m.level().counted.shown == 1 })
	src.Refuse(errors.New("connection refused"))
	d.Keys("i", "j", "j", "j")
	if text := d.Text(); !strings.Contains(text, "es://siem/falco-*: connection refused") {
		t.Errorf("it is not said:\n%s", text)
	}
	src.Refuse(nil)
	d.Keys("esc", "i")
	if text := d.Text(); strings.Contains(text, "refused") || !strings.Contains(text, "process            2") {
		t.Errorf("it was not asked again:\n%s", text)
	}
}

// An event that came while the list was open is not brought in again.
func TestBringOnlyWhatIsNotThere(t *testing.T) {
	src, all := kept()
	d, m := openOn(t, src, 120, 40)
	d.Settle(changedMsg{}, func() bool { return m.level().counted.shown == 1 })
	d.Keys("i")
	src.Put(all.Slice(0, 1))
	d.Settle(changedMsg{}, func() bool { return m.store.Stats().Events == 2 })
	d.Keys("enter")
	if n := m.store.Stats(); n.Events != 3 {
		t.Errorf("%d events are held", n.Events)
	}
}
