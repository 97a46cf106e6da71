package tui

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/tui/tuitest"
)

// shelf is a source that hands on older events when it is asked to.
type shelf struct {
	tuitest.Source
	t *event.Tables

	mu    sync.Mutex
	asked int
	left  int // pages
}

func newShelf(pages int) *shelf {
	s := &shelf{t: event.NewTables(), left: pages}
	s.IsLive = true
	s.Batches = []*event.Batch{s.page(0)}
	return s
}

// page is a page of 200 events, the more pages back the older.
func (s *shelf) page(back int) *event.Batch {
	b := event.NewBatch(s.t, uint64(back*200+1), 200)
	for i := range 200 {
		at := tuitest.Start.UnixNano() + int64((i-200*back)*1000)
		b.Append(event.Event{Time: at, FD: -1, Dur: -1}, []byte(fmt.Sprint(back)))
	}
	return b
}

func (s *shelf) More(_ context.Context, _ int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left > 0 {
		s.asked, s.left = s.asked+1, s.left-1
		s.Put(s.page(s.asked))
	}
	return nil
}

func (s *shelf) Exhausted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left == 0
}

// Older events are fetched when the cursor comes close to the first, and until
// there are no more.
func TestOlderEventsAreFetchedOnTheWayUp(t *testing.T) {
	s := newShelf(2)
	d, m := openOn(t, s, 100, 30)
	shown := func(n int) func() bool { return func() bool { return m.level().view.Len() == n } }
	if !d.Settle(changedMsg{}, shown(200)) {
		t.Fatalf("%d events at first", m.level().view.Len())
	}
	d.Keys("up", "up")
	if !d.Settle(changedMsg{}, shown(200)) || s.asked != 0 {
		t.Errorf("asked %d times far from the first row", s.asked)
	}
	for pages := range 2 {
		d.Keys("home")
		if !d.Settle(changedMsg{}, shown(200*(pages+2))) {
			t.Fatalf("%d events after %d times at the first row", m.level().view.Len(), pages+1)
		}
	}
	d.Keys("home", "up")
	if !d.Settle(changedMsg{}, shown(600)) || !s.Exhausted() {
		t.Errorf("%d events in the end", m.level().view.Len())
	}
}
