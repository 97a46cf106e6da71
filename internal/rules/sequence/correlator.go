package sequence

import (
	"container/heap"
	"math"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/rules"
)

// Options bounds a correlator. Zero values mean the defaults.
type Options struct {
	// Lateness is how much later than its turn an event may come and still be
	// put in its place; sequences fire as much later. 0: events come in the
	// order of time.
	Lateness time.Duration

	Groups  int   // that one sequence follows at the same time; 10,000
	Bytes   int64 // that the copies of events may take; 64 MiB
	Pending int   // how many events may wait for their turn; 10,000
}

const (
	defaultGroups  = 10_000
	defaultBytes   = 64 << 20
	defaultPending = 10_000
)

// Stats counts what a correlator has done.
type Stats struct {
	Steps    uint64 // events that a step took part in, once a sequence
	Fired    uint64
	Silenced uint64 // would have fired, but for suppress
	Late     uint64 // came too late for their turn, and were left out
	NoGroup  uint64 // had not all the values to group by
	Evicted  uint64 // groups that were forgotten before their time for want of room
	Groups   int    // that are followed now
	Bytes    int64  // that copies take, about
}

// Correlator follows sequences. It is for one goroutine.
type Correlator struct {
	runs  []*run
	opt   Options
	shelf shelf
	stats Stats

	newest int64  // time of the newest event so far
	now    int64  // no event from before is waited for any more
	ord    uint64 // counts events as they come
	turn   uint64 // counts them as it is their turn
	wait   waiting
	alarms alarms
	yield  func(*Fired)

	byRule map[string][]hit // which steps take a rule's alerts; hit.i means nothing
	mine   looker
	theirs looker
}

// New returns a correlator of those sequences that are enabled. An error names
// the sequence.
func New(seqs []*rules.Sequence, reg *event.Registry, opt Options) (*Correlator, error) {
	if opt.Groups == 0 {
		opt.Groups = defaultGroups
	}
	if opt.Bytes == 0 {
		opt.Bytes = defaultBytes
	}
	if opt.Pending == 0 {
		opt.Pending = defaultPending
	}
	c := &Correlator{opt: opt, now: math.MinInt64, byRule: map[string][]hit{}}
	for _, s := range seqs {
		if !s.Enabled {
			continue
		}
		p, err := newPlan(s, reg)
		if err != nil {
			return nil, err
		}
		r := newRun(p, len(c.runs))
		c.runs = append(c.runs, r)
		for rule, steps := range p.rules {
			c.byRule[rule] = append(c.byRule[rule], hit{run: r.at, steps: steps})
		}
	}
	return c, nil
}

// Empty reports whether there is nothing to follow.
func (c *Correlator) Empty() bool { return len(c.runs) == 0 }

// Scope returns what bounds the conditions of all steps: what the kernel has to
// watch for them. ok is false when no step has one.
func (c *Correlator) Scope() (s filter.Scope, ok bool) {
	for _, r := range c.runs {
		for _, cond := range r.conditions {
			if of := cond.filter.Scope(); ok {
				s = s.Union(of)
			} else {
				s, ok = of, true
			}
		}
	}
	return s, ok
}

// Feed takes a batch, and the alerts that were made of its events, if any:
// origin says of each alert which event of the batch made it, in ascending
// order. yield is called with what fires, before Feed returns.
func (c *Correlator) Feed(b, alerts *event.Batch, origin []int, yield func(*Fired)) {
	if c.Empty() {
		return
	}
	c.yield = yield
	mine, theirs := c.mine.look(c, b), []hit(nil)
	if len(origin) > 0 {
		theirs = c.theirs.look(c, alerts)
	}
	clock, seen := c.newest, 0
	for len(mine)+len(theirs) > 0 {
		from := b
		var h hit
		if len(theirs) == 0 || len(mine) > 0 && mine[0].i <= origin[theirs[0].i] {
			h, mine = mine[0], mine[1:]
		} else {
			from, h, theirs = alerts, theirs[0], theirs[1:]
		}
		upTo := h.i
		if from == alerts {
			upTo = origin[h.i]
		}
		for ; seen <= upTo; seen++ {
			clock = max(clock, b.Time[seen])
		}
		c.advance(clock)
		c.take(from, h)
	}
	for ; seen < b.Len(); seen++ {
		clock = max(clock, b.Time[seen])
	}
	c.advance(clock)
}

// underway is how long events may take until they are fed.
const underway = 2 * time.Second

// Advance tells the time of day where no events tell it: what waited for its
// end fires. Events are expected to be fed within two seconds.
func (c *Correlator) Advance(now time.Time, yield func(*Fired)) {
	c.yield = yield
	c.advance(now.Add(-underway).UnixNano())
}

// End takes what still waits for its turn, once no more events come. What
// waits for the end of its time span goes on waiting: nobody knows.
func (c *Correlator) End(yield func(*Fired)) {
	c.yield = yield
	c.release(c.newest)
}

