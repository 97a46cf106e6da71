package safetext

import "strings"

// Cell makes a text from outside fit for a cell of CSV: as [Line] does, and what
// a spreadsheet would compute, or call a program for, begins with an apostrophe,
// by which it is a text there (=cmd|' /C calc'!A0; OWASP, CSV Injection).
func Cell(s string) string {
	s = Line(s)
	t := strings.TrimLeft(s, " ")
	if t == "" {
		return s
	}
	switch t[0] {
	case '=', '@':
		return "'" + s
	case '+', '-': // options of programs begin so too, and numbers
		if strings.ContainsAny(t, "|(!") {
			return "'" + s
		}
	}
	return s
}
