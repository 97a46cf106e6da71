package event

import (
	"slices"
	"sync"
)

// JSON writes events as one JSON object each: every field that has a value
// under its name, sorted; then its arguments as evt.arg.NAME, in their order.
// Numbers, booleans and lists keep their type; times are nanoseconds since
// 1970, as in Falco's output_fields; bytes that are no UTF-8 become U+FFFD.
// Fields that only repeat others (deprecated ones, parts of times, fields that
// need an argument) are left out.
//
// What it has written of a process, a file or a container it keeps for the
// next event of the same, within a bound. It is for one goroutine.
type JSON struct {
	rowWriter
	opened  OpenDoc // of the latest document; nil before the first
	members map[string]*member
	start   member // before the first of a document
}

// NewJSON returns a writer. text writes every text that came from outside; nil
// writes it as it came, but for what JSON escapes itself.
func NewJSON(text AppendText) *JSON {
	return &JSON{rowWriter: newRowWriter(jsonList(), text), members: make(map[string]*member)}
}

// jsonList are the fields that [JSON] writes.
var jsonList = sync.OnceValue(func() *fieldList {
	return newFieldList(outputFields(), func(f *Field) string { return f.Name })
})

// JSONFields returns the fields that [JSON] writes where they have a value,
// sorted by name.
func JSONFields() []*Field { return slices.Clone(jsonList().fields) }

// Append appends an event to dst.
func (j *JSON) Append(dst []byte, r Row) []byte {
	dst = append(dst, '{')
	first := true
	j.turnTo(r.T)
	var docs OpenDoc
	var written fieldSet
	if r.B.Bits[r.I]&HasDoc != 0 && r.T.Docs != nil {
		docs = j.open(r)
		dst = j.docFields(dst, r, docs, &written, &first)
	} else {
		dst = j.fields(dst, r, &first)
	}
	for shown, raw := range r.args() {
		if a, ok := r.argText(shown, raw); ok {
			dst = appendKey(dst, "evt.arg."+a.Name, &first)
			dst = appendArgJSON(dst, r, shown, a, raw, j.text)
		}
	}
	if docs != nil {
		dst = j.docRest(dst, r, docs, &written, &first)
	}
	return append(dst, '}')
}
