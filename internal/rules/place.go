package rules

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

const blanks = " \t\r\n"

// within returns the place of a byte of a scalar. YAML folds lines and takes
// quotes away, but what is not blank stands in the file as it does in the
// value: the two are followed side by side. Where they part (an escape, a
// value that the loader made) the place is the scalar's.
func (f *file) within(n *yaml.Node, value string, index int) Place {
	whole := Place{File: f.name, Line: n.Line, Col: n.Column}
	raw, ok := f.offset(n.Line, n.Column)
	if !ok || n.Kind != yaml.ScalarNode || n.Value != value && strings.TrimSpace(n.Value) != value {
		return whole
	}
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		end := bytes.IndexByte(f.text[raw:], '\n')
		if end < 0 {
			return whole
		}
		raw += end + 1
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		raw++
	}
	behind := raw // what was followed last
	for i := 0; i < len(value); i++ {
		c := value[i]
		if strings.IndexByte(blanks, c) >= 0 {
			continue
		}
		for raw < len(f.text) && strings.IndexByte(blanks, f.text[raw]) >= 0 {
			raw++
		}
		if raw+1 < len(f.text) && (n.Style&yaml.DoubleQuotedStyle != 0 && f.text[raw] == '\\' || n.Style&yaml.SingleQuotedStyle != 0 && c == '\'') {
			raw++ // \" and \\ stand for what is behind the backslash, '' for a quote
		}
		if raw >= len(f.text) || f.text[raw] != c {
			return whole
		}
		if i >= index {
			return f.place(raw)
		}
		raw++
		behind = raw
	}
	return f.place(behind)
}

// breaks are what ends a line in YAML 1.1, the longest first.
var breaks = []string{"\r\n", "\r", "\n", "\u0085", "\u2028", "\u2029"}

// lineBreak returns how many bytes at the head of s end a line.
func lineBreak(s []byte) int {
	if c := s[0]; c != '\n' && c != '\r' && c < utf8.RuneSelf {
		return 0
	}
	for _, b := range breaks {
		if len(s) >= len(b) && string(s[:len(b)]) == b {
			return len(b)
		}
	}
	return 0
}

// lineStarts returns where the lines begin.
func (f *file) lineStarts() []int {
	if f.starts == nil {
		f.starts = append(f.starts, 0)
		for i := 0; i < len(f.text); i++ {
			if n := lineBreak(f.text[i:]); n > 0 {
				i += n - 1
				f.starts = append(f.starts, i+1)
			}
		}
	}
	return f.starts
}

// line returns a line of the file, without its end.
func (f *file) line(n int) (string, bool) {
	starts := f.lineStarts()
	if n < 1 || n > len(starts) {
		return "", false
	}
	end := starts[n-1]
	for end < len(f.text) && lineBreak(f.text[end:]) == 0 {
		end++
	}
	return string(f.text[starts[n-1]:end]), true
}

// offset returns where in the text a line and column are.
func (f *file) offset(line, col int) (int, bool) {
	starts := f.lineStarts()
	if line < 1 || line > len(starts) {
		return 0, false
	}
	at := starts[line-1]
	for ; col > 1 && at < len(f.text); col-- {
		_, n := utf8.DecodeRune(f.text[at:])
		at += n
	}
	return at, at < len(f.text)
}

// place returns the place of a byte of the text.
func (f *file) place(at int) Place {
	starts := f.lineStarts()
	line, found := slices.BinarySearch(starts, at)
	if !found {
		line--
	}
	return Place{File: f.name, Line: line + 1, Col: utf8.RuneCount(f.text[starts[line]:at]) + 1}
}
