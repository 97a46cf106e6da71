package event

import (
	"fmt"
	"sort"
	"strings"
)

// Field is one entry of the registry.
type Field struct {
	Name  string // Falco's, or for an extension ours
	Kind  Kind
	Class string // group for help and completion: evt, fd, fs.path, proc, user, group, container, k8s, ka, json, alert, …
	Doc   string // one or two sentences
	Unit  string // of a number: ns, bytes; else ""
	Home  Home
	Arg   ArgMode
	Flags FieldFlags
	From  Origin // which sources can fill it
	Col   Column // the batch column that holds the value as it is, for fast loops

	// Values lists the values a user may be offered, for fields that have few.
	Values []string

	// Read returns the field's value in a row; ok is false when it is missing.
	// A value with a List, of a field that is not IsList, stands for
	// alternatives: one of them must fulfil a check (but for != of a FilterOnly
	// field, an end of a connection, all must). nil: only documents hold the
	// field (see [DocReader]), or nobody fills it.
	Read func(r Row, a Arg) (v Value, ok bool)

	// Derive concludes the value of an event that holds none. Whoever knows how
	// sets it while the program begins. [JSON] writes what is there, not this.
	Derive func(r Row, a Arg) (v Value, ok bool)

	// Print is what an output shows where that differs from Read; else nil.
	Print func(r Row, a Arg) (v Value, ok bool)

	// Why says of a field that the kernel's sources do not fill why that is so,
	// where it is not plain from its class.
	Why string
}

// Unfilled says why no source fills the field, "" when one does.
func (f *Field) Unfilled() string { return f.UnfilledBy(FromLive | FromFalco | FromAudit) }

// UnfilledBy says why none of some kinds of sources fills the field, "" when
// one does.
func (f *Field) UnfilledBy(o Origin) string {
	switch {
	case f.From&o != 0:
		return ""
	case f.Why != "" && (o&FromLive != 0 || f.From == 0):
		return f.Why
	case f.From == 0:
		return "no source fills it"
	}
	return "only " + f.From.String() + " fills it"
}

// Show returns the field's value as an output shows it.
func (f *Field) Show(r Row, a Arg) (Value, bool) { return f.show(r, a, nil) }

func (f *Field) show(r Row, a Arg, docs DocReader) (Value, bool) {
	if f.Print != nil {
		if v, ok := f.Print(r, a); ok {
			return v, true
		}
	}
	return f.get(r, a, docs)
}

// row returns the field's value as an output shows it, of the rows alone.
func (f *Field) row(r Row) (v Value, ok bool) {
	if f.Print != nil {
		if v, ok = f.Print(r, Arg{}); ok {
			return v, true
		}
	}
	if f.Read != nil {
		return f.Read(r, Arg{})
	}
	return v, false
}

// ArgMode says what may stand in brackets behind a field's name.
type ArgMode uint8

// The modes combine: [ArgIndex]|[ArgRequired] is a field that needs a number.
const (
	NoArg       ArgMode = 0
	ArgIndex    ArgMode = 1 << iota // a number: proc.aname[2]
	ArgKey                          // a text: evt.arg.flags, evt.arg[flags], proc.env[PATH]
	ArgRequired                     // must be there
)

// Arg is what stood in brackets.
type Arg struct {
	Set   bool
	Index int    // for ArgIndex
	Key   string // as written
}

// FieldFlags are facts of a field; the names in parentheses are Falco's
// (libs userspace/libsinsp/sinsp_filtercheck.h).
type FieldFlags uint16

// The facts.
const (
	IsList        FieldFlags = 1 << iota // EPF_IS_LIST
	FilterOnly                           // EPF_FILTER_ONLY: cannot be printed
	PrintOnly                            // EPF_PRINT_ONLY: cannot be filtered on
	TableOnly                            // EPF_TABLE_ONLY: neither; listed for completeness
	Deprecated                           // EPF_DEPRECATED
	NoRHS                                // EPF_NO_RHS: cannot stand right of an operator
	NoTransformer                        // EPF_NO_TRANSFORMER
	Extension                            // ours, not Falco's
	KernelTest                           // the kernel can drop events by it
	PathLike                             // compared by path prefixes (pmatch)
)

