package filter

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"
)

// regexMatcher compiles an extended POSIX expression that must match the whole
// text. Falco uses RE2 with its option POSIX; this is Go's RE2 with the same
// syntax: no \d, \w, \b and no lazy repeats; ^ and $ match at line ends; . does
// not match a line feed, [^x] does. Bytes that are not UTF-8 read as U+FFFD
// each.
func regexMatcher(expr string) (func(string) bool, error) {
	re, err := syntax.Parse(expr, syntax.ClassNL)
	if err != nil {
		return nil, err
	}
	if text, ok := literalRegex(re); ok {
		return func(s string) bool { return s == text }, nil
	}
	whole := `\A(?:` + re.String() + `)\z`
	if _, err := syntax.Parse(whole, syntax.Perl); err != nil { // all that regexp.Compile refuses
		return nil, err
	}
	// Most of what it costs is not the reading: rules are read before the first
	// frame, and most of their expressions are never asked.
	match := sync.OnceValue(func() func(string) bool {
		prog := regexp.MustCompile(whole)
		// A text that every match begins with saves most of the work.
		prefix, _ := regexp.MustCompile(re.String()).LiteralPrefix()
		if prefix == "" || strings.ContainsRune(prefix, '\uFFFD') {
			return prog.MatchString
		}
		return func(s string) bool { return strings.HasPrefix(s, prefix) && prog.MatchString(s) }
	})
	return func(s string) bool { return match()(s) }, nil
}

// literalRegex returns the only text that an expression without operators
// matches.
func literalRegex(re *syntax.Regexp) (string, bool) {
	if re.Op != syntax.OpLiteral || re.Flags&syntax.FoldCase != 0 {
		return "", false
	}
	text := string(re.Rune)
	return text, !strings.ContainsRune(text, '\uFFFD')
}

// simpleRegex reports whether an expression would be served by =, contains,
// startswith or endswith: nothing in it is special but anchors, and "any
// number of anything" at its ends.
func simpleRegex(v string) bool {
	for i := 0; i < len(v); i++ {
		if i == 0 && v[i] == '^' || i == len(v)-1 && v[i] == '$' {
			continue
		}
		edge := i == 0 && len(v) > 1 || i == len(v)-2
		if edge && v[i] == '.' && strings.IndexByte("+*?", v[i+1]) >= 0 {
			i++
			continue
		}
		if strings.IndexByte(`.+*?^$()[]{}|\`, v[i]) >= 0 {
			return false
		}
	}
	return true
}
