package event

import (
	"fmt"
	"sync/atomic"
)

// The numbers of rows in a [Tables]' dimensions. 0 is none.
type (
	ProcID  uint32 // row of Procs
	ObjID   uint32 // row of Objs
	ContID  uint32 // row of Conts
	AlertID uint32 // row of Alerts
)

// Tables holds what the events of one source refer to.
type Tables struct {
	Strings *Strings
	Procs   *Dim[Proc]
	Objs    *Dim[Object]
	Conts   *Dim[Container]
	Alerts  *Dim[Alert]

	// Names are the domain names that addresses were seen to have.
	Names *Names

	// Host is the name of the node, NoStr when the events come from several.
	// It is set before the first event is handed on.
	Host Str

	// Run names what the events' numbers count: two events of one Run and one
	// number are the same event, read again. "": the numbers mean nothing beyond
	// these tables. It is set before the first event is handed on.
	Run string

	// Trail is the id of the alert for whose trail the events were kept, NoStr
	// when they were not. It is set before the first event is handed on.
	Trail Str

	first  atomic.Int64 // time of the first event
	owners atomic.Pointer[owners]

	// Docs reads the documents of events that carry one (see [HasDoc]); nil
	// when none does.
	Docs DocReader

	// Outcome says what came of an alert, a sentence each, where everything that
	// there is has been read; nil where it has not.
	Outcome func(alert Row) []string
}

// NewTables returns empty tables.
func NewTables() *Tables {
	return &Tables{
		Strings: newStrings(),
		Procs:   newDim[Proc](),
		Objs:    newDim[Object](),
		Conts:   newDim[Container](),
		Alerts:  newDim[Alert](),
		Names:   &Names{},
	}
}

// Proc returns the row of a process.
func (t *Tables) Proc(id ProcID) *Proc { return t.Procs.At(uint32(id)) }

// Obj returns the row of a file or socket.
func (t *Tables) Obj(id ObjID) *Object { return t.Objs.At(uint32(id)) }

// Cont returns the row of a container.
func (t *Tables) Cont(id ContID) *Container { return t.Conts.At(uint32(id)) }

// Alert returns the row of an alert.
func (t *Tables) Alert(id AlertID) *Alert { return t.Alerts.At(uint32(id)) }

// First returns the time of the source's first event, from which evt.reltime
// counts; 0 while there is none.
func (t *Tables) First() int64 { return t.first.Load() }

// SetFirst sets the time of the first event, unless an earlier one is set.
// [NewBatch]'s batches do so with their first event.
func (t *Tables) SetFirst(ns int64) {
	for old := t.first.Load(); old == 0 || ns < old; old = t.first.Load() {
		if t.first.CompareAndSwap(old, ns) {
			return
		}
	}
}

// Text returns an interned string.
func (t *Tables) Text(s Str) string { return t.Strings.Get(s) }

// Bytes estimates the memory held.
func (t *Tables) Bytes() int64 {
	return t.Strings.Bytes() + t.Procs.Bytes() + t.Objs.Bytes() + t.Conts.Bytes() + t.Alerts.Bytes()
}

// DocReader reads fields out of an event's document, for events that came as
// one (an alert's JSON, an audit record). The dimensions are asked first; the
// document answers what they cannot hold.
type DocReader interface {
	// Lookup returns one field's value. It must not keep doc.
	Lookup(doc []byte, f *Field, arg Arg) (Value, bool)
	// Each calls yield for each member of the document, flattened to dotted
	// names, in the document's order, until yield returns false. The value is
	// good for as long as yield has it.
	Each(doc []byte, yield func(name string, value fmt.Stringer) bool)
	// Holds reports whether documents may hold a field that the dimensions do
	// not; a filter on other fields never opens a document.
	Holds(f *Field) bool
}

// DocOpener is a [DocReader] that answers many questions about one document
// sooner when it has looked at it before.
type DocOpener interface {
	DocReader
	// Open returns a reader of this document alone, for one goroutine, until
	// the next call that is given it back: before is what an earlier call
	// returned, or nil.
	Open(doc []byte, before OpenDoc) OpenDoc
}

// OpenDoc is a [DocReader] of one document.
type OpenDoc interface {
	DocReader
	// Mark sets the bits of those fields that the document may hold. The fields
	// are the same with every call.
	Mark(fields []*Field, held []uint64)
}

// unopened is a DocReader that does not look at documents before it is asked.
type unopened struct{ DocReader }

// Mark implements [OpenDoc].
func (d unopened) Mark(fields []*Field, held []uint64) {
	for n, f := range fields {
		if d.Holds(f) {
			held[n/64] |= 1 << (n & 63)
		}
	}
}

// Epoch returns a number that changes whenever a row is replaced that fields
// of a home are read of: a process is read with its container and with what
// its standard descriptors refer to.
func (t *Tables) Epoch(home Home) uint64 {
	switch home {
	case HomeCont:
		return t.Conts.Epoch()
	case HomeProc:
		return t.Procs.Epoch() + t.Conts.Epoch() + t.Objs.Epoch()
	case HomeObj:
		return t.Objs.Epoch()
	case HomeAlert:
		return t.Alerts.Epoch()
	}
	return 0
}
