package profile

import (
	"bytes"

	"github.com/stoop-project/stoop/internal/event"
)

// opened is one document that many fields are asked of. What members it may
// have is found out once: most fields are in no document, and looking for each
// of them through all of it is what takes the time.
type opened struct {
	*Docs
	ends    [endBits / 64]uint64 // a bit for what may stand before a quote
	queries map[queryKey]*query  // those of Docs, for one goroutine
}

// endBits is how many bits tell endings apart. A document of an alert has about
// a hundred quotes, each with an ending of every length.
const endBits = 1 << 13

// endLengths are how long the endings are that a bit stands for.
var endLengths = [...]int{1, 2, 4, 8}

var _ event.DocOpener = (*Docs)(nil)

// Open implements [event.DocOpener].
func (d *Docs) Open(payload []byte, before event.DocReader) event.DocReader {
	o, ok := before.(*opened)
	if !ok || o.Docs != d {
		o = &opened{Docs: d, queries: make(map[queryKey]*query)}
	}
	clear(o.ends[:])
	doc := Document(payload)
	for from := 0; ; {
		n := bytes.IndexAny(doc[from:], `"\`)
		if n < 0 {
			return o
		}
		at := from + n
		for _, length := range endLengths {
			if at >= length {
				bit := endBit(doc[at-length : at])
				o.ends[bit/64] |= 1 << (bit % 64)
			}
		}
		from = at + 1
	}
}

// endBit is the bit of an ending (FNV-1a).
func endBit(end []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range end {
		h = (h ^ uint32(c)) * 16777619
	}
	return (h ^ h>>16) % endBits
}

// endOf is the bit of the longest ending of a word that there is one for; that
// of none for an empty word, which may be anywhere.
func endOf(word []byte) (bit uint32, some bool) {
	for i := len(endLengths) - 1; i >= 0; i-- {
		if n := endLengths[i]; len(word) >= n {
			return endBit(word[len(word)-n:]), true
		}
	}
	return 0, false
}

// Lookup implements [event.DocReader].
func (o *opened) Lookup(payload []byte, f *event.Field, a event.Arg) (event.Value, bool) {
	doc := Document(payload)
	if f.Class == "json" {
		return o.lookupJSON(doc, f, a)
	}
	key := queryKey{f, a}
	q := o.queries[key]
	if q == nil {
		q = o.query(f, a)
		o.queries[key] = q
	}
	if !o.may(q) {
		return event.Value{}, false
	}
	return o.lookup(doc, q, f, a)
}

// may reports whether the document may hold what is asked for, by less than a
// glance: [query.possible] still has to say so.
func (o *opened) may(q *query) bool {
	if q.always {
		return true
	}
	for _, bit := range q.ends {
		if o.ends[bit/64]&(1<<(bit%64)) != 0 {
			return true
		}
	}
	return q.anywhere
}
