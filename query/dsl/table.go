package dsl

import (
	"slices"
	"strconv"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/profile"
)

// maxTerms is how many terms a request asks for at most: the servers allow
// 65,536.
const maxTerms = 60000

// inTable translates a test of a field that a profile's table makes of what is
// stored: each of its values is asked here.
func (t *test) inTable(c *compiler, p profile.Stored) bound {
	if t.fold != nil {
		return atMost(c.presentAt(p).upper)
	}
	if _, one := always(p); !one && (t.op == filter.OpNE || t.check.Mod != filter.ModNone && len(t.texts) > 1) {
		return t.eachOfTable(c, p)
	}
	var stored []string
	whatever := false // the field has a value that fulfils the check as soon as there is anything
	for value, from := range p.Values {
		holds, ok := true, true
		if t.op != filter.OpExists {
			v, readable := valueOf(t.field, value)
			holds, ok = filter.Holds(t.check, event.Fields, v)
			ok = ok && readable
		}
		if !ok {
			return atMost(c.presentAt(p).upper)
		}
		if holds {
			whatever = whatever || from == nil
			stored = append(stored, from...)
		}
	}
	switch {
	case p.Path == "" && whatever:
		return exactly(all)
	case p.Path == "":
		return exactly(none)
	case whatever:
		return c.presentPath(p.Path)
	}
	return c.storedAmong(p.Path, stored)
}

// eachOfTable asks for each constant by itself: of several values of a document
// one must be equal to it, and for != none.
func (t *test) eachOfTable(c *compiler, p profile.Stored) bound {
	var each []bound
	for _, text := range t.texts {
		one := *t
		one.check = &filter.Check{Left: t.check.Left, Op: t.op, Right: &filter.Value{Text: text}}
		one.op, one.texts = t.op, []string{text}
		if t.op == filter.OpNE {
			one.check.Op, one.op = filter.OpEq, filter.OpEq
			each = append(each, allOf(c.presentAt(p), one.inTable(c, p).negated()))
		} else {
			each = append(each, one.inTable(c, p))
		}
	}
	return t.joined(each)
}

// valueOf reads a value as a table writes it.
func valueOf(f *event.Field, text string) (event.Value, bool) {
	v := event.StringValue(text)
	switch f.Kind {
	case event.String, event.Bytes, event.None:
	case event.Bool:
		v = event.BoolValue(text == "true")
	case event.Int, event.Uint, event.Port, event.Duration, event.Time:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return v, false
		}
		v = event.Value{Kind: f.Kind, Num: uint64(n)}
	default:
		return v, false
	}
	if f.Flags.Has(event.IsList) {
		return event.Value{Kind: f.Kind, List: []event.Value{v}}, true
	}
	return v, true
}

// storedAmong finds documents that have one of some values at a path.
func (c *compiler) storedAmong(path string, stored []string) bound {
	if len(stored) == 0 {
		return exactly(none)
	}
	slices.Sort(stored)
	v, ok := c.view(path)
	if !ok {
		return c.presentPath(path)
	}
	t := &test{op: filter.OpIn, field: &event.Field{Kind: event.String}, texts: stored, check: &filter.Check{Op: filter.OpIn}}
	return t.each(c, profile.Stored{Path: path}, v)
}

// inList translates a test of a field that is a list. Of the members an index
// tells whether one is among some, not whether all are.
func (t *test) inList(c *compiler, p profile.Stored, v view) bound {
	present := c.presentAt(p)
	if p.Form == profile.FormDerived || v.kind != viewKeyword || t.fold != nil {
		if t.op == filter.OpIntersects {
			return atMost(present.upper)
		}
		return anything
	}
	found := v.among(t.texts)
	if t.op == filter.OpIntersects {
		return found
	}
	return atMost(or(found.upper, not(present.lower))) // of an empty list all members are among them
}

// among translates that a field is one of several constants, in one query
// where that is possible.
func (t *test) among(p profile.Stored, v view) (bound, bool) {
	if p.Form != profile.FormSame || v.kind != viewKeyword || t.fold != nil || len(t.texts) < 2 || joined[t.field.Name] {
		return bound{}, false
	}
	switch t.field.Kind {
	case event.String, event.Bytes:
		return v.among(t.texts), true
	}
	return bound{}, false
}

// id translates a comparison of a container's id: stored is the id, its first
// twelve digits, or either behind a scheme.
func (c *compiler) id(p profile.Stored, v view, op filter.Op, text string) bound {
	if v.kind != viewKeyword || v.flat || !plainID(text) {
		return atMost(c.presentAt(p).upper)
	}
	hex := strings.Trim(text, "0123456789abcdefABCDEF") == ""
	expr := "(.*://)?" + strings.NewReplacer(".", `\.`, "-", `\-`).Replace(text)
	switch {
	case op == filter.OpEq && (text == "" || hex && len(text) > idLength):
		return exactly(none)
	case op == filter.OpEq && hex && len(text) == idLength:
		expr += "[0-9a-fA-F]*"
	case op == filter.OpEq:
	case op == filter.OpStartsWith && text != "" && len(text) <= idLength:
		expr += ".*"
	default:
		return atMost(c.presentAt(p).upper)
	}
	if len(expr) > maxPattern {
		return atMost(c.presentAt(p).upper)
	}
	return v.having(regexpQuery(v.path, expr))
}

const idLength = 12

// plainID reports whether a text has only what ids and names have.
func plainID(s string) bool {
	return strings.Trim(s, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.") == ""
}
