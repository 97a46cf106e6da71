package store

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/stoop-project/stoop/internal/event"
)

// DefaultMemory is the bound that a store has unless told otherwise, in bytes.
const DefaultMemory = 512 << 20

// maxLanes bounds how many lanes there are; past it a batch goes where it
// turns time back the least, and the order within that lane is approximate.
const maxLanes = 64

// Store keeps events within a bound of memory, the newest.
type Store struct {
	budget  int64
	version atomic.Uint64
	workers atomic.Int32
	tables  atomic.Pointer[[]*event.Tables] // those of the lanes
	tally   *Containers

	mu      sync.RWMutex
	lanes   []*lane
	chunks  []*chunk // by id, the order of arrival
	nextID  uint64
	bytes   int64 // of the chunks
	events  int64
	evicted int64
}

// lane is a sequence of chunks in which time does not run back.
type lane struct {
	tables *event.Tables
	chunks []*chunk
	last   int64
}

// New returns an empty store that holds at most budget bytes of events and
// tables; [DefaultMemory] when budget is not positive.
func New(budget int64) *Store {
	if budget <= 0 {
		budget = DefaultMemory
	}
	s := &Store{budget: budget}
	s.tally = &Containers{store: s, counts: make(map[uint64]*contTally)}
	return s
}

// SetWorkers bounds how many threads the update of a view works on, so that
// others stay free; 0, which holds at first, is all that Go uses.
func (s *Store) SetWorkers(n int) { s.workers.Store(int32(n)) }

// Batch takes events in; it is what a source needs of its sink. Large batches
// are kept as they are, small ones are gathered into chunks by copying.
func (s *Store) Batch(b *event.Batch) {
	if b.Len() == 0 {
		return
	}
	b = sorted(b)
	s.mu.Lock()
	s.place(b)
	s.evict()
	s.mu.Unlock()
	s.version.Add(1)
}

// place puts a batch behind a lane, or before one. The caller holds the lock.
func (s *Store) place(b *event.Batch) {
	if l := s.laneBehind(b); l != nil {
		s.precede(l, b)
		return
	}
	l := s.laneFor(b)
	if adopted(b) {
		if n := len(l.chunks); n > 0 {
			s.closeChunk(l.chunks[n-1])
		}
		s.link(l, adopt(s.nextID, l, b))
	} else {
		c := s.openChunk(l, b)
		s.bytes -= c.bytes
		c.add(b)
		s.bytes += c.bytes
	}
	s.events += int64(b.Len())
	l.last = max(l.last, b.Time[b.Len()-1])
}

// laneBehind returns the lane whose beginning lies closest behind the end of a
// batch that goes behind none: a source that reads back hands on such ones.
func (s *Store) laneBehind(b *event.Batch) (best *lane) {
	for _, l := range s.lanes {
		if l.tables != b.Tables {
			continue
		}
		if l.last <= b.Time[0] {
			return nil
		}
		first := l.chunks[0].first()
		if first >= b.Time[b.Len()-1] && (best == nil || first < best.chunks[0].first()) {
			best = l
		}
	}
	return best
}

// precede puts a batch before a lane, as a chunk of its own.
func (s *Store) precede(l *lane, b *event.Batch) {
	c := adopt(s.nextID, l, b)
	if !adopted(b) {
		c = newChunk(s.nextID, l, b.Seq)
		c.add(b)
		c.close()
	}
	s.link(l, c)
	n := len(l.chunks)
	l.chunks = append([]*chunk{c}, l.chunks[:n-1]...)
	s.events += int64(b.Len())
}

// laneFor finds the lane whose end lies closest before the batch's beginning.
func (s *Store) laneFor(b *event.Batch) *lane {
	var best, nearest *lane
	for _, l := range s.lanes {
		if l.tables != b.Tables {
			continue
		}
		if l.last <= b.Time[0] && (best == nil || l.last > best.last) {
			best = l
		}
		if nearest == nil || l.last < nearest.last {
			nearest = l
		}
	}
	if best == nil && nearest != nil && len(s.lanes) >= maxLanes {
		best = nearest
	}
	if best == nil {
		best = &lane{tables: b.Tables}
		s.lanes = append(s.lanes, best)
		s.listTables()
	}
	return best
}

