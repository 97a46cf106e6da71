package recording

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"strings"
	"unsafe"

	"github.com/stoop-project/stoop/internal/event"
)

// ref says what a number in a row refers to.
type ref uint8

const (
	refNone ref = iota
	refStr
	refCont
	refObj
	refProc
	numRefs
)

var refTypes = map[reflect.Type]ref{
	reflect.TypeFor[event.Str](): refStr, reflect.TypeFor[event.ContID](): refCont,
	reflect.TypeFor[event.ObjID](): refObj, reflect.TypeFor[event.ProcID](): refProc,
}

// form says how a member of a row is written: u unsigned and i signed numbers
// as varints, b a boolean, x 16 raw bytes.
type form byte

// member is one member of a row: a number, a boolean or an address.
type member struct {
	name   string // Local.Port
	form   form
	ref    ref
	offset uintptr
	size   uintptr
}

// layout is how the rows of one dimension are written: a bit for each member
// that is not zero, the lowest first, and behind them these members.
type layout []member

// layoutOf lists the members of a row's type. It panics on types that no row
// may have, which is a programming error.
func layoutOf(t reflect.Type) layout {
	var l layout
	var add func(t reflect.Type, prefix string, at uintptr)
	add = func(t reflect.Type, prefix string, at uintptr) {
		for i := range t.NumField() {
			f := t.Field(i)
			m := member{name: prefix + f.Name, offset: at + f.Offset, size: f.Type.Size(), ref: refTypes[f.Type]}
			switch f.Type.Kind() {
			case reflect.Struct:
				add(f.Type, m.name+".", m.offset)
				continue
			case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
				m.form = 'u'
			case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
				m.form = 'i'
			case reflect.Bool:
				m.form = 'b'
			case reflect.Array:
				m.form = 'x'
			}
			if m.form == 0 || m.form == 'x' && m.size != 16 {
				panic(fmt.Sprintf("recording: a row has member %s of type %s", m.name, f.Type))
			}
			l = append(l, m)
		}
	}
	add(t, "", 0)
	return l
}

// The layouts of this version.
var layouts = map[blockKind]layout{
	kindContainers: layoutOf(reflect.TypeFor[event.Container]()),
	kindObjects:    layoutOf(reflect.TypeFor[event.Object]()),
	kindProcs:      layoutOf(reflect.TypeFor[event.Proc]()),
	kindAlerts:     layoutOf(reflect.TypeFor[event.Alert]()),
}

// layoutNames has the dimensions' names in layout blocks.
var layoutNames = map[blockKind]string{
	kindContainers: "container", kindObjects: "object", kindProcs: "process", kindAlerts: "alert",
}

// describe writes the layouts for a layout block: "PID:i PPID:i …" for each.
func describe() map[string]string {
	out := make(map[string]string)
	for kind, l := range layouts {
		words := make([]string, len(l))
		for i, m := range l {
			words[i] = m.name + ":" + string(m.form)
		}
		out[layoutNames[kind]] = strings.Join(words, " ")
	}
	return out
}

// maxMembers bounds what a layout block may claim.
const maxMembers = 1024

// parseLayout reads how a file's rows of one kind are written. Members that
// this version does not know have size 0 and are read over.
func parseLayout(kind blockKind, text string) (layout, error) {
	own := make(map[string]member)
	for _, m := range layouts[kind] {
		own[m.name] = m
	}
	words := strings.Fields(text)
	if len(words) > maxMembers {
		return nil, fmt.Errorf("its rows claim to have %d members", len(words))
	}
	l := make(layout, len(words))
	for i, word := range words {
		name, f, ok := strings.Cut(word, ":")
		if !ok || len(f) != 1 || strings.IndexByte("uibx", f[0]) < 0 {
			return nil, fmt.Errorf("its rows have a member %.40q that cannot be read", word)
		}
		l[i] = member{name: name, form: form(f[0])}
		if m := own[name]; m.form == l[i].form {
			l[i] = m
		}
	}
	return l, nil
}

// append writes the row at p.
func (l layout) append(dst []byte, p unsafe.Pointer) []byte {
	at := len(dst)
	dst = append(dst, make([]byte, (len(l)+7)/8)...)
	for i := range l {
		m := &l[i]
		q := unsafe.Add(p, m.offset)
		if m.form == 'x' {
			if raw := *(*[16]byte)(q); raw != [16]byte{} {
				dst[at+i/8] |= 1 << (i % 8)
				dst = append(dst, raw[:]...)
			}
			continue
		}
		v := m.load(q)
		if v == 0 {
			continue
		}
		dst[at+i/8] |= 1 << (i % 8)
		switch m.form {
		case 'u':
			dst = binary.AppendUvarint(dst, v)
		case 'i':
			dst = binary.AppendVarint(dst, int64(v))
		}
	}
	return dst
}

// load returns the number at p; signed ones with their sign extended.
func (m *member) load(p unsafe.Pointer) uint64 {
	signed := m.form == 'i'
	switch m.size {
	case 1:
		if signed {
			return uint64(*(*int8)(p))
		}
		return uint64(*(*uint8)(p))
	case 2:
		if signed {
			return uint64(*(*int16)(p))
		}
		return uint64(*(*uint16)(p))
	case 4:
		if signed {
			return uint64(*(*int32)(p))
		}
		return uint64(*(*uint32)(p))
	}
	return *(*uint64)(p)
}

// store sets the number at p.
func (m *member) store(p unsafe.Pointer, v uint64) {
	switch m.size {
	case 1:
		*(*uint8)(p) = uint8(v)
	case 2:
		*(*uint16)(p) = uint16(v)
	case 4:
		*(*uint32)(p) = uint32(v)
	case 8:
		*(*uint64)(p) = v
	}
}

// limits says how many rows there are that a number may refer to.
type limits [numRefs]uint32

// read reads a row from the front of b into p, which is zero, and returns what
// is behind it. References to rows that are not there are left zero and counted
// in bad. ok is false when b ends too early.
func (l layout) read(b []byte, p unsafe.Pointer, lim *limits, bad *uint64) (rest []byte, ok bool) {
	n := (len(l) + 7) / 8
	if len(b) < n {
		return nil, false
	}
	set, b := b[:n], b[n:]
	for i := range l {
		if set[i/8]&(1<<(i%8)) == 0 {
			continue
		}
		m := &l[i]
		var v uint64
		switch m.form {
		case 'x':
			if len(b) < 16 {
				return nil, false
			}
			if m.size == 16 {
				*(*[16]byte)(unsafe.Add(p, m.offset)) = [16]byte(b)
			}
			b = b[16:]
			continue
		case 'b':
			v = 1
		case 'u':
			var n int
			if v, n = binary.Uvarint(b); n <= 0 {
				return nil, false
			}
			b = b[n:]
		case 'i':
			s, n := binary.Varint(b)
			if n <= 0 {
				return nil, false
			}
			v, b = uint64(s), b[n:]
		}
		if m.ref != refNone && v >= uint64(lim[m.ref]) {
			*bad++
			continue
		}
		m.store(unsafe.Add(p, m.offset), v)
	}
	return b, true
}
