package event

import (
	"fmt"
	"math/bits"
	"strings"
)

// open returns a reader of the row's document.
func (j *JSON) open(r Row) OpenDoc {
	o, ok := r.T.Docs.(DocOpener)
	if !ok {
		return unopened{r.T.Docs}
	}
	j.opened = o.Open(r.B.Payload(r.I), j.opened)
	return j.opened
}

// docFields writes the fields of an event that came as a document: each of its
// row, or else of the document. Most fields are in neither and are not looked at.
func (j *JSON) docFields(dst []byte, r Row, docs OpenDoc, written *fieldSet, first *bool) []byte {
	var rows [HomeEvent]*kept
	ofRows, lacks := j.list.ofEvent, j.list.lacking(r, HomeEvent)
	ofRows.drop(&lacks)
	for home := range rows {
		rows[home] = j.row(r, Home(home), true)
		ofRows.addAll(&rows[home].some)
	}
	var ofDoc fieldSet
	docs.Mark(j.list.fields, ofDoc[:])
	for w := range ofRows {
		for left := ofRows[w] | ofDoc[w]; left != 0; left &= left - 1 {
			n := w*64 + bits.TrailingZeros64(left)
			f, before := j.list.fields[n], len(dst)
			switch {
			case !ofRows.has(n):
			case f.Home == HomeEvent:
				dst = j.field(dst, r, n, first)
			default:
				dst = append(appendComma(dst, first), rows[f.Home].field(j.list.places[n])...)
			}
			if len(dst) == before && ofDoc.has(n) {
				if v, ok := docs.Lookup(r.B.Payload(r.I), f, Arg{}); ok {
					dst = v.AppendJSON(append(appendComma(dst, first), j.list.keys[n]...), j.text)
				}
			}
			if len(dst) > before {
				written.add(n)
			}
		}
	}
	return dst
}

// docRest writes what the event's document holds and no field that was written
// says: what a field cannot be, too.
func (j *JSON) docRest(dst []byte, r Row, docs OpenDoc, written *fieldSet, first *bool) []byte {
	last := &j.start
	docs.Each(r.B.Payload(r.I), func(name string, value fmt.Stringer) bool {
		last = j.member(last, name)
		if !last.skip && (last.number < 0 || !written.has(last.number)) {
			dst = append(j.text(appendComma(dst, first), name), ':')
			dst = j.text(dst, value.String())
		}
		return true
	})
	return dst
}

// member is a name in documents.
type member struct {
	name   string
	number int     // of the field that it is; -1 for none
	skip   bool    // it is not written
	next   *member // what came after it last time: the likeliest
}

// chainMember begins the names of what a sequence's alert says of its steps:
// objects in lists, which are no text. Who wants them reads the document.
const chainMember = "stoop.sequence."

// maxMembers bounds how many names are remembered.
const maxMembers = 1 << 12

// member returns the member of a name that follows another.
func (j *JSON) member(last *member, name string) *member {
	if next := last.next; next != nil && next.name == name {
		return next
	}
	m := j.members[name]
	if m == nil {
		m = &member{name: name, number: -1, skip: strings.HasPrefix(name, chainMember)}
		if n, ok := j.list.numbers[name]; ok {
			m.number = n
		}
		if len(j.members) >= maxMembers {
			return m
		}
		j.members[name] = m
	}
	last.next = m
	return m
}
