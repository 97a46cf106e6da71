package filter

import (
	"slices"

	"github.com/stoop-project/stoop/internal/event"
)

// step is a node of the plan by which a batch is filtered. It clears bits of a
// selection, one bit an event.
type step struct {
	op    stepOp
	kids  []*step
	pred  *pred      // of stepDim and stepRow: what is decided
	home  event.Home // of stepDim
	slot  int        // of stepDim: its place among a table's memos
	uses  int        // in a group: of how many other steps and filters it is a part
	share int        // in a group: its number among those whose answers are remembered, from 1; 0: none
	col   *columnTest
	cost  int // rough ns an event, to order steps by
}

type stepOp uint8

const (
	stepDim stepOp = iota // decided once for each row of a dimension, then gathered
	stepCol               // decided by a batch column in a tight loop
	stepRow               // decided event by event
	stepAnd
	stepOr
	stepNot
)

// planner makes steps of predicates and numbers the memos.
type planner struct{ slots int }

// plan makes the step of p. Parts of an "and" or "or" that the same dimension
// decides become one step, with one memo and one pass over the events. The
// cheap steps come first: each looks only at the events that are still
// undecided.
func (pl *planner) plan(p *pred) *step {
	if home := p.homes.home(); home != event.HomeEvent {
		return pl.dim(p, home)
	}
	switch p.op {
	case predLeaf:
		return leafStep(p)
	case predNot:
		kid := pl.plan(p.kids[0])
		return &step{op: stepNot, kids: []*step{kid}, cost: kid.cost + 1}
	}
	op := stepAnd
	if p.op == predOr {
		op = stepOr
	}
	s := &step{op: op}
	for _, kid := range groupByHome(p) {
		k := pl.plan(kid)
		s.kids = append(s.kids, k)
		s.cost += k.cost
	}
	slices.SortStableFunc(s.kids, func(a, b *step) int { return a.cost - b.cost })
	if len(s.kids) == 1 {
		return s.kids[0]
	}
	return s
}

// leafStep makes the step of a check that no dimension decides.
func leafStep(p *pred) *step {
	if col := newColumnTest(p.leaf); col != nil {
		return &step{op: stepCol, pred: p, col: col, cost: col.cost()}
	}
	return &step{op: stepRow, pred: p, cost: 200}
}

func (pl *planner) dim(p *pred, home event.Home) *step {
	s := &step{op: stepDim, pred: p, home: home, slot: pl.slots, cost: 2}
	if home == event.HomeType {
		s.cost = 1
	}
	pl.slots++
	return s
}

// groupByHome returns the kids of p with those of one dimension put together.
// What a chain of several homes cannot share with others stays as it is.
func groupByHome(p *pred) []*pred {
	var out []*pred
	group := map[event.Home]*pred{}
	for _, kid := range p.kids {
		home := kid.homes.home()
		if home == event.HomeEvent {
			out = append(out, kid)
			continue
		}
		g := group[home]
		if g == nil {
			g = &pred{op: p.op}
			group[home] = g
			out = append(out, g)
		}
		g.add(kid)
	}
	return out
}
