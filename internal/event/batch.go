package event

import "unsafe"

// Batch is a run of events in the order of their time. All columns have one
// entry an event, but those said to be optional, which may be nil.
type Batch struct {
	Tables *Tables

	// Seq is the number of the first event; the others follow without gaps.
	// Numbers start at 1 and grow within one source (Falco's evt.num).
	Seq uint64

	// Before is the time of the event before the first, 0 when it is not known.
	Before int64

	Time []int64 // ns since 1970
	Type []Type
	Bits []Bits
	CPU  []uint16
	TID  []uint32 // thread, in the host's pid namespace; 0 when unknown
	Proc []ProcID
	FD   []int32 // the descriptor that the call was about, or returned; -1 for none
	Obj  []ObjID // what that descriptor, or the call's path, refers to
	Res  []int64 // return value, negative errno on failure; only with HasRes

	Alert []AlertID // optional: the rule that fired, 0 for none
	Dur   []int64   // optional: ns spent in the call, -1 when unknown

	// ArgOff has one entry more than there are events; event i's arguments or
	// document are Heap[ArgOff[i]:ArgOff[i+1]].
	ArgOff []uint32
	Heap   []byte

	// Mapped says that the columns lie in a mapped file: they cost no memory of
	// ours. HeapMapped says so of Heap alone.
	Mapped, HeapMapped bool
}

// Bits are facts of one event.
type Bits uint16

// The facts.
const (
	HasRes      Bits = 1 << iota // Res holds the call's result
	HasDoc                       // the heap holds a document, read by Tables.Docs; else encoded arguments
	ArgsCut                      // an argument was longer than what was kept
	Inferred                     // made by bookkeeping of ours (a process that was found in /proc), not observed
	Compat32                     // a 32-bit call on a 64-bit kernel
	ViaIOUring                   // done by io_uring for the process
	FromBulk                     // drained from a container's bulk ring
	FromDeeds                    // drained from a container's deeds ring
	LateProcess                  // the process's row was made after the event, from /proc
	Incomplete                   // the document's text names what the document does not hold: see [LossReader]
	Several                      // the document has several values where one is expected: see [Field.Several]
)

// Len returns the number of events.
func (b *Batch) Len() int { return len(b.Time) }

// AlertAt returns the alert of event i, 0 for none.
func (b *Batch) AlertAt(i int) AlertID {
	if b.Alert == nil {
		return 0
	}
	return b.Alert[i]
}

// DurAt returns the duration of event i in ns, -1 when unknown.
func (b *Batch) DurAt(i int) int64 {
	if b.Dur == nil {
		return -1
	}
	return b.Dur[i]
}

// Payload returns event i's encoded arguments or document.
func (b *Batch) Payload(i int) []byte { return b.Heap[b.ArgOff[i]:b.ArgOff[i+1]] }

// Event is one event on its way into a batch.
type Event struct {
	Time  int64
	Type  Type
	Bits  Bits
	CPU   uint16
	TID   uint32
	Proc  ProcID
	FD    int32
	Obj   ObjID
	Res   int64
	Alert AlertID
	Dur   int64 // ns, -1 when unknown
}

// NewBatch returns an empty batch with room for n events.
func NewBatch(t *Tables, seq uint64, n int) *Batch {
	b := &Batch{
		Tables: t, Seq: seq,
		Time: make([]int64, 0, n), Type: make([]Type, 0, n), Bits: make([]Bits, 0, n), CPU: make([]uint16, 0, n),
		TID: make([]uint32, 0, n), Proc: make([]ProcID, 0, n), FD: make([]int32, 0, n), Obj: make([]ObjID, 0, n),
		Res: make([]int64, 0, n), ArgOff: make([]uint32, 1, n+1),
	}
	return b
}

// Append adds an event with its payload: arguments as [ArgWriter] encodes
// them, or with HasDoc the document. The payload is copied.
func (b *Batch) Append(e Event, payload []byte) {
	n := len(b.Time)
	if n == 0 {
		b.Tables.SetFirst(e.Time)
	}
	b.Time = append(b.Time, e.Time)
	b.Type = append(b.Type, e.Type)
	b.Bits = append(b.Bits, e.Bits)
	b.CPU = append(b.CPU, e.CPU)
	b.TID = append(b.TID, e.TID)
	b.Proc = append(b.Proc, e.Proc)
	b.FD = append(b.FD, e.FD)
	b.Obj = append(b.Obj, e.Obj)
	b.Res = append(b.Res, e.Res)
	if e.Alert != 0 && b.Alert == nil {
		b.Alert = make([]AlertID, n, cap(b.Time))
	}
	if b.Alert != nil {
		b.Alert = append(b.Alert, e.Alert)
	}
	if e.Dur >= 0 && b.Dur == nil {
		b.Dur = make([]int64, n, cap(b.Time))
		for i := range b.Dur {
			b.Dur[i] = -1
		}
	}
	if b.Dur != nil {
		b.Dur = append(b.Dur, e.Dur)
	}
	b.Heap = append(b.Heap, payload...)
	b.ArgOff = append(b.ArgOff, uint32(len(b.Heap)))
}

// Full reports whether the batch should be handed on before more is added:
// its heap offsets are 32-bit.
func (b *Batch) Full() bool { return len(b.Heap) > 1<<28 || len(b.Time) >= 1<<16 }

// rowBytes is what the columns take that every batch has.
const rowBytes = 8 + 2 + 2 + 2 + 4 + 4 + 4 + 4 + 8 + 4

// Bytes estimates the memory that the batch holds; what lies in a mapped file
// is none.
func (b *Batch) Bytes() (n int64) {
	if b.Mapped {
		return 0
	}
	n = int64(cap(b.Time))*rowBytes + int64(cap(b.Alert))*int64(unsafe.Sizeof(AlertID(0))) + int64(cap(b.Dur))*8
	if !b.HeapMapped {
		n += int64(cap(b.Heap))
	}
	return n
}

// At returns event i.
func (b *Batch) At(i int) Event {
	return Event{
		Time: b.Time[i], Type: b.Type[i], Bits: b.Bits[i], CPU: b.CPU[i], TID: b.TID[i], Proc: b.Proc[i],
		FD: b.FD[i], Obj: b.Obj[i], Res: b.Res[i], Alert: b.AlertAt(i), Dur: b.DurAt(i),
	}
}

// Row returns what a field reads of event i.
func (b *Batch) Row(i int) Row {
	return Row{
		T: b.Tables, B: b, I: i, Type: b.Type[i], Proc: b.Proc[i], Obj: b.Obj[i],
		Cont: b.Tables.Proc(b.Proc[i]).Cont, Alert: b.AlertAt(i),
	}
}

// Slice returns the events from, from+1, … to-1 as a batch that shares the
// memory of b.
func (b *Batch) Slice(from, to int) *Batch {
	s := *b
	s.Seq += uint64(from)
	if from > 0 {
		s.Before = b.Time[from-1]
	}
	s.Time, s.Type, s.Bits, s.CPU = b.Time[from:to], b.Type[from:to], b.Bits[from:to], b.CPU[from:to]
	s.TID, s.Proc, s.FD, s.Obj, s.Res = b.TID[from:to], b.Proc[from:to], b.FD[from:to], b.Obj[from:to], b.Res[from:to]
	if b.Alert != nil {
		s.Alert = b.Alert[from:to]
	}
	if b.Dur != nil {
		s.Dur = b.Dur[from:to]
	}
	s.ArgOff = b.ArgOff[from : to+1]
	return &s
}
