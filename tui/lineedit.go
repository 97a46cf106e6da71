package tui

import (
	"strings"
	"unicode"

	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// lineEdit is one line of text that is being typed.
type lineEdit struct {
	text []rune
	at   int // the cursor stands before text[at]
}

func newLineEdit(text string) lineEdit {
	r := []rune(text)
	return lineEdit{text: r, at: len(r)}
}

func (e *lineEdit) String() string { return string(e.text) }

// byteAt returns the cursor's place in bytes of String.
func (e *lineEdit) byteAt() int { return len(string(e.text[:e.at])) }

// insert puts text before the cursor, line breaks and tabs as blanks.
func (e *lineEdit) insert(text string) {
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, text)
	in := []rune(text)
	e.text = append(e.text[:e.at:e.at], append(in, e.text[e.at:]...)...)
	e.at += len(in)
}

// replace puts text in place of the bytes from … to-1 of String.
func (e *lineEdit) replace(from, to int, text string) {
	s := e.String()
	from, to = min(max(from, 0), len(s)), min(max(to, 0), len(s))
	if from > to {
		return
	}
	e.text = []rune(s[:from] + text + s[to:])
	e.at = len([]rune(s[:from] + text))
}

// key does what an editing key asks for and reports whether it was one.
func (e *lineEdit) key(name string) bool {
	switch name {
	case "left", "ctrl+b":
		e.at = max(e.at-1, 0)
	case "right", "ctrl+f":
		e.at = min(e.at+1, len(e.text))
	case "home", "ctrl+a":
		e.at = 0
	case "end", "ctrl+e":
		e.at = len(e.text)
	case "ctrl+left", "alt+b", "alt+left":
		e.at = e.wordLeft()
	case "ctrl+right", "alt+f", "alt+right":
		e.at = e.wordRight()
	case "backspace", "ctrl+h":
		e.cut(max(e.at-1, 0), e.at)
	case "delete", "ctrl+d":
		e.cut(e.at, min(e.at+1, len(e.text)))
	case "ctrl+w", "alt+backspace":
		e.cut(e.wordLeft(), e.at)
	case "ctrl+u":
		e.cut(0, e.at)
	case "ctrl+k":
		e.cut(e.at, len(e.text))
	default:
		return false
	}
	return true
}

func (e *lineEdit) cut(from, to int) {
	e.text = append(e.text[:from:from], e.text[to:]...)
	e.at = from
}

func (e *lineEdit) wordLeft() int {
	i := e.at
	for i > 0 && e.text[i-1] == ' ' {
		i--
	}
	for i > 0 && e.text[i-1] != ' ' {
		i--
	}
	return i
}

func (e *lineEdit) wordRight() int {
	i := e.at
	for i < len(e.text) && e.text[i] == ' ' {
		i++
	}
	for i < len(e.text) && e.text[i] != ' ' {
		i++
	}
	return i
}

// draw draws the line in the area's first line, scrolled so that the cursor
// shows, with the bytes badFrom … badTo-1 underlined (none when equal). It
// returns the cursor's column.
func (e *lineEdit) draw(a grid.Area, s, bad grid.Style, badFrom, badTo int) int {
	col := func(r []rune) int { return grid.Width(safetext.Line(string(r))) }
	first := 0
	for first < e.at && col(e.text[first:e.at]) >= a.W {
		first++
	}
	x, at := 0, len(string(e.text[:first]))
	for _, r := range e.text[first:] {
		st := s
		if at >= badFrom && at < badTo {
			st = bad
		}
		x = a.Text(x, 0, st, string(r))
		at += len(string(r))
	}
	if badTo > badFrom && badFrom >= at {
		a.Text(x, 0, bad, " ")
	}
	return col(e.text[first:e.at])
}
