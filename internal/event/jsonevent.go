package event

import (
	"slices"
	"weak"
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
	text    AppendText
	tables  *Tables // of the latest event
	nth     uint32  // of these tables, from 1
	numbers map[weak.Pointer[Tables]]uint32
	kept    [HomeEvent][]kept
	opened  OpenDoc // of the latest document; nil before the first
	members map[string]*member
	start   member // before the first of a document
}

// NewJSON returns a writer. text writes every text that came from outside; nil
// writes it as it came, but for what JSON escapes itself.
func NewJSON(text AppendText) *JSON {
	return &JSON{text: text.orPlain(), numbers: make(map[weak.Pointer[Tables]]uint32), members: make(map[string]*member)}
}

// Bounds of what a [JSON] keeps.
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
}

// keptField is where the text of a field begins, behind its comma, and where it
// ends.
type keptField struct{ from, to int32 }

// stretch is a run of fields that are read of the same row.
type stretch struct {
	home   Home
	number int // of the first of them
	at     int // … among those of the home
	fields []*Field
}

// shownFields are the fields of events, numbered by their order. stretches
// are the same by home; homeFields are the numbers of those that are read of a
// dimension; homePlaces has where among these a field is.
var (
	shownFields  []*Field
	shownNumbers = make(map[string]int) // by name
	stretches    []stretch
	homeFields   [HomeEvent][]int
	homePlaces   []int
	eventFields  fieldSet // those that are read of the event itself
	shownLacks   [HomeEvent + 1][]lackSet
)

func init() {
	shownFields = outputFields()
	homePlaces = make([]int, len(shownFields))
	for n, f := range shownFields {
		shownNumbers[f.Name] = n
		if last := len(stretches) - 1; last < 0 || stretches[last].home != f.Home {
			s := stretch{home: f.Home, number: n}
			if f.Home != HomeEvent {
				s.at = len(homeFields[f.Home])
			}
			stretches = append(stretches, s)
		}
		last := &stretches[len(stretches)-1]
		last.fields = append(last.fields, f)
		switch {
		case f.Home != HomeEvent:
			homePlaces[n] = len(homeFields[f.Home])
			homeFields[f.Home] = append(homeFields[f.Home], n)
		case f.Read != nil || f.Print != nil:
			eventFields.add(n)
		}
	}
	shownLacks = lackSets(shownNumbers)
}

// fieldSet is a set of numbers of [shownFields].
type fieldSet [8]uint64

func (s *fieldSet) add(n int)      { s[n/64] |= 1 << (n & 63) }
func (s *fieldSet) has(n int) bool { return s[n/64]>>(n&63)&1 != 0 }

func (s *fieldSet) drop(less *fieldSet) {
	for w := range s {
		s[w] &^= less[w]
	}
}

func (s *fieldSet) addAll(more *fieldSet) {
	for w := range s {
		s[w] |= more[w]
	}
}

// JSONFields returns the fields that [JSON] writes where they have a value,
// sorted by name.
func JSONFields() []*Field { return slices.Clone(shownFields) }

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
		dst = j.rowFields(dst, r, &first)
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

// rowFields writes the fields of an event that has its rows alone.
func (j *JSON) rowFields(dst []byte, r Row, first *bool) []byte {
	var rows [HomeEvent]*kept
	lacks := lacking(r, HomeEvent)
	for i := range stretches {
		s := &stretches[i]
		if s.home == HomeEvent {
			for n, f := range s.fields {
				if !lacks.has(s.number+n) && (f.Read != nil || f.Print != nil) {
					dst = appendRowField(dst, r, f, first, j.text)
				}
			}
			continue
		}
		if rows[s.home] == nil {
			rows[s.home] = j.row(r, s.home, r.B.Bits[r.I]&HasDoc != 0)
		}
		if text := rows[s.home].stretch(s.at, len(s.fields)); len(text) > 0 {
			dst = append(appendComma(dst, first), text...)
		}
	}
	return dst
}

// turnTo numbers the tables that rows are of, so that they can go while what
// was written of them is still there.
func (j *JSON) turnTo(t *Tables) {
	if j.tables == t {
		return
	}
	at := weak.Make(t)
	number := j.numbers[at]
	if number == 0 {
		number = uint32(len(j.numbers) + 1)
		j.numbers[at] = number
	}
	j.tables, j.nth = t, number
}

// nothing is what there is to write of a row that is not there.
var nothing kept

// row returns what is written of the row of a dimension.
func (j *JSON) row(r Row, home Home, doc bool) *kept {
	row, some := r.of(home)
	if !some && !doc {
		return &nothing
	}
	if j.kept[home] == nil {
		j.kept[home] = make([]kept, keptRows)
	}
	k, epoch := &j.kept[home][row%keptRows], r.T.Epoch(home)
	if k.tables == j.nth && k.row == row && k.epoch == epoch && k.doc == doc {
		return k
	}
	k.tables, k.row, k.epoch, k.doc, k.text, k.fields, k.some = j.nth, row, epoch, doc, k.text[:0], k.fields[:0], fieldSet{}
	if cap(k.text) > keptText {
		k.text = nil
	}
	none, lacks := true, lacking(r, home)
	for _, n := range homeFields[home] {
		at := int32(len(k.text))
		if !lacks.has(n) {
			k.text = appendRowField(k.text, r, shownFields[n], &none, j.text)
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
