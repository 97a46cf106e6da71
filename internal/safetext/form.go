package safetext

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

const hexDigits = "0123456789abcdef"

// form is a notation for what cannot be shown as itself.
type form int

const (
	textForm form = iota // for readers: \n, \x1b, \u202e, \U000e0041
	jsonForm             // inside a JSON string (RFC 8259 section 7): \n, \u001b, surrogate pairs
)

// appendByte appends the escape of a byte that is no part of valid UTF-8.
func (f form) appendByte(dst []byte, b byte) []byte {
	if f == jsonForm { // JSON has no notation for a stray byte
		return f.appendHex(dst, 'u', utf8.RuneError, 4)
	}
	return f.appendHex(dst, 'x', rune(b), 2)
}

// appendRune appends the escape of r.
func (f form) appendRune(dst []byte, r rune) []byte {
	switch {
	case r == '\n':
		return append(dst, `\n`...)
	case r == '\r':
		return append(dst, `\r`...)
	case r == '\t':
		return append(dst, `\t`...)
	case r < utf8.RuneSelf && f == textForm:
		return f.appendHex(dst, 'x', r, 2)
	case r <= 0xffff:
		return f.appendHex(dst, 'u', r, 4)
	case f == jsonForm:
		hi, lo := utf16.EncodeRune(r)
		return f.appendHex(f.appendHex(dst, 'u', hi, 4), 'u', lo, 4)
	default:
		return f.appendHex(dst, 'U', r, 8)
	}
}

// appendHex appends a backslash, the letter kind, and r in that many digits.
func (form) appendHex(dst []byte, kind byte, r rune, digits int) []byte {
	dst = append(dst, '\\', kind)
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		dst = append(dst, hexDigits[r>>shift&0xf])
	}
	return dst
}

// AppendJSON appends s to dst as a JSON string with its quotes. Any JSON
// parser reads s back from it (bytes that are not UTF-8 become U+FFFD), and
// it can be printed as it is: whatever [Line] would escape is written \uXXXX.
func AppendJSON(dst []byte, s string) []byte {
	dst = append(dst, '"')
	if isPlain(s) {
		return append(append(dst, s...), '"')
	}
	start := 0
	for i := 0; i < len(s); i++ {
		if s[i] == '"' || s[i] == '\\' {
			part := s[start:i]
			dst = appendFrom(dst, part, unsafeAt(part), jsonForm)
			dst = append(dst, '\\', s[i])
			start = i + 1
		}
	}
	part := s[start:]
	dst = appendFrom(dst, part, unsafeAt(part), jsonForm)
	return append(dst, '"')
}

// isPlain reports whether a text is printable ASCII without what JSON escapes. It
// tests eight bytes at a time as [asciiPrefix] does, and the last ones of a text
// together with some before them.
func isPlain(s string) bool {
	const (
		ones  = 0x0101010101010101
		highs = 0x8080808080808080
	)
	if len(s) < 8 {
		for i := range len(s) {
			if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
				return false
			}
		}
		return true
	}
	b := unsafe.Slice(unsafe.StringData(s), len(s))
	var hit uint64
	for i := 0; i < len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[min(i, len(b)-8):])
		del, quote, slash := w^ones*0x7f, w^ones*'"', w^ones*'\\'
		hit |= w | (w-ones*' ')&^w | (del-ones)&^del | (quote-ones)&^quote | (slash-ones)&^slash
	}
	return hit&highs == 0
}
