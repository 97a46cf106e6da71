package safetext

import (
	"encoding/binary"
	"unicode"
	"unicode/utf8"
	"unsafe"
)

// maxMarks is how many combining marks may stand on one character. Written
// languages need up to four (pointed Hebrew, Tibetan, Vietnamese); a pile of
// them paints over the lines above and below.
const maxMarks = 4

// Line returns s with everything unsafe escaped, as [Append] does it, on one
// line. A string that is safe already comes back as it is, without allocation.
func Line(s string) string {
	i := unsafeAt(s)
	if i == len(s) {
		return s
	}
	dst := make([]byte, 0, len(s)+len(s)/2+32)
	return string(appendFrom(dst, s, i, textForm))
}

// Append appends s to dst on one line, with everything that a terminal or a
// reader could be misled by replaced by a visible escape:
//
//	\n \r \t     line feed, carriage return, tab
//	\x1b         the other C0 controls and DEL, and bytes that are not UTF-8
//	\u202e       C1 controls; format characters (bidi controls, zero-width
//	             characters, joiners, byte order mark, soft hyphen); line and
//	             paragraph separators; blanks other than the ASCII space;
//	             variation selectors and fillers; private and unassigned ones
//	\U000e0041   the same beyond the first plane (tags, more selectors)
//
// Combining marks that stand on nothing, or that follow more than four others,
// are escaped too. Backslashes in s stay single, since doubling them would
// garble every Windows path and regular expression; the text is for reading,
// not for reading back. The result is valid UTF-8, and Append leaves it alone.
func Append(dst []byte, s string) []byte {
	return appendFrom(dst, s, unsafeAt(s), textForm)
}

// AppendBytes is [Append] for bytes, such as a payload.
func AppendBytes(dst, b []byte) []byte {
	return Append(dst, unsafe.String(unsafe.SliceData(b), len(b)))
}

// Safe says whether [Line] would return s unchanged.
func Safe(s string) bool { return unsafeAt(s) == len(s) }

// appendFrom appends s, whose first bad bytes are known to be safe and whose
// next character is not, with escapes of the form esc.
func appendFrom(dst []byte, s string, bad int, esc form) []byte {
	for {
		dst = append(dst, s[:bad]...)
		if bad == len(s) {
			return dst
		}
		r, n := utf8.DecodeRuneInString(s[bad:])
		if r == utf8.RuneError && n == 1 {
			dst = esc.appendByte(dst, s[bad])
		} else {
			dst = esc.appendRune(dst, r)
		}
		// What follows an escape has a base to stand on, its last digit, and
		// yet it is escaped: it stood on what was just removed.
		s = s[bad+n:]
		bad = unsafeAt(s)
	}
}

// unsafeAt returns the index of the first character of s that must be
// escaped, or len(s) where there is none.
func unsafeAt(s string) int {
	i := asciiPrefix(s)
	if i == len(s) {
		return i
	}
	// A mark may stand on the last ASCII character.
	base, marks := i > 0, 0
	for i < len(s) {
		if c := s[i]; c < utf8.RuneSelf {
			if c < ' ' || c == 0x7f {
				return i
			}
			base, marks = true, 0
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if ordinary(r) {
			base, marks = true, 0
			i += n
			continue
		}
		if (r == utf8.RuneError && n == 1) || !visible(r) {
			return i
		}
		if unicode.In(r, unicode.Mn, unicode.Me) {
			if marks++; !base || marks > maxMarks {
				return i
			}
		} else {
			base, marks = true, 0
		}
		i += n
	}
	return i
}

// asciiPrefix returns the length of the longest prefix of s that is printable
// ASCII. It tests eight bytes at a time: the three terms have a byte's high
// bit set when that byte is not ASCII, is below the space, or is DEL.
func asciiPrefix(s string) int {
	const (
		ones  = 0x0101010101010101
		highs = 0x8080808080808080
	)
	b := unsafe.Slice(unsafe.StringData(s), len(s))
	i := 0
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		del := w ^ (ones * 0x7f)
		if (w|((w-ones*' ')&^w)|((del-ones)&^del))&highs != 0 {
			break
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c < ' ' || c >= 0x7f {
			return i
		}
	}
	return i
}

// ordinary is a shortcut past the tables for the bulk of non-English text: the
// accented Latin, Greek and Cyrillic letters and the unified Han characters.
// Every one of them is visible, and none is a mark.
func ordinary(r rune) bool {
	return r >= 0xc0 && r <= 0x2ff || r >= 0x3a3 && r <= 0x482 || r >= 0x4e00 && r <= 0x9fff
}

// visible says whether r, which is not ASCII, shows as itself: whether Unicode
// calls it graphic and it is neither blank nor ignored when drawn.
func visible(r rune) bool {
	return unicode.IsPrint(r) && !unicode.Is(hidden, r)
}

// hidden has the characters that Unicode counts among letters, marks and
// symbols and that show nothing all the same: those with the property
// Default_Ignorable_Code_Point (Unicode 15, DerivedCoreProperties.txt) that
// unicode.IsPrint lets through, and the empty braille pattern.
var hidden = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x034f, Hi: 0x034f, Stride: 1}, // combining grapheme joiner
		{Lo: 0x115f, Hi: 0x1160, Stride: 1}, // Hangul initial and medial fillers
		{Lo: 0x17b4, Hi: 0x17b5, Stride: 1}, // Khmer inherent vowels
		{Lo: 0x180b, Hi: 0x180f, Stride: 1}, // Mongolian variation selectors
		{Lo: 0x2800, Hi: 0x2800, Stride: 1}, // braille pattern without dots
		{Lo: 0x3164, Hi: 0x3164, Stride: 1}, // Hangul filler
		{Lo: 0xfe00, Hi: 0xfe0f, Stride: 1}, // variation selectors
		{Lo: 0xffa0, Hi: 0xffa0, Stride: 1}, // halfwidth Hangul filler
	},
	R32: []unicode.Range32{
		{Lo: 0xe0000, Hi: 0xe0fff, Stride: 1}, // tags, supplementary selectors
	},
}