// Stats returns the counts so far.
func (c *Correlator) Stats() Stats {
	s := c.stats
	s.Bytes = c.shelf.inUse + c.shelf.filled
	for _, r := range c.runs {
		s.Groups += r.recent.Len()
	}
	return s
}

// advance notes that a time has come.
func (c *Correlator) advance(newest int64) {
	if newest <= c.newest {
		return
	}
	c.newest = newest
	c.release(newest - int64(c.opt.Lateness))
}

// release takes those events whose turn has come, and lets those groups decide
// whose time is over.
func (c *Correlator) release(now int64) {
	for len(c.wait) > 0 && c.wait[0].time <= now {
		c.deliver(heap.Pop(&c.wait).(*input))
	}
	c.now = max(c.now, now)
	c.ring(c.now)
}

// take brings an event to the groups that it belongs to.
func (c *Correlator) take(b *event.Batch, h hit) {
	r := c.runs[h.run]
	if b.Time[h.i] < c.now {
		c.stats.Late++
		return
	}
	row := b.Row(h.i)
	var values []string
	if r.seq.Type == rules.ValueCount {
		if values = r.field.texts(row); len(values) == 0 {
			c.stats.NoGroup++
			return
		}
	}
	for left := h.steps; left != 0; {
		in := &input{time: b.Time[h.i], run: r, values: values, shelf: &c.shelf, from: b, i: h.i}
		if left = in.join(r.plan, row, left); in.steps == 0 {
			c.stats.NoGroup++
			continue
		}
		c.queue(in)
	}
	if c.shelf.full() {
		c.sweep()
	}
}

// queue lets an event wait for its turn, or takes it at once when that is now.
func (c *Correlator) queue(in *input) {
	if c.opt.Lateness == 0 {
		c.deliver(in)
		return
	}
	c.ord++
	in.ord = c.ord
	in.event()
	heap.Push(&c.wait, in)
	if len(c.wait) > c.opt.Pending {
		first := heap.Pop(&c.wait).(*input)
		c.deliver(first)
		c.now = max(c.now, first.time)
	}
}

// deliver hands an event whose turn it is to its group.
func (c *Correlator) deliver(in *input) {
	c.ring(in.time)
	r := in.run
	r.expire(in.time)
	if r.find(in.key) == nil && in.steps&r.first == 0 {
		return // nothing has begun that it could go on with
	}
	c.stats.Steps++
	c.turn++
	in.ord = c.turn
	if in.copied != nil {
		in.copied.ord = in.ord
	}
	g := r.touch(in)
	if r.recent.Len() > c.opt.Groups {
		r.drop()
		c.stats.Evicted++
	}
	if m, fires := g.machine.add(r.plan, in); fires {
		c.fire(g, m, in.time)
	}
	c.alarms.set(g)
	if len(c.alarms) > 2*c.opt.Groups*len(c.runs) {
		c.alarms.tidy()
	}
}

// ring lets the groups decide whose time was over before a moment.
func (c *Correlator) ring(now int64) {
	for {
		g, at, ok := c.alarms.next(now)
		if !ok {
			return
		}
		if due, waits := g.machine.due(g.run.plan); waits && due <= at {
			if m, fires := g.machine.decide(g.run.plan); fires {
				c.fire(g, m, at)
			}
		}
		c.alarms.set(g)
	}
}

// fire tells of a match, unless its group has to be silent.
func (c *Correlator) fire(g *group, m match, at int64) {
	r := g.run
	if r.hush(g.key, at) {
		c.stats.Silenced++
		return
	}
	if len(r.quiet) > c.opt.Groups {
		r.unsilence()
		c.stats.Evicted++
	}
	c.stats.Fired++
	c.yield(newFired(g, m, at))
}

// sweep lets go of copies that nobody uses, and of the groups that were touched
// longest ago where that is not enough.
func (c *Correlator) sweep() {
	for c.shelf.sweep(c.each); c.shelf.inUse > c.opt.Bytes/2; c.shelf.sweep(c.each) {
		n := 0
		for _, r := range c.runs {
			n += r.recent.Len()
		}
		if n == 0 {
			return
		}
		for range max(1, n/4) {
			c.oldest().drop()
			c.stats.Evicted++
		}
	}
}

// oldest returns the sequence with the group that was touched longest ago.
func (c *Correlator) oldest() (oldest *run) {
	for _, r := range c.runs {
		if e := r.recent.Front(); e != nil && (oldest == nil || e.Value.(*group).touched < oldest.recent.Front().Value.(*group).touched) {
			oldest = r
		}
	}
	return oldest
}

// each calls yield with every copy that is in use.
func (c *Correlator) each(yield func(*Event)) {
	for _, in := range c.wait {
		yield(in.copied)
	}
	for _, r := range c.runs {
		for e := r.recent.Front(); e != nil; e = e.Next() {
			e.Value.(*group).machine.each(yield)
		}
	}
}
