package filter

import "strings"

// Glob returns a test of texts against a pattern as the operator glob takes it.
func Glob(pattern string) func(string) bool { return globMatcher(pattern, false) }

// globMatcher compiles a pattern of fnmatch(3) with no flags, as libs
// userspace/libsinsp/utils.cpp (glob_match) calls it: * and ? match slashes
// and leading dots too, there are no braces and no extended patterns. It works
// on bytes; fold ignores the case of ASCII letters.
func globMatcher(pattern string, fold bool) func(string) bool {
	if fold {
		m := globMatcher(lower(pattern), false)
		if strings.ContainsAny(pattern, "[") {
			// A range such as [A-z] changes its meaning when it is lowered.
			return func(s string) bool { return globMatch(pattern, s, true) }
		}
		return func(s string) bool { return m(lower(s)) }
	}
	body := strings.Trim(pattern, "*")
	if strings.ContainsAny(body, `*?[\`) {
		return func(s string) bool { return globMatch(pattern, s, false) }
	}
	// The usual patterns are searches for a text.
	front := strings.HasPrefix(pattern, "*")
	back := strings.HasSuffix(pattern, "*")
	switch {
	case body == "" && front:
		return func(string) bool { return true }
	case front && back:
		return func(s string) bool { return strings.Contains(s, body) }
	case front:
		return func(s string) bool { return strings.HasSuffix(s, body) }
	case back:
		return func(s string) bool { return strings.HasPrefix(s, body) }
	}
	return func(s string) bool { return s == body }
}

// globMatch matches with one place to go back to, the last star: its time is
// at most the product of the lengths.
func globMatch(pattern, s string, fold bool) bool {
	p, i := 0, 0
	starP, starI := -1, 0
	for i < len(s) {
		if p < len(pattern) && pattern[p] == '*' {
			starP, starI = p, i
			p++
			continue
		}
		if n, ok := globOne(pattern[p:], s[i], fold); ok {
			p += n
			i++
			continue
		}
		if starP < 0 {
			return false
		}
		starI++
		p, i = starP+1, starI
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// globOne matches one byte with the head of a pattern and returns the head's
// length.
func globOne(pattern string, c byte, fold bool) (int, bool) {
	if pattern == "" {
		return 0, false
	}
	switch pattern[0] {
	case '?':
		return 1, true
	case '\\':
		if len(pattern) == 1 {
			return 0, false // a backslash at the end matches nothing
		}
		return 2, sameByte(pattern[1], c, fold)
	case '[':
		if n, ok := globSet(pattern, c, fold); n > 0 {
			return n, ok
		}
	}
	return 1, sameByte(pattern[0], c, fold)
}

func sameByte(a, b byte, fold bool) bool {
	if fold {
		a, b = lowerByte(a), lowerByte(b)
	}
	return a == b
}

func lowerByte(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// globSet matches a byte with a set in brackets and returns the set's length;
// 0 when it has no end, and is then no set.
func globSet(pattern string, c byte, fold bool) (int, bool) {
	i, negate, hit := 1, false, false
	if i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^') {
		negate = true
		i++
	}
	for first := true; ; first = false {
		if i >= len(pattern) {
			return 0, false
		}
		if pattern[i] == ']' && !first {
			return i + 1, hit != negate
		}
		if class, ok := strings.CutPrefix(pattern[i:], "[:"); ok {
			if name, _, ok := strings.Cut(class, ":]"); ok {
				if in := charClasses[name]; in != nil && (in(c) || fold && (in(lowerByte(c)) || in(upperByte(c)))) {
					hit = true
				}
				i += len("[:") + len(name) + len(":]")
				continue
			}
		}
		lo, n := setByte(pattern[i:])
		if n == 0 {
			return 0, false
		}
		i += n
		hi := lo
		if i+1 < len(pattern) && pattern[i] == '-' && pattern[i+1] != ']' {
			if hi, n = setByte(pattern[i+1:]); n == 0 {
				return 0, false
			}
			i += 1 + n
		}
		if c >= lo && c <= hi || fold && (inRange(lowerByte(c), lo, hi) || inRange(upperByte(c), lo, hi)) {
			hit = true
		}
	}
}

func inRange(c, lo, hi byte) bool { return c >= lo && c <= hi }

func upperByte(c byte) byte {
	if c >= 'a' && c <= 'z' {
		return c - ('a' - 'A')
	}
	return c
}

// setByte reads one member of a set.
func setByte(s string) (c byte, n int) {
	if s[0] == '\\' {
		if len(s) == 1 {
			return 0, 0
		}
		return s[1], 2
	}
	return s[0], 1
}

// charClasses are the classes of the C locale.
var charClasses = map[string]func(byte) bool{
	"alpha":  isLetter,
	"digit":  isDigit,
	"alnum":  func(c byte) bool { return isLetter(c) || isDigit(c) },
	"upper":  func(c byte) bool { return c >= 'A' && c <= 'Z' },
	"lower":  func(c byte) bool { return c >= 'a' && c <= 'z' },
	"space":  isSpace,
	"blank":  func(c byte) bool { return c == ' ' || c == '\t' },
	"cntrl":  func(c byte) bool { return c < ' ' || c == 0x7f },
	"print":  func(c byte) bool { return c >= ' ' && c < 0x7f },
	"graph":  func(c byte) bool { return c > ' ' && c < 0x7f },
	"punct":  func(c byte) bool { return c > ' ' && c < 0x7f && !isLetter(c) && !isDigit(c) },
	"xdigit": func(c byte) bool { _, ok := hexDigit(string([]byte{c}), 0); return ok },
}
