package profile

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/stoop-project/stoop/internal/event"
)

// Docs reads fields out of the documents of a profile. It may be used by many
// goroutines at a time. A payload may hold further lines behind its document:
// documents that were read from a file of lines lie there as they were, and
// lines that could not be read lie between them.
type Docs struct {
	p       *Profile
	queries sync.Map // of *query by queryKey
	held    sync.Map // of bool by *event.Field
}

var _ event.DocReader = (*Docs)(nil)

// Docs returns the reader of the profile's documents.
func (p *Profile) Docs() *Docs { return &Docs{p: p} }

// Profile returns the profile, so that a recording can say how its documents
// are read.
func (d *Docs) Profile() *Profile { return d.p }

// Holds reports whether documents may hold a field that the tables do not.
func (d *Docs) Holds(f *event.Field) bool {
	if held, ok := d.held.Load(f); ok {
		return held.(bool)
	}
	held := !whole[f.Name] && (d.p.fields != "" || f.Class == "json" || d.p.maps(f))
	d.held.Store(f, held)
	return held
}

// maps reports whether the profile has places for a field, with whatever
// argument.
func (p *Profile) maps(f *event.Field) bool {
	for name := range p.places {
		if base, _, _ := strings.Cut(name, "["); base == f.Name {
			return true
		}
	}
	return false
}

// Document returns the document that a payload begins with.
func Document(payload []byte) []byte {
	if i := bytes.IndexByte(payload, '\n'); i >= 0 {
		return payload[:i]
	}
	return payload
}

type queryKey struct {
	field *event.Field
	arg   event.Arg
}

// query is how a field is looked for.
type query struct {
	places []place
	words  [][]byte // a document without any of them does not hold the field
	always bool     // the field has a value in any document
	wide   bool     // one of the places is of a wide form
	paths  [][]byte // those of the profile's needs, and of the places
}

func (d *Docs) query(f *event.Field, a event.Arg) *query {
	key := queryKey{f, a}
	if q, ok := d.queries.Load(key); ok {
		return q.(*query)
	}
	q := &query{places: d.p.placesOf(f, a), paths: slices.Clone(d.p.inPaths)}
	for i := range q.places {
		q.paths = append(q.paths, []byte(q.places[i].path))
		q.words = append(q.words, lastWord(q.places[i].path))
		q.always = q.always || q.places[i].form == formConst
		q.wide = q.wide || q.places[i].form.wide()
	}
	q.words = endings(q.words)
	d.queries.Store(key, q)
	return q
}

// possible reports whether a document may hold what is asked for, by a glance.
func (q *query) possible(doc []byte) bool {
	return q.always || slices.ContainsFunc(q.words, func(word []byte) bool { return has(doc, word) })
}

// endings drops the words that end with another: who has them has that.
func endings(words [][]byte) (kept [][]byte) {
	for i, w := range words {
		if !slices.ContainsFunc(words[:i], func(o []byte) bool { return bytes.Equal(o, w) }) &&
			!slices.ContainsFunc(words, func(o []byte) bool { return len(o) < len(w) && bytes.HasSuffix(w, o) }) {
			kept = append(kept, w)
		}
	}
	return kept
}

// Lookup returns one field's value.
func (d *Docs) Lookup(payload []byte, f *event.Field, a event.Arg) (event.Value, bool) {
	doc := Document(payload)
	if f.Class == "json" {
		return d.lookupJSON(doc, f, a)
	}
	return d.lookup(doc, d.query(f, a), f, a)
}

func (d *Docs) lookup(doc []byte, q *query, f *event.Field, a event.Arg) (event.Value, bool) {
	if !q.possible(doc) {
		return event.Value{}, false
	}
	look := finders.Get().(*finder)
	defer finders.Put(look)
	look.paths = append(look.paths[:0], q.paths...)
	doc = look.lookIn(d.p, doc)
	return q.value(doc, f, a, look.found[len(d.p.inPaths):])
}

// value makes the field's value of what was found in a document at its places.
func (q *query) value(doc []byte, f *event.Field, a event.Arg, found []value) (event.Value, bool) {
	var made []byte
	for i := range q.places {
		pl := &q.places[i]
		if pl.form == formSame && found[i].kind == array && !f.Flags.Has(event.IsList) && !found[i].some() {
			continue
		}
		if pl.form.wide() {
			if v, ok := pl.lookup(doc, f, a); ok {
				return v, true
			}
		} else if v, ok := pl.apply(found[i], &made); ok {
			return v.of(f)
		}
	}
	return event.Value{}, false
}

// severalNames are fields whose values may be alternatives.
var severalNames = map[string]bool{"fd.cip.name": true, "fd.sip.name": true, "fd.lip.name": true, "fd.rip.name": true}

// of reads the value as a field's.
func (v value) of(f *event.Field) (event.Value, bool) {
	isList := f.Flags.Has(event.IsList)
	switch {
	case v.kind == array && isList:
		return event.Value{Kind: f.Kind, List: v.list(f.Kind)}, true
	case v.kind == array && severalNames[f.Name]:
		return event.Value{List: v.list(f.Kind)}, true
	case v.kind == array && f.Kind == event.String:
		return event.StringValue(v.joined()), true
	case isList:
		return event.Value{Kind: f.Kind, List: v.printedList(f.Kind)}, true
	}
	return v.as(f.Kind)
}

// printedList reads a list as Falco prints it: (a,b).
func (v value) printedList(k event.Kind) []event.Value {
	all := []event.Value{}
	line := strings.TrimSuffix(strings.TrimPrefix(v.String(), "("), ")")
	for _, word := range strings.Split(line, ",") {
		if one, ok := (value{kind: text, raw: []byte(word)}).as(k); ok {
			all = append(all, one)
		}
	}
	return all
}

// Each calls yield for each member of a payload's document. What is a field
// bears the field's name, anything else the way to it.
func (d *Docs) Each(payload []byte, yield func(name string, value fmt.Stringer) bool) {
	w := walker{p: d.p, yield: yield}
	w.walk(d.p.inside(Document(payload)))
}

// flatNames has the names of fields by what shippers make of them that cannot
// store dots.
var flatNames = sync.OnceValue(func() map[string]string {
	all := make(map[string]string)
	for _, f := range event.Fields.All() {
		all[strings.ReplaceAll(f.Name, ".", "_")] = f.Name
	}
	return all
})

// fieldName returns the field that a member's name stands for.
func fieldName(name string) string {
	if strings.IndexByte(name, '.') >= 0 {
		return name
	}
	base, arg, _ := strings.Cut(name, "[")
	if arg != "" {
		arg = "[" + arg
	}
	if f := flatNames()[base]; f != "" {
		return f + arg
	}
	if key, ok := strings.CutPrefix(base, "evt_arg_"); ok {
		return "evt.arg." + key + arg
	}
	return name
}
