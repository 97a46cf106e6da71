package profile

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// maxDepth bounds how deeply arrays and objects may lie in each other.
const maxDepth = 64

// Error says why a document could not be read.
type Error struct {
	Offset int // bytes into the document, -1 when it is about the whole
	Reason string
}

func (e *Error) Error() string {
	if e.Offset < 0 {
		return e.Reason
	}
	return fmt.Sprintf("%s, at byte %d", e.Reason, e.Offset+1)
}

// kind is what a JSON value is.
type kind uint8

const (
	absent kind = iota
	null
	boolean
	number
	text
	object
	array
	words // made of an array: texts, each ended by a NUL
)

// value is a JSON value where it lies in the document: of a text what stands
// between the quotes, of anything else its own bytes.
type value struct {
	kind    kind
	escaped bool // a text with backslashes in it
	raw     []byte
}

// scanner reads a document from front to back (RFC 8259). Its methods return
// false when they cannot go on; reason is then set, unless an object or array
// simply ended.
type scanner struct {
	b      []byte
	at     int
	reason string
}

func (s *scanner) fail(reason string) bool {
	if s.reason == "" {
		s.reason = reason
	}
	return false
}

func (s *scanner) err() error {
	if s.reason == "" {
		return nil
	}
	return &Error{Offset: s.at, Reason: s.reason}
}

// peek skips white space and returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	for s.at < len(s.b) {
		c := s.b[s.at]
		if c > ' ' {
			return c
		}
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c
		}
		s.at++
	}
	return 0
}

// enter steps into an object.
func (s *scanner) enter() bool {
	if s.peek() != '{' {
		if s.at >= len(s.b) {
			return s.fail("the document ends too early")
		}
		return s.fail("an object is expected")
	}
	s.at++
	return true
}

// member reads the name of an object's next member and steps to its value.
// first is true for the first member.
func (s *scanner) member(first bool) (name value, ok bool) {
	c := s.peek()
	if c == '}' {
		s.at++
		return name, false
	}
	if !first {
		if c != ',' {
			return name, s.fail("a comma or } is expected")
		}
		s.at++
		c = s.peek()
	}
	if c != '"' {
		return name, s.fail("a member's name is expected")
	}
	if name, ok = s.text(); !ok {
		return name, false
	}
	if s.at < len(s.b) && s.b[s.at] == ':' || s.peek() == ':' {
		s.at++
		return name, true
	}
	return name, s.fail("a colon is expected")
}

// element steps to an array's next element.
func (s *scanner) element(first bool) bool {
	c := s.peek()
	if c == ']' {
		s.at++
		return false
	}
	if first {
		return true
	}
	if c != ',' {
		return s.fail("a comma or ] is expected")
	}
	s.at++
	return true
}

// value reads a whole value; depth says how many objects and arrays it lies in.
func (s *scanner) value(depth int) (value, bool) {
	switch c := s.peek(); c {
	case '"':
		return s.text()
	case '{', '[':
		return s.nested(c, depth)
	case 't':
		return s.word("true", boolean)
	case 'f':
		return s.word("false", boolean)
	case 'n':
		return s.word("null", null)
	default:
		return s.number()
	}
}

func (s *scanner) nested(open byte, depth int) (v value, ok bool) {
	if depth >= maxDepth {
		return v, s.fail("the document is nested too deeply")
	}
	start := s.at
	s.at++
	if open == '{' {
		for first := true; ; first = false {
			if _, ok := s.member(first); !ok {
				break
			}
			if _, ok := s.value(depth + 1); !ok {
				return v, false
			}
		}
		return value{kind: object, raw: s.b[start:s.at]}, s.reason == ""
	}
	for first := true; s.element(first); first = false {
		if _, ok := s.value(depth + 1); !ok {
			return v, false
		}
	}
	return value{kind: array, raw: s.b[start:s.at]}, s.reason == ""
}

func (s *scanner) word(word string, k kind) (v value, ok bool) {
	end := s.at + len(word)
	if end > len(s.b) || string(s.b[s.at:end]) != word {
		return v, s.fail("a value is expected")
	}
	v = value{kind: k, raw: s.b[s.at:end]}
	s.at = end
	return v, true
}

// number reads a number. Infinities and NaN are none.
func (s *scanner) number() (v value, ok bool) {
	start, i := s.at, s.at
	if i < len(s.b) && s.b[i] == '-' {
		i++
	}
	whole := s.digits(i)
	if whole == i || s.b[i] == '0' && whole > i+1 {
		if start >= len(s.b) {
			return v, s.fail("the document ends too early")
		}
		return v, s.fail("a value is expected")
	}
	i = whole
	if i < len(s.b) && s.b[i] == '.' {
		end := s.digits(i + 1)
		if end == i+1 {
			return v, s.fail("a digit is expected after the point")
		}
		i = end
	}
	if i < len(s.b) && s.b[i]|0x20 == 'e' {
		i++
		if i < len(s.b) && (s.b[i] == '+' || s.b[i] == '-') {
			i++
		}
		end := s.digits(i)
		if end == i {
			return v, s.fail("a digit is expected in the exponent")
		}
		i = end
	}
	s.at = i
	return value{kind: number, raw: s.b[start:i]}, true
}

func (s *scanner) digits(i int) int {
	for i < len(s.b) && s.b[i]-'0' <= 9 {
		i++
	}
	return i
}

// text reads a string. The scanner stands on its opening quote.
func (s *scanner) text() (v value, ok bool) {
	start := s.at + 1
	i := start
	for {
		i = special(s.b, i)
		if i >= len(s.b) {
			return v, s.fail("a text has no end")
		}
		switch c := s.b[i]; c {
		case '"':
			s.at = i + 1
			return value{kind: text, escaped: v.escaped, raw: s.b[start:i]}, true
		case '\\':
			n := escapeLen(s.b[i:])
			if n == 0 {
				s.at = i
				return v, s.fail("a backslash stands before what cannot be escaped")
			}
			v.escaped = true
			i += n
		default:
			s.at = i
			return v, s.fail("a text holds a control character")
		}
	}
}

// special returns the index of the first quote, backslash or control character
// of b at or after i, or len(b). It tests eight bytes at a time: each term has
// the high bit of a byte set where that byte is one of those; a borrow can only
// set bits above a byte that is one of them, so the lowest bit set is right.
func special(b []byte, i int) int {
	const (
		ones  = 0x0101010101010101
		highs = 0x8080808080808080
	)
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		quote := w ^ ones*'"'
		slash := w ^ ones*'\\'
		hit := ((w-ones*' ')&^w | (quote-ones)&^quote | (slash-ones)&^slash) & highs
		if hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c == '"' || c == '\\' || c < ' ' {
			return i
		}
	}
	return i
}

// escapeLen returns the length of the escape at the start of b, 0 when there
// is none.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hex4(b[2:]); ok {
			return 6
		}
	}
	return 0
}
