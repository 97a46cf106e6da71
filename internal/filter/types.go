package filter

import "github.com/stoop-project/stoop/internal/event"

// Types returns the types of those events that the condition can hold for,
// wherever they come from, as their rows say. An event with a document may be
// of another type than its row says.
func (f *Filter) Types() TypeSet { return f.root.types(false) }

// types bounds the types of events that p, or its negation, holds for.
func (p *pred) types(negated bool) (s TypeSet) {
	if p.homes == 1<<event.HomeType {
		// Types are few enough to ask each.
		at := &probe{row: event.Row{T: noTables}}
		for t := range event.NumTypes {
			if at.row.Type = event.Type(t); p.eval(at) != negated {
				s.add(event.Type(t))
			}
		}
		return s
	}
	switch p.op {
	case predLeaf:
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

// noTables are tables without rows.
var noTables = event.NewTables()
