package filter

import (
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// want says what is expected at the cursor.
type want uint8

const (
	wantNothing  want = iota // the text is wrong, or free text is being written
	wantOperand              // a field, a transformer, a macro, not
	wantOperator             // behind a field
	wantText                 // a value
	wantList                 // an opening parenthesis
	wantItem                 // a value in a list
	wantLink                 // and, or
)

// typist follows a condition that is being written up to the cursor, more
// leniently than the parser: it asks only what may come next, and where the
// word at the cursor begins.
type typist struct {
	src string
	at  int

	want        want
	from        int    // start of the word at the cursor
	name        string // the field of the check at the cursor
	transformed bool   // it stands in a transformer: its own type does not count
	inTransform bool   // the cursor is among a transformer's arguments
	op          Op
	depth       int // open groups
}

// field returns the field that is compared, nil when its type does not say
// what comes next.
func (s *typist) field(reg *event.Registry) *event.Field {
	if s.transformed || s.name == "" {
		return nil
	}
	f, _ := reg.Lookup(s.name)
	return f
}

func (s *typist) rest() string { return s.src[s.at:] }

func (s *typist) skip() {
	for s.at < len(s.src) && isBlank(s.src[s.at]) {
		s.at++
	}
}

// word consumes n bytes; at the end of the text they are the word at the
// cursor, and it reports false.
func (s *typist) word(n int) bool {
	s.from = s.at
	s.at += n
	return s.at < len(s.src)
}

func (s *typist) read() {
	s.want = wantOperand
	for {
		s.skip()
		s.from = s.at
		if s.at == len(s.src) {
			return
		}
		ok := false
		switch s.want {
		case wantOperand:
			ok = s.operand()
		case wantOperator:
			ok = s.operator()
		case wantText:
			ok = s.value(wantLink)
		case wantList:
			ok = s.list()
		case wantItem:
			ok = s.item()
		case wantLink:
			ok = s.link()
		}
		if !ok {
			return
		}
	}
}

// operand reads a group's parenthesis, a not, a field, a transformer or a
// macro. Like all the readers it returns false where the cursor is.
func (s *typist) operand() bool {
	r := s.rest()
	if r[0] == '(' {
		s.depth++
		s.at++
		return true
	}
	if n := fieldName(r); n > 0 {
		s.name, s.transformed = r[:n], false
		if n+1 == len(r) && r[n] == '.' {
			n++ // the next part has just been begun
		}
		if !s.word(n) {
			return false
		}
		if !s.brackets() {
			return false
		}
		s.want = wantOperator
		return true
	}
	for _, t := range transformers {
		if strings.HasPrefix(r, t+"(") {
			s.transformed = true
			s.at += len(t) + 1
			return s.arguments(wantOperator)
		}
	}
	n := identifier(r)
	if n == 0 {
		return s.lost()
	}
	// A name that ends with a dot is a field that has just been begun.
	if n < len(r) && r[n] == '.' {
		if m := n + 1; m == len(r) {
			s.word(m)
			return false
		}
		return s.lost()
	}
	if !s.word(n) {
		return false
	}
	if r[:n] == "not" {
		return true
	}
	s.want = wantLink
	return true
}

func (s *typist) lost() bool {
	s.want, s.from = wantNothing, len(s.src)
	return false
}

// brackets reads an argument in brackets; false when the cursor is in it.
func (s *typist) brackets() bool {
	if s.rest() == "" || s.rest()[0] != '[' {
		return true
	}
	end := strings.IndexByte(s.rest(), ']')
	if end < 0 {
		return s.lost()
	}
	s.at += end + 1
	return true
}

// arguments reads what follows a transformer's parenthesis.
func (s *typist) arguments(after want) bool {
	s.inTransform = true
	for open := 1; open > 0; {
		s.skip()
		s.from = s.at
		r := s.rest()
		if r == "" {
			s.want = wantOperand
			return false
		}
		if n, closed := quotedString(r); n > 0 {
			if !closed {
				return s.lost()
			}
			s.at += n
			continue
		}
		switch n := max(identifier(r), fieldName(r)); {
		case n > 0 && s.at+n == len(s.src):
			s.want = wantOperand
			return false
		case n > 0:
			s.at += n
		case r[0] == '(':
			open++
			s.at++
		case r[0] == ')':
			open--
			s.at++
		default:
			s.at++
		}
	}
	s.inTransform = false
	if !s.brackets() {
		return false
	}
	s.want = after
	return true
}

func (s *typist) operator() bool {
	r := s.rest()
	for _, o := range operators {
		if !strings.HasPrefix(r, o.text) {
			continue
		}
		n := len(o.text)
		isWord := isLetter(o.text[0])
		if isWord && n < len(r) && isLetter(r[n]) || !isWord && n == len(r) && len(r) == 1 && (r == "<" || r == ">") {
			continue
		}
		if s.op = o.op; isWord && !s.word(n) {
			return false
		} else if !isWord {
			s.at += n
		}
		switch o.class {
		case unaryOp:
			s.want = wantLink
		case listOp:
			s.want = wantList
		default:
			s.want = wantText
		}
		return true
	}
	// The beginning of an operator.
	n := identifier(r)
	if n == 0 {
		n = min(len(r), 1)
	}
	if s.word(n) {
		return s.lost()
	}
	return false
}

// value reads a constant or a transformer, with a modifier before it.
func (s *typist) value(after want) bool {
	r := s.rest()
	if s.op.class() == stringOp {
		for m := ModOneOf; m <= ModAllOf; m++ {
			if n := len(m.String()); strings.HasPrefix(r, m.String()) && len(r) > n && isBlank(r[n]) && (&parser{src: strings.TrimLeft(r[n:], " \t\b\r\n"), pos: startPos()}).listAhead() {
				s.at += n
				s.want = wantList
				return true
			}
		}
	}
	for _, t := range Transformers() {
		if strings.HasPrefix(r, t+"(") {
			s.at += len(t) + 1
			return s.arguments(after)
		}
	}
	if n, closed := quotedString(r); n > 0 {
		if !closed {
			s.word(n)
			return false
		}
		s.at += n
		s.want = after
		return true
	}
	n := bareString(r)
	if n == 0 {
		return s.lost()
	}
	if !s.word(n) {
		return false
	}
	s.want = after
	return true
}

func (s *typist) list() bool {
	if s.rest()[0] == '(' {
		s.at++
		s.want = wantItem
		return true
	}
	return s.value(wantLink)
}

// item reads a value in a list and the comma or parenthesis behind it.
func (s *typist) item() bool {
	if s.rest()[0] == ')' {
		s.at++
		s.want = wantLink
		return true
	}
	if !s.value(wantItem) {
		return false
	}
	s.skip()
	if r := s.rest(); r != "" && r[0] == ',' {
		s.at++
	} else if r == "" {
		s.want, s.from = wantNothing, s.at // a comma or a parenthesis is due
		return false
	}
	return true
}

func (s *typist) link() bool {
	r := s.rest()
	if r[0] == ')' {
		if s.depth--; s.depth < 0 {
			return s.lost()
		}
		s.at++
		return true
	}
	n := identifier(r)
	switch r[:n] {
	case "and", "or":
		if !s.word(n) {
			return false
		}
		s.want = wantOperand
		return true
	}
	if n == 0 || s.at+n < len(s.src) {
		return s.lost()
	}
	s.word(n)
	return false
}
