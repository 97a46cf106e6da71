package filter

import (
	"slices"
	"strconv"
	"strings"
)

// Lists maps a list's name to its items.
type Lists map[string][]string

// Expand replaces the names of lists in an expression's text by their items,
// as Falco does before it parses (falco userspace/engine/
// rule_loader_compiler.cpp, resolve_list): a name counts where blanks,
// parentheses, commas, equals signs or the ends of the text surround it; an
// item with a space is quoted; an empty list takes a neighbouring comma with
// it. Unlike Falco, a list that stands without parentheses behind an operator
// gets them. The names that were used are returned, sorted.
func (l Lists) Expand(src string) (text string, used []string) {
	names := make([]string, 0, len(l))
	for name := range l {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		var did bool
		if src, did = expandList(src, name, l[name]); did {
			used = append(used, name)
		}
	}
	return src, used
}

const (
	listBlanks = " \t\n\r"
	listDelims = listBlanks + "(),="
)

func expandList(src, name string, items []string) (string, bool) {
	if name == "" || !strings.Contains(src, name) {
		return src, false
	}
	quoted := make([]string, len(items))
	for i, item := range items {
		if strings.Contains(item, " ") && item[0] != '"' && item[0] != '\'' {
			item = `"` + item + `"`
		}
		quoted[i] = item
	}
	sub := strings.Join(quoted, ", ")

	var b strings.Builder
	used := false
	for {
		at := strings.Index(src, name)
		if at < 0 {
			b.WriteString(src)
			return b.String(), used
		}
		end := at + len(name)
		before := b.Len() == 0
		if at > 0 {
			before = strings.IndexByte(listDelims, src[at-1]) >= 0
		} else if b.Len() > 0 {
			before = strings.IndexByte(listDelims, b.String()[b.Len()-1]) >= 0
		}
		if !before || end < len(src) && strings.IndexByte(listDelims, src[end]) < 0 {
			b.WriteString(src[:end])
			src = src[end:]
			continue
		}
		used = true
		head := strings.TrimRight(src[:at], listBlanks)
		tail := strings.TrimLeft(src[end:], listBlanks)
		text := sub
		if bareAfterOperator(head) {
			text = "(" + sub + ")"
		} else if sub == "" {
			if strings.HasSuffix(head, ",") {
				head = head[:len(head)-1]
			} else {
				tail = strings.TrimPrefix(tail, ",")
			}
		}
		b.WriteString(head)
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(text)
		b.WriteByte(' ')
		src = tail
	}
}

// bareAfterOperator reports whether text ends with an operator or modifier
// that a list without parentheses may follow.
func bareAfterOperator(text string) bool {
	i := strings.LastIndexAny(text, listDelims)
	switch text[i+1:] {
	case "in", "intersects", "pmatch", "oneof", "anyof", "allof":
		return true
	}
	return false
}

// Macros maps a macro's name to its condition.
type Macros map[string]Expr

// Resolve returns e with the macros replaced by their conditions, theirs
// included; what comes from a macro stands where its name stood. An unknown
// macro or one that leads to itself is an [*Error]. The names that were used
// are returned, sorted.
func (m Macros) Resolve(e Expr) (Expr, []string, error) {
	r := &resolver{macros: m, used: map[string]bool{}}
	out, err := r.expr(e, nil)
	if err != nil {
		return nil, nil, err
	}
	used := make([]string, 0, len(r.used))
	for name := range r.used {
		used = append(used, name)
	}
	slices.Sort(used)
	return out, used, nil
}

// maxNodes bounds what macros may grow to.
const maxNodes = 200_000

type resolver struct {
	macros Macros
	used   map[string]bool
	nodes  int
}

func countNodes(e Expr) (n int) {
	Walk(e, func(Expr) bool { n++; return true })
	return n
}

func (r *resolver) expr(e Expr, open []string) (Expr, *Error) {
	switch e := e.(type) {
	case *And:
		xs, err := r.exprs(e.X, open)
		return &And{Pos: e.Pos, X: xs}, err
	case *Or:
		xs, err := r.exprs(e.X, open)
		return &Or{Pos: e.Pos, X: xs}, err
	case *Not:
		x, err := r.expr(e.X, open)
		return &Not{Pos: e.Pos, X: x}, err
	case *Macro:
		if slices.Contains(open, e.Name) {
			return nil, &Error{Pos: e.Pos, Msg: "reference loop in macro '" + e.Name + "'"}
		}
		body, ok := r.macros[e.Name]
		if !ok {
			return nil, r.undefined(e)
		}
		r.used[e.Name] = true
		out, err := r.expr(body, append(open, e.Name))
		if err != nil {
			err.Pos = e.Pos
			return nil, err
		}
		// Macros that name each other twice double with each level.
		if r.nodes += countNodes(out); r.nodes > maxNodes {
			return nil, &Error{Pos: e.Pos, Msg: "the condition is too large with its macros: more than " + strconv.Itoa(maxNodes) + " parts"}
		}
		// Places in the macro's text mean nothing to who reads this one.
		return moved(out, e.Pos), nil
	}
	return e, nil
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

func (r *resolver) exprs(xs []Expr, open []string) ([]Expr, *Error) {
	out := make([]Expr, len(xs))
	for i, x := range xs {
		var err *Error
		if out[i], err = r.expr(x, open); err != nil {
			return nil, err
		}
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
