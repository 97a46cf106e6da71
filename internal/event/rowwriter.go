package event

import (
	"unicode/utf8"
	"weak"
)

// Bounds of what a rowWriter keeps.
const (
	keptRows = 1 << 12 // of each dimension
	keptText = 8 << 10 // bytes of a row
)

// kept is what was written of one row of a dimension: its fields, one behind
// the other. It holds as long as no row has been replaced.
type kept struct {
	tables, row uint32
	doc         bool // of an event with a document
	epoch       uint64
	text        []byte
	fields      []keptField
	some        fieldSet // those that have a value
	odd         []int    // those whose texts are no UTF-8
}

// keptField is where the text of a field begins, behind its comma, and where it
// ends.
type keptField struct{ from, to int32 }

// rowWriter writes fields of events as members of a JSON object. What it has
// written of a row it keeps.
type rowWriter struct {
	list    *fieldList
	text    AppendText
	tables  *Tables // of the latest event
	nth     uint32  // of these tables, from 1
	numbers map[weak.Pointer[Tables]]uint32
	kept    [HomeEvent][]kept
	look    bool  // for texts that are no UTF-8
	odd     []int // the fields of the latest event that have such
}

func newRowWriter(list *fieldList, text AppendText) rowWriter {
	return rowWriter{list: list, text: text.orPlain(), numbers: make(map[weak.Pointer[Tables]]uint32)}
}

// fields writes the fields of an event that has its rows alone.
func (w *rowWriter) fields(dst []byte, r Row, first *bool) []byte {
	var rows [HomeEvent]*kept
	lacks := w.list.lacking(r, HomeEvent)
	for i := range w.list.stretches {
		s := &w.list.stretches[i]
		if s.home == HomeEvent {
			for n := s.number; n < s.number+s.count; n++ {
				if w.list.ofEvent.has(n) && !lacks.has(n) {
					dst = w.field(dst, r, n, first)
				}
			}
			continue
		}
		if rows[s.home] == nil {
			rows[s.home] = w.row(r, s.home, r.B.Bits[r.I]&HasDoc != 0)
		}
		if text := rows[s.home].stretch(s.at, s.count); len(text) > 0 {
			dst = append(appendComma(dst, first), text...)
		}
	}
	return dst
}

// field writes a field behind a comma, if the row has it.
func (w *rowWriter) field(dst []byte, r Row, n int, first *bool) []byte {
	v, ok := w.list.fields[n].row(r)
	if !ok {
		return dst
	}
	if w.look && v.List == nil && v.Kind == String && !utf8.ValidString(v.Str) {
		w.odd = append(w.odd, n)
	}
	return v.AppendJSON(append(appendComma(dst, first), w.list.keys[n]...), w.text)
}

// turnTo numbers the tables that rows are of, so that they can go while what
// was written of them is still there.
func (w *rowWriter) turnTo(t *Tables) {
	if w.tables == t {
		return
	}
	at := weak.Make(t)
	number := w.numbers[at]
	if number == 0 {
		number = uint32(len(w.numbers) + 1)
		w.numbers[at] = number
	}
	w.tables, w.nth = t, number
}

// nothing is what there is to write of a row that is not there.
var nothing kept

// row returns what is written of the row of a dimension.
func (w *rowWriter) row(r Row, home Home, doc bool) *kept {
	row, some := r.of(home)
	if !some && !doc {
		return &nothing
	}
	if w.kept[home] == nil {
		w.kept[home] = make([]kept, keptRows)
	}
	k, epoch := &w.kept[home][row%keptRows], r.T.Epoch(home)
	if k.tables == w.nth && k.row == row && k.epoch == epoch && k.doc == doc {
		w.odd = append(w.odd, k.odd...)
		return k
	}
	k.tables, k.row, k.epoch, k.doc, k.text, k.fields, k.some = w.nth, row, epoch, doc, k.text[:0], k.fields[:0], fieldSet{}
	if cap(k.text) > keptText {
		k.text = nil
	}
	none, lacks, odd := true, w.list.lacking(r, home), len(w.odd)
	for _, n := range w.list.homes[home] {
		at := int32(len(k.text))
		if !lacks.has(n) {
			k.text = w.field(k.text, r, n, &none)
		}
		end := int32(len(k.text))
		if at < end {
			k.some.add(n)
		}
		if at < end && at > 0 {
			at++ // behind the comma
		}
		k.fields = append(k.fields, keptField{at, end})
	}
	k.odd = append(k.odd[:0], w.odd[odd:]...)
	return k
}

// field returns what is written of a field.
func (k *kept) field(n int) []byte {
	if n >= len(k.fields) {
		return nil
	}
	return k.text[k.fields[n].from:k.fields[n].to]
}

// stretch returns what is written of some fields that follow each other.
func (k *kept) stretch(from, n int) []byte {
	if from >= len(k.fields) {
		return nil
	}
	all := k.fields[from : from+n]
	for len(all) > 0 && all[0].from == all[0].to {
		all = all[1:]
	}
	if len(all) == 0 {
		return nil
	}
	return k.text[all[0].from:all[len(all)-1].to]
}

// of returns the row that fields of a home are read of; some is false where
// there is none: most events have no alert, and many no file.
func (r Row) of(home Home) (row uint32, some bool) {
	switch home {
	case HomeType:
		return uint32(r.Type), true
	case HomeCont:
		return uint32(r.Cont), r.Cont != 0
	case HomeProc:
		return uint32(r.Proc), true
	case HomeObj:
		return uint32(r.Obj), r.Obj != 0
	case HomeAlert:
		return uint32(r.Alert), r.Alert != 0
	}
	return 0, true
}
