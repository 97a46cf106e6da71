package filter

import "github.com/stoop-project/stoop/internal/event"

// Types returns the types of those events that the condition can hold for,
// wherever they come from, as their rows say. An event with a document may be
// of another type than its row says.
func (f *Filter) Types() TypeSet { return f.root.types(false) }

// types bounds the types of events that p, or its negation, holds for.
func (p *pred) types(negated bool) (s TypeSet) {
	if p.homes == 1<<event.HomeType {
		s = p.ofTypes()
		if negated {
			for w := range s {
				s[w] = allTypes[w] &^ s[w]
			}
		}
		return s
	}
	switch p.op {
	case predLeaf:
		if p.leaf.never(negated) {
			return s
		}
		return allTypes
	case predNot:
		return p.kids[0].types(!negated)
	}
	both := (p.op == predAnd) != negated
	for i, k := range p.kids {
		of := k.types(negated)
		for w := range s {
			switch {
			case i == 0 || !both:
				s[w] |= of[w]
			default:
				s[w] &= of[w]
			}
		}
	}
	return s
}

// never reports whether the check, or its negation, holds for no event at all:
// events are numbered from 1, and Falco's rules say always and never by that.
func (l *leaf) never(negated bool) bool {
	if l.left.direct == nil || l.left.direct.Name != "evt.num" || len(l.consts) != 1 || l.check.Mod != ModNone {
		return false
	}
	n := l.consts[0].num
	switch l.check.Op {
	case OpEq:
		return n == 0 && !negated
	case OpGE:
		return n <= 1 && negated
	}
	return false
}

// ofTypes returns the types that p holds for, which types alone decide. They
// are few enough to ask each; those without a name are all alike.
func (p *pred) ofTypes() (s TypeSet) {
	if known := p.typed.Load(); known != nil {
		return *known
	}
	at := &probe{row: event.Row{T: noTables, Type: nameless[0]}}
	if p.eval(at) {
		for _, t := range nameless {
			s.add(t)
		}
	}
	for _, t := range named {
		if at.row.Type = t; p.eval(at) {
			s.add(t)
		}
	}
	p.typed.Store(&s)
	return s
}

// noTables are tables without rows.
var noTables = event.NewTables()

// named are the types that have a name, nameless the numbers between them.
var named, nameless = func() (named, nameless []event.Type) {
	for t := range event.NumTypes {
		if t := event.Type(t); t.String() != "" {
			named = append(named, t)
		} else {
			nameless = append(nameless, t)
		}
	}
	return named, nameless
}()
