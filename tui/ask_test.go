package tui

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/tui/tuitest"
)

// archive is a source that holds the scene and hands on what it is asked for,
// a few events at a time, each of them once.
type archive struct {
	tuitest.Source
	all   *event.Batch
	loose bool // it cannot evaluate filters

	mu     sync.Mutex
	asked  []string
	sent   map[int]bool
	filter *filter.Filter
	below  int // events from here on were looked at
}

const archivePage = 40

func newArchive() *archive {
	a := &archive{all: tuitest.Scene(), sent: map[int]bool{}}
	a.Name, a.IsLive = "archive", true
	a.below = a.all.Len()
	a.Batches = append(a.Batches, a.page()...)
	return a
}

// page is the next events that the filter holds for, going back in time.
func (a *archive) page() (out []*event.Batch) {
	for n := 0; n < archivePage && a.below > 0; {
		a.below--
		if a.filter != nil && !a.loose && !a.filter.Match(a.all, a.below) {
			continue
		}
		n++
		if !a.sent[a.below] {
			a.sent[a.below] = true
			out = append(out, a.all.Slice(a.below, a.below+1))
		}
	}
	return out
}

func (a *archive) put() {
	for _, b := range a.page() {
		a.Put(b)
	}
}

func (a *archive) Ask(_ context.Context, f *filter.Filter) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	text := ""
	if f != nil {
		text = f.String()
	}
	a.asked = append(a.asked, text)
	a.filter, a.below = f, a.all.Len()
	a.put()
	return nil
}

func (a *archive) More(context.Context, int) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.put()
	return nil
}

func (a *archive) Exhausted() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.below == 0
}

func (a *archive) Found() (int64, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.loose || a.filter == nil {
		return int64(a.all.Len()), a.filter == nil
	}
	n := int64(0)
	for i := range a.all.Len() {
		if a.filter.Match(a.all, i) {
			n++
		}
	}
	return n, true
}

// A filter is asked of the source, not of what happens to be here; on the way
// back it is asked again.
func TestSourcesAreAsked(t *testing.T) {
	a := newArchive()
	d, m := openOn(t, a, 120, 30)
	shown := func(n int) func() bool {
		return func() bool { return m.level().view.Len() == n && !m.hub.asking() && !m.hub.fetching() }
	}
	if !d.Settle(changedMsg{}, shown(archivePage)) {
		t.Fatalf("%d events at first", m.level().view.Len())
	}
	if !strings.Contains(d.Text(), "40 of 280 there") {
		t.Errorf("it does not say how many there are:\n%s", d.Text())
	}
	d.Keys("f")
	d.Type("evt.type = execve")
	d.Keys("enter")
	const execs = 13
	if !d.Settle(changedMsg{}, shown(execs)) {
		t.Errorf("%d execs are shown", m.level().view.Len())
	}
	if !strings.Contains(d.Text(), "13 of 13 there") {
		t.Errorf("it does not say how many there are:\n%s", d.Text())
	}
	d.Keys("u")
	if !d.Settle(changedMsg{}, func() bool { return m.level().expr == "" && !m.hub.asking() }) {
		t.Error("the filter was not taken back")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	// Asks are made side by side, so that a later one may come first.
	if n := len(a.asked); n < 2 || !slices.Contains(a.asked[n-2:], "") || !slices.Contains(a.asked, "evt.type = execve") {
		t.Errorf("asked for %q", a.asked)
	}
}

// Where the source cannot evaluate the filter, pages are fetched until the
// screen is full or there are no more.
func TestScreenIsFilled(t *testing.T) {
	a := newArchive()
	a.loose = true
	d, m := openOn(t, a, 120, 30, func(o *Options) { o.Filter = "alert.rule exists" })
	if !d.Settle(changedMsg{}, func() bool { return m.level().view.Len() == 6 && a.Exhausted() }) {
		t.Errorf("%d alerts are shown, nothing left: %v", m.level().view.Len(), a.Exhausted())
	}
}

// Support says that only the event's type can be evaluated there.
func (a *archive) Support(*filter.Filter) func(*filter.Check) filter.Support {
	return func(c *filter.Check) filter.Support {
		if f, ok := c.Left.(*filter.Field); ok && f.Name == "evt.type" {
			return filter.Decides
		}
		return filter.Ignores
	}
}

// While a filter is edited the bar says which part the SIEM evaluates.
func TestBarSaysWhoEvaluates(t *testing.T) {
	d, m := openOn(t, newArchive(), 140, 30)
	d.Settle(changedMsg{}, func() bool { return m.level().view.Len() == archivePage })
	d.Keys("f")
	d.Type("evt.type = execve and proc.name contains sh ")
	d.Settle(changedMsg{}, func() bool { return m.level().expr != "" && !m.hub.asking() })
	if text := d.Text(); !strings.Contains(text, "SIEM evt.type = execve  client finishes proc.name contains sh") {
		t.Errorf("the bar says:\n%s", text)
	}
}
