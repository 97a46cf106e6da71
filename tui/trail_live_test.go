package tui

import (
	"fmt"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/tui/tuitest"
)

// deleting is a shell with an alert, that deletes files one after the other.
type deleting struct {
	w  *tuitest.World
	sh event.ProcID
	n  int
}

func newDeleting() *deleting {
	w := tuitest.NewWorld()
	cont := w.Container("6cf4be7b2388", "web", "web-0", "shop", "docker.io/shop/web:2.4.1")
	sh := w.Proc(0, cont, 5901, 0, "root", "/bin/sh")
	w.Do(sh, "execve", w.File("/bin/sh"), 0)
	w.Alert(sh, "execve", w.File("/bin/sh"), "Shell", event.PriorityCritical)
	return &deleting{w: w, sh: sh}
}

// next deletes some more.
func (d *deleting) next(n int) *event.Batch {
	for range n {
		d.n++
		d.w.Wait(time.Second)
		d.w.Do(d.sh, "openat", d.w.File(fmt.Sprintf("/tmp/%d", d.n)), 3)
	}
	return d.w.Take()
}

// hasSteps tells when the trail that is shown has so many events.
func hasSteps(m *Model) func(n int) func() bool {
	return func(n int) func() bool {
		return func() bool {
			v := m.level().trail
			return v != nil && v.events.of != nil && len(v.events.of.Steps) == n
		}
	}
}

// A trail goes on while its events arrive: the cursor stays where it is and what
// is new is counted, G follows, space stops and counts.
func TestTrailFollows(t *testing.T) {
	x := newDeleting()
	src := &tuitest.Source{Name: "live", IsLive: true, Batches: []*event.Batch{x.next(3)}}
	d, m := openOn(t, src, 120, 40)
	d.Settle(changedMsg{}, func() bool { return m.level().counted.shown == 5 })
	d.Keys("E", "enter")
	steps := hasSteps(m)
	d.Settle(changedMsg{}, steps(5))
	at := func() int64 { row, _ := m.level().trail.row(); return row.B.Time[row.I] }
	alert := at()

	src.Put(x.next(2))
	if !d.Settle(changedMsg{}, steps(7)) {
		t.Fatalf("what arrived is not in the trail:\n%s", d.Text())
	}
	wants(t, d, "2 new, G", "/tmp/5")
	if at() != alert {
		t.Error("the cursor has moved")
	}
	d.Settle(changedMsg{}, func() bool {
		return m.sourceStats.Taken == 7 && m.stats.Events == 7 && m.level().counted.shown == 7 && !m.level().trail.building
	})
	golden(t, d, 120, 40, "trail-new")

	d.Keys("G")
	src.Put(x.next(1))
	d.Settle(changedMsg{}, steps(8))
	if row, _ := m.level().trail.row(); m.read.first(row, "fd.name") != "/tmp/6" {
		t.Errorf("the cursor does not follow:\n%s", d.Text())
	}
	d.Keys("k")
	here := at()
	d.Keys("space")
	src.Put(x.next(4))
	d.Settle(changedMsg{}, func() bool { return m.level().view.New() == 4 })
	wants(t, d, "‖ paused, 4 new")
	if at() != here || !steps(8)() {
		t.Errorf("the trail went on while it was paused:\n%s", d.Text())
	}
	d.Keys("space")
	if !d.Settle(changedMsg{}, steps(12)) || at() != here {
		t.Errorf("the trail does not go on:\n%s", d.Text())
	}
}

// A trail that a SIEM holds goes on as well, by asking again when something has
// come.
func TestTrailFollowsSIEM(t *testing.T) {
	defer func(d time.Duration) { lookEvery = d }(lookEvery)
	lookEvery = 0
	x := newDeleting()
	all := x.next(3)
	src := &tuitest.Index{Source: tuitest.Source{Name: "es://siem/falco-*", IsLive: true, Batches: []*event.Batch{all.Slice(1, 2)}}, Holds: all}
	d, m := openOn(t, src, 120, 40)
	d.Settle(changedMsg{}, func() bool { return m.level().counted.shown == 1 })
	d.Keys("E", "enter")
	steps := hasSteps(m)
	if !d.Settle(changedMsg{}, steps(5)) || !m.level().trail.elsewhere {
		t.Fatalf("the trail is not what the SIEM holds:\n%s", d.Text())
	}
	d.Keys("j")
	row, _ := m.level().trail.row()
	here := row.B.Time[row.I]
	grown := func(n int) *event.Batch { // of all that there is now, the newest are handed on
		b := event.NewBatch(all.Tables, all.Seq, 16)
		for i := range all.Len() {
			b.Append(all.At(i), all.Payload(i))
		}
		more := x.next(n)
		for i := range more.Len() {
			b.Append(more.At(i), more.Payload(i))
		}
		all = b
		src.Hold(b)
		return more.Slice(n-1, n)
	}
	src.Put(grown(2))
	if !d.Settle(changedMsg{}, steps(7)) {
		t.Fatalf("what arrived is not in the trail:\n%s", d.Text())
	}
	wants(t, d, "2 new, G")
	if row, _ := m.level().trail.row(); row.B.Time[row.I] != here {
		t.Error("the cursor has moved")
	}
	d.Keys("space")
	src.Put(grown(3))
	d.Settle(changedMsg{}, func() bool { return m.level().news() == 3 })
	wants(t, d, "‖ paused, 3 new")
	d.Keys("F")
	if !d.Settle(changedMsg{}, steps(10)) {
		t.Errorf("the trail does not go on:\n%s", d.Text())
	}
	if row, _ := m.level().trail.row(); m.read.first(row, "fd.name") != "/tmp/8" {
		t.Errorf("the cursor does not follow:\n%s", d.Text())
	}
}
