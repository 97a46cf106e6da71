package event

import "encoding/binary"

// Row is what a field reads. For a field whose [Home] is a dimension only the
// members that the home names need to be set: a filter asks once for each row
// of the dimension, without any event.
type Row struct {
	T     *Tables
	Type  Type
	Proc  ProcID
	Obj   ObjID
	Cont  ContID
	Alert AlertID

	B *Batch // nil when only a dimension is asked
	I int
}

// AppendIdentity appends what tells an event from all others of its host, the
// same wherever it is read: from the kernel, or from a recording of it. No thread
// does two things in one nanosecond; a document tells itself from others.
func (r Row) AppendIdentity(dst []byte) []byte {
	e := r.B.At(r.I)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(e.Time))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(e.Res))
	dst = binary.LittleEndian.AppendUint32(dst, e.TID)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(e.FD))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(e.Type))
	if e.Bits&HasDoc != 0 {
		dst = append(dst, r.B.Payload(r.I)...)
	}
	return dst
}

// Home says on which rows a field's value depends.
type Home uint8

// The homes, from the narrowest to the widest.
const (
	HomeType  Home = iota // the event's type alone
	HomeCont              // the container
	HomeProc              // the process, its ancestors and its container
	HomeObj               // the file or socket
	HomeAlert             // the rule that fired
	HomeEvent             // the event itself
)

func (h Home) String() string {
	if int(h) < 6 {
		return [...]string{"type", "container", "process", "object", "alert", "event"}[h]
	}
	return "?"
}

// ProcRow returns a row that stands for a process.
func (t *Tables) ProcRow(id ProcID) Row { return Row{T: t, Proc: id, Cont: t.Proc(id).Cont} }

// P returns the row's process.
func (r Row) P() *Proc { return r.T.Proc(r.Proc) }

// O returns the row's file or socket.
func (r Row) O() *Object { return r.T.Obj(r.Obj) }

// C returns the row's container.
func (r Row) C() *Container { return r.T.Cont(r.Cont) }

// A returns the row's alert.
func (r Row) A() *Alert { return r.T.Alert(r.Alert) }

// Str returns an interned string as a value; missing for [NoStr].
func (r Row) Str(s Str) (Value, bool) {
	if s == NoStr {
		return Value{}, false
	}
	return StringValue(r.T.Text(s)), true
}
