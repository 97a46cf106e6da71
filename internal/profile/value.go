package profile

import (
	"bytes"
	"encoding/json"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stoop-project/stoop/internal/event"
)

// missing reports whether v stands for no value at all. Falco writes null then;
// a text <NA> is a value, the login name of nobody for one.
func (v value) missing() bool { return v.kind == absent || v.kind == null }

// bytes returns a text unescaped, and of other values what is written. The
// result lies in the document, or in buf when it had to be unescaped.
func (v value) bytes(buf *[]byte) []byte {
	if !v.escaped {
		return v.raw
	}
	*buf = appendUnescaped((*buf)[:0], v.raw)
	return *buf
}

// String returns a copy of the value's text; of arrays the members as Falco
// prints lists.
func (v value) String() string {
	switch {
	case v.kind == array:
		return event.Value{List: v.list(event.String)}.String()
	case v.kind == words:
		return string(v.spaced(&[]byte{}))
	case v.escaped:
		return string(appendUnescaped(nil, v.raw))
	}
	return string(v.raw)
}

// json writes an object or array as text, without blanks; anything else stays as
// it is.
func (v value) json() value {
	if v.kind != object && v.kind != array {
		return v
	}
	var out bytes.Buffer
	if json.Compact(&out, v.raw) != nil {
		return v
	}
	return textValue(out.String())
}

// integer reads a whole number, also one written as a text.
func (v value) integer() (int64, bool) {
	if v.kind != number && v.kind != text {
		return 0, false
	}
	return parseInt(v.raw)
}

// parseInt reads a decimal number.
func parseInt(b []byte) (int64, bool) {
	neg := len(b) > 0 && b[0] == '-'
	if neg {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 19 {
		return 0, false
	}
	var n uint64
	for _, c := range b {
		if c-'0' > 9 {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	if n > math.MaxInt64 {
		return 0, false
	}
	if neg {
		return -int64(n), true
	}
	return int64(n), true
}

// spaced writes words with a blank between them. The result lies in buf.
func (v value) spaced(buf *[]byte) []byte {
	*buf = append((*buf)[:0], bytes.TrimSuffix(v.raw, []byte{0})...)
	for i, c := range *buf {
		if c == 0 {
			(*buf)[i] = ' '
		}
	}
	return *buf
}

// listed reads a value as a list: an array's members, or one value alone.
func (v value) listed(k event.Kind) []event.Value {
	if v.kind == array {
		return v.list(k)
	}
	if one, ok := v.as(k); ok {
		return []event.Value{one}
	}
	return nil
}

// list returns the members of an array that are no objects, those of arrays in it
// included.
func (v value) list(k event.Kind) []event.Value {
	all := []event.Value{}
	v.members(func(m value) bool {
		if one, ok := m.as(k); ok {
			all = append(all, one)
		}
		return true
	})
	return all
}

// joined writes an array for a field that is one text, as Falco prints labels.
func (v value) joined() string {
	var out strings.Builder
	n := 0
	v.members(func(m value) bool {
		if m.kind == object {
			return true
		}
		if n++; n > 1 {
			out.WriteString(", ")
		}
		out.WriteString(m.String())
		return true
	})
	return out.String()
}

// as reads the value as one of a field's kind.
func (v value) as(k event.Kind) (event.Value, bool) {
	if v.kind == array {
		var ok bool
		if v, ok = v.only(); !ok {
			return event.Value{}, false
		}
	}
	if v.missing() || v.kind == object {
		return event.Value{}, false
	}
	switch k {
	case event.String, event.Bytes, event.None:
		return event.Value{Kind: event.String, Str: v.String()}, true
	case event.Bool:
		word := string(v.raw)
		return event.BoolValue(word == "true" || word == "1"), word == "true" || word == "false" || word == "0" || word == "1"
	case event.Time:
		if n, ok := v.integer(); ok && n >= 0 {
			return event.TimeValue(n), true
		}
		ns, ok := v.time()
		return event.TimeValue(ns), ok
	case event.Double:
		f, err := strconv.ParseFloat(string(v.raw), 64)
		return event.DoubleValue(f), err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
	case event.IP, event.Net:
		a, err := netip.ParseAddr(string(v.raw))
		return event.Value{Kind: k, Addr: a.Unmap()}, err == nil
	case event.Uint:
		n, err := strconv.ParseUint(string(v.raw), 0, 64)
		if err != nil { // -1 for an id that is not set
			return v.asInt(k)
		}
		return event.UintValue(n), true
	case event.Duration:
		if n, ok := v.integer(); ok {
			return event.DurationValue(n), true
		}
		ns, ok := v.time()
		return event.DurationValue(ns), ok
	case event.Int, event.Port:
		return v.asInt(k)
	}
	return event.Value{}, false
}

func (v value) asInt(k event.Kind) (event.Value, bool) {
	n, ok := v.integer()
	if !ok {
		return event.Value{}, false
	}
	return event.Value{Kind: k, Num: uint64(n)}, true
}

// appendUnescaped appends a JSON text's meaning to dst. Halves of a surrogate
// pair that stand alone become U+FFFD.
func appendUnescaped(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		c := raw[i]
		if c != '\\' || i+1 >= len(raw) {
			dst = append(dst, c)
			i++
			continue
		}
		if raw[i+1] != 'u' {
			at := strings.IndexByte(`"\/bfnrt`, raw[i+1])
			if at >= 0 {
				dst = append(dst, "\"\\/\b\f\n\r\t"[at])
			}
			i += 2
			continue
		}
		r, ok := hex4(raw[i+2:])
		if !ok {
			r = utf8.RuneError
			i += 2
		} else {
			i += 6
		}
		if utf16.IsSurrogate(r) {
			low := rune(-1)
			if i+1 < len(raw) && raw[i] == '\\' && raw[i+1] == 'u' {
				low, _ = hex4(raw[i+2:])
			}
			if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
				i += 6
			}
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch {
		case c-'0' <= 9:
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
