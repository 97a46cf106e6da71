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
}

// contTally is one chunk's counts, by container row.
type contTally struct {
	batch *event.Batch // as counted
	rows  map[event.ContID]*ContainerCount
	proc  map[event.ProcID]*ContainerCount
}

// Containers opens a count over the store's containers.
func (s *Store) Containers() *Containers {
	return &Containers{store: s, counts: make(map[uint64]*contTally)}
}

// Update counts what came since the last call and returns all containers,
// sorted by id. nil means that ctx was done before all was counted; call
// again.
func (c *Containers) Update(ctx context.Context) []ContainerCount {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := make(map[uint64]*contTally, len(c.counts))
	for _, lane := range c.store.look() {
		for _, h := range lane {
			t := c.counts[h.id]
			if t == nil {
				t = &contTally{rows: make(map[event.ContID]*ContainerCount), proc: make(map[event.ProcID]*ContainerCount)}
			}
			if ctx.Err() == nil {
				t.count(h.batch)
			}
			kept[h.id] = t
		}
	}
	c.counts = kept
	if ctx.Err() != nil {
		return nil
	}
	return c.merge()
}

func (t *contTally) count(b *event.Batch) {
	from := 0
	if t.batch != nil {
		from = t.batch.Len()
	}
	t.batch = b
	last := event.ProcID(0)
	var c *ContainerCount
	for i := from; i < b.Len(); i++ {
		if p := b.Proc[i]; c == nil || p != last {
			last, c = p, t.of(b.Tables, p)
		}
		if c.Events == 0 {
			c.First = b.Time[i]
		}
		c.Events++
		c.Last = b.Time[i]
		if a := b.AlertAt(i); a != 0 {
			c.Alerts++
			c.Worst = worse(c.Worst, b.Tables.Alert(a).Priority)
		}
	}
}

func (t *contTally) of(tables *event.Tables, p event.ProcID) *ContainerCount {
	if c := t.proc[p]; c != nil {
		return c
	}
	id := tables.Proc(p).Cont
	c := t.rows[id]
	if c == nil {
		c = &ContainerCount{T: tables, Cont: id}
		t.rows[id] = c
	}
	t.proc[p] = c
	return c
}

func worse(a, b event.Priority) event.Priority {
	if a == event.PriorityUnknown || b != event.PriorityUnknown && b < a {
		return b
	}
	return a
}

// merge adds the chunks up, by the containers' ids as they are now.
func (c *Containers) merge() []ContainerCount {
	byID := make(map[string]*ContainerCount)
	for _, t := range c.counts {
		for _, part := range t.rows {
			id := part.T.Text(part.T.Cont(part.Cont).ID)
			sum := byID[id]
			if sum == nil {
				sum = &ContainerCount{ID: id, First: part.First}
				byID[id] = sum
			}
			if part.Last >= sum.Last {
				sum.T, sum.Cont, sum.Last = part.T, part.Cont, part.Last
			}
			sum.Events += part.Events
			sum.Alerts += part.Alerts
			sum.Worst = worse(sum.Worst, part.Worst)
			sum.First = min(sum.First, part.First)
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
// … to-1 (ns since 1970), by container id. Its cost follows the events in that
// time.
func (s *Store) Rates(from, to int64, buckets int) map[string][]int {
	rates := make(map[string][]int)
	if buckets <= 0 || to <= from {
		return rates
	}
	width := float64(to-from) / float64(buckets)
	for _, lane := range s.look() {
		for _, h := range lane {
			b := h.batch
			if b.Time[0] >= to || b.Time[b.Len()-1] < from {
				continue
			}
			at := sort.Search(b.Len(), func(i int) bool { return b.Time[i] >= from })
			rows := make(map[event.ProcID][]int)
			last := event.ProcID(0)
			var row []int
			for ; at < b.Len() && b.Time[at] < to; at++ {
				if p := b.Proc[at]; row == nil || p != last {
					last, row = p, rowOf(rates, rows, b.Tables, p, buckets)
				}
				row[min(int(float64(b.Time[at]-from)/width), buckets-1)]++
			}
		}
	}
	return rates
}

func rowOf(rates map[string][]int, rows map[event.ProcID][]int, t *event.Tables, p event.ProcID, buckets int) []int {
	row := rows[p]
	if row == nil {
		id := t.Text(t.Cont(t.Proc(p).Cont).ID)
		if row = rates[id]; row == nil {
			row = make([]int, buckets)
			rates[id] = row
		}
		rows[p] = row
	}
	return row
}
