package dsl

import (
	"encoding/json"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/query/mapping"
)

// maxDepth is how deep the bool queries of a request may be nested: the servers
// allow 30, and the caller puts this one into others.
const maxDepth = 24

// maxClauses is of how many queries a request may be made: OpenSearch allows
// 1,024 (indices.query.bool.max_clause_count), Elasticsearch more.
const maxClauses = 800

// Plan is how an index answers a filter.
type Plan struct {
	// Query finds every document that the filter holds for.
	Query json.RawMessage

	// Exact says that it finds no others, as far as the index holds no values now
	// that it did not index ([mapping.Seen]). Should such come, it finds them too.
	Exact bool

	c     *compiler
	asked bool      // anything is
	now   *compiler // of the fields as they are shown now; nil when that is not known
	cut   bool      // the filter is too large for a request, or nested too deeply: parts of it are not asked
}

// Compile translates a filter for documents as b holds them, in indices as m
// describes them. What the index cannot tell is left out of the query. A nil
// filter wants every document.
func Compile(f *filter.Filter, b *profile.Binding, m mapping.Fields) *Plan {
	p := newCompiler(b, m).plan(f)
	if seen, ok := m.(*mapping.Seen); ok && !p.Exact && !p.cut {
		if fields := seen.Shown(); fields != nil {
			p.now = newCompiler(b, fields)
			p.Exact = p.now.plan(f).Exact
		}
	}
	return p
}

func (c *compiler) plan(f *filter.Filter) *Plan {
	found := exactly(all)
	if f != nil {
		found = c.expr(f.Expr())
	}
	fits := found.upper.fitting(maxClauses, maxDepth)
	cut := fits != found.upper
	if cut {
		found = atMost(fits)
	}
	text, err := json.Marshal(found.upper.query())
	if err != nil {
		panic(err) // queries are made of texts, numbers and booleans
	}
	return &Plan{Query: text, Exact: found.exact(), c: c, cut: cut, asked: fits != all}
}

// Support says how far the index can evaluate a check of the filter.
func (p *Plan) Support(c *filter.Check) filter.Support { return p.Part(c) }

// Part says how far the index can evaluate a part of the filter.
func (p *Plan) Part(e filter.Expr) filter.Support {
	switch found := p.c.expr(e); {
	case p.cut && p.asked && found.upper != all:
		return filter.Narrows
	case p.cut:
		return filter.Ignores
	case found.exact() || p.now != nil && p.now.expr(e).exact():
		return filter.Decides
	case found.upper == all:
		return filter.Ignores
	}
	return filter.Narrows
}

// compiler translates for one kind of documents in one kind of index.
type compiler struct {
	stored func(*event.Field, event.Arg) ([]profile.Stored, bool) // as [profile.Binding.Stored]
	prefix string                                                 // of the paths of members, as [profile.Binding] has it
	text   string                                                 // the member whose text is the document, "" when its members are indexed
	m      mapping.Fields
}

func newCompiler(b *profile.Binding, m mapping.Fields) *compiler {
	if b.Text == "" {
		return &compiler{stored: b.Stored, prefix: b.Prefix, m: m}
	}
	inner := *b
	inner.Text = ""
	return &compiler{stored: inner.Stored, text: b.Text, m: m}
}

func (c *compiler) expr(e filter.Expr) bound {
	switch e := e.(type) {
	case *filter.And:
		return allOf(c.each(e.X)...)
	case *filter.Or:
		return anyOf(c.each(e.X)...)
	case *filter.Not:
		return c.expr(e.X).negated()
	case *filter.Check:
		return c.check(e)
	}
	return anything // a macro that nobody resolved
}

func (c *compiler) each(xs []filter.Expr) []bound {
	bs := make([]bound, len(xs))
	for i, x := range xs {
		bs[i] = c.expr(x)
	}
	return bs
}

// check translates one check.
func (c *compiler) check(k *filter.Check) bound {
	left, ok := k.Left.(*filter.Field)
	if !ok {
		return c.transformed(k)
	}
	field, arg, ok := resolve(left)
	if !ok {
		return anything
	}
	if right, ok := k.Right.(*filter.Transform); ok {
		return atMost(and(c.present(field, arg).upper, c.operandPresent(right)))
	}
	return c.field(field, arg, k)
}

func resolve(o *filter.Field) (*event.Field, event.Arg, bool) {
	name := o.Name
	if o.HasArg {
		name += "[" + o.Arg + "]"
	}
	field, arg, err := event.Fields.Parse(name)
	return field, arg, err == nil
}

// transformed translates a check of what transformers make of fields. They all
// are missing where the field is.
func (c *compiler) transformed(k *filter.Check) bound {
	t, ok := k.Left.(*filter.Transform)
	if !ok {
		return anything
	}
	found := atMost(c.operandPresent(t))
	if inner, plain := c.folded(t, k); plain {
		found = inner
	}
	if right, ok := k.Right.(*filter.Transform); ok {
		return atMost(and(found.upper, c.operandPresent(right)))
	}
	return found
}

// folded translates tolower and toupper of a field compared with constants: the
// index compares without case, and what the transformer cannot yield is never
// equal.
func (c *compiler) folded(t *filter.Transform, k *filter.Check) (bound, bool) {
	if t.Name != "tolower" && t.Name != "toupper" || len(t.Args) != 1 {
		return bound{}, false
	}
	f, ok := t.Args[0].(*filter.Field)
	if !ok {
		return bound{}, false
	}
	field, arg, ok := resolve(f)
	if !ok || field.Kind != event.String || field.Flags.Has(event.IsList) {
		return bound{}, false
	}
	fold := &folding{upper: t.Name == "toupper"}
	return c.fieldFolded(field, arg, k, fold), true
}

// operandPresent finds documents that have all fields of an operand.
func (c *compiler) operandPresent(t *filter.Transform) *node {
	found := all
	for _, a := range t.Args {
		switch a := a.(type) {
		case *filter.Field:
			if field, arg, ok := resolve(a); ok {
				found = and(found, c.present(field, arg).upper)
			}
		case *filter.Transform:
			found = and(found, c.operandPresent(a))
		}
	}
	return found
}
