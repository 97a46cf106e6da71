package tui

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/tui/tuitest"
)

// silo is an archive that counts by itself.
type silo struct {
	*archive

	mu      sync.Mutex
	fail    error
	patient bool // it counts until nobody waits any more
}

func (s *silo) Count(ctx context.Context, qs []dashboard.Query) ([]*dashboard.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return nil, s.fail
	}
	if s.patient {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	st := store.New(0)
	st.Batch(s.all)
	return st.Panels(ctx, qs, nil), nil
}

func (s *silo) Owns(t *event.Tables) bool { return t == s.all.Tables }

func sum[T int | int64](counts []T) (n T) {
	for _, c := range counts {
		n += c
	}
	return n
}

// counted waits until the sources have been counted for the filter shown.
func (s *silo) counted(d *tuitest.Driver, m *Model) bool {
	return d.Settle(changedMsg{}, func() bool {
		l := m.level()
		return l.next == nil && l.there.expr == l.expr && l.there.cancel == nil && !m.hub.asking() && l.counted.all != nil && sum(l.counted.hist) > 0
	})
}

// The histogram shows what the source holds, behind what was fetched of it.
func TestHistogramOfWhatIsThere(t *testing.T) {
	s := &silo{archive: newArchive()}
	d, m := openOn(t, s, 120, 40)
	if !s.counted(d, m) {
		t.Fatal("the source was not counted")
	}
	c := m.level().counted
	if fetched, all := sum(c.hist), sum(c.all); fetched != archivePage || all != 280 {
		t.Errorf("%d fetched, %d there", fetched, all)
	}
	if text := d.Text(); !strings.Contains(text, "40 of 280 there · ⣿ not fetched") || !strings.Contains(text, "fetched, by alerts") || !strings.Contains(text, "⣀") {
		t.Errorf("it does not show that there is more:\n%s", text)
	}
	golden(t, d, 120, 40, "histogram-there")
	d.Send(tea.WindowSizeMsg{Width: 80, Height: 24})
	if text := d.Text(); !strings.Contains(text, "containers 5     fetched") {
		t.Errorf("a narrow list does not say what it counts:\n%s", text)
	}
	d.Send(tea.WindowSizeMsg{Width: 120, Height: 40})
	click(d, m.hist.area.X+2, m.hist.area.Y) // a bar of which nothing was fetched
	if text := d.Text(); !strings.Contains(text, "0 of 6 events fetched") {
		t.Errorf("the bar does not say what of it was fetched:\n%s", text)
	}

	d.Keys("esc", "f")
	d.Type("evt.type = execve")
	d.Keys("enter")
	if !s.counted(d, m) {
		t.Fatal("the source was not counted under the filter")
	}
	if c = m.level().counted; sum(c.hist) != 13 || sum(c.all) != 13 || strings.Contains(d.Text(), "not fetched") || strings.Contains(d.Text(), "fetched, by") {
		t.Errorf("%d execs fetched, %d there", sum(c.hist), sum(c.all))
	}
}

// Where the source cannot evaluate the filter, or cannot count, that is said.
func TestHistogramOfWhatWasFetched(t *testing.T) {
	s := &silo{archive: newArchive()}
	s.loose = true
	d, m := openOn(t, s, 120, 40)
	d.Keys("f")
	d.Type("proc.name = server")
	d.Keys("enter")
	if !d.Settle(changedMsg{}, func() bool { return m.level().there.vague && len(m.level().counted.hist) > 0 }) {
		t.Error("it is not known that the source cannot tell")
	}
	if !strings.Contains(d.Text(), "bars: what was fetched") {
		t.Errorf("it does not say so:\n%s", d.Text())
	}

	s = &silo{archive: newArchive(), fail: errors.New("no shards")}
	d, m = openOn(t, s, 120, 40)
	if !d.Settle(changedMsg{}, func() bool { return m.level().there.err != nil }) {
		t.Error("the count did not fail")
	}
	if !strings.Contains(d.Text(), "the rest could not be counted") {
		t.Errorf("it does not say so:\n%s", d.Text())
	}
}

// stray is the scene with one event of 1970 and one of 2050.
func stray() *tuitest.Source {
	w := tuitest.NewWorld()
	cont := w.Container("0a0a0a0a0a0a", "lost", "", "", "docker.io/lost")
	p := w.Proc(0, cont, 11, 0, "root", "/bin/lost")
	w.Do(p, "openat", w.File("/past"), 3)
	past := w.Take()
	w.Do(p, "openat", w.File("/future"), 3)
	future := w.Take()
	past.Time[0], future.Time[0] = 3e9, time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()
	return &tuitest.Source{Name: "scene", Batches: []*event.Batch{past, tuitest.Scene(), future}}
}

// One event whose clock was wrong does not squeeze all others into one bar; a
// key and a click lead to it.
func TestHistogramLeavesOutWhatIsFar(t *testing.T) {
	d, m := openOn(t, stray(), 120, 40)
	c := m.level().counted
	if span := time.Duration(c.to - c.from); sum(c.hist) != 280 || span > time.Minute {
		t.Errorf("%d events in %s", sum(c.hist), span)
	}
	golden(t, d, 120, 40, "far-in-time")
	shown := func() bool { return len(m.stack) == 2 && m.level().counted.shown == 2 }
	if d.Keys("O"); !shown() {
		t.Errorf("O shows %d events under %q", m.level().counted.shown, m.level().expr)
	}
	d.Keys("esc")
	if click(d, m.hist.outside.X+2, m.hist.outside.Y); !shown() {
		t.Errorf("a click shows %d events under %q", m.level().counted.shown, m.level().expr)
	}
	d.Keys("esc", "b", "b")
	if !d.Settle(changedMsg{}, func() bool { return m.level().board.counts.mass.Outside() == 2 }) {
		t.Fatal("the dashboard does not tell what is far")
	}
	golden(t, d, 120, 40, "far-in-time-dashboard")
	b := m.level().board
	if click(d, b.noted.X+2, b.noted.Y); m.level().board != nil || m.level().counted.shown != 2 {
		t.Errorf("a click shows %d events under %q", m.level().counted.shown, m.level().expr)
	}
}
