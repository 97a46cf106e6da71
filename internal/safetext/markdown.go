package safetext

import "strings"

// markup are the characters by which Markdown makes something of a text; an @
// makes a link of what looks like an address, as :// does.
const markup = "\\`*_{}[]#|>~@!^$"

// Markdown takes the meaning from every character that Markdown or HTML
// gives one (CommonMark 0.31, 2.4). Line feeds stay: s is a line that is safe already
// ([Line]).
func Markdown(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '<':
			b.WriteString("&lt;")
		case c == '&':
			b.WriteString("&amp;")
		case strings.IndexByte(markup, c) >= 0 || c == ':' && strings.HasPrefix(s[i+1:], "//"):
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
