package filter

import (
	"math/bits"

	"github.com/stoop-project/stoop/internal/event"
)

// Group asks many filters about the same events and decides once what they
// have in common: equal parts of their conditions are one part here, whichever
// filter they stand in. Unlike a [Filter], which decides whole dimensions, it
// decides a row when an event refers to it that is still undecided. It is for
// one goroutine.
type Group struct {
	plans  []*step
	dims   int // memos of dimension rows
	shares int // steps of events that several filters have
	run    run
	state  groupState
}

// NewGroup makes a group of filters that were compiled over one registry. A
// filter is known by its place among them.
func NewGroup(filters []*Filter) *Group {
	g := &Group{}
	in := newInterner()
	roots := make([]*pred, len(filters))
	for i, f := range filters {
		roots[i] = in.pred(f.root)
	}
	pl := &groupPlanner{in: in, steps: make(map[*pred]*step)}
	for _, root := range roots {
		g.plans = append(g.plans, pl.plan(root))
	}
	g.dims, g.shares = in.slots(), pl.share()
	g.state.init(g.shares)
	g.run.group = &g.state
	return g
}

// Begin turns to a batch.
func (g *Group) Begin(b *event.Batch) {
	g.state.begin(b, g.dims)
	g.run.turnTo(b)
}

// End lets the batch and its tables go.
func (g *Group) End() {
	g.run.b, g.run.at.row = nil, event.Row{}
	g.state.tables, g.state.memos = nil, nil
}

// Select clears the bits of sel, one an event of the batch, of those events
// that filter k does not hold for. Bits that are clear already are not looked
// at; there must be none beyond the last event.
func (g *Group) Select(k int, sel []uint64) { g.run.do(g.plans[k], sel) }

// groupState is what a group has decided.
type groupState struct {
	tables *event.Tables // of the batch at hand
	memos  []rowMemo     // of these tables
	by     map[tablesKey][]rowMemo
	shares []shareMemo
	gen    uint64 // of the batch
	dims   [event.HomeEvent]dimSize
	free   []*[]uint64 // selections to lend
}

// lend returns a selection of any size.
func (g *groupState) lend() *[]uint64 {
	n := len(g.free)
	if n == 0 {
		return new([]uint64)
	}
	p := g.free[n-1]
	g.free = g.free[:n-1]
	return p
}

// dimSize is how large a dimension was when the batch at hand came, and its
// epoch: rows that are added or replaced meanwhile are for the next batch.
type dimSize struct {
	n     int
	epoch uint64
}

func (g *groupState) init(shares int) {
	g.by = make(map[tablesKey][]rowMemo)
	g.shares = make([]shareMemo, shares)
}

func (g *groupState) begin(b *event.Batch, dims int) {
	g.gen++
	for home := range g.dims {
		n, epoch := dimState(b.Tables, event.Home(home))
		g.dims[home] = dimSize{n, epoch}
	}
	if g.tables == b.Tables {
		return
	}
	key := keyOf(b.Tables)
	memos, ok := g.by[key]
	if !ok {
		for k := range g.by {
			if k.Value() == nil {
				delete(g.by, k)
			}
		}
		memos = make([]rowMemo, dims)
		g.by[key] = memos
	}
	g.tables, g.memos = b.Tables, memos
}

// shareMemo is what was decided about the events of the batch at hand.
type shareMemo struct {
	gen          uint64
	asked, truth []uint64
}

// shared decides a step that several filters have: only for events that none
// of them has asked about yet.
func (r *run) shared(s *step, sel []uint64) {
	m := &r.group.shares[s.share-1]
	if m.gen != r.group.gen || len(m.asked) != len(sel) {
		m.gen = r.group.gen
		m.asked, m.truth = emptied(m.asked, len(sel)), emptied(m.truth, len(sel))
	}
	p := r.borrow(len(sel))
	part := *p
	some := uint64(0)
	for i, w := range sel {
		part[i] = w &^ m.asked[i]
		some |= part[i]
		m.asked[i] |= w
	}
	if some != 0 {
		r.step(s, part)
		for i, w := range part {
			m.truth[i] |= w
		}
	}
	r.give(p)
	for i := range sel {
		sel[i] &= m.truth[i]
	}
}

