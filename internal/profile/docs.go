package profile

import (
	"bytes"
	"strconv"
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
	queries sync.Map // of query by queryKey
}

var _ event.DocReader = (*Docs)(nil)

// Docs returns the reader of the profile's documents.
func (p *Profile) Docs() *Docs { return &Docs{p: p} }

// Profile returns the profile, so that a recording can say how its documents
// are read.
func (d *Docs) Profile() *Profile { return d.p }

// Holds reports whether documents may hold a field that the tables do not.
func (d *Docs) Holds(f *event.Field) bool { return !whole[f.Name] }

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

// query is what a field is called in documents.
type query struct {
	names  []string // among the fields
	member string   // beside them
	hints  []hint   // a document without any of them does not hold the field
}

func (d *Docs) query(f *event.Field, a event.Arg) *query {
	key := queryKey{f, a}
	if q, ok := d.queries.Load(key); ok {
		return q.(*query)
	}
	q := &query{}
	add := func(prefix, last, end string) {
		flat := strings.ReplaceAll(prefix, ".", "_")
		q.names = append(q.names, prefix+last+end, flat+strings.ReplaceAll(last, ".", "_")+end)
		h := hint{word: []byte(last), before: [][]byte{[]byte(`"`), []byte(`"` + prefix), []byte(`"` + flat)}}
		q.hints = append(q.hints, h)
	}
	for _, name := range append([]string{f.Name}, d.p.reverse[f.Name]...) {
		at := strings.LastIndexByte(name, '.') + 1
		switch {
		case !a.Set:
			add(name[:at], name[at:], "")
		case a.Key != "":
			add(name+".", a.Key, "")
			add(name+"[", a.Key, "]")
		default:
			add(name[:at], name[at:]+"["+strconv.Itoa(a.Index)+"]", "")
		}
	}
	for member, field := range d.p.Members {
		if field == f.Name && !a.Set {
			q.member = member
			q.hints = append(q.hints, hint{word: []byte(member), before: [][]byte{[]byte(`"`)}})
		}
	}
	d.queries.Store(key, q)
	return q
}

// hint is what a document must have to hold a field: the end of its name, behind
// its beginning (with dots or without), or in an object of its own behind the
// quote alone.
type hint struct {
	word   []byte
	before [][]byte
}

func (h *hint) in(doc []byte) bool {
	for at := 0; ; at++ {
		n := bytes.Index(doc[at:], h.word)
		if n < 0 {
			return false
		}
		at += n
		for _, before := range h.before {
			if bytes.HasSuffix(doc[:at], before) {
				return true
			}
		}
	}
}

// possible reports whether a document may hold what is asked for, by a glance.
// Names are compared as they are written: one that is spelt with \u escapes is
// another name, here as in a [Mapper].
func (q *query) possible(doc []byte) bool {
	for i := range q.hints {
		if q.hints[i].in(doc) {
			return true
		}
	}
	return false
}

func (q *query) asks(name []byte) bool {
	for _, n := range q.names {
		if n == string(name) {
			return true
		}
	}
	return false
}

// Lookup returns one field's value.
func (d *Docs) Lookup(payload []byte, f *event.Field, a event.Arg) (event.Value, bool) {
	doc := Document(payload)
	q := d.query(f, a)
	if !q.possible(doc) {
		return event.Value{}, false
	}
	var found value
	w := walker{p: d.p, field: func(name []byte, v value) {
		if q.asks(name) {
			found = v
		}
	}}
	if q.member != "" {
		w.member = func(name []byte, v value) {
			if q.member == string(name) {
				found = v
			}
		}
	}
	if inner, whole := w.walk(doc); !whole && inner != nil {
		found = value{}
		w.walk(inner)
	}
	if found.missing() {
		return event.Value{}, false
	}
	return found.of(f)
}

// of reads the value as a field's.
func (v value) of(f *event.Field) (event.Value, bool) {
	isList := f.Flags.Has(event.IsList)
	switch {
	case v.kind == array && isList:
		return event.Value{Kind: f.Kind, List: v.list(f.Kind)}, true
	case v.kind == array:
		return (value{kind: text, raw: []byte(v.joined())}).as(f.Kind)
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
func (d *Docs) Each(payload []byte, yield func(name, value string) bool) {
	more := true
	emit := func(name string, v value) {
		if more && !v.missing() {
			more = yield(name, v.String())
		}
	}
	doc := Document(payload)
	look := walker{p: d.p}
	if inner, whole := look.walk(doc); !whole && inner != nil {
		doc = inner
	}
	w := walker{p: d.p, field: func(name []byte, v value) {
		emit(fieldName(string(name)), v)
	}, member: func(name []byte, v value) {
		field := d.p.Members[string(name)]
		if field == "" {
			field = string(name)
		}
		emit(field, v)
	}}
	w.walk(doc)
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
