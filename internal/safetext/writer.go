package safetext

import (
	"io"
	"slices"
	"unicode/utf8"
	"unsafe"
)

// Writer is the last gate before a terminal or a pipe: it passes on what it is
// given with everything unsafe escaped, except line feeds, which end our own
// lines. A cell whose text may hold a line feed goes through [Line] first.
//
// A character may be cut by the end of a Write; its first bytes wait for the
// next one, or for Flush. A Writer is not safe for concurrent use.
type Writer struct {
	w    io.Writer
	form form
	buf  []byte // escaped, on its way out
	tail []byte // the first bytes of a character not complete yet
}

// NewWriter returns a Writer for text: tables, messages, CSV.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w, form: textForm} }

// NewJSONWriter returns a Writer for JSON that is indented with spaces, if at
// all. What it escapes is then always inside a string, where \uXXXX means the
// same character.
func NewJSONWriter(w io.Writer) *Writer { return &Writer{w: w, form: jsonForm} }

// Write escapes p and writes it on. When the underlying writer fails, the
// count is 0, for an escaped text has no count in terms of p.
func (w *Writer) Write(p []byte) (int, error) {
	text := p
	if len(w.tail) > 0 {
		text = slices.Concat(w.tail, p)
	}
	whole := len(text) - cutLen(text)
	w.buf = w.buf[:0]
	w.escape(text[:whole])
	w.tail = append([]byte(nil), text[whole:]...)
	if err := w.send(w.buf); err != nil {
		return 0, err
	}
	return len(p), nil
}

// WriteString is Write for a string.
func (w *Writer) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

// WriteTrusted writes s as it is: for our own colours and cursor moves only,
// never for anything that came from outside.
func (w *Writer) WriteTrusted(s string) error {
	if err := w.Flush(); err != nil {
		return err
	}
	return w.send([]byte(s))
}

// Flush writes the bytes of a character that never became complete, escaped.
func (w *Writer) Flush() error {
	if len(w.tail) == 0 {
		return nil
	}
	w.buf = w.buf[:0]
	w.escape(w.tail)
	w.tail = w.tail[:0]
	return w.send(w.buf)
}

// escape appends text to w.buf, line by line.
func (w *Writer) escape(text []byte) {
	start := 0
	for i, c := range text {
		if c == '\n' {
			w.escapeLine(text[start:i])
			w.buf = append(w.buf, '\n')
			start = i + 1
		}
	}
	w.escapeLine(text[start:])
}

func (w *Writer) escapeLine(line []byte) {
	s := unsafe.String(unsafe.SliceData(line), len(line))
	w.buf = appendFrom(w.buf, s, unsafeAt(s), w.form)
}

func (w *Writer) send(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	n, err := w.w.Write(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	return err
}

// cutLen returns how many bytes at the end of p begin a character that more
// bytes could complete: 0 to 3.
func cutLen(p []byte) int {
	for n := 1; n <= len(p) && n < utf8.UTFMax; n++ {
		if c := p[len(p)-n]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(p[len(p)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}
