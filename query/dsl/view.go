package dsl

import (
	"math"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/query/mapping"
)

// view is what can be asked of the values at a path.
type view struct {
	kind   viewKind
	path   string // to ask: the path, or a multi-field of it
	parent string // "" or the path, where a multi-field is asked

	ignoreAbove int   // of viewKeyword: UTF-16 units of the longest value that is indexed; 0: any, mapping.NotKnown: who knows
	partial     bool  // the multi-field is not in all indices that have the path
	least, most int64 // of viewInteger: what the type can hold
	nanos       bool  // of viewDate: it keeps ns, else ms
	flat        bool  // the path lies in a flattened object, which knows no wildcards

	aggregatable bool
	malformed    bool // values that are none of the type are not shown
	unnamed      bool // documents do not say that a value was left out
}

type viewKind uint8

const (
	viewMixed viewKind = iota // the indices disagree, or the type is of no use
	viewKeyword
	viewText
	viewInteger
	viewFloat
	viewBoolean
	viewDate
	viewIP
)

var viewKinds = map[string]viewKind{
	"keyword": viewKeyword, "constant_keyword": viewKeyword, "wildcard": viewKeyword, "flattened": viewKeyword, "flat_object": viewKeyword,
	"text": viewText, "match_only_text": viewText,
	"byte": viewInteger, "short": viewInteger, "integer": viewInteger, "long": viewInteger,
	"double": viewFloat, "boolean": viewBoolean, "date": viewDate, "date_nanos": viewDate, "ip": viewIP,
}

var flatTypes = map[string]bool{"flattened": true, "flat_object": true}

var integerBounds = map[string][2]int64{
	"byte": {math.MinInt8, math.MaxInt8}, "short": {math.MinInt16, math.MaxInt16},
	"integer": {math.MinInt32, math.MaxInt32}, "long": {math.MinInt64, math.MaxInt64},
}

// view returns what can be asked of a path; ok is false when no document has
// anything there.
func (c *compiler) view(path string) (v view, ok bool) {
	var own, multi []mapping.Field
	for _, f := range c.m.Lookup(path) {
		switch {
		case f.Parent == "":
			own = append(own, f)
		case viewKinds[f.Type] == viewKeyword && usable(f):
			multi = append(multi, f)
		}
	}
	if len(own) == 0 {
		return view{}, false
	}
	v = newView(path, own)
	if v.kind != viewText || len(multi) == 0 {
		return v, true
	}
	inner := newView(multi[0].Path, multi[:1])
	inner.parent, inner.partial = path, multi[0].Indices != nil
	return inner, true
}

// usable reports whether a field's values can be asked as they are stored.
func usable(f mapping.Field) bool {
	return f.Type != "" && f.Indexed && !f.Normalized && f.Nested == ""
}

// newView joins what several indices say of one path.
func newView(path string, fields []mapping.Field) view {
	f := fields[0]
	v := view{kind: viewKinds[f.Type], path: path, nanos: true, least: math.MinInt64, most: math.MaxInt64, aggregatable: true}
	for _, f := range fields {
		if viewKinds[f.Type] != v.kind || !usable(f) {
			return view{kind: viewMixed, path: path}
		}
		if b, ok := integerBounds[f.Type]; ok {
			v.least, v.most = max(v.least, b[0]), min(v.most, b[1])
		}
		v.nanos = v.nanos && f.Type == "date_nanos"
		v.flat = v.flat || flatTypes[f.Type]
		v.malformed = v.malformed || f.Malformed
		v.unnamed = v.unnamed || f.Unnamed || flatTypes[f.Type]
		v.aggregatable = v.aggregatable && f.Aggregatable
		if f.IgnoreAbove != 0 && (v.ignoreAbove == 0 || f.IgnoreAbove < v.ignoreAbove) {
			v.ignoreAbove = f.IgnoreAbove
		}
	}
	return v
}

// blind finds the documents whose value the view does not show.
func (v view) blind() *node {
	switch {
	case v.parent != "" && v.ignoreAbove != 0 && !v.unnamed:
		return or(ignored(v.path), and(exists(v.parent), not(exists(v.path))))
	case v.parent != "" && (v.partial || v.ignoreAbove != 0):
		return and(exists(v.parent), not(exists(v.path)))
	case v.unnamed && v.ignoreAbove != 0:
		return all // nothing says which values were left out
	case v.ignoreAbove != 0 || v.malformed:
		return ignored(v.path)
	}
	return none
}

// having encloses what a query of the view finds.
func (v view) having(n *node) bound {
	if b := v.blind(); b != none {
		return bound{or(n, b), n}
	}
	return exactly(n)
}

