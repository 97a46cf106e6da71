package safetext

import "strings"

// appendValue appends the value that begins at s[i], if it can be a secret.
func appendValue(spans []span, s string, i int) []span {
	return appendSpan(spans, s, valueAt(s, i))
}

// appendSpan appends sp unless what stands there is no secret.
func appendSpan(spans []span, s string, sp span) []span {
	if sp.lo >= sp.hi || !canBeSecret(s[sp.lo:sp.hi]) {
		return spans
	}
	return append(spans, sp)
}

// canBeSecret is false for values that say where a secret comes from or that
// there is none: $VAR, ${VAR}, {{ template }}, <placeholder>, false. A mask can
// be one: it covers what it stands for from other entries of the table.
func canBeSecret(v string) bool {
	switch {
	case v[0] == '$' && isReference(v[1:]):
		return false
	case strings.HasPrefix(v, "{{"):
		return false
	case v[0] == '<' && v[len(v)-1] == '>':
		return false
	}
	return len(v) > 10 || !notValue[strings.ToLower(v)]
}

// isReference says whether v, after a dollar sign, is a shell variable.
func isReference(v string) bool {
	if strings.HasPrefix(v, "{") && strings.HasSuffix(v, "}") {
		v = v[1 : len(v)-1]
	}
	for i := range len(v) {
		if !isLetter(v[i]) && v[i] != '_' && (i == 0 || !isDigit(v[i])) {
			return false
		}
	}
	return v != ""
}

// valueAt returns the value that begins at s[i]: what is between quotes (plain
// or escaped ones), or a word. Of a text whose quoting is unclear it takes too
// much rather than too little.
func valueAt(s string, i int) span {
	open := i
	if strings.HasPrefix(s[i:], `\`) {
		i++
	}
	if i < len(s) && (s[i] == '"' || s[i] == '\'' || s[i] == '`') {
		if end := closing(s[i+1:], s[open:i+1]); end >= 0 {
			return span{i + 1, i + 1 + end}
		}
		return wordAt(s, i+1)
	}
	return wordAt(s, open)
}

// closing returns the index in s of the closing quote, a quote character that
// is escaped exactly as the opening one was, or -1.
func closing(s, quote string) int {
	q := quote[len(quote)-1]
	for i := 0; i < len(s); i++ {
		if s[i] == q && len(quote) == 1 {
			return i
		}
		if s[i] == '\\' && i+1 < len(s) {
			if len(quote) == 2 && s[i+1] == q {
				return i
			}
			i++
		}
	}
	return -1
}

// wordAt returns the unquoted value that begins at s[i]: up to a blank, to the
// quote that ends what it stands in, or to the separator before the next
// "name=".
func wordAt(s string, i int) span {
	end := i
	for ; end < len(s) && !isSpace(s[end]); end++ {
		rest := s[end+1:]
		switch s[end] {
		case '"', '\'', '`':
			if rest == "" || isSpace(rest[0]) || strings.IndexByte(",;:)}]&|\"'", rest[0]) >= 0 {
				if end > i && s[end-1] == '\\' {
					end--
				}
				return span{i, end}
			}
		case '&', ';', ',':
			if rest == "" || isSpace(rest[0]) || beginsName(rest) {
				return span{i, end}
			}
		}
	}
	return span{i, end}
}

// beginsName says whether s goes on with a name and an equals sign.
func beginsName(s string) bool {
	for i := 0; i < len(s) && i < maxName; i++ {
		if s[i] == '=' {
			return i > 0
		}
		if !isName(s[i]) && s[i] != ' ' {
			return false
		}
	}
	return false
}

// skipBlanks returns the index of the first byte of s from i on that is not a
// space or a tab. Line ends are not skipped: a value stands on its name's line.
func skipBlanks(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	return i
}

// isSpace is true for NUL too, which separates the arguments and variables of
// /proc/<pid>/cmdline and environ.
func isSpace(c byte) bool  { return c <= ' ' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isUpper(c byte) bool  { return 'A' <= c && c <= 'Z' }
func isLetter(c byte) bool { return 'a' <= lower(c) && lower(c) <= 'z' }

func isName(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '_' || c == '-' || c == '.'
}
