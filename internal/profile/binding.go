package profile

import (
	"slices"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// Binding is a profile as the documents of one index hold it.
type Binding struct {
	Profile *Profile
	Prefix  string // where the document lies in what is stored: "" or "json." or "falco."
	Text    string // the member whose text is the document ("message", "log"); only that text is indexed then
	Derived bool   // some documents' fields are read out of their output; true too when that is not known
}

// Stored is one place and form in which a field's value lies in stored
// documents. A place counts as present when there is a value at its path that
// the form can make something of: of [FormTable] one that Values has, of the
// times one that can be read.
type Stored struct {
	Path   string // dotted path in the stored document, Prefix included; "" for a constant
	Form   Form
	Values map[string][]string // FormTable: what is stored, by the field's value; nil instead of texts: whatever, as long as it is there
	Scale  int64               // FormUnix: ns an increment
	Filled bool                // FormSame: an empty text counts as not there
	Bits   Bits                // of a number: what becomes of one that the field cannot hold
}

// Form is how a field's value is stored.
type Form uint8

// The forms.
const (
	FormSame    Form = iota // the text, number, boolean or address as the field has it
	FormID                  // container ids: stored is the id, its first 12 hex digits, or either behind a scheme (containerd://…); the field is 12 hex digits
	FormTable               // Values
	FormTime                // a time in one of the usual formats
	FormUnix                // a time as a number: unit in Stored.Scale (ns an increment)
	FormDerived             // computed from what is at Path (joined, cut out): only its presence says something
)

var formTexts = [...]string{"same", "id", "table", "time", "unix", "derived"}

func (f Form) String() string {
	if int(f) < len(formTexts) {
		return formTexts[f]
	}
	return "?"
}

// Bits says which numbers a field can hold, and what is made of others.
type Bits uint8

// The kinds of numbers.
const (
	Bits64     Bits = iota // all that a text or number of JSON gives
	Signed32               // 32 bits: what is stored as 2³¹ … 2³²-1 is read as that less 2³², what lies beyond is no value
	Unsigned32             // 32 bits: what is stored as -2³¹ … -1 is read as that and 2³², what lies beyond is no value
)

// bitsOf has the slots whose numbers have 32 bits.
var bitsOf = func() map[slot]Bits {
	all := map[slot]Bits{
		slotPID: Signed32, slotVPID: Signed32, slotFDNum: Signed32, slotLoginUID: Signed32,
		slotTTY: Unsigned32, slotTID: Unsigned32, slotUID: Unsigned32, slotGID: Unsigned32,
	}
	for n := 1; n <= maxAncestors; n++ {
		all[ancestorSlot(n, ancestorPID)] = Signed32
	}
	return all
}()

// Stored returns the places of a field, in the order in which a [Mapper] looks:
// the first that is present counts. ok is false when the index does not tell
// the field's value at all, and the client decides. Without places and with ok
// no document has the field.
//
// What is said holds for a mapper that is [Mapper.Alone].
func (b *Binding) Stored(f *event.Field, a event.Arg) (places []Stored, ok bool) {
	if b.Text != "" || undecided[f.Name] {
		return nil, false
	}
	called := f
	if alias := sameField[f.Name]; alias != "" {
		f, _ = event.Fields.Lookup(alias)
	}
	if f.Arg == event.NoArg {
		a = event.Arg{}
	}
	for _, from := range rowFirst[f.Name] {
		places = append(places, b.derived(from, a)...)
	}
	for _, pl := range b.Profile.looks(f, a) {
		if pl.form == formAny || pl.form == formJSON {
			return nil, false // an empty list or object has a value too, and no index knows of it
		}
		s := b.stored(f, &pl)
		s.Bits = bitsOf[fieldSlots[fullName(f.Name, a)]]
		places = append(places, s)
	}
	if b.Prefix != "" && fieldSlots[f.Name] == slotTime { // the time of what it lies in
		for _, pl := range b.Profile.slots[slotTime] {
			outer := b.stored(f, &pl)
			outer.Path = pl.path
			places = append(places, outer)
		}
	}
	if called != f {
		for _, pl := range b.Profile.placesOf(called, a) {
			places = append(places, b.stored(called, &pl))
		}
	}
	for _, from := range rowLast[f.Name] {
		places = append(places, b.derived(from, a)...)
	}
	if value, ok := ofHost[f.Name]; ok {
		for _, pl := range b.Profile.slots[slotContID] {
			places = append(places, Stored{Path: b.Prefix + pl.path, Form: FormTable, Values: map[string][]string{value: {event.HostID}}})
		}
	}
	if b.Derived && len(b.Profile.labels) > 0 && b.labelled(f, a) {
		for _, pl := range b.Profile.slots[slotOutput] {
			places = append(places, Stored{Path: b.Prefix + pl.path, Form: FormDerived})
		}
	}
	if slices.ContainsFunc(places, func(s Stored) bool { return s.Path == "" && s.Form == FormDerived }) {
		return nil, false // it follows from what all documents have
	}
	return places, len(places) > 0 || ownOnly(f.Name)
}

// ownOnly reports whether a field comes from its own places and from those it
// is derived from, and from nothing else: where a kind of documents has none of
// these, none of them has the field.
func ownOnly(name string) bool {
	switch name {
	case "alert.rule", "container.id", "container.image.repository", "container.image.tag", "container.image.digest", "proc.entity_id":
		return true
	}
	for _, group := range []string{"ka.", "net.", "log.", "k8s.pod.", "k8s.ns."} {
		if strings.HasPrefix(name, group) {
			return true
		}
	}
	return false
}

// Need is something that a document of a kind has.
type Need struct {
	Paths  []string // dotted, Prefix included: one of them has a value
	Values []string // … of these, where that is asked; a star at the end stands for anything
}

// Needs is what the documents have in common by which they are known. Of
// documents that lie in a text no index knows it.
func (b *Binding) Needs() []Need {
	needs := make([]Need, len(b.Profile.needs))
	for i, n := range b.Profile.needs {
		needs[i].Values = n.values
		for _, path := range n.paths {
			needs[i].Paths = append(needs[i].Paths, b.Prefix+path)
		}
	}
	return needs
}

// looks returns the places of a field in the order of the mapper: of one that
// goes into the tables those of its slot, which may have several names.
func (p *Profile) looks(f *event.Field, a event.Arg) []place {
	if s := fieldSlots[fullName(f.Name, a)]; s != noSlot {
		return p.slots[s]
	}
	if n, ok := argNumber(a); ok && n == 0 && itself[f.Name] != "" {
		return p.slots[fieldSlots[itself[f.Name]]]
	}
	return p.placesOf(f, a)
}

// derived are the places of another field, of which only presence is said. An
// argument goes with it when that field takes one.
func (b *Binding) derived(name string, a event.Arg) (places []Stored) {
	f, _ := event.Fields.Lookup(name)
	if f.Arg == event.NoArg {
		a = event.Arg{}
	}
	for _, pl := range b.Profile.looks(f, a) {
		if pl.path == "" {
			return append(places, Stored{Form: FormDerived})
		}
		places = append(places, Stored{Path: b.Prefix + pl.path, Form: FormDerived})
	}
	return places
}

// labelled reports whether an output's labels name a field.
func (b *Binding) labelled(f *event.Field, a event.Arg) bool {
	name := fullName(f.Name, a)
	for _, of := range b.Profile.labels {
		if of == name || fieldSlots[of] != noSlot && fieldSlots[of] == fieldSlots[name] {
			return true
		}
		for _, from := range slices.Concat(rowFirst[f.Name], rowLast[f.Name]) {
			if of == from {
				return true
			}
		}
	}
	return false
}

// stored says how a place holds a field's value.
func (b *Binding) stored(f *event.Field, pl *place) Stored {
	s := Stored{Path: b.Prefix + pl.path}
	switch pl.form {
	case formSame:
		s.Form = FormSame
		switch {
		case fieldSlots[f.Name] == slotTime || fieldSlots[f.Name] == slotStart || f.Name == "proc.ppid.ts":
			s.Form = FormTime
		case f.Kind == event.Double || f.Kind == event.Bytes || f.Flags.Has(event.IsList) && f.Name != "alert.tags":
			s.Form = FormDerived
		}
	case formFirst:
		s.Form = FormDerived
	case formFilled:
		s.Filled = true
	case formPriority:
		s.Form, s.Values = FormTable, priorities
	case formObjKind:
		s.Form, s.Values = FormTable, objectKinds
	case formConst:
		s.Path, s.Form, s.Values = "", FormTable, map[string][]string{pl.fixed: nil}
	case formIs:
		s.Form, s.Values = FormTable, map[string][]string{pl.fixed: nil}
	case formTable:
		s.Form, s.Values = FormTable, make(map[string][]string)
		for stored, v := range pl.table {
			s.Values[v.String()] = append(s.Values[v.String()], stored)
		}
		for _, all := range s.Values {
			slices.Sort(all)
		}
	case formSyscall:
		s.Form, s.Values = FormTable, syscallFunctions()
	case formID:
		s.Form = FormID
	case formSec, formMilli, formMicro, formNano:
		s.Form, s.Scale = FormUnix, units[pl.form]
	default:
		s.Form = FormDerived
	}
	return s
}

// priorities are the ways in which priorities are written, by Falco's name.
var priorities = func() map[string][]string {
	all := make(map[string][]string)
	for p := event.PriorityEmergency; p <= event.PriorityDebug; p++ {
		name := p.String()
		all[name] = []string{name, strings.ToLower(name), strings.ToUpper(name)}
	}
	info := event.PriorityInformational.String()
	all[info] = append(all[info], "Info", "info", "INFO")
	return all
}()

// objectKinds are the kinds of files and sockets, as they are written. To a mapper
// another text says nothing.
var objectKinds = func() map[string][]string {
	all := make(map[string][]string)
	for k := event.ObjUnknown + 1; k.String() != ""; k++ {
		all[k.String()] = []string{k.String()}
	}
	return all
}()

// syscallFunctions are the kernel functions that are system calls, by the call's
// name.
func syscallFunctions() map[string][]string {
	all := make(map[string][]string)
	for t := event.Type(0); t < event.FirstOwn; t++ {
		if name := t.String(); name != "" && name != event.TypeUnknown.String() {
			for _, start := range syscallStarts {
				all[name] = append(all[name], start+name)
			}
		}
	}
	return all
}
