package event

import "encoding/binary"

// Arguments are encoded in the order of their type's [Param]s, each behind a
// tag byte. Trailing absent arguments are left out.
const (
	argAbsent = iota
	argInt    // zigzag varint
	argUint   // uvarint
	argStr    // uvarint Str
	argObj    // uvarint ObjID
	argBytes  // uvarint length, bytes
	argBlob   // as argBytes, cut
)

// ArgWriter encodes one event's arguments. The zero value is ready; Reset it
// for the next event. Arguments are written in the order of the type's
// params, Skip for one that is not known.
type ArgWriter struct{ buf []byte }

// Reset empties the writer.
func (w *ArgWriter) Reset() { w.buf = w.buf[:0] }

// Payload returns what was written, valid until Reset.
func (w *ArgWriter) Payload() []byte { return w.buf }

// Skip leaves an argument out.
func (w *ArgWriter) Skip() { w.buf = append(w.buf, argAbsent) }

// Int writes a signed number.
func (w *ArgWriter) Int(n int64) {
	w.buf = binary.AppendVarint(append(w.buf, argInt), n)
}

// Uint writes an unsigned number: flags, sizes, addresses.
func (w *ArgWriter) Uint(n uint64) {
	w.buf = binary.AppendUvarint(append(w.buf, argUint), n)
}

// Str writes a string; [NoStr] is absent.
func (w *ArgWriter) Str(s Str) {
	if s == NoStr {
		w.Skip()
		return
	}
	w.buf = binary.AppendUvarint(append(w.buf, argStr), uint64(s))
}

// Obj writes a file or socket; 0 is absent.
func (w *ArgWriter) Obj(o ObjID) {
	if o == 0 {
		w.Skip()
		return
	}
	w.buf = binary.AppendUvarint(append(w.buf, argObj), uint64(o))
}

// Bytes writes raw bytes; cut says that there were more.
func (w *ArgWriter) Bytes(p []byte, cut bool) {
	tag := byte(argBytes)
	if cut {
		tag = argBlob
	}
	w.buf = binary.AppendUvarint(append(w.buf, tag), uint64(len(p)))
	w.buf = append(w.buf, p...)
}

// RawArg is one decoded argument; Kind None when it is absent.
type RawArg struct {
	Kind  Kind // Int, Uint, String (Str), Bytes; with Obj set, an object
	Num   uint64
	Str   Str
	Obj   ObjID
	Bytes []byte
	Cut   bool
}

// NextArg decodes one argument off the front of a payload and returns what is
// behind it. ok is false at the end, and on damage.
func NextArg(p []byte) (a RawArg, rest []byte, ok bool) {
	if len(p) == 0 {
		return a, nil, false
	}
	tag, p := p[0], p[1:]
	if tag == argAbsent {
		return a, p, true
	}
	if tag == argInt {
		v, n := binary.Varint(p)
		if n <= 0 {
			return a, nil, false
		}
		return RawArg{Kind: Int, Num: uint64(v)}, p[n:], true
	}
	v, n := binary.Uvarint(p)
	if n <= 0 {
		return a, nil, false
	}
	p = p[n:]
	switch tag {
	case argUint:
		return RawArg{Kind: Uint, Num: v}, p, true
	case argStr:
		return RawArg{Kind: String, Str: Str(v)}, p, true
	case argObj:
		return RawArg{Kind: String, Obj: ObjID(v)}, p, true
	case argBytes, argBlob:
		if v > uint64(len(p)) {
			return a, nil, false
		}
		return RawArg{Kind: Bytes, Bytes: p[:v], Cut: tag == argBlob}, p[v:], true
	}
	return a, nil, false
}

// ArgAt decodes the n-th argument of a payload.
func ArgAt(p []byte, n int) (RawArg, bool) {
	for ; ; n-- {
		a, rest, ok := NextArg(p)
		if !ok {
			return RawArg{}, false
		}
		if n == 0 {
			return a, a.Kind != None
		}
		p = rest
	}
}
