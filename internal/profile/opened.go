package profile

import (
	"fmt"

	"github.com/stoop-project/stoop/internal/event"
)

// opened is one document that many fields are asked of, for one goroutine. It is
// read once, for all fields that were ever asked of one.
type opened struct {
	*Docs
	survey
	payload []byte // the document, as it came
	doc     []byte // … that of the profile's kind, which may lie in it
	in      []int  // the numbers of the paths in [Profile.inPaths]
	unfold  []byte // a document that lay as text in another
	number  int    // how many were opened

	asked map[queryKey]*question
	start question
	last  *question // what was asked last
	look  []value
	marks *marks // nil until somebody asks
}

// question is a field that is asked of documents.
type question struct {
	queryKey
	*query
	at    []int     // the numbers of its places' paths
	since int       // the number of the document that was read before it was asked
	next  *question // what was asked after it last time: the likeliest
}

var _ event.DocOpener = (*Docs)(nil)

// Open implements [event.DocOpener].
func (d *Docs) Open(payload []byte, before event.OpenDoc) event.OpenDoc {
	o, ok := before.(*opened)
	if !ok || o.Docs != d {
		o = &opened{Docs: d, survey: newSurvey(), asked: make(map[queryKey]*question)}
		for _, path := range d.p.inPaths {
			o.in = append(o.in, o.path(string(path)))
		}
	}
	o.payload, o.last, o.number = Document(payload), &o.start, o.number+1
	o.doc = o.payload
	o.read(o.doc)
	if len(d.p.Within) > 0 && !o.whole() {
		o.readWithin()
	}
	return o
}

// whole reports whether what was read is of the profile's kind.
func (o *opened) whole() bool { return o.p.whole(o.at(o.in[:len(o.p.needPaths)])) }

// at returns what was found at some paths.
func (o *opened) at(paths []int) []value {
	o.look = o.look[:0]
	for _, n := range paths {
		o.look = append(o.look, o.found[n])
	}
	return o.look
}

// readWithin reads the document that lies in another, as [finder.lookIn] does.
func (o *opened) readWithin() {
	var within [maxWithin]value
	copy(within[:], o.at(o.in[len(o.p.needPaths):]))
	for i, v := range within {
		if v.kind == absent || !o.p.Within[i].holds(v) || !o.p.likely(v.raw) {
			continue
		}
		o.doc = v.raw
		if v.escaped {
			o.unfold = appendUnescaped(o.unfold[:0], v.raw)
			o.doc = o.unfold
		}
		if o.read(o.doc); o.whole() {
			return
		}
	}
	o.doc = o.payload
	o.read(o.doc)
}

// ask returns what is known of a field.
func (o *opened) ask(f *event.Field, a event.Arg) *question {
	key := queryKey{f, a}
	if o.last.queryKey == key {
		return o.last
	}
	next := o.last.next
	if next == nil || next.queryKey != key {
		if next = o.asked[key]; next == nil {
			next = &question{queryKey: key, query: o.query(f, a), since: o.number}
			for i := range next.places {
				next.at = append(next.at, o.path(next.places[i].path))
			}
			o.asked[key] = next
		}
		o.last.next = next
	}
	o.last = next
	return next
}

// marks has the fields that all are asked for at once, by what of a document
// tells that it may hold them.
type marks struct {
	always []uint64 // whatever there is
	byPath [][]int  // something at the path of this number
	wide   []wideMark
}

// wideMark is a field that a document may hold in many places.
type wideMark struct {
	field int
	*query
}

// Mark implements [event.OpenDoc].
func (o *opened) Mark(fields []*event.Field, held []uint64) {
	m := o.marks
	if m == nil { // this document was read before anybody asked: it may hold all of them
		o.marks = o.newMarks(fields, held)
		return
	}
	for w, word := range m.always {
		held[w] |= word
	}
	for _, path := range o.set {
		if path < len(m.byPath) {
			for _, n := range m.byPath[path] {
				mark(held, n)
			}
		}
	}
	for _, wide := range m.wide {
		if wide.possible(o.payload) {
			mark(held, wide.field)
		}
	}
}

func mark(set []uint64, n int) { set[n/64] |= 1 << (n & 63) }

// newMarks asks for all fields, and marks those that documents may hold.
func (o *opened) newMarks(fields []*event.Field, held []uint64) *marks {
	m := &marks{always: make([]uint64, len(held))}
	for n, f := range fields {
		q := o.ask(f, event.Arg{})
		if !o.Holds(f) {
			continue
		}
		mark(held, n)
		if q.always || f.Class == "json" {
			mark(m.always, n)
		}
		for _, path := range q.at {
			for path >= len(m.byPath) {
				m.byPath = append(m.byPath, nil)
			}
			m.byPath[path] = append(m.byPath[path], n)
		}
		if q.wide {
			m.wide = append(m.wide, wideMark{n, q.query})
		}
	}
	return m
}

// may reports whether the document may hold what is asked for.
func (o *opened) may(q *question) bool {
	return q.always || o.some(q.at) || q.wide && q.possible(o.payload)
}

// Lookup implements [event.DocReader].
func (o *opened) Lookup(_ []byte, f *event.Field, a event.Arg) (event.Value, bool) {
	if f.Class == "json" {
		return o.lookupJSON(o.payload, f, a)
	}
	q := o.ask(f, a)
	if q.since == o.number {
		return o.lookup(o.payload, q.query, f, a)
	}
	if !o.may(q) {
		return event.Value{}, false
	}
	return q.value(o.doc, f, a, o.at(q.at))
}

// some reports whether anything was found at one of some paths.
func (o *opened) some(paths []int) bool {
	for _, n := range paths {
		if o.found[n].kind != absent {
			return true
		}
	}
	return false
}

// Each implements [event.DocReader].
func (o *opened) Each(_ []byte, yield func(name string, value fmt.Stringer) bool) {
	for i := range o.leaves {
		l := &o.leaves[i]
		switch {
		case l.v.kind == object:
			w := walker{p: o.p, yield: yield, path: append([]byte(l.path()), '.')}
			if w.walk(l.v.raw); w.done {
				return
			}
		case !l.v.missing():
			if l.g.show == "" {
				l.g.show = o.p.nameOf(l.path())
			}
			if !yield(l.g.show, l) {
				return
			}
		}
	}
}
