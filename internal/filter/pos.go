package filter

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Pos is a place in an expression. Index counts bytes from 0, Line and Col
// from 1; Col counts bytes. A carriage return ends a line as a line feed does,
// as in Falco (libs userspace/libsinsp/filter/parser.cpp).
type Pos struct{ Index, Line, Col int }

func startPos() Pos { return Pos{Line: 1, Col: 1} }

// over returns the position behind text that starts at p.
func (p Pos) over(text string) Pos {
	for i := range len(text) {
		p.Index++
		p.Col++
		if text[i] == '\n' || text[i] == '\r' {
			p.Line++
			p.Col = 1
		}
	}
	return p
}

func (p Pos) String() string { return fmt.Sprintf("line %d, column %d", p.Line, p.Col) }

// Error is why an expression was refused.
type Error struct {
	Pos   Pos    // where in the expression
	Msg   string // what was expected or is wrong; Falco's words where Falco refuses the same
	Found string // what stands there, quoted; "" when it does not matter
	Hint  string // what to write instead; may be empty
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Pos.String())
	b.WriteString(": ")
	b.WriteString(cut(e.Msg, maxMessage))
	if e.Found != "" {
		b.WriteString(", found ")
		b.WriteString(cut(e.Found, maxMessage))
	}
	if e.Hint != "" {
		b.WriteString(" (")
		b.WriteString(e.Hint)
		b.WriteString(")")
	}
	return b.String()
}

// caretSides is how much of a line is shown on either side of an error, and
// maxMessage how much of what is wrong, in bytes: an expression may be long.
const (
	caretSides = 60
	maxMessage = 400
)

// Caret returns the line of src that holds the error, cut to what is around
// the place, and a second line with a caret under it. Tabs stay tabs, so that
// the caret stands right.
func (e *Error) Caret(src string) string {
	at := min(e.Pos.Index, len(src))
	before, after := src[strings.LastIndexAny(src[:at], "\r\n")+1:at], src[at:]
	if end := strings.IndexAny(after, "\r\n"); end >= 0 {
		after = after[:end]
	}
	if from := len(before) - caretSides; from > 0 {
		for from < len(before) && !utf8.RuneStart(before[from]) {
			from++
		}
		before = "…" + before[from:]
	}
	pad := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, before)
	return before + cut(after, caretSides) + "\n" + pad + "^"
}

// cut shortens a text to at most n bytes.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// Warning is something that is allowed and probably not meant.
type Warning struct {
	Pos  Pos
	Kind WarningKind
	Msg  string
}

// WarningKind says what a warning is about.
type WarningKind uint8

// The kinds of warnings.
const (
	WarnValue       WarningKind = iota // a value that looks like a field or a transformer, or a regex that need not be one; Falco's own
	WarnDeprecated                     // a deprecated field
	WarnUnknownType                    // evt.type is compared with a name that no event has
	WarnUnfilled                       // no source fills the field: the check never holds
	WarnList                           // the name of a list that is not known, which counts as one value
)

func (w Warning) String() string { return w.Pos.String() + ": " + w.Msg }
