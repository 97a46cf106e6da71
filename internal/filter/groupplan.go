package filter

import (
	"encoding/binary"
	"slices"

	"github.com/stoop-project/stoop/internal/event"
)

// interner makes equal parts of conditions one.
type interner struct {
	byKey map[string]*pred
	ids   map[*pred]uint32
	uses  map[*pred]int // in how many other parts it stands
	memos int
}

func newInterner() *interner {
	return &interner{byKey: make(map[string]*pred), ids: make(map[*pred]uint32), uses: make(map[*pred]int)}
}

// pred returns the part that is equal to p.
func (in *interner) pred(p *pred) *pred {
	if p.op == predLeaf {
		return in.get("c"+Source(p.leaf.check), func() *pred {
			return &pred{expr: p.expr, leaf: p.leaf, homes: p.homes, fields: p.fields}
		})
	}
	kids := make([]*pred, len(p.kids))
	for i, k := range p.kids {
		kids[i] = in.pred(k)
	}
	return in.of(p.op, kids, p.expr)
}

// of returns the part that op makes of others.
func (in *interner) of(op predOp, kids []*pred, expr Expr) *pred {
	if len(kids) == 1 && op != predNot {
		return kids[0]
	}
	key := []byte{"laon"[op]}
	for _, k := range kids {
		key = binary.LittleEndian.AppendUint32(key, in.ids[k])
	}
	return in.get(string(key), func() *pred {
		p := &pred{op: op, expr: expr}
		for _, k := range kids {
			p.add(k)
			in.uses[k]++
		}
		return p
	})
}

func (in *interner) get(key string, made func() *pred) *pred {
	if p := in.byKey[key]; p != nil {
		return p
	}
	p := made()
	in.byKey[key], in.ids[p] = p, uint32(len(in.ids)+1)
	return p
}

// memo gives p a memo of rows, unless it has one.
func (in *interner) memo(p *pred) {
	if p.slot == 0 {
		in.memos++
		p.slot = in.memos
	}
}

// slots gives a memo to what stands in several parts, and returns how many
// memos there are.
func (in *interner) slots() int {
	for p, n := range in.uses {
		if n > 1 && p.homes.home() != event.HomeEvent {
			in.memo(p)
		}
	}
	return in.memos
}

// groupPlanner makes steps of interned parts: one step for each.
type groupPlanner struct {
	in    *interner
	steps map[*pred]*step
	all   []*step
}

// plan makes the step of p, as [planner.plan] does.
func (pl *groupPlanner) plan(p *pred) *step {
	s := pl.steps[p]
	if s == nil {
		s = pl.make(p)
		pl.steps[p] = s
		pl.all = append(pl.all, s)
	}
	s.uses++
	return s
}

func (pl *groupPlanner) make(p *pred) *step {
	if home := p.homes.home(); home != event.HomeEvent {
		pl.in.memo(p)
		s := &step{op: stepDim, pred: p, home: home, slot: p.slot - 1, cost: 2}
		if home == event.HomeType {
			s.cost = 1
		}
		return s
	}
	switch p.op {
	case predLeaf:
		return leafStep(p)
	case predNot:
		kid := pl.plan(p.kids[0])
		return &step{op: stepNot, kids: []*step{kid}, cost: kid.cost + 1}
	}
	s := &step{op: stepAnd}
	if p.op == predOr {
		s.op = stepOr
	}
	for _, kid := range pl.byHome(p) {
		k := pl.plan(kid)
		s.kids = append(s.kids, k)
		s.cost += k.cost
	}
	slices.SortStableFunc(s.kids, func(a, b *step) int { return a.cost - b.cost })
	return s
}

// byHome returns the kids of p with those of one dimension put together.
func (pl *groupPlanner) byHome(p *pred) (out []*pred) {
	for _, kid := range groupByHome(p) {
		if kid.expr == nil { // it was put together
			kid = pl.in.of(kid.op, kid.kids, nil)
		}
		out = append(out, kid)
	}
	return out
}

// share numbers the steps of events that several others have, and returns how
// many there are.
func (pl *groupPlanner) share() (n int) {
	for _, s := range pl.all {
		if s.uses > 1 && s.cost >= dearStep {
			n++
			s.share = n
		}
	}
	return n
}

// dearStep is the cost from which on it is worth to remember what a step said
// about events.
const dearStep = 20
