package page

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"strconv"
)

// scanner goes through JSON without decoding it. It checks that it is
// well-formed as far as nesting, texts and separators go; the numbers and words
// of documents are looked at by whoever reads those.
type scanner struct {
	b    []byte
	at   int
	err  error
	deep int // lists of hits in each other
}

// maxDepth bounds nesting, against an answer that is made to be deep.
const maxDepth = 1000

func (s *scanner) peek() byte {
	for s.at < len(s.b) {
		switch c := s.b[s.at]; c {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return c
		}
	}
	return 0
}

// take goes past a character, which must be there.
func (s *scanner) take(c byte) bool {
	if s.err != nil {
		return false
	}
	if got := s.peek(); got != c {
		if got == 0 {
			s.err = errCut
		} else {
			s.fail("%q where %q should be", got, c)
		}
		return false
	}
	s.at++
	return true
}

// end checks that nothing follows.
func (s *scanner) end() {
	if s.err == nil && s.peek() != 0 {
		s.fail("it goes on behind its end")
	}
}

// object calls member for each member of an object, which must read its value.
func (s *scanner) object(member func(name []byte)) {
	if !s.take('{') {
		return
	}
	if s.peek() == '}' {
		s.at++
		return
	}
	for s.err == nil {
		raw := s.raw()
		if !s.take(':') {
			return
		}
		member(raw[1 : len(raw)-1])
		if s.err != nil {
			return
		}
		if s.peek() == ',' {
			s.at++
			continue
		}
		s.take('}')
		return
	}
}

// array calls element for each element of an array, which must read it.
func (s *scanner) array(element func()) {
	if !s.take('[') {
		return
	}
	if s.peek() == ']' {
		s.at++
		return
	}
	for s.err == nil {
		element()
		if s.err != nil {
			return
		}
		if s.peek() == ',' {
			s.at++
			continue
		}
		s.take(']')
		return
	}
}

// raw returns a text with its quotes.
func (s *scanner) raw() []byte {
	if !s.take('"') {
		return []byte(`""`)
	}
	start := s.at - 1
	if !s.toEnd() {
		return []byte(`""`)
	}
	return s.b[start:s.at]
}

// toEnd goes from within a text past its end.
func (s *scanner) toEnd() bool {
	for s.toQuote() {
		back := s.at - 2
		for s.b[back] == '\\' {
			back--
		}
		if (s.at-2-back)%2 == 0 {
			return true
		}
	}
	s.at, s.err = len(s.b), errCut
	return false
}

// toQuote goes past the next quote; false when there is none. Most texts are
// short: it looks at eight bytes at a time, where [bytes.IndexByte] begins with a
// call.
func (s *scanner) toQuote() bool {
	const (
		ones  = 0x0101010101010101
		highs = 0x8080808080808080
	)
	i := s.at
	for ; i+8 <= len(s.b); i += 8 {
		w := binary.LittleEndian.Uint64(s.b[i:]) ^ ones*'"'
		if hit := (w - ones) & ^w & highs; hit != 0 { // the lowest bit set is right
			s.at = i + bits.TrailingZeros64(hit)/8 + 1
			return true
		}
	}
	n := bytes.IndexByte(s.b[i:], '"')
	s.at = i + n + 1
	return n >= 0
}

// text reads a text.
func (s *scanner) text() string {
	if s.peek() == 'n' { // null
		s.value()
		return ""
	}
	raw := s.raw()
	inner := raw[1 : len(raw)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil && s.err == nil {
		s.fail("a text cannot be read: %v", err)
	}
	return text
}

// number reads a whole number.
func (s *scanner) number() int64 {
	raw := s.value()
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil && s.err == nil {
		s.fail("%.20q is no number", raw)
	}
	return n
}

// value goes past a value and returns its bytes.
func (s *scanner) value() []byte {
	if s.err != nil {
		return nil
	}
	switch c := s.peek(); c {
	case '"':
		return s.raw()
	case '{', '[':
		return s.nested()
	case 0:
		s.err = errCut
		return nil
	}
	start := s.at
	for s.at < len(s.b) {
		switch s.b[s.at] {
		case ',', ']', '}', ' ', '\t', '\n', '\r':
			if s.at == start {
				s.fail("%q where a value should be", s.b[s.at])
			}
			return s.b[start:s.at]
		case '"', '{', '[', ':':
			s.fail("%q in a word", s.b[s.at])
			return nil
		}
		s.at++
	}
	return s.b[start:]
}

// nested goes past an object or an array, counting what opens and closes.
func (s *scanner) nested() []byte {
	start := s.at
	var open [maxDepth]byte
	depth := 0
	for s.at < len(s.b) {
		switch c := s.b[s.at]; c {
		case '"':
			s.at++
			if !s.toEnd() {
				return nil
			}
			continue
		case '{', '[':
			if depth == maxDepth {
				s.fail("it is nested too deeply")
				return nil
			}
			open[depth] = c + 2 // what closes it: ASCII has it there
			depth++
		case '}', ']':
			depth--
			if open[depth] != c {
				s.fail("%q where %q should be", c, open[depth])
				return nil
			}
			if depth == 0 {
				s.at++
				return s.b[start:s.at]
			}
		}
		s.at++
	}
	s.err = errCut
	return nil
}
