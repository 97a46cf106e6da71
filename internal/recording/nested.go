package recording

import (
	"bytes"
	"errors"
	"io"

	"github.com/stoop-project/stoop/internal/profile"
)

// nesting says where documents lie that are not one a line.
type nesting uint8

const (
	onLines nesting = iota
	freely          // one behind the other, over as many lines as they like
	inArray         // in an array
	inItems         // in the array "items" of an object: Kubernetes' EventList
)

// itemsKey is the member of an object that lists documents.
const itemsKey = "items"

// sniffNested tells where documents lie that are not one a line, and of which
// kind the first of them is; nil when there are none that are known.
func sniffNested(head []byte) (nesting, *profile.Profile) {
	for _, where := range []nesting{inArray, inItems, freely} {
		s := splitter{r: bytes.NewReader(head), where: where}
		if doc := s.first(); doc != nil {
			if p := profile.Sniff(doc); p != nil {
				return where, p
			}
		}
	}
	return onLines, nil
}

// splitter reads a stream of JSON and yields the documents that lie in it one a
// line, without the blanks between their parts. What is broken becomes a line
// that is broken, so that it is counted.
type splitter struct {
	r     io.Reader
	where nesting

	in    []byte // what was read and not looked at
	room  []byte
	ready []byte // lines that were made
	err   error  // that reading ended with

	open   []byte // the brackets that are open around documents, two at most
	deeper int    // how many more are open
	text   bool   // within a text
	escape bool   // behind a backslash in it
	key    []byte // the last text
	isKey  bool   // it was read in an object that may list documents
	listed bool   // the array that is open is the list
	doc    []byte // the document at hand
	within int    // how many brackets are open in it; 0: in none
	over   bool   // it is longer than a document may be
}

// Read reads lines.
func (s *splitter) Read(b []byte) (int, error) {
	for len(s.ready) == 0 {
		if len(s.in) > 0 {
			s.look()
			continue
		}
		if s.err != nil {
			err := s.err
			if errors.Is(err, errRotated) {
				s.err = nil
			}
			return 0, err
		}
		s.fill()
	}
	n := copy(b, s.ready)
	s.ready = s.ready[n:]
	return n, nil
}

// fill reads more. Where the stream ends, a document that was begun does too.
func (s *splitter) fill() {
	if s.room == nil {
		s.room = make([]byte, 64<<10)
	}
	n, err := s.r.Read(s.room)
	s.in = s.room[:n]
	if err == nil {
		return
	}
	s.look()
	if s.within > 0 {
		s.emit()
	}
	*s = splitter{r: s.r, where: s.where, room: s.room, ready: s.ready, err: err}
}

// first returns the first document, nil when it does not end.
func (s *splitter) first() []byte {
	s.in, s.err = nil, nil
	head, _ := io.ReadAll(s.r)
	for s.in = head; len(s.in) > 0 && len(s.ready) == 0; {
		step := min(len(s.in), 4<<10)
		rest := s.in[step:]
		s.in = s.in[:step]
		s.look()
		s.in = rest
	}
	line, _, _ := bytes.Cut(s.ready, []byte{'\n'})
	if len(line) == 0 {
		return nil
	}
	return line
}

// look takes in what was read.
func (s *splitter) look() {
	for _, c := range s.in {
		if s.within > 0 {
			s.inside(c)
		} else {
			s.outside(c)
		}
	}
	s.in = nil
}

// inside takes a byte of a document.
func (s *splitter) inside(c byte) {
	switch {
	case s.text:
		s.text = s.escape || c != '"'
		s.escape = c == '\\' && !s.escape
		if c == '\n' || c == '\r' {
			c = ' ' // it must not end the line
		}
	case c == ' ' || c == '\t' || c == '\n' || c == '\r':
		return
	case c == '"':
		s.text = true
	case c == '{' || c == '[':
		s.within++
	case c == '}' || c == ']':
		s.within--
	}
	if s.over = s.over || len(s.doc) > maxLine; !s.over {
		s.doc = append(s.doc, c)
	}
	if s.within == 0 {
		s.emit()
	}
}

// emit makes a line of the document at hand.
func (s *splitter) emit() {
	if s.over {
		s.doc = append(s.doc[:0], '{') // it is counted as broken
	}
	s.ready = append(append(s.ready, s.doc...), '\n')
	s.doc, s.within, s.over, s.text, s.escape = s.doc[:0], 0, false, false, false
}

// outside takes a byte between documents.
func (s *splitter) outside(c byte) {
	switch {
	case s.text:
		if s.text = s.escape || c != '"'; s.text && s.isKey && len(s.key) <= len(itemsKey) {
			s.key = append(s.key, c)
		}
		s.escape = c == '\\' && !s.escape
	case c == '"':
		s.text, s.key, s.isKey = true, s.key[:0], s.deeper == 0 && string(s.open) == "{"
	case c == '{' && s.documentHere():
		s.within, s.doc = 1, append(s.doc[:0], c)
	case c == '{' || c == '[':
		s.opened(c)
	case c == '}' || c == ']':
		s.closed()
	}
}

// documentHere reports whether an object that opens now is a document.
func (s *splitter) documentHere() bool {
	if s.deeper > 0 {
		return false
	}
	switch s.where {
	case inArray:
		return string(s.open) == "["
	case inItems:
		return string(s.open) == "{[" && s.listed
	}
	return len(s.open) == 0
}

func (s *splitter) opened(c byte) {
	switch {
	case len(s.open) == 2 || s.deeper > 0:
		s.deeper++
	default:
		s.open = append(s.open, c)
		s.listed = string(s.open) == "{[" && string(s.key) == itemsKey
	}
}

func (s *splitter) closed() {
	switch {
	case s.deeper > 0:
		s.deeper--
	case len(s.open) > 0:
		s.open = s.open[:len(s.open)-1]
		s.listed, s.key = false, s.key[:0]
	}
}
