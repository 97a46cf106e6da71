package event

// LossReader is a [DocReader] that knows what was lost of documents on their way
// to where they are stored.
type LossReader interface {
	// Told calls yield for each field that the text of the document's alert names.
	Told(doc []byte, yield func(name string))
	// IsCut reports whether a text is one that a shipper has cut.
	IsCut(text string) bool
}

// What the fields here ask of the registry, which holds them too.
var (
	fieldNamed func(name string) (*Field, Arg, error)
	shownTexts func() []*Field
)

func init() { fieldNamed, shownTexts = Fields.Parse, JSONFields }

func (r Row) losses(fact Bits) (docs LossReader, ok bool) {
	if r.B == nil || r.B.Bits[r.I]&fact == 0 || !r.reported() {
		return nil, false
	}
	docs, ok = r.T.Docs.(LossReader)
	return docs, ok
}

// readNotStored lists what an alert's text tells of and its document does not hold.
func readNotStored(r Row, _ Arg) (Value, bool) {
	docs, ok := r.losses(Incomplete)
	if !ok {
		return Value{}, false
	}
	var lost []Value
	docs.Told(r.B.Payload(r.I), func(name string) {
		f, a, err := fieldNamed(name)
		if err != nil || holds(lost, name) {
			return
		}
		if _, has := f.Get(r, a); !has {
			lost = append(lost, StringValue(name))
		}
	})
	return Value{Kind: String, List: lost}, lost != nil
}

// countsArgs are the numbers that are too small where proc.args is cut.
var countsArgs = map[string]bool{"proc.cmdnargs": true, "proc.cmdlenargs": true}

// readCutIn lists the fields whose texts a shipper has cut.
func readCutIn(r Row, _ Arg) (Value, bool) {
	docs, ok := r.losses(ArgsCut)
	if !ok {
		return Value{}, false
	}
	var cut []Value
	for _, f := range shownTexts() {
		if !countsArgs[f.Name] && f.Kind != String || f.Flags.Has(IsList) || f.Class == "stoop" {
			continue
		}
		v, has := f.Get(r, Arg{})
		if has && (docs.IsCut(v.Str) || countsArgs[f.Name] && docs.IsCut(spaced(r.T.Text(r.P().Args)))) {
			cut = append(cut, StringValue(f.Name))
		}
	}
	return Value{Kind: String, List: cut}, cut != nil
}

func holds(all []Value, text string) bool {
	for _, v := range all {
		if v.Str == text {
			return true
		}
	}
	return false
}
