package filter

import (
	"slices"
	"strconv"
)

// Macros maps a macro's name to its condition.
type Macros map[string]Expr

// Resolve returns e with the macros replaced by their conditions, theirs
// included. Conditions are shared, not copied: what comes from a macro keeps
// its place in the macro's text. An unknown macro or one that leads to itself
// is an [*Error]. The names that were used are returned, sorted.
func (m Macros) Resolve(e Expr) (Expr, []string, error) {
	return (&resolver{macros: m}).run(e)
}

// inline is Resolve for who knows no other text than that of e: what comes from
// a macro stands where its name stood.
func (m Macros) inline(e Expr) (Expr, []string, error) {
	return (&resolver{macros: m, inline: true}).run(e)
}

// What macros may grow to: how many parts, and how deep.
const (
	maxNodes    = 200_000
	maxTreeDeep = 2 * maxRuleDepth
)

// resolver replaces macros. Each is resolved once.
type resolver struct {
	macros Macros
	inline bool
	open   map[string]bool // those that are being resolved
	done   map[string]resolved
}

// resolved is a tree without macros.
type resolved struct {
	Expr
	nodes, depth int
}

func (r *resolver) run(e Expr) (Expr, []string, error) {
	r.open, r.done = map[string]bool{}, map[string]resolved{}
	out, err := r.expr(e)
	if err != nil {
		return nil, nil, err
	}
	used := make([]string, 0, len(r.done))
	for name := range r.done {
		used = append(used, name)
	}
	slices.Sort(used)
	return out.Expr, used, nil
}

// expr resolves a tree. One that holds no macros is returned as it is.
func (r *resolver) expr(e Expr) (resolved, *Error) {
	switch e := e.(type) {
	case *And:
		return r.exprs(e, e.X, func(xs []Expr) Expr { return &And{Pos: e.Pos, X: xs} })
	case *Or:
		return r.exprs(e, e.X, func(xs []Expr) Expr { return &Or{Pos: e.Pos, X: xs} })
	case *Not:
		return r.exprs(e, []Expr{e.X}, func(xs []Expr) Expr { return &Not{Pos: e.Pos, X: xs[0]} })
	case *Macro:
		return r.macro(e)
	}
	return resolved{e, 1, 1}, nil
}

// exprs resolves the parts of a node; with makes the node anew of its parts.
func (r *resolver) exprs(e Expr, parts []Expr, with func([]Expr) Expr) (resolved, *Error) {
	out := resolved{Expr: e, nodes: 1}
	var changed []Expr
	for i, x := range parts {
		y, err := r.expr(x)
		if err != nil {
			return y, err
		}
		out.nodes += y.nodes
		out.depth = max(out.depth, y.depth)
		if y.Expr != x && changed == nil {
			changed = slices.Clone(parts)
		}
		if changed != nil {
			changed[i] = y.Expr
		}
		// Macros that name each other twice double with each level.
		if out.nodes > maxNodes {
			return out, &Error{Pos: x.At(), Msg: "the condition is too large with its macros: more than " + strconv.Itoa(maxNodes) + " parts"}
		}
	}
	if out.depth++; out.depth > maxTreeDeep {
		return out, &Error{Pos: e.At(), Msg: "the condition is too deep with its macros: more than " + strconv.Itoa(maxTreeDeep) + " levels"}
	}
	if changed != nil {
		out.Expr = with(changed)
	}
	return out, nil
}

func (r *resolver) macro(e *Macro) (resolved, *Error) {
	out, ok := r.done[e.Name]
	if !ok {
		if r.open[e.Name] {
			return out, &Error{Pos: e.Pos, Msg: "reference loop in macro '" + e.Name + "'"}
		}
		body, known := r.macros[e.Name]
		if !known {
			return out, r.undefined(e)
		}
		r.open[e.Name] = true
		var err *Error
		if out, err = r.expr(body); err != nil {
			err.Pos = e.Pos
			return out, err
		}
		delete(r.open, e.Name)
		r.done[e.Name] = out
	}
	if r.inline && len(r.open) == 0 {
		out.Expr = moved(out.Expr, e.Pos)
	}
	return out, nil
}

func (r *resolver) undefined(e *Macro) *Error {
	err := &Error{Pos: e.Pos, Msg: "Undefined macro '" + e.Name + "' used in filter."}
	names := make([]string, 0, len(r.macros))
	for name := range r.macros {
		names = append(names, name)
	}
	slices.Sort(names)
	if near := Nearest(e.Name, names); near != "" {
		err.Hint = "did you mean '" + near + "'?"
	}
	return err
}

// moved returns a copy of e whose nodes are all at one place.
func moved(e Expr, at Pos) Expr {
	each := func(xs []Expr) []Expr {
		out := make([]Expr, len(xs))
		for i, x := range xs {
			out[i] = moved(x, at)
		}
		return out
	}
	switch e := e.(type) {
	case *And:
		return &And{Pos: at, X: each(e.X)}
	case *Or:
		return &Or{Pos: at, X: each(e.X)}
	case *Not:
		return &Not{Pos: at, X: moved(e.X, at)}
	case *Check:
		c := *e
		c.Pos, c.Left = at, movedOperand(c.Left, at)
		if c.Right != nil {
			c.Right = movedOperand(c.Right, at)
		}
		return &c
	}
	return e
}

func movedOperand(o Operand, at Pos) Operand {
	each := func(os []Operand) []Operand {
		out := make([]Operand, len(os))
		for i, o := range os {
			out[i] = movedOperand(o, at)
		}
		return out
	}
	switch o := o.(type) {
	case *Field:
		f := *o
		f.Pos = at
		return &f
	case *Transform:
		t := *o
		t.Pos, t.Args = at, each(t.Args)
		return &t
	case *Value:
		return &Value{Pos: at, Text: o.Text, Quoted: o.Quoted}
	case *List:
		l := &List{Pos: at, Items: make([]*Value, len(o.Items))}
		for i, v := range o.Items {
			l.Items[i] = &Value{Pos: at, Text: v.Text, Quoted: v.Quoted}
		}
		return l
	case *Tuple:
		return &Tuple{Pos: at, Items: each(o.Items)}
	}
	return o
}
