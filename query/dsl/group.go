package dsl

import (
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/query/mapping"
)

// Group is where an index can tell the values of a field apart: a place, in
// documents that have the value there.
type Group struct {
	Where  Query               // those documents: nothing is at the places before; of derived, those that may have one
	There  Query               // all that have something at this place
	Path   string              // to aggregate by; "" for a constant
	Form   profile.Form        // how what is stored there stands for the value: same, id, table; derived: nobody there can tell
	Values map[string][]string // of a table: as in [profile.Stored]
	Hidden Query               // those among them whose value is too long to be indexed; nil: none
	Type   string              // keyword, integer, float, boolean, date, ip
}

// Groups returns the places by which documents can be grouped by a field. ok is
// false when the index does not tell all of its values.
func Groups(b *profile.Binding, m mapping.Fields, f *event.Field, a event.Arg) (groups []Group, ok bool) {
	c := newCompiler(b, m)
	if c.text != "" {
		return nil, false
	}
	places, ok := c.places(f, a)
	absent := exactly(all)
	for _, p := range places {
		present := c.presentAt(p)
		here := allOf(absent, present)
		absent = allOf(absent, present.negated())
		if present.upper == none {
			continue
		}
		if _, empty := p.Values[""]; empty && len(p.Values) == 1 && here.exact() {
			continue // to a panel an empty text is no value
		}
		g := Group{Where: here.upper.query(), There: present.upper.query(), Form: p.Form, Values: p.Values}
		if p.Path == "" {
			return append(groups, g), ok && here.exact()
		}
		if value, fixed := always(p); fixed && here.exact() {
			g.Form, g.Values = profile.FormTable, map[string][]string{value: nil}
			groups = append(groups, g)
			continue
		}
		if p.Form == profile.FormDerived && len(groups) > 0 {
			groups = append(groups, g)
			continue
		}
		v, known := c.view(p.Path)
		if !known || !here.exact() || !groupable(p, v, f) {
			return nil, false
		}
		g.Path, g.Type = v.path, typeNames[v.kind]
		if blind := v.blind(); blind != none {
			g.Hidden = blind.query()
		}
		groups = append(groups, g)
	}
	return groups, ok
}

// always returns the only value that a place gives, whatever is stored there.
func always(p profile.Stored) (value string, ok bool) {
	for v, from := range p.Values {
		if len(p.Values) == 1 && from == nil {
			return v, true
		}
	}
	return "", false
}

var typeNames = map[viewKind]string{
	viewKeyword: "keyword", viewInteger: "integer", viewFloat: "float", viewBoolean: "boolean", viewDate: "date", viewIP: "ip",
}

// groupable reports whether the view's terms are the field's values, or can be
// told as such.
func groupable(p profile.Stored, v view, f *event.Field) bool {
	if !v.aggregatable || typeNames[v.kind] == "" {
		return false
	}
	switch p.Form {
	case profile.FormTable, profile.FormID:
		return v.kind == viewKeyword
	case profile.FormSame:
		return v.holds(f.Kind)
	}
	return false
}

// TimePath returns the path of the date by which documents can be put into
// buckets of time; ok is false when there is none that all of them have.
func TimePath(b *profile.Binding, m mapping.Fields) (path string, ok bool) {
	c := newCompiler(b, m)
	field, _ := event.Fields.Lookup("evt.rawtime")
	places, ok := c.places(field, event.Arg{})
	for _, p := range places {
		v, known := c.view(p.Path)
		if known && v.kind == viewDate && v.aggregatable && p.Form == profile.FormTime {
			return p.Path, ok
		}
		if known {
			return "", false // the time that counts is no date
		}
	}
	return "", false
}
