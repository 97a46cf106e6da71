package event

import "weak"

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

// kept is what was written of one row of a dimension: its fields, one behind
// the other. It holds as long as no row has been replaced.
type kept struct {
	tables, row uint32
	doc         bool // of an event with a document
	epoch       uint64
	text        []byte
	fields      []keptField
}

// keptField is where the text of a field begins, behind its comma, and where it
// ends.
type keptField struct{ from, to int32 }

// stretch is a run of fields that are read of the same row.
type stretch struct {
	home   Home
	at     int // of the first of them, among those of the home
	fields []*Field
}

// jsonStretches are the fields of events; homeFields are those of them that are
// read of a dimension, by home. Those that no row has are of documents alone.
var (
	jsonStretches []stretch
	homeFields    [HomeEvent][]*Field
)

func init() {
	for _, f := range outputFields() {
		if n := len(jsonStretches); n == 0 || jsonStretches[n-1].home != f.Home {
			s := stretch{home: f.Home}
			if f.Home != HomeEvent {
				s.at = len(homeFields[f.Home])
			}
			jsonStretches = append(jsonStretches, s)
		}
		last := &jsonStretches[len(jsonStretches)-1]
		last.fields = append(last.fields, f)
		if f.Home != HomeEvent {
			homeFields[f.Home] = append(homeFields[f.Home], f)
		}
	}
}

// JSONFields returns the fields that [JSON] writes where they have a value,
// sorted by name.
func JSONFields() []*Field { return outputFields() }

// Append appends an event to dst.
func (j *JSON) Append(dst []byte, r Row) []byte {
	dst = append(dst, '{')
	first := true
	doc := r.B.Bits[r.I]&HasDoc != 0
	var room [64]*Field
	written := room[:0]
	var docs DocReader
	if doc {
		docs = j.open(r)
	}
	dst, written = j.fields(dst, r, docs, written, &first)
	for shown, raw := range r.args() {
		if a, ok := r.argText(shown, raw); ok {
			dst = appendKey(dst, "evt.arg."+a.Name, &first)
			dst = appendArgJSON(dst, r, shown, a, raw, j.text)
		}
	}
	if docs != nil {
		dst = appendDoc(dst, r, docs, written, &first, j.text)
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

// fields writes the fields of an event: each of its row, or else of its document
// if it has one. It returns those that are written of events with a document.
func (j *JSON) fields(dst []byte, r Row, docs DocReader, written []*Field, first *bool) ([]byte, []*Field) {
	j.turnTo(r.T)
	var rows [HomeEvent]*kept
	for i := range jsonStretches {
		s := &jsonStretches[i]
		var k *kept
		if s.home != HomeEvent {
			if k = rows[s.home]; k == nil {
				k = j.row(r, s.home, r.B.Bits[r.I]&HasDoc != 0)
				rows[s.home] = k
			}
			if docs == nil {
				if text := k.stretch(s.at, len(s.fields)); len(text) > 0 {
					dst = append(appendComma(dst, first), text...)
				}
				continue
			}
		}
		for n, f := range s.fields {
			before := len(dst)
			if k != nil {
				if text := k.field(s.at + n); len(text) > 0 {
					dst = append(appendComma(dst, first), text...)
				}
			} else if f.Read != nil || f.Print != nil {
				dst = appendRowField(dst, r, f, first, j.text)
			}
			if docs == nil {
				continue
			}
			if len(dst) == before && docs.Holds(f) {
				if v, ok := docs.Lookup(r.B.Payload(r.I), f, Arg{}); ok {
					dst = v.AppendJSON(appendKey(dst, f.Name, first), j.text)
				}
			}
			if len(dst) > before {
				written = append(written, f)
			}
		}
	}
	return dst, written
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
func (j *JSON) row(r Row, home Home, doc bool) *kept {
	row, some := r.of(home)
	if !some && !doc {
		return &nothing
	}
	if j.kept[home] == nil {
		j.kept[home] = make([]kept, keptRows)
	}
	k, epoch := &j.kept[home][row%keptRows], r.T.Epoch(home)
	if k.tables == j.number && k.row == row && k.epoch == epoch && k.doc == doc {
		return k
	}
	k.tables, k.row, k.epoch, k.doc, k.text, k.fields = j.number, row, epoch, doc, k.text[:0], k.fields[:0]
	if cap(k.text) > keptText {
		k.text = nil
	}
	none := true
	for _, f := range homeFields[home] {
		at := int32(len(k.text))
		k.text = appendRowField(k.text, r, f, &none, j.text)
		end := int32(len(k.text))
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