// Has reports whether all of f are set.
func (f FieldFlags) Has(g FieldFlags) bool { return f&g == g }

// Origin is a set of kinds of sources.
type Origin uint8

// The kinds of sources that fill fields.
const (
	FromLive  Origin = 1 << iota // the kernel of a node, and recordings of it
	FromFalco                    // alerts of Falco
	FromAudit                    // Kubernetes audit records
)

// String names the kinds as in "the kernel, Falco's alerts".
func (o Origin) String() string {
	var names []string
	for i, name := range [...]string{"the kernel", "Falco's alerts", "Kubernetes audit"} {
		if o&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// Column names a batch column.
type Column uint8

// The columns that fast loops know.
const (
	NoColumn Column = iota
	ColTime
	ColTID
	ColFD
	ColRes // only with HasRes
	ColCPU
)

// Get reads the field in a row: from the event and its dimensions, and, when
// they do not hold it, from the event's document.
func (f *Field) Get(r Row, a Arg) (Value, bool) { return f.get(r, a, nil) }

// get is Get with a reader of the row's document; nil for that of the tables.
func (f *Field) get(r Row, a Arg, docs DocReader) (Value, bool) {
	if f.Read != nil {
		if v, ok := f.Read(r, a); ok {
			return v, true
		}
	}
	if v, ok := f.ofDoc(r, a, docs); ok || f.Derive == nil {
		return v, ok
	}
	return f.Derive(r, a)
}

// ofDoc reads the field in the row's document.
func (f *Field) ofDoc(r Row, a Arg, docs DocReader) (Value, bool) {
	if r.B == nil || r.B.Bits[r.I]&HasDoc == 0 {
		return Value{}, false
	}
	if docs == nil {
		docs = r.T.Docs
	}
	if docs != nil && docs.Holds(f) {
		return docs.Lookup(r.B.Payload(r.I), f, a)
	}
	return Value{}, false
}

// Registry is a set of fields by name.
type Registry struct {
	byName map[string]*Field
	sorted []*Field
}

// NewRegistry makes a registry; two fields of one name are a programming
// error, and panic.
func NewRegistry(groups ...[]Field) *Registry {
	r := &Registry{byName: make(map[string]*Field)}
	for _, g := range groups {
		for i := range g {
			f := &g[i]
			if r.byName[f.Name] != nil {
				panic(fmt.Sprintf("event: field %s is registered twice", f.Name))
			}
			r.byName[f.Name] = f
			r.sorted = append(r.sorted, f)
		}
	}
	sort.SliceStable(r.sorted, func(i, j int) bool { return r.sorted[i].Name < r.sorted[j].Name })
	return r
}

// Lookup returns the field of a name, nil when there is none. Falco's dotted
// spelling of an argument is understood: evt.arg.flags is evt.arg[flags]
// (rest is then "flags").
func (r *Registry) Lookup(name string) (f *Field, rest string) {
	if f := r.byName[name]; f != nil {
		return f, ""
	}
	for at := strings.LastIndexByte(name, '.'); at > 0; at = strings.LastIndexByte(name[:at], '.') {
		if f := r.byName[name[:at]]; f != nil && f.Arg&(ArgIndex|ArgKey) != 0 {
			return f, name[at+1:]
		}
	}
	return nil, ""
}

// All returns the fields sorted by name. The slice is not to be changed.
func (r *Registry) All() []*Field { return r.sorted }

// Fields is the registry of all fields that stoop knows.
var Fields = NewRegistry(
	timeFields, typeFields, evtFields, argFields,
	procFields, lineageFields, sessionFields, procEventFields, threadFields, userFields,
	fdFields, sockFields, pathFields, containerFields, podFields,
	alertFields, stoopFields, reportFields, hashFields, auditFields, jsonFields, meterFields,
)
