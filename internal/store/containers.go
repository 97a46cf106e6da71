package store

import (
	"context"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/stoop-project/stoop/internal/event"
)

// ContainerCount is what a store holds of one container.
type ContainerCount struct {
	ID     string // container id, host, or "" for events that name none
	T      *event.Tables
	Cont   event.ContID // newest row that has this id
	Events int
	Alerts int
	Worst  event.Priority // of its alerts; PriorityUnknown without any
	First  int64          // ns since 1970
	Last   int64
}

// Row returns what container fields read of it.
func (c ContainerCount) Row() event.Row { return event.Row{T: c.T, Cont: c.Cont} }

// Containers keeps count of the events of each container of a store, filter
// or not. [Containers.Update] does the work; chunks that are full are counted
// once.
type Containers struct {
	store *Store

	mu     sync.Mutex
	counts map[uint64]*contTally // by chunk
	full   contSums              // of the chunks that grow no more
	inFull int                   // how many these are
	conts  contsOf
}

// contTally is one chunk's counts, by container row.
type contTally struct {
	rows   int // as counted
	sums   map[event.ContID]*ContainerCount
	inFull bool // they are in the sums of the full chunks
}

// contSums are the counts of several chunks by container row.
type contSums map[contKey]*ContainerCount

type contKey struct {
	t    *event.Tables
	cont event.ContID
}

func (s contSums) add(t *contTally) {
	for _, part := range t.sums {
		k := contKey{part.T, part.Cont}
		if sum := s[k]; sum != nil {
			sum.add(part)
		} else {
			first := *part
			s[k] = &first
		}
	}
}

// add adds the counts of other events of the container.
func (c *ContainerCount) add(more *ContainerCount) {
	if more.Last >= c.Last {
		c.T, c.Cont, c.Last = more.T, more.Cont, more.Last
	}
	c.Events += more.Events
	c.Alerts += more.Alerts
	c.Worst = worse(c.Worst, more.Worst)
	c.First = min(c.First, more.First)
}

// contsOf knows the container of every process of one Tables: a process never
// changes it, and reading it of the process's row again and again would be the
// greatest part of counting.
type contsOf struct {
	t  *event.Tables
	of []event.ContID // by ProcID
}

// upTo has the containers of all processes that t has by now.
func (c *contsOf) upTo(t *event.Tables) []event.ContID {
	if c.t != t {
		c.t, c.of = t, c.of[:0]
	}
	for n := t.Procs.Len(); len(c.of) < n; {
		c.of = append(c.of, t.Proc(event.ProcID(len(c.of))).Cont)
	}
	return c.of
}

// Containers returns the count over the store's containers.
func (s *Store) Containers() *Containers { return s.tally }

// Update counts what came since the last call and returns all containers,
// sorted by id. nil means that ctx was done before all was counted; call
// again.
func (c *Containers) Update(ctx context.Context) []ContainerCount {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := make(map[uint64]*contTally, len(c.counts))
	var full, growing []*contTally
	for _, lane := range c.store.look() {
		for i, h := range lane {
			t := c.counts[h.id]
			if t == nil {
				t = &contTally{sums: make(map[event.ContID]*ContainerCount)}
			}
			if t.rows < h.batch.Len() && ctx.Err() == nil {
				t.count(h.batch, c.conts.upTo(h.batch.Tables))
			}
			kept[h.id] = t
			if i < len(lane)-1 && t.rows == h.batch.Len() {
				full = append(full, t)
			} else {
				growing = append(growing, t)
			}
		}
	}
	c.counts = kept
	if ctx.Err() != nil {
		return nil
	}
	c.sumFull(full)
	return c.merge(growing)
}

// sumFull brings the sums of the full chunks up to date: by those that became
// full, or, when some went, by adding all up anew.
func (c *Containers) sumFull(full []*contTally) {
	still := 0
	for _, t := range full {
		if t.inFull {
			still++
		}
	}
	if c.full == nil || still < c.inFull {
		c.full = make(contSums)
		for _, t := range full {
			t.inFull = false
		}
	}
	for _, t := range full {
		if !t.inFull {
			c.full.add(t)
			t.inFull = true
		}
	}
	c.inFull = len(full)
}