func (s *Store) openChunk(l *lane, b *event.Batch) *chunk {
	if n := len(l.chunks); n > 0 {
		if c := l.chunks[n-1]; c.fits(b) {
			return c
		}
		s.closeChunk(l.chunks[n-1])
	}
	c := newChunk(s.nextID, l, b.Seq)
	s.link(l, c)
	return c
}

func (s *Store) closeChunk(c *chunk) {
	s.bytes -= c.bytes
	c.close()
	s.bytes += c.bytes
}

func (s *Store) link(l *lane, c *chunk) {
	l.chunks = append(l.chunks, c)
	s.chunks = append(s.chunks, c)
	s.nextID++
	s.bytes += c.bytes
	switch {
	case s.evicted > 0:
		giveWay(4 * breath)
	case s.bytes+s.tableBytes() > s.budget/8*7:
		giveWay(breath)
	}
}

// evict drops the oldest chunks until the bound is kept. The newest chunk
// always stays.
func (s *Store) evict() {
	for len(s.chunks) > 1 && s.bytes+s.tableBytes() > s.budget {
		oldest := 0
		for i, c := range s.chunks[:len(s.chunks)-1] {
			if c.last() < s.chunks[oldest].last() {
				oldest = i
			}
		}
		s.drop(oldest)
	}
}

func (s *Store) drop(i int) {
	c := s.chunks[i]
	s.chunks = slices.Delete(slices.Clone(s.chunks), i, i+1)
	s.bytes -= c.bytes
	s.events -= int64(c.batch.Len())
	s.evicted += int64(c.batch.Len())
	l := c.lane
	l.chunks = slices.DeleteFunc(slices.Clone(l.chunks), func(x *chunk) bool { return x == c })
	if len(l.chunks) == 0 {
		s.lanes = slices.DeleteFunc(slices.Clone(s.lanes), func(x *lane) bool { return x == l })
		s.listTables()
	}
}

// listTables brings the list of tables up to date with the lanes.
func (s *Store) listTables() {
	var all []*event.Tables
	for _, l := range s.lanes {
		if !slices.Contains(all, l.tables) {
			all = append(all, l.tables)
		}
	}
	s.tables.Store(&all)
}

// tableBytes adds up the tables that the chunks refer to.
func (s *Store) tableBytes() (n int64) {
	for _, t := range s.Tables() {
		n += t.Bytes()
	}
	return n
}

// Version moves whenever events came or went.
func (s *Store) Version() uint64 { return s.version.Load() }

// Stats says what a store holds.
type Stats struct {
	Events  int64 // held
	Bytes   int64 // held, events and tables
	Budget  int64 // bound of Bytes
	Evicted int64 // dropped to keep the bound
	Oldest  int64 // ns since 1970; 0 when empty
	Newest  int64
	Version uint64
}

// Stats returns what the store holds now.
func (s *Store) Stats() Stats {
	s.mu.RLock()
	defer s.mu.RUnlock()
	st := Stats{
		Events: s.events, Bytes: s.bytes + s.tableBytes(), Budget: s.budget, Evicted: s.evicted,
		Version: s.version.Load(),
	}
	for i, c := range s.chunks {
		if i == 0 || c.first() < st.Oldest {
			st.Oldest = c.first()
		}
		if i == 0 || c.last() > st.Newest {
			st.Newest = c.last()
		}
	}
	return st
}

// Tables lists the tables of the events held, each once. It never waits for a
// batch that is being taken in.
func (s *Store) Tables() []*event.Tables {
	if all := s.tables.Load(); all != nil {
		return *all
	}
	return nil
}

// held is a chunk with the rows that it had when it was looked at.
type held struct {
	id    uint64
	batch *event.Batch
}

// look returns the lanes with what they hold now.
func (s *Store) look() [][]held {
	s.mu.RLock()
	defer s.mu.RUnlock()
	lanes := make([][]held, 0, len(s.lanes))
	for _, l := range s.lanes {
		hs := make([]held, len(l.chunks))
		for i, c := range l.chunks {
			hs[i] = held{c.id, c.batch}
		}
		lanes = append(lanes, hs)
	}
	return lanes
}
