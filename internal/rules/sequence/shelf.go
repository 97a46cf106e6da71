package sequence

import (
	"maps"

	"github.com/stoop-project/stoop/internal/event"
)

// Event is an event that a step took: a copy with what it refers to.
type Event struct {
	Time  int64        // ns since 1970
	Batch *event.Batch // the event alone

	ord  uint64
	mark uint64 // the last sweep that found it in use
}

// Row returns what a field reads of the event.
func (e *Event) Row() event.Row { return e.Batch.Row(0) }

// shelf holds the copies of the events that groups took. They share tables,
// which only grow: when as much was copied as was in use the last time, what is
// in use is copied once more, and the old tables are let go.
type shelf struct {
	copiers map[*event.Tables]*event.Copier // one a source
	filled  int64                           // bytes of copied rows, since the last sweep
	inUse   int64                           // bytes of copies that the last sweep found
	sweeps  uint64
}

const (
	// aisles is how many sources' tables are copied side by side.
	aisles = 16
	// minSweep is how much is copied at least before a sweep.
	minSweep = 4 << 20
	// bareTables is about what tables take that hold next to nothing.
	bareTables = 200 << 10
)

// put copies event i of a batch.
func (s *shelf) put(b *event.Batch, i int) *Event {
	c := s.copier(b.Tables)
	rows := c.Tables().Bytes()
	one := c.Batch(b.Slice(i, i+1))
	s.filled += c.Tables().Bytes() - rows + one.Bytes()
	return &Event{Time: b.Time[i], Batch: one}
}

func (s *shelf) copier(t *event.Tables) *event.Copier {
	c, ok := s.copiers[t]
	if !ok {
		if len(s.copiers) >= aisles || s.copiers == nil {
			s.copiers = map[*event.Tables]*event.Copier{}
		}
		c = event.NewCopier(t)
		s.copiers[t] = c
		s.filled += bareTables
	}
	return c
}

// full reports whether it is time for a sweep.
func (s *shelf) full() bool { return s.filled > max(minSweep, s.inUse) }

// sweep copies the events that are in use into new tables. each calls what it
// is given with every one of them, with some more than once.
func (s *shelf) sweep(each func(func(*Event))) {
	s.sweeps++
	s.filled, s.inUse, s.copiers = 0, 0, nil
	moving := map[*event.Tables]*event.Copier{}
	each(func(e *Event) {
		if e.mark == s.sweeps {
			return
		}
		e.mark = s.sweeps
		c, ok := moving[e.Batch.Tables]
		if !ok {
			c = event.NewCopier(e.Batch.Tables)
			moving[e.Batch.Tables] = c
		}
		e.Batch = c.Batch(e.Batch)
		s.inUse += e.Batch.Bytes()
	})
	for c := range maps.Values(moving) {
		s.inUse += bareTables + c.Tables().Bytes()
	}
}