func emptied(words []uint64, n int) []uint64 {
	if cap(words) < n {
		return make([]uint64, n)
	}
	words = words[:n]
	clear(words)
	return words
}

// rowMemo is what was decided about rows of a dimension, a bit each.
type rowMemo struct {
	epoch uint64
	known []uint64
	answers
}

// fit makes room for all rows, and forgets everything when some were replaced.
func (m *rowMemo) fit(d dimSize) {
	if m.epoch != d.epoch {
		clear(m.known)
		clear(m.truth)
		clear(m.open)
		m.epoch = d.epoch
	}
	if words := (d.n + 63) / 64; words > len(m.known) {
		m.known, m.truth = widened(m.known, words), widened(m.truth, words)
		if m.open != nil {
			m.open = widened(m.open, len(m.known))
		}
	}
}

// widened returns words with room for n at least, so that a dimension that
// grows steadily costs little.
func widened(words []uint64, n int) []uint64 {
	wide := make([]uint64, max(n, 2*len(words), 16))
	copy(wide, words)
	return wide
}

// answersFor decides the rows of s's dimension that the selected events refer
// to, and returns what is known of the dimension then.
func (r *run) answersFor(s *step, sel []uint64) *answers {
	g := r.group
	m := &g.memos[s.slot]
	n := uint32(g.dims[s.home].n)
	m.fit(g.dims[s.home])
	for w, word := range sel {
		for ; word != 0; word &= word - 1 {
			id := r.dimOf(s.home, w<<6+bits.TrailingZeros64(word))
			if id >= n {
				id = 0
			}
			if m.known[id>>6]>>(id&63)&1 == 0 {
				r.at.row = dimRow(g.tables, s.home, id)
				r.decide(s.pred, s.home, id)
			}
		}
	}
	return &m.answers
}

// dimOf returns the row of a dimension that event i refers to.
func (r *run) dimOf(home event.Home, i int) uint32 {
	switch home {
	case event.HomeProc:
		return uint32(r.b.Proc[i])
	case event.HomeObj:
		return uint32(r.b.Obj[i])
	case event.HomeAlert:
		return uint32(r.b.AlertAt(i))
	}
	return uint32(r.b.Type[i])
}

// decide answers p for the row of a dimension that r.at holds, and remembers
// it where p has a memo: macros and checks that several conditions share.
// open says that a document may decide otherwise.
func (r *run) decide(p *pred, home event.Home, id uint32) (holds, open bool) {
	var m *rowMemo
	if p.slot > 0 && p.homes.home() == home {
		m = &r.group.memos[p.slot-1]
		m.fit(r.group.dims[home])
		if bit := uint64(1) << (id & 63); m.known[id>>6]&bit != 0 {
			return m.truth[id>>6]&bit != 0, m.open != nil && m.open[id>>6]&bit != 0
		}
	}
	switch p.op {
	case predLeaf:
		r.at.open = false
		holds = p.leaf.test(&r.at)
		open = r.at.open
	case predNot:
		holds, open = r.decide(p.kids[0], home, id)
		holds = !holds
	default:
		holds = p.op == predAnd
		for _, k := range p.kids {
			is, more := r.decide(k, home, id)
			open = open || more
			if is != holds {
				holds = is
				break
			}
		}
	}
	if m != nil {
		m.set(id, holds, open)
	}
	return holds, open
}

func (m *rowMemo) set(id uint32, holds, open bool) {
	w, bit := id>>6, uint64(1)<<(id&63)
	m.known[w] |= bit
	if holds {
		m.truth[w] |= bit
	}
	if open {
		if m.open == nil {
			m.open = make([]uint64, len(m.known))
		}
		m.open[w] |= bit
	}
}
