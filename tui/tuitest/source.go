package tuitest

import (
	"context"
	"sync"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
)

// Source hands out batches: those it was made with, then, when it is live,
// those that [Source.Put] is given. With Reaches set it keeps a flight
// recorder too; see [Recorder].
type Source struct {
	Name    string
	IsLive  bool
	Err     error // what Run ends with
	Batches []*event.Batch

	more chan *event.Batch
	once sync.Once

	mu    sync.Mutex
	stats source.Stats
}

func (s *Source) queue() chan *event.Batch {
	s.once.Do(func() { s.more = make(chan *event.Batch, 64) })
	return s.more
}

// Put hands a further batch out.
func (s *Source) Put(b *event.Batch) { s.queue() <- b }

// Info implements [source.Source].
func (s *Source) Info() source.Info {
	return source.Info{Name: s.Name, Scheme: "test", Origin: event.FromLive, Live: s.IsLive, Events: -1}
}

// Run implements [source.Source].
func (s *Source) Run(ctx context.Context, _ source.Request, sink source.Sink) error {
	for _, b := range s.Batches {
		s.hand(b, sink)
	}
	if s.Err != nil || !s.IsLive {
		return s.Err
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case b := <-s.queue():
			s.hand(b, sink)
		}
	}
}

func (s *Source) hand(b *event.Batch, sink source.Sink) {
	s.Count(func(st *source.Stats) {
		st.Taken += uint64(b.Len())
		st.Passed += uint64(b.Len())
	})
	sink.Batch(b)
}

// Count changes what the source counts.
func (s *Source) Count(change func(*source.Stats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.stats)
}

// Stats implements [source.Source].
func (s *Source) Stats() source.Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// Close implements [source.Source].
func (s *Source) Close() error { return nil }

// Recorder is a live source with a flight recorder.
type Recorder struct {
	Source
	Rings map[string]*event.Batch // what a drain brings, by container
	Runs  []source.Running        // containers that run

	rows []source.Reach
}

// Fly implements [source.Recorder].
func (r *Recorder) Fly(container string, on bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.rows {
		if r.rows[i].Container == container {
			r.rows[i].BulkOn = on
			return nil
		}
	}
	r.rows = append(r.rows, source.Reach{Container: container, BulkOn: on})
	return nil
}

// SetReach sets what Reach answers.
func (r *Recorder) SetReach(rows ...source.Reach) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows = rows
}

// Running implements [source.Lister].
func (r *Recorder) Running() []source.Running { return r.Runs }

// Reach implements [source.Recorder].
func (r *Recorder) Reach() []source.Reach {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]source.Reach(nil), r.rows...)
}

// Drain implements [source.Recorder].
func (r *Recorder) Drain(_ context.Context, container string, _ time.Time, sink source.Sink) error {
	r.mu.Lock()
	b := r.Rings[container]
	delete(r.Rings, container)
	r.mu.Unlock()
	if b != nil {
		sink.Batch(b)
	}
	return nil
}

// Recall implements [source.Recorder]: a ring here holds only what was not
// handed on.
func (r *Recorder) Recall(context.Context, string, time.Time, time.Time, source.Sink) error {
	return nil
}

// Index is a source that holds more than it hands on, and finds it: a SIEM.
type Index struct {
	Source
	Holds *event.Batch

	refused error
}

// Refuse has Find fail; nil lets it find again.
func (x *Index) Refuse(err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.refused = err
}

// Hold changes what it holds.
func (x *Index) Hold(b *event.Batch) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.Holds = b
}

// Find implements [source.Finder].
func (x *Index) Find(_ context.Context, req source.Request, n int, sink source.Sink) (more bool, err error) {
	x.mu.Lock()
	holds := x.Holds
	x.mu.Unlock()
	var rows []int
	for i, at := range holds.Time {
		if at >= req.Since.UnixNano() && at <= req.Until.UnixNano() && req.Filter.Match(holds, i) {
			rows = append(rows, i)
		}
	}
	if more = len(rows) > n; more && req.Newest {
		rows = rows[len(rows)-n:]
	} else if more {
		rows = rows[:n]
	}
	for _, i := range rows {
		sink.Batch(holds.Slice(i, i+1))
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return more, x.refused
}

// Owns implements [source.Finder].
func (x *Index) Owns(t *event.Tables) bool { return t == x.Holds.Tables }
