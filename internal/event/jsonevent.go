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
	number  uint32  // of these tables, from 1
	numbers map[weak.Pointer[Tables]]uint32
	kept    [HomeEvent][]kept
	opened  DocReader // of the latest document; nil before the first
}

// NewJSON returns a writer. text writes every text that came from outside; nil
// writes it as it came, but for what JSON escapes itself.
func NewJSON(text AppendText) *JSON {
	return &JSON{text: text.orPlain(), numbers: make(map[weak.Pointer[Tables]]uint32)}
}

// Bounds of what a [JSON] keeps.
const (
	keptRows = 1 << 12 // of each dimension
	keptText = 8 << 10 // bytes of a row
)

// kept is what was written of one row of a dimension: its stretches of fields,
// one behind the other. It holds as long as no row has been replaced.
type kept struct {
	tables, row uint32
	epoch       uint64
	text        []byte
	ends        []int
}

// stretch is a run of fields that are read of the same row.
type stretch struct {
	home   Home
	number int // among those of the home
	fields []*Field
}

// jsonStretches are the fields of events without a document; homeStretches are
// those of them that are read of a dimension, by home.
var (
	jsonStretches []stretch
	homeStretches [HomeEvent][]stretch
)

// jsonFieldList are the fields of events with a document.
var jsonFieldList []*Field

func init() {
	jsonFieldList = outputFields()
	for _, f := range jsonFieldList {
		if f.Read == nil && f.Print == nil {
			continue
		}
		if n := len(jsonStretches); n == 0 || jsonStretches[n-1].home != f.Home {
			jsonStretches = append(jsonStretches, stretch{home: f.Home})
		}
		last := &jsonStretches[len(jsonStretches)-1]
		last.fields = append(last.fields, f)
	}
	for i := range jsonStretches {
		if s := &jsonStretches[i]; s.home != HomeEvent {
			s.number = len(homeStretches[s.home])
			homeStretches[s.home] = append(homeStretches[s.home], *s)
		}
	}
}

// JSONFields returns the fields that [JSON] writes where they have a value,
// sorted by name.
func JSONFields() []*Field { return slices.Clone(jsonFieldList) }

// Append appends an event to dst.
func (j *JSON) Append(dst []byte, r Row) []byte {
	dst = append(dst, '{')
	first := true
	doc := r.B.Bits[r.I]&HasDoc != 0
	var room [64]*Field
	written := room[:0]
	if doc {
		docs := j.open(r)
		for _, f := range jsonFieldList {
			before := len(dst)
			if dst = appendField(dst, r, f, docs, &first, j.text); len(dst) > before {
				written = append(written, f)
			}
		}
	} else {
		dst = j.stretches(dst, r, &first)
	}
	for shown, raw := range r.args() {
		if a, ok := r.argText(shown, raw); ok {
			dst = appendKey(dst, "evt.arg."+a.Name, &first)
			dst = appendArgJSON(dst, r, shown, a, raw, j.text)
		}
	}
	if doc && r.T.Docs != nil {
		dst = appendDoc(dst, r, written, &first, j.text)
	}
	return append(dst, '}')
}

// open returns a reader of the row's document.
func (j *JSON) open(r Row) DocReader {
	o, ok := r.T.Docs.(DocOpener)
	if !ok {
		return r.T.Docs
	}
	j.opened = o.Open(r.B.Payload(r.I), j.opened)
	return j.opened
}

// stretches writes the fields of an event without a document.
func (j *JSON) stretches(dst []byte, r Row, first *bool) []byte {
	j.turnTo(r.T)
	var rows [HomeEvent]*kept
	for i := range jsonStretches {
		s := &jsonStretches[i]
		if s.home == HomeEvent {
			for _, f := range s.fields {
				dst = appendField(dst, r, f, nil, first, j.text)
			}
			continue
		}
		k := rows[s.home]
		if k == nil {
			k = j.row(r, s.home)
			rows[s.home] = k
		}
		if text := k.stretch(s.number); len(text) > 0 {
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
	j.tables, j.number = t, number
}

// nothing is what there is to write of a row that is not there.
var nothing kept

// row returns what is written of the row of a dimension.
func (j *JSON) row(r Row, home Home) *kept {
	row, some := r.of(home)
	if !some {
		return &nothing
	}
	if j.kept[home] == nil {
		j.kept[home] = make([]kept, keptRows)
	}
	k, epoch := &j.kept[home][row%keptRows], r.T.Epoch(home)
	if k.tables == j.number && k.row == row && k.epoch == epoch {
		return k
	}
	k.tables, k.row, k.epoch, k.text, k.ends = j.number, row, epoch, k.text[:0], k.ends[:0]
	if cap(k.text) > keptText {
		k.text = nil
	}
	for _, s := range homeStretches[home] {
		none := true
		for _, f := range s.fields {
			k.text = appendField(k.text, r, f, nil, &none, j.text)
		}
		k.ends = append(k.ends, len(k.text))
	}
	return k
}

func (k *kept) stretch(i int) []byte {
	switch {
	case len(k.ends) == 0:
		return nil
	case i == 0:
		return k.text[:k.ends[0]]
	}
	return k.text[k.ends[i-1]:k.ends[i]]
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
