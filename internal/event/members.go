package event

import "slices"

// Members writes some fields of events that did not come as documents, as
// members of a JSON object, each that has a value. As [JSON] does, it keeps what
// it has written of a row. It is for one goroutine.
type Members struct{ w rowWriter }

// NewMembers returns a writer of fields, in their order, under names that JSON
// need not escape. text is as for [NewJSON].
func NewMembers(fields []*Field, name func(*Field) string, text AppendText) *Members {
	m := &Members{newRowWriter(newFieldList(fields, name), text)}
	m.w.look = true
	return m
}

// Append appends an event's members; none says that they are the object's first.
func (m *Members) Append(dst []byte, r Row, none *bool) []byte {
	m.w.odd = m.w.odd[:0]
	m.w.turnTo(r.T)
	return m.w.fields(dst, r, none)
}

// Lossy calls yield for each field of the latest event whose text is no UTF-8,
// which JSON cannot hold.
func (m *Members) Lossy(yield func(*Field) bool) {
	slices.Sort(m.w.odd)
	for _, n := range m.w.odd {
		if !yield(m.w.list.fields[n]) {
			return
		}
	}
}
