package tui

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/tui/tuitest"
)

// everySecond is a source with an event every two seconds.
func everySecond(name string, from time.Duration) *tuitest.Source {
	w := tuitest.NewWorld()
	p := w.Proc(0, w.Host(), 11, 0, "root", "/bin/"+name)
	w.Wait(from)
	src := &tuitest.Source{Name: name}
	for range 50 {
		w.Do(p, "openat", w.File("/"+name), 3)
		w.Wait(2 * time.Second)
		src.Batches = append(src.Batches, w.Take())
	}
	return src
}

// Several files come to what makes alerts in the order of time, and it is told
// when there is nothing left.
func TestFilesInOrderOfTime(t *testing.T) {
	var mu sync.Mutex
	var times []int64
	ended := -1
	opt := Options{
		Sources: []source.Source{everySecond("a", 0), everySecond("b", time.Second)},
		Through: func(_ source.Source, to source.Sink) source.Sink {
			return source.SinkFunc(func(b *event.Batch) {
				mu.Lock()
				times = append(times, b.Time...)
				mu.Unlock()
				to.Batch(b)
			})
		},
		Ended: func() { ended = len(times) },
	}
	st := store.New(0)
	h := newHub(opt, st)
	h.start(t.Context(), opt.Request)
	h.settle(time.Minute) // as the first frame does
	if len(times) != 100 || !slices.IsSorted(times) {
		t.Errorf("%d events, in order: %v", len(times), slices.IsSorted(times))
	}
	if ended != 100 || h.running() || st.Stats().Events != 100 {
		t.Errorf("the end was told after %d events, running: %v, %d held", ended, h.running(), st.Stats().Events)
	}
}

// What rules need beside a filter is asked of those sources alone that they see
// the events of: a server that holds alerts looks for what the screen shows.
func TestRulesAskWhoseEventsTheySee(t *testing.T) {
	wide, err := filter.Compile("proc.name = a or evt.type = execve", event.Fields)
	if err != nil {
		t.Fatal(err)
	}
	seen, apart := &asked{}, &asked{}
	seen.Name, apart.Name = "seen", "apart"
	seen.IsLive, apart.IsLive = true, true
	opt := Options{
		Sources: []source.Source{seen, apart}, Request: source.Request{Filter: wide, Newest: true}, Filter: "proc.name = a",
		Through: func(src source.Source, to source.Sink) source.Sink {
			if src == source.Source(apart) {
				return to
			}
			return source.SinkFunc(to.Batch)
		},
		Env: []string{}, Store: store.New(0),
	}
	m, err := New(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	m.hub.start(t.Context(), opt.Request)
	<-m.hub.ended
	if got, want := [2]string{seen.filter, apart.filter}, [2]string{wide.String(), "proc.name = a"}; got != want || !apart.newest {
		t.Errorf("asked for %q, want %q", got, want)
	}
}

// asked remembers what it was asked for.
type asked struct {
	tuitest.Source
	filter string
	newest bool
}

func (a *asked) Run(_ context.Context, req source.Request, _ source.Sink) error {
	a.filter, a.newest = req.Filter.String(), req.Newest
	return nil
}
