package filter

import (
	"strings"
	"unicode/utf8"
)

// unescape resolves the escapes between the quotes of a string: \b \f \n \r
// \t \\ \/ , the quote itself, and since Falco 0.45 \xHH with exactly two
// hexadecimal digits. A backslash before a space stands for itself, since
// published rules have it. It returns the text, or where in body the bad
// escape starts and what is wrong with it.
func unescape(body string, quote byte) (text string, bad int, msg string) {
	if strings.IndexByte(body, '\\') < 0 {
		return body, 0, ""
	}
	var b strings.Builder
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' {
			b.WriteByte(body[i])
			continue
		}
		start := i
		i++
		if i == len(body) {
			return "", start, "unfinished string escape sequence"
		}
		switch c := body[i]; c {
		case 'b':
			b.WriteByte('\b')
		case 'f':
			b.WriteByte('\f')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case ' ', '\\':
			b.WriteByte('\\')
		case '/':
			b.WriteByte('/')
		case '"', '\'':
			if c != quote {
				return "", start, "invalid \\" + string(c) + " escape in " + string(quote) + "-quoted string"
			}
			b.WriteByte(c)
		case 'x':
			hi, ok1 := hexDigit(body, i+1)
			lo, ok2 := hexDigit(body, i+2)
			if !ok1 || !ok2 {
				return "", start, "invalid \\x escape: expected two hexadecimal digits"
			}
			b.WriteByte(hi<<4 | lo)
			i += 2
		default:
			return "", start, "unsupported string escape sequence: \\" + string(rune(c))
		}
	}
	return b.String(), 0, ""
}

func hexDigit(s string, i int) (byte, bool) {
	if i >= len(s) {
		return 0, false
	}
	switch c := s[i]; {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// escape writes a text as Falco's as_string does: bare, or in double quotes
// when it has a blank, a quote, a backslash or a byte that must be escaped.
// always asks for the quotes in any case.
func escape(text string, always bool) string {
	var b strings.Builder
	quote := always
	for i := 0; i < len(text); {
		c := text[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(text[i:])
			if r == utf8.RuneError && n == 1 {
				quote = true
				writeHex(&b, c)
			} else {
				b.WriteString(text[i : i+n])
			}
			i += n
			continue
		}
		i++
		switch c {
		case '\b':
			b.WriteString(`\b`)
		case '\f':
			b.WriteString(`\f`)
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case '\t':
			b.WriteString(`\t`)
		case '\\':
			b.WriteString(`\\`)
		case '"':
			b.WriteString(`\"`)
		case ' ', '\'':
			b.WriteByte(c)
		default:
			if c >= ' ' && c != 0x7f {
				b.WriteByte(c)
				continue
			}
			writeHex(&b, c)
		}
		quote = true
	}
	if quote {
		return `"` + b.String() + `"`
	}
	return b.String()
}

// Quote writes a text as a value of a condition: in double quotes, so that it is
// read back as it was.
func Quote(text string) string { return quoteExact(text) }

// quoteExact writes a text in double quotes so that it is read back as it was.
// A quote behind two backslashes does not end a string in Falco's grammar, so
// a backslash at the end is written as backslash and space.
func quoteExact(text string) string {
	if head, ok := strings.CutSuffix(text, `\`); ok {
		q := escape(head, true)
		return q[:len(q)-1] + `\ "`
	}
	return escape(text, true)
}

func writeHex(b *strings.Builder, c byte) {
	const digits = "0123456789abcdef"
	b.WriteString(`\x`)
	b.WriteByte(digits[c>>4])
	b.WriteByte(digits[c&15])
}
