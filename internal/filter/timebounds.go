package filter

import (
	"math"

	"github.com/stoop-project/stoop/internal/event"
)

// TimeBounds returns the span of time that a condition bounds evt.rawtime to
// by the parts that must all hold: from … to, exclusive, ns since 1970. Where
// nothing bounds it, it is the smallest or the greatest number.
func TimeBounds(e Expr) (from, to int64) {
	from, to = math.MinInt64, math.MaxInt64
	for _, x := range conjuncts(e) {
		c, ok := x.(*Check)
		if !ok {
			continue
		}
		f, ok := c.Left.(*Field)
		if !ok || f.Name != "evt.rawtime" {
			continue
		}
		values, ok := Constants(c, event.Time)
		if !ok || len(values) != 1 {
			continue
		}
		switch ns := values[0].Int64(); c.Op {
		case OpGE:
			from = max(from, ns)
		case OpGT:
			from = max(from, after(ns))
		case OpLT:
			to = min(to, ns)
		case OpLE:
			to = min(to, after(ns))
		case OpEq:
			from, to = max(from, ns), min(to, after(ns))
		}
	}
	return from, to
}

// after returns the next ns, where there is one.
func after(ns int64) int64 {
	if ns == math.MaxInt64 {
		return ns
	}
	return ns + 1
}
