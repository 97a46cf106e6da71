package profile

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// apply makes of a value what a place's form says; ok is false when there is
// nothing to make, which counts as if the value were missing. buf is where the
// result may lie; it grows and is never written over.
func (pl *place) apply(v value, buf *[]byte) (made value, ok bool) {
	switch pl.form {
	case formSame:
		return v, !v.missing()
	case formConst:
		return pl.made, true
	case formIs:
		return pl.made, v.filled()
	}
	if v.missing() {
		return value{}, false
	}
	if v.kind == array && pl.form.ofOne() {
		if v, ok = v.only(); !ok {
			return value{}, false
		}
	}
	switch pl.form {
	case formFirst:
		return v.only()
	case formJSON:
		return v.json(), true
	case formWithout:
		return v.without(pl.without, buf)
	case formRest:
		return v.words(1, 0, buf)
	case formJoin:
		return v.words(0, ' ', buf)
	case formSec, formMilli, formMicro, formNano:
		return v.epoch(units[pl.form])
	case formSigned:
		n, ok := v.integer()
		return value{kind: number, raw: strconv.AppendInt(nil, int64(int32(uint32(n))), 10)}, ok
	}
	if v.kind != text && v.kind != number && v.kind != boolean {
		return value{}, false
	}
	if pl.form == formTable {
		made, ok = pl.table[string(v.raw)]
		return made, ok
	}
	switch pl.form {
	case formPriority:
		return v, event.PriorityOf(v.String()) != event.PriorityUnknown
	case formFilled:
		return v, len(v.raw) > 0
	case formObjKind:
		return v, event.ObjKindOf(v.String()) != event.ObjUnknown
	}
	word, ok := pl.word(v.String())
	return textValue(word), ok
}

// word makes one text of another.
func (pl *place) word(s string) (string, bool) {
	switch pl.form {
	case formID:
		s = withoutScheme(s)
		if len(s) > shortID && isHex(s) {
			s = s[:shortID]
		}
	case formFullID:
		s = withoutScheme(s)
		return s, len(s) == 64 && isHex(s)
	case formScheme:
		scheme, _, ok := strings.Cut(s, "://")
		return scheme, ok && scheme != ""
	case formBase:
		s = s[strings.LastIndexByte(s, '/')+1:]
	case formSlash:
		if s != "" && !strings.HasSuffix(s, "/") {
			s += "/"
		}
	case formRepo:
		s, _, _ = image(s)
	case formTag:
		_, s, _ = image(s)
	case formDigest:
		_, _, s = image(s)
	case formSyscall:
		return syscallOf(s)
	}
	return s, s != ""
}

// ofOne reports whether the form is about one value, so that of an array its
// first member is meant.
func (f form) ofOne() bool {
	switch f {
	case formRest, formJoin, formJSON, formWithout, formFirst, formKeys, formEach, formAny, formFlat, formPrefix:
		return false
	}
	return true
}

func textValue(s string) value { return value{kind: text, raw: []byte(s)} }

// only returns the first member of an array that is there, and anything else
// as it is.
func (v value) only() (value, bool) {
	if v.kind != array {
		return v, !v.missing()
	}
	first := value{}
	v.members(func(m value) bool { first = m; return false })
	return first, !first.missing() && first.kind != object
}

// words writes the members of an array from the n-th on: each ended by a NUL,
// or with something between them.
func (v value) words(from int, between byte, buf *[]byte) (value, bool) {
	if v.kind != array {
		return v, v.kind == text && from == 0
	}
	start := len(*buf)
	n := 0
	for _, m := range v.elements() {
		if m.kind != text && m.kind != number && m.kind != boolean {
			continue
		}
		if n++; n <= from {
			continue
		}
		if between != 0 && len(*buf) > start {
			*buf = append(*buf, between)
		}
		*buf = appendUnescaped(*buf, m.raw)
		if between == 0 {
			*buf = append(*buf, 0)
		}
	}
	made := value{kind: text, raw: (*buf)[start:len(*buf):len(*buf)]}
	if between == 0 {
		made.kind = words
	}
	return made, n > 0
}

// without drops members of an array; nothing left is missing.
func (v value) without(words []string, buf *[]byte) (value, bool) {
	start := len(*buf)
	*buf = append(*buf, '[')
	all := v.elements()
	if v.kind == text {
		all = []value{v}
	}
	n := 0
	for _, m := range all {
		if m.kind != text || slices.ContainsFunc(words, func(w string) bool { return fits(m.String(), w) }) {
			continue
		}
		if n++; n > 1 {
			*buf = append(*buf, ',')
		}
		*buf = append(append(append(*buf, '"'), m.raw...), '"')
	}
	*buf = append(*buf, ']')
	return value{kind: array, raw: (*buf)[start:len(*buf):len(*buf)]}, n > 0
}

// fits compares a text with another, which may have a star for any end.
func fits(s, pattern string) bool {
	if start, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(s, start)
	}
	return s == pattern
}

// epoch reads a number of a unit since 1970 as ns.
func (v value) epoch(unit int64) (value, bool) {
	ns, ok := decimalNS(v.raw, unit)
	if v.kind != number && v.kind != text || !ok {
		return value{}, false
	}
	return value{kind: number, raw: strconv.AppendInt(nil, ns, 10)}, true
}

// withoutScheme drops what stands before a container's id: containerd://.
func withoutScheme(s string) string {
	if at := strings.Index(s, "://"); at >= 0 {
		return s[at+len("://"):]
	}
	return s
}

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; c-'0' > 9 && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// The beginnings of kernel functions that are system calls.
var syscallStarts = []string{"__x64_sys_", "__arm64_sys_", "__ia32_sys_", "__se_sys_", "sys_"}

// syscallOf returns the system call that a kernel function is.
func syscallOf(function string) (string, bool) {
	for _, start := range syscallStarts {
		if name, ok := strings.CutPrefix(function, start); ok {
			t, known := event.TypeOf(name)
			return t.String(), known
		}
	}
	return "", false
}

// elements returns the members of an array.
func (v value) elements() (all []value) {
	if v.kind != array {
		return nil
	}
	s := scanner{b: v.raw, at: 1}
	for first := true; s.element(first); first = false {
		m, ok := s.value(1)
		if !ok {
			break
		}
		all = append(all, m)
	}
	return all
}

// isTrue reports whether the value is true, or says so.
func (v value) isTrue() bool { return bytes.Equal(v.raw, []byte("true")) }

// shortID is how long Falco's container.id is.
const shortID = 12