// count counts the rows of b that were not counted yet. conts has the
// containers of its processes.
func (t *contTally) count(b *event.Batch, conts []event.ContID) {
	sums := make([]*ContainerCount, b.Tables.Conts.Len())
	for id, c := range t.sums {
		sums[id] = c
	}
	for i := t.rows; i < b.Len(); i++ {
		id := conts[b.Proc[i]]
		c := sums[id]
		if c == nil {
			c = &ContainerCount{T: b.Tables, Cont: id, First: b.Time[i]}
			t.sums[id], sums[id] = c, c
		}
		c.Events++
		c.Last = b.Time[i]
		if a := b.AlertAt(i); a != 0 {
			c.Alerts++
			c.Worst = worse(c.Worst, b.Tables.Alert(a).Priority)
		}
	}
	t.rows = b.Len()
}

func worse(a, b event.Priority) event.Priority {
	if a == event.PriorityUnknown || b != event.PriorityUnknown && b < a {
		return b
	}
	return a
}

// merge adds up what the full chunks and those that grow have, by the
// containers' ids as they are now.
func (c *Containers) merge(growing []*contTally) []ContainerCount {
	byID := make(map[string]*ContainerCount)
	add := func(part *ContainerCount) {
		id := part.T.Text(part.T.Cont(part.Cont).ID)
		if sum := byID[id]; sum != nil {
			sum.add(part)
			return
		}
		first := *part
		first.ID = id
		byID[id] = &first
	}
	for _, part := range c.full {
		add(part)
	}
	for _, t := range growing {
		for _, part := range t.sums {
			add(part)
		}
	}
	all := make([]ContainerCount, 0, len(byID))
	for _, sum := range byID {
		all = append(all, *sum)
	}
	slices.SortFunc(all, func(a, b ContainerCount) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// Rates counts the events of each container in equal buckets of the time from,
// … to-1 (ns since 1970), by container id. Its cost follows the chunks and
// buckets, beside the events that came since [Containers.Update]: a chunk within
// one bucket has been counted.
func (s *Store) Rates(from, to int64, buckets int) map[string][]int {
	return s.tally.rates(from, to, buckets)
}

func (c *Containers) rates(from, to int64, buckets int) map[string][]int {
	r := rates{from: from, to: to, width: float64(to-from) / float64(buckets), rows: make(map[string][]int), n: buckets}
	if buckets <= 0 || to <= from {
		return r.rows
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, lane := range c.store.look() {
		for _, h := range lane {
			first, last := h.batch.Time[0], h.batch.Time[h.batch.Len()-1]
			if first >= to || last < from {
				continue
			}
			t := c.counts[h.id]
			if t != nil && t.rows == h.batch.Len() && first >= from && last < to && r.bucket(first) == r.bucket(last) {
				for id, sum := range t.sums {
					r.of(h.batch.Tables, id)[r.bucket(first)] += sum.Events
				}
				continue
			}
			r.count(h.batch, c.conts.upTo(h.batch.Tables))
		}
	}
	return r.rows
}

// rates is what [Containers.Rates] counts.
type rates struct {
	from, to int64
	width    float64 // of a bucket, ns
	n        int     // buckets
	rows     map[string][]int
}

func (r *rates) bucket(t int64) int { return min(int(float64(t-r.from)/r.width), r.n-1) }

// of returns the buckets of a container.
func (r *rates) of(t *event.Tables, id event.ContID) []int {
	name := t.Text(t.Cont(id).ID)
	row := r.rows[name]
	if row == nil {
		row = make([]int, r.n)
		r.rows[name] = row
	}
	return row
}

// count counts the events of a batch one by one.
func (r *rates) count(b *event.Batch, conts []event.ContID) {
	known := make([][]int, b.Tables.Conts.Len())
	at := sort.Search(b.Len(), func(i int) bool { return b.Time[i] >= r.from })
	for ; at < b.Len() && b.Time[at] < r.to; at++ {
		id := conts[b.Proc[at]]
		if known[id] == nil {
			known[id] = r.of(b.Tables, id)
		}
		known[id][r.bucket(b.Time[at])]++
	}
}
