package filter

import "github.com/stoop-project/stoop/internal/event"

// Support says how far somebody other than the client can evaluate a part of
// a condition.
type Support uint8

// The degrees of support.
const (
	Ignores Support = iota // not at all
	Narrows                // it leaves out some of what the part does not hold for; the client decides
	Decides                // exactly
)

func (s Support) String() string {
	return [...]string{Ignores: "ignores", Narrows: "narrows", Decides: "decides"}[s]
}

// Split divides a condition for a backend that can evaluate the checks that
// can reports. pushed holds wherever e holds, and often not elsewhere; e holds
// where both pushed and rest hold. Either is nil when there is nothing for it.
func Split(e Expr, can func(*Check) Support) (pushed, rest Expr) {
	var push, keep []Expr
	for _, x := range conjuncts(e) {
		p, s := narrow(x, can)
		if p != nil {
			push = append(push, p)
		}
		if s != Decides {
			keep = append(keep, x)
		}
	}
	return conjunction(push), conjunction(keep)
}

// conjuncts returns the parts that must all hold for e to hold.
func conjuncts(e Expr) []Expr {
	if and, ok := e.(*And); ok {
		var out []Expr
		for _, x := range and.X {
			out = append(out, conjuncts(x)...)
		}
		return out
	}
	return []Expr{e}
}

func conjunction(xs []Expr) Expr {
	switch len(xs) {
	case 0:
		return nil
	case 1:
		return xs[0]
	}
	return &And{Pos: xs[0].At(), X: xs}
}

// narrow returns the part of e that a backend can evaluate, nil for nothing,
// and how well that stands for e.
func narrow(e Expr, can func(*Check) Support) (Expr, Support) {
	switch e := e.(type) {
	case *Check:
		if s := can(e); s != Ignores {
			return e, s
		}
	case *Not:
		// What is too wide below a "not" would be too narrow above it.
		if p, s := narrow(e.X, can); s == Decides {
			return &Not{Pos: e.Pos, X: p}, Decides
		}
	case *And:
		var out []Expr
		all := Decides
		for _, x := range e.X {
			p, s := narrow(x, can)
			if p != nil {
				out = append(out, p)
			}
			if s != Decides {
				all = Narrows
			}
		}
		if len(out) > 0 {
			return conjunction(out), all
		}
	case *Or:
		out, all := &Or{Pos: e.Pos}, Decides
		for _, x := range e.X {
			p, s := narrow(x, can)
			if p == nil {
				return nil, Ignores
			}
			out.X = append(out.X, p)
			all = min(all, s)
		}
		return out, all
	}
	return nil, Ignores
}

// Conjunct is one of the parts that must all hold, with who can evaluate it
// beside the client, who always can.
type Conjunct struct {
	Expr   Expr
	Kernel Support
	Scope  Scope // what the kernel is told of this part
	SIEM   Support
}

// Explain says of each conjunct of the condition who evaluates it. siem
// reports what the SIEM at hand can do with a check; nil when there is none.
func (f *Filter) Explain(siem func(*Check) Support) []Conjunct {
	var out []Conjunct
	for _, p := range f.root.conjuncts() {
		c := Conjunct{Expr: p.expr, Scope: p.scope(false)}
		if !c.Scope.Any() {
			c.Kernel = Narrows
		}
		if p.kernelDecides() {
			c.Kernel = Decides
		}
		if siem != nil {
			_, c.SIEM = narrow(p.expr, siem)
		}
		out = append(out, c)
	}
	return out
}

// kernelDecides reports whether the scope says exactly what p does: p is
// about the type alone, or one check whose values can be listed.
func (p *pred) kernelDecides() bool {
	if p.homes == 1<<event.HomeType {
		return true
	}
	return p.op == predLeaf && !p.scope(false).Any()
}

func (p *pred) conjuncts() []*pred {
	if p.op != predAnd {
		return []*pred{p}
	}
	var out []*pred
	for _, k := range p.kids {
		out = append(out, k.conjuncts()...)
	}
	return out
}
