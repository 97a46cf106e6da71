package filter

import (
	"math/bits"
	"sync"

	"github.com/stoop-project/stoop/internal/event"
)

// run is one pass of a plan over a batch.
type run struct {
	b    *event.Batch
	memo *tableMemo
	docs bool // some events carry documents that somebody can read
	odd  bool // … with several values where one is expected: no dimension decides on these
	at   probe

	group *groupState // instead of memo, when several filters are asked
}

// scratch lends selections.
var scratch = sync.Pool{New: func() any { return new([]uint64) }}

func (r *run) borrow(n int) *[]uint64 {
	var p *[]uint64
	if r.group != nil {
		p = r.group.lend()
	} else {
		p = scratch.Get().(*[]uint64)
	}
	if cap(*p) < n {
		*p = make([]uint64, n)
	}
	*p = (*p)[:n]
	return p
}

func (r *run) give(p *[]uint64) {
	if r.group != nil {
		r.group.free = append(r.group.free, p)
		return
	}
	scratch.Put(p)
}

// do clears the bits of sel of those events for which s does not hold.
func (r *run) do(s *step, sel []uint64) {
	if s.share > 0 {
		r.shared(s, sel)
		return
	}
	r.step(s, sel)
}

func (r *run) step(s *step, sel []uint64) {
	switch s.op {
	case stepAnd:
		for _, k := range s.kids {
			r.do(k, sel)
			if empty(sel) {
				return
			}
		}
	case stepOr:
		r.or(s, sel)
	case stepNot:
		p := r.borrow(len(sel))
		copy(*p, sel)
		r.do(s.kids[0], *p)
		clearAll(sel, *p)
		r.give(p)
	case stepDim:
		r.dim(s, sel)
	case stepCol:
		r.column(s, sel)
	case stepRow:
		r.rows(s.pred, sel)
	}
}

// or asks each part only about the events that none before it took.
func (r *run) or(s *step, sel []uint64) {
	left, part := r.borrow(len(sel)), r.borrow(len(sel))
	copy(*left, sel)
	for _, k := range s.kids {
		copy(*part, *left)
		r.do(k, *part)
		clearAll(*left, *part)
		if empty(*left) {
			break
		}
	}
	clearAll(sel, *left)
	r.give(left)
	r.give(part)
}

func (r *run) dim(s *step, sel []uint64) {
	var a *answers
	if r.group != nil {
		a = r.answersFor(s, sel)
	} else {
		a = r.memo.slots[s.slot].get(r.b.Tables, s)
	}
	if a.open == nil && !r.odd || !r.docs {
		r.gather(s.home, a.truth, sel)
		return
	}
	p := r.borrow(len(sel))
	open := *p
	if copy(open, sel); a.open == nil {
		clear(open)
	} else {
		r.gather(s.home, a.open, open)
		keepDocs(r.b, open)
	}
	if r.odd {
		addBits(r.b, event.Several, sel, open)
	}
	clearAll(sel, open)
	r.gather(s.home, a.truth, sel)
	r.rows(s.pred, open)
	for i, w := range open {
		sel[i] |= w
	}
	r.give(p)
}

// column tests a batch column, and asks where the column does not know.
func (r *run) column(s *step, sel []uint64) {
	docs := r.docs && r.b.Tables.Docs.Holds(s.pred.leaf.left.direct)
	if !r.odd && (s.col.col == event.ColTime || s.col.col != event.ColFD && !docs) {
		s.col.run(r.b, sel)
		return
	}
	p := r.borrow(len(sel))
	open := *p
	for w, m := range sel {
		open[w] = 0
		for x := m; x != 0; x &= x - 1 {
			if i := bits.TrailingZeros64(x); s.col.asks(r.b, w<<6+i, docs) {
				open[w] |= 1 << i
			}
		}
	}
	if r.odd {
		addBits(r.b, event.Several, sel, open)
	}
	clearAll(sel, open)
	s.col.run(r.b, sel)
	r.rows(s.pred, open)
	for i, w := range open {
		sel[i] |= w
	}
	r.give(p)
}

func (r *run) gather(home event.Home, truth, sel []uint64) {
	switch home {
	case event.HomeProc:
		gather(r.b.Proc, truth, sel)
	case event.HomeObj:
		gather(r.b.Obj, truth, sel)
	case event.HomeAlert:
		if r.b.Alert == nil {
			if truth[0]&1 == 0 {
				clear(sel)
			}
			return
		}
		gather(r.b.Alert, truth, sel)
	default:
		gather(r.b.Type, truth, sel)
	}
}

// gather clears the bits of those events whose dimension row does not have its
// bit in truth. Ids that the dimension does not have count as row 0.
func gather[T ~uint16 | ~uint32](ids []T, truth, sel []uint64) {
	for w, m := range sel {
		if m == 0 {
			continue
		}
		at := w << 6
		if m == ^uint64(0) && at+64 <= len(ids) {
			var hit uint64
			for i, id := range ids[at : at+64 : at+64] {
				q := uint(id >> 6)
				if q >= uint(len(truth)) {
					q, id = 0, 0
				}
				hit |= truth[q] >> (id & 63) & 1 << (i & 63)
			}
			sel[w] = hit
			continue
		}
		for x := m; x != 0; x &= x - 1 {
			i := bits.TrailingZeros64(x)
			id := ids[at+i]
			q := uint(id >> 6)
			if q >= uint(len(truth)) {
				q, id = 0, 0
			}
			if truth[q]>>(id&63)&1 == 0 {
				m &^= 1 << i
			}
		}
		sel[w] = m
	}
}

// rows asks event by event.
func (r *run) rows(p *pred, sel []uint64) {
	for w, m := range sel {
		for x := m; x != 0; x &= x - 1 {
			i := bits.TrailingZeros64(x)
			if r.at.row = r.b.Row(w<<6 + i); !p.eval(&r.at) {
				m &^= 1 << i
			}
		}
		sel[w] = m
	}
}

// turnTo looks at what documents the batch has.
func (r *run) turnTo(b *event.Batch) {
	r.b, r.docs, r.odd = b, b.Tables.Docs != nil, false
	if r.docs {
		var facts event.Bits
		for _, bits := range b.Bits {
			facts |= bits
		}
		r.odd = facts&event.Several != 0
	}
}

// addBits adds to open those of the selected events that have a fact.
func addBits(b *event.Batch, fact event.Bits, sel, open []uint64) {
	for w, m := range sel {
		for x := m; x != 0; x &= x - 1 {
			if i := bits.TrailingZeros64(x); b.Bits[w<<6+i]&fact != 0 {
				open[w] |= 1 << i
			}
		}
	}
}

// keepDocs clears the bits of events without a document.
func keepDocs(b *event.Batch, sel []uint64) {
	for w, m := range sel {
		for x := m; x != 0; x &= x - 1 {
			i := bits.TrailingZeros64(x)
			if b.Bits[w<<6+i]&event.HasDoc == 0 {
				m &^= 1 << i
			}
		}
		sel[w] = m
	}
}

func empty(sel []uint64) bool {
	for _, w := range sel {
		if w != 0 {
			return false
		}
	}
	return true
}

func clearAll(sel, bits []uint64) {
	for i, w := range bits {
		sel[i] &^= w
	}
}
