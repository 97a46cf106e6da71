package dsl

import (
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"
)

func wildcardQuery(path, pattern string, fold bool) *node {
	body := Query{"value": pattern}
	if fold {
		body["case_insensitive"] = true
	}
	return leaf("wildcard", Query{path: body})
}

// regexpQuery asks for terms that an expression of Lucene matches whole, with
// none of its optional operators.
func regexpQuery(path, expr string) *node {
	return leaf("regexp", Query{path: Query{"value": expr, "flags": "NONE"}})
}

func escapeWildcard(s string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`).Replace(s)
}

// wildcardOf translates a pattern of fnmatch. exact is false when the result
// matches more; ok is false when there is none.
func wildcardOf(glob string) (pattern string, exact, ok bool) {
	var out strings.Builder
	exact = true
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; c {
		case '[':
			return "", false, false
		case '?': // one byte, where a wildcard's is one character
			out.WriteByte('*')
			exact = false
		case '\\':
			if i++; i == len(glob) {
				return "", false, false
			}
			out.WriteString(escapeWildcard(glob[i : i+1]))
		default:
			out.WriteByte(c)
		}
	}
	return out.String(), exact, utf8.ValidString(out.String())
}

// maxExpr bounds the expressions that are handed on: the servers allow 1,000
// characters, and make an automaton of them.
const maxExpr = 500

// luceneOf translates an extended POSIX expression, which must match the whole
// text, to Lucene's syntax. ok is false for what that does not have.
func luceneOf(expr string) (string, bool) {
	re, err := syntax.Parse(expr, syntax.ClassNL)
	if err != nil {
		return "", false
	}
	var out strings.Builder
	ok := writeLucene(&out, re)
	return out.String(), ok && out.Len() <= maxExpr && out.Len() > 0
}

// maxRepeat bounds counted repeats, which are written out in an automaton.
const maxRepeat = 50

func writeLucene(out *strings.Builder, re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpEmptyMatch:
		out.WriteString("()")
		return true
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if r == utf8.RuneError || re.Flags&syntax.FoldCase != 0 {
				return false
			}
			writeRune(out, r)
		}
		return true
	case syntax.OpCharClass:
		return writeClass(out, re.Rune)
	case syntax.OpAnyCharNotNL:
		out.WriteString("[^\n]")
		return true
	case syntax.OpAnyChar:
		out.WriteString(".")
		return true
	case syntax.OpCapture:
		return group(out, re.Sub[0])
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest:
		if !group(out, re.Sub[0]) {
			return false
		}
		out.WriteString(map[syntax.Op]string{syntax.OpStar: "*", syntax.OpPlus: "+", syntax.OpQuest: "?"}[re.Op])
		return true
	case syntax.OpRepeat:
		return writeRepeat(out, re)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if !group(out, sub) {
				return false
			}
		}
		return true
	case syntax.OpAlternate:
		for i, sub := range re.Sub {
			if i > 0 {
				out.WriteByte('|')
			}
			if !group(out, sub) {
				return false
			}
		}
		return true
	}
	return false // anchors within, boundaries, what matches nothing
}

func group(out *strings.Builder, re *syntax.Regexp) bool {
	out.WriteByte('(')
	ok := writeLucene(out, re)
	out.WriteByte(')')
	return ok
}

func writeRepeat(out *strings.Builder, re *syntax.Regexp) bool {
	if re.Max > maxRepeat || re.Min > maxRepeat || !group(out, re.Sub[0]) {
		return false
	}
	out.WriteByte('{')
	writeInt(out, re.Min)
	if re.Max != re.Min {
		out.WriteByte(',')
		if re.Max >= 0 {
			writeInt(out, re.Max)
		}
	}
	out.WriteByte('}')
	return true
}

func writeInt(out *strings.Builder, n int) {
	if n >= 10 {
		writeInt(out, n/10)
	}
	out.WriteByte(byte('0' + n%10))
}

// writeClass writes a set of ranges. U+FFFD stands for bytes that are not
// UTF-8, of which an index has none.
func writeClass(out *strings.Builder, ranges []rune) bool {
	if len(ranges) == 0 || len(ranges) > 64 {
		return false
	}
	out.WriteByte('[')
	for i := 0; i < len(ranges); i += 2 {
		lo, hi := ranges[i], ranges[i+1]
		writeRune(out, lo)
		if hi > lo {
			out.WriteByte('-')
			writeRune(out, min(hi, unicode.MaxRune))
		}
	}
	out.WriteByte(']')
	return true
}

// writeRune writes a character that stands for itself.
func writeRune(out *strings.Builder, r rune) {
	if r < utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsDigit(r) && r > ' ' {
		out.WriteByte('\\')
	}
	out.WriteRune(r)
}

// pathExpr translates a path that pmatch compares with: the path itself, and
// all that lie below it; how many slashes stand between its parts does not
// matter. It is "" for one without parts, which every path is below.
func pathExpr(path string) (expr string, ok bool) {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	if len(parts) == 0 {
		return "", true
	}
	var out strings.Builder
	out.WriteString("/*")
	for i, part := range parts {
		if i > 0 {
			out.WriteString("/+")
		}
		for _, r := range part {
			switch r {
			case '?', '[', '\\':
				return "no", false
			case '*':
				out.WriteString("[^/]*")
			default:
				writeRune(&out, r)
			}
		}
	}
	out.WriteString("(/.*)?")
	return out.String(), out.Len() <= maxExpr
}

// GlobExpr translates a pattern of fnmatch to an expression of Lucene's, for
// aggregations that leave terms out; ok is false when there is none.
func GlobExpr(glob string) (expr string, ok bool) {
	var out strings.Builder
	for _, r := range glob {
		switch r {
		case '*':
			out.WriteString(".*")
		case '?', '[', '\\':
			return "", false
		default:
			writeRune(&out, r)
		}
	}
	return out.String(), utf8.ValidString(glob) && out.Len() <= maxExpr
}