// tooLong reports whether the view cannot show a text.
func (v view) tooLong(s string) bool { return v.ignoreAbove != 0 && utf16Length(s) > v.ignoreAbove }

func utf16Length(s string) (n int) {
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// among translates that a text is one of several.
func (v view) among(texts []string) bound {
	var short []string
	long := false
	for _, s := range texts {
		switch {
		case !utf8.ValidString(s): // in no document
		case v.tooLong(s):
			long = true
		default:
			short = append(short, s)
		}
	}
	if len(short) > maxTerms {
		return atMost(or(exists(v.path), v.blind()))
	}
	found := none
	switch len(short) {
	case 0:
	case 1:
		found = leaf("term", Query{v.path: short[0]})
	default:
		found = leaf("terms", Query{v.path: short})
	}
	// What is not shown is longer than all that are short enough, unless an
	// index lacks the view altogether.
	if long || v.partial {
		return bound{or(found, v.blind()), found}
	}
	return exactly(found)
}

func exists(path string) *node { return leaf("exists", Query{"field": path}) }

func ignored(path string) *node { return leaf("term", Query{"_ignored": path}) }

// firstTime and lastTime are those that have room in 64 bits of ns since 1970:
// 0001-01-01, which some programs write for no time, is none.
const firstTime, lastTime = "1677-09-22T00:00:00.000Z", "2262-04-11T00:00:00.000Z"

// presentAt translates that a place has a value.
func (c *compiler) presentAt(p profile.Stored) bound {
	if p.Form == profile.FormTable {
		if p.Path == "" {
			return exactly(all)
		}
		var stored []string
		for _, from := range p.Values {
			if from == nil {
				return c.presentPath(p.Path)
			}
			stored = append(stored, from...)
		}
		return c.storedAmong(p.Path, stored)
	}
	found := c.presentPath(p.Path)
	v, ok := c.view(p.Path)
	switch {
	case p.Form == profile.FormDerived, c.object(p.Path):
		return found.loosened() // not everything has something to be cut out or counted, and an object is no value
	case !ok:
	case p.Form == profile.FormTime && v.kind == viewDate:
		readable := leaf("range", Query{v.path: Query{"gte": firstTime, "lte": lastTime}})
		return allOf(found, bound{or(readable, v.blind()), readable})
	case (p.Form == profile.FormID || p.Filled) && v.kind == viewKeyword && !v.flat:
		filled := leaf("range", Query{v.path: Query{"gt": ""}}) // an empty text is no id
		if blind := v.blind(); blind != all {
			return exactly(or(filled, blind))
		}
		return bound{all, filled}
	case p.Form == profile.FormID, p.Filled, (p.Form == profile.FormTime || p.Form == profile.FormUnix) && v.kind != viewDate && v.kind != viewInteger:
		return found.loosened() // not every text is a time
	}
	return found
}

// presentPath translates that a path has a value in a document.
func (c *compiler) presentPath(path string) bound {
	return anyOf(c.fieldPresent(path), c.objectPresent(path))
}

// fieldPresent translates that the field at a path has a value.
func (c *compiler) fieldPresent(path string) bound {
	found := none
	for _, f := range c.m.Lookup(path) {
		switch {
		case f.Parent != "":
			continue
		case f.Type == "" || !f.Indexed || f.Nested != "" || flatTypes[f.Type] && f.IgnoreAbove != 0:
			return anything
		case f.Unnamed && f.IgnoreAbove != 0:
			return bound{all, exists(path)}
		case f.IgnoreAbove != 0:
			return exactly(or(exists(path), ignored(path)))
		case f.Malformed: // and whether that is a value of the field nobody there knows
			return bound{or(exists(path), ignored(path)), exists(path)}
		}
		found = exists(path)
	}
	return exactly(found)
}

// object reports whether a path has others below it.
func (c *compiler) object(path string) bool { return len(c.m.Below(path)) > 0 }

// objectPresent translates that an object has anything in it.
func (c *compiler) objectPresent(path string) bound {
	inside := c.m.Below(path)
	if len(inside) == 0 {
		return exactly(none)
	}
	found, hides := exists(path), false
	found.many = len(inside) // servers ask for each member
	for _, f := range inside {
		switch {
		case f.Parent != "":
			continue
		case f.Type == "" || !f.Indexed || f.Nested != "" || f.IgnoreAbove != 0 && (f.Unnamed || flatTypes[f.Type]):
			return bound{all, found}
		}
		hides = hides || f.IgnoreAbove != 0 || f.Malformed
	}
	if hides {
		found = or(found, leaf("prefix", Query{"_ignored": path + "."}))
	}
	return exactly(found)
}
