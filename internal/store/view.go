package store

import (
	"context"
	"math/bits"
	"runtime"
	"sync"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// RowID names one event of a store as long as the store holds it.
type RowID struct {
	chunk uint64
	row   uint32
}

// Ref is an event and where it is.
type Ref struct {
	ID RowID
	B  *event.Batch
	I  int
}

// Row returns what fields read of the event.
func (r Ref) Row() event.Row { return r.B.Row(r.I) }

// Time returns the event's time in ns since 1970.
func (r Ref) Time() int64 { return r.B.Time[r.I] }

// View is a store seen through a filter. [View.Update] does the work, on
// whatever goroutine its caller likes; the other methods answer at once from
// what has been evaluated so far. A View may be used by several goroutines.
type View struct {
	store *Store
	f     *filter.Filter

	update sync.Mutex // one Update at a time

	mu     sync.Mutex
	lanes  [][]*part // as of the last Update
	byID   map[uint64]*part
	epoch  uint64
	done   int64 // rows evaluated
	total  int64 // rows held at the last Update
	paused bool
}

// part is a chunk as the view sees it: the first rows of it are evaluated.
type part struct {
	id     uint64
	batch  *event.Batch // as evaluated
	sel    []uint64     // a bit a row that the filter holds for; nil: all
	count  int          // matching rows in batch
	shown  int          // rows shown while the view is paused
	count0 int          // matching rows of those
}

// View opens a view; f nil shows everything. It is empty until its first
// Update.
func (s *Store) View(f *filter.Filter) *View {
	return &View{store: s, f: f, byID: make(map[uint64]*part)}
}

// Filter returns the view's filter, nil when it shows everything.
func (v *View) Filter() *filter.Filter { return v.f }

// Update evaluates the filter over what has not been evaluated yet, the newest
// chunks first, on all cores, until all is done, the budget is used up or ctx
// is done. It reports whether all is done.
func (v *View) Update(ctx context.Context, budget time.Duration) bool {
	v.update.Lock()
	defer v.update.Unlock()
	return v.evaluateAll(ctx, v.adoptLanes(), time.Now().Add(budget)) == 0
}

// evaluateAll evaluates chunks in their order on all cores, one at least, until
// the deadline or until ctx is done. It returns how many are left.
func (v *View) evaluateAll(ctx context.Context, work []job, deadline time.Time) (left int) {
	var next sync.Mutex
	at := 0
	var workers sync.WaitGroup
	for range min(v.threads(), len(work)) {
		workers.Go(func() {
			for {
				next.Lock()
				if at == len(work) || at > 0 && (ctx.Err() != nil || time.Now().After(deadline)) {
					next.Unlock()
					return
				}
				w := work[at]
				at++
				next.Unlock()
				runtime.Gosched() // a key's way to the screen goes before what is counted beside it
				v.evaluate(w)
			}
		})
	}
	workers.Wait()
	return len(work) - at
}

// threads is how many chunks are evaluated side by side.
func (v *View) threads() int {
	if n := int(v.store.workers.Load()); n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// job is a chunk with rows to evaluate.
type job struct {
	part  *part
	batch *event.Batch
}

// adoptLanes takes over the store's chunks as they are now and returns those
// with rows to evaluate, the newest first.
func (v *View) adoptLanes() []job {
	lanes := v.store.look()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.invalidate(lanes)

	kept := make(map[uint64]*part, len(v.byID))
	v.lanes = v.lanes[:0:0]
	v.done, v.total = 0, 0
	var work []job
	for _, hs := range lanes {
		ps := make([]*part, len(hs))
		for i, h := range hs {
			p := v.byID[h.id]
			if p == nil {
				p = &part{id: h.id, batch: h.batch.Slice(0, 0)}
			}
			kept[h.id], ps[i] = p, p
			v.done += int64(p.batch.Len())
			v.total += int64(h.batch.Len())
			if p.batch.Len() < h.batch.Len() {
				work = append(work, job{p, h.batch})
			} else {
				p.batch = h.batch // a closed chunk has moved to a smaller place
			}
		}
		v.lanes = append(v.lanes, ps)
	}
	v.byID = kept
	newestFirst(work)
	return work
}

// invalidate forgets every answer when rows that the filter reads have been
// replaced: metadata of a container that came late.
func (v *View) invalidate(lanes [][]held) {
	var epoch uint64
	for _, hs := range lanes {
		if len(hs) > 0 {
			epoch += hs[0].batch.Tables.Conts.Epoch()
		}
	}
	if epoch == v.epoch {
		return
	}
	v.epoch = epoch
	if v.f == nil || v.f.Homes()&(1<<event.HomeCont|1<<event.HomeProc|1<<event.HomeEvent) == 0 {
		return
	}
	for id, p := range v.byID {
		fresh := &part{id: id, batch: p.batch.Slice(0, 0), shown: p.shown}
		v.byID[id] = fresh
	}
}

func newestFirst(work []job) {
	last := func(j job) int64 { return j.batch.Time[j.batch.Len()-1] }
	for i := 1; i < len(work); i++ { // nearly sorted: lanes are
		for k := i; k > 0 && last(work[k-1]) < last(work[k]); k-- {
			work[k-1], work[k] = work[k], work[k-1]
		}
	}
}

// evaluate brings a part up to the rows of its job's batch.
func (v *View) evaluate(j job) {
	n := j.batch.Len()
	if v.f == nil {
		v.publish(j.part, j.batch, nil, n, n-j.part.batch.Len())
		return
	}
	from := j.part.batch.Len() &^ 63 // whole words: the last one is done again
	sel := make([]uint64, (n+63)/64)
	copy(sel, j.part.sel[:from/64])
	for i := from / 64; i < len(sel); i++ {
		sel[i] = ^uint64(0)
	}
	if tail := n & 63; tail != 0 {
		sel[len(sel)-1] = 1<<tail - 1
	}
	v.f.Select(j.batch.Slice(from, n), sel[from/64:])
	v.publish(j.part, j.batch, sel, onesBelow(sel, n), n-j.part.batch.Len())
}

func (v *View) publish(p *part, b *event.Batch, sel []uint64, count, rows int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	p.batch, p.sel, p.count = b, sel, count
	if v.paused {
		p.count0 = p.ones(0, min(p.shown, b.Len()))
	}
	v.done += int64(rows)
}

// ones counts the matching rows among from, from+1, … to-1.
func (p *part) ones(from, to int) int {
	if p.sel == nil {
		return to - from
	}
	return onesBelow(p.sel, to) - onesBelow(p.sel, from)
}

// onesBelow counts the set bits below bit n.
func onesBelow(sel []uint64, n int) (ones int) {
	for _, w := range sel[:n/64] {
		ones += bits.OnesCount64(w)
	}
	if n&63 != 0 {
		ones += bits.OnesCount64(sel[n/64] & (1<<(n&63) - 1))
	}
	return ones
}

// Progress returns how many rows have been evaluated, and of how many.
func (v *View) Progress() (done, total int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.done, v.total
}

// Pause keeps the view as it stands; the store and Update go on. Pause(false)
// shows what came meanwhile.
func (v *View) Pause(on bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if on == v.paused {
		return
	}
	v.paused = on
	for _, p := range v.byID {
		p.shown, p.count0 = p.batch.Len(), p.count
	}
}

// Paused reports whether the view is paused.
func (v *View) Paused() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.paused
}

// New returns how many matching events have come since the view was paused; 0
// when it is not.
func (v *View) New() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.paused {
		return 0
	}
	n := 0
	for _, p := range v.byID {
		n += p.count - p.count0
	}
	return n
}

// limit returns how many of a part's rows are shown, and how many of those
// match.
func (v *View) limit(p *part) (rows, count int) {
	if v.paused {
		return min(p.shown, p.batch.Len()), p.count0
	}
	return p.batch.Len(), p.count
}

// Len returns how many events the view shows.
func (v *View) Len() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.len()
}

func (v *View) len() (n int) {
	for _, lane := range v.lanes {
		for _, p := range lane {
			_, c := v.limit(p)
			n += c
		}
	}
	return n
}
