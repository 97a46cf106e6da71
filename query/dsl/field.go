package dsl

import (
	"slices"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/profile"
)

// test is a check of one field on its way to one place in a document.
type test struct {
	check *filter.Check
	op    filter.Op
	field *event.Field
	texts []string // what the field is compared with, as written
	fold  *folding // the field's text is folded before it is compared; may be nil
}

// folding is what tolower and toupper do.
type folding struct{ upper bool }

// yields reports whether folding can have a text as its result.
func (f *folding) yields(s string) bool {
	for i := range len(s) {
		c := s[i]
		if f.upper && c >= 'a' && c <= 'z' || !f.upper && c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return true
}

// bothEnds has the fields that stand for both ends of a connection.
var bothEnds = map[string][2]string{
	"fd.ip":    {"fd.cip", "fd.sip"},
	"fd.net":   {"fd.cnet", "fd.snet"},
	"fd.port":  {"fd.cport", "fd.sport"},
	"fd.proto": {"fd.cproto", "fd.sproto"},
}

// siblings has the fields that lie where another does, and are only compared
// otherwise.
var siblings = map[string]string{
	"fd.cnet": "fd.cip", "fd.snet": "fd.sip", "fd.lnet": "fd.lip", "fd.rnet": "fd.rip",
}

// field translates a check of a field with constants.
func (c *compiler) field(f *event.Field, a event.Arg, k *filter.Check) bound {
	return c.fieldFolded(f, a, k, nil)
}

func (c *compiler) fieldFolded(f *event.Field, a event.Arg, k *filter.Check, fold *folding) bound {
	if c.text != "" {
		return c.inText(f, a, k, fold)
	}
	if found, ok := c.never(f, a, k); ok {
		return found
	}
	if ends, ok := bothEnds[f.Name]; ok {
		return c.ends(ends, k)
	}
	if oneAnAncestor(f) && !a.Set {
		return c.ancestors(f, k)
	}
	t := &test{check: k, op: k.Op, field: f, texts: constants(k), fold: fold}
	places, ok := c.places(f, a)
	if !ok && fold == nil {
		return c.pointed(f, a, k)
	}
	if !ok {
		return anything
	}
	return c.firstOf(places, t.at)
}

// never translates what Falco's rules say "never" by: evt.num=0 and, of audit
// records, jevt.rawtime=0. Events are numbered from 1 on; the time of a document
// is 0 where it says so or says nothing.
func (c *compiler) never(f *event.Field, a event.Arg, k *filter.Check) (found bound, ok bool) {
	v, plain := k.Right.(*filter.Value)
	if !plain || v.Text != "0" || k.Op != filter.OpEq {
		return found, false
	}
	if places, _ := c.places(f, a); len(places) > 0 {
		return found, false
	}
	switch f.Name {
	case "evt.num":
		return exactly(none), true
	case "jevt.rawtime", "json.rawtime":
		at, _ := event.Fields.Lookup("evt.rawtime")
		zero := c.field(at, event.Arg{}, k)
		return atMost(or(zero.upper, not(c.present(at, event.Arg{}).lower))), true
	}
	return found, false
}

// places returns where a field lies.
func (c *compiler) places(f *event.Field, a event.Arg) ([]profile.Stored, bool) {
	places, ok := c.stored(f, a)
	if len(places) > 0 {
		return places, true
	}
	if name := siblings[f.Name]; name != "" {
		sibling, _ := event.Fields.Lookup(name)
		return c.stored(sibling, a)
	}
	return nil, ok
}

// firstOf translates what at says of the first place that is present in a
// document.
func (c *compiler) firstOf(places []profile.Stored, at func(*compiler, profile.Stored) bound) bound {
	var found []bound
	absent := exactly(all)
	for _, p := range places {
		found = append(found, allOf(absent, at(c, p)))
		absent = allOf(absent, c.presentAt(p).negated())
	}
	return anyOf(found...)
}

// present translates that a field has a value.
func (c *compiler) present(f *event.Field, a event.Arg) bound {
	exists := &filter.Check{Op: filter.OpExists}
	return c.field(f, a, exists)
}

// ends translates a check of both ends of a connection: one of them must
// fulfil it, and for != all that are known.
func (c *compiler) ends(names [2]string, k *filter.Check) bound {
	var each, known, fit []bound
	for _, name := range names {
		f, _ := event.Fields.Lookup(name)
		if f == nil {
			return anything
		}
		holds, is := c.field(f, event.Arg{}, k), c.present(f, event.Arg{})
		each, known, fit = append(each, holds), append(known, is), append(fit, anyOf(holds, is.negated()))
	}
	if k.Op != filter.OpNE {
		return anyOf(each...)
	}
	return allOf(anyOf(known...), allOf(fit...))
}

// maxAncestors is how many of them documents are asked for.
const maxAncestors = 15

// oneAnAncestor reports whether a field has a value for each ancestor.
func oneAnAncestor(f *event.Field) bool {
	switch f.Name {
	case "proc.aname", "proc.aexe", "proc.aexepath", "proc.acmdline", "proc.apid":
		return true
	}
	return false
}

// ancestors translates a check that one ancestor must fulfil.
func (c *compiler) ancestors(f *event.Field, k *filter.Check) bound {
	var each []bound
	for n := 1; n <= maxAncestors; n++ {
		each = append(each, c.field(f, event.Arg{Set: true, Index: n}, k))
	}
	found := anyOf(each...)
	// A document may hold all of them under the field's own name.
	if places, ok := c.places(f, event.Arg{}); !ok || len(places) > 0 {
		if whole := c.firstOf(places, (*compiler).presentAt); whole.upper != none {
			found = bound{or(found.upper, whole.upper), found.lower}
		}
	}
	return found
}

// constants returns what a check compares with.
func constants(k *filter.Check) (texts []string) {
	switch r := k.Right.(type) {
	case *filter.Value:
		return []string{r.Text}
	case *filter.List:
		for _, v := range r.Items {
			texts = append(texts, v.Text)
		}
	}
	return texts
}

// at translates the test for one place.
func (t *test) at(c *compiler, p profile.Stored) bound {
	if p.Form == profile.FormTable {
		return t.inTable(c, p)
	}
	if t.op == filter.OpExists && t.field.Flags.Has(event.IsList) {
		return bound{all, c.presentAt(p).lower} // an empty list exists, and no index knows of it
	}
	view, ok := c.view(p.Path)
	if !ok && t.op == filter.OpIn && t.field.Flags.Has(event.IsList) {
		return anything // of an empty list all members are among any
	}
	if !ok {
		return c.presentAt(p)
	}
	if t.op == filter.OpExists {
		return t.exists(c, p, view)
	}
	if t.field.Flags.Has(event.IsList) {
		return t.inList(c, p, view)
	}
	if p.Form == profile.FormDerived || view.kind == viewMixed {
		return atMost(c.presentAt(p).upper)
	}
	if p.Filled && slices.Contains(t.texts, "") {
		return allOf(c.presentAt(p), t.each(c, p, view))
	}
	return t.each(c, p, view)
}

// exists translates that there is a value, and that it is one of the field's
// kind.
func (t *test) exists(c *compiler, p profile.Stored, v view) bound {
	present := c.presentAt(p)
	if p.Form != profile.FormSame || v.holds(t.field.Kind) {
		return present
	}
	return present.loosened()
}

// holds reports whether every value of the view is one of a kind.
func (v view) holds(k event.Kind) bool {
	switch v.kind {
	case viewInteger, viewFloat, viewDate:
		return k == event.String || k.Numeric() && v.kind == viewInteger
	case viewIP:
		return k == event.String || k == event.IP || k == event.Net
	case viewBoolean:
		return k == event.String || k == event.Bool
	}
	return k == event.String || k == event.Bytes
}

// each applies the operator to the constants, as the modifier says.
func (t *test) each(c *compiler, p profile.Stored, v view) bound {
	if t.check.Mod == filter.ModNone && t.op != filter.OpIn && t.op != filter.OpIntersects && t.op != filter.OpPMatch {
		return t.one(c, p, v, t.op, t.texts[0])
	}
	op := t.op
	if op == filter.OpIn || op == filter.OpIntersects {
		if len(t.texts) == 0 {
			return exactly(none)
		}
		op = filter.OpEq
	}
	if op == filter.OpEq && t.check.Mod != filter.ModOneOf && t.check.Mod != filter.ModAllOf {
		if found, ok := t.among(p, v); ok {
			return found
		}
	}
	bs := make([]bound, len(t.texts))
	for i, text := range t.texts {
		bs[i] = t.one(c, p, v, op, text)
	}
	return t.joined(bs)
}

// joined puts together what is said of each constant, as the modifier says.
func (t *test) joined(each []bound) bound {
	switch t.check.Mod {
	case filter.ModAllOf:
		if len(each) == 0 {
			return exactly(none)
		}
		return allOf(each...)
	case filter.ModOneOf:
		if len(each) == 1 {
			return each[0]
		}
		return atMost(anyOf(each...).upper)
	}
	return anyOf(each...)
}

// one translates a comparison with one constant.
func (t *test) one(c *compiler, p profile.Stored, v view, op filter.Op, text string) bound {
	if op == filter.OpNE {
		return allOf(t.exists(c, p, v), t.one(c, p, v, filter.OpEq, text).negated())
	}
	found := t.shown(c, p, v, op, text)
	if joined[t.field.Name] {
		found = t.member(c, p, found, op, text)
	}
	if v.malformed {
		return bound{or(found.upper, v.blind()), found.lower}
	}
	return found
}

// joined has the fields that documents hold as a list of texts or as one text, the
// list with commas between its members: Elastic's integration makes lists of
// Falco's texts.
var joined = map[string]bool{"k8s.pod.labels": true}

// member translates a comparison of a text of which the index may have the
// members.
func (t *test) member(c *compiler, p profile.Stored, found bound, op filter.Op, text string) bound {
	switch {
	case strings.Contains(text, ",") || op != filter.OpEq && op != filter.OpContains && op != filter.OpIContains && op != filter.OpStartsWith && op != filter.OpEndsWith:
		return atMost(c.presentAt(p).upper)
	case op == filter.OpContains || op == filter.OpIContains:
		return found
	}
	return found.loosened()
}

// shown translates a comparison with one constant of what the view shows.
func (t *test) shown(c *compiler, p profile.Stored, v view, op filter.Op, text string) bound {
	switch p.Form {
	case profile.FormID, profile.FormTime, profile.FormUnix:
		switch {
		case t.fold != nil:
			return atMost(c.presentAt(p).upper)
		case p.Form == profile.FormID:
			return c.id(p, v, op, text)
		}
		return c.time(p, v, op, text)
	}
	switch t.field.Kind {
	case event.String, event.Bytes, event.None:
		return t.text(c, p, v, op, text)
	case event.IP, event.Net:
		return c.address(p, v, t.field.Kind, op, text)
	case event.Time:
		return c.time(p, v, op, text)
	case event.Bool:
		return c.boolean(p, v, op, text)
	}
	return c.number(p, v, t.field.Kind, op, text)
}
