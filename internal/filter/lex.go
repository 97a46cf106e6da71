package filter

// The scan functions return how many bytes at the head of s form the token, 0
// for none. The tokens are those of libs userspace/libsinsp/filter/parser.h.

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isBlank(c byte) bool  { return c == ' ' || c == '\t' || c == '\b' || c == '\r' || c == '\n' }

// isSpace is the class [[:space:]].
func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// identifier scans [a-zA-Z]+[a-zA-Z0-9_]*.
func identifier(s string) int {
	if s == "" || !isLetter(s[0]) {
		return 0
	}
	n := 1
	for n < len(s) && (isLetter(s[n]) || isDigit(s[n]) || s[n] == '_') {
		n++
	}
	return n
}

// fieldName scans two or more identifiers with dots between them.
func fieldName(s string) int {
	n, parts := identifier(s), 1
	if n == 0 {
		return 0
	}
	for n < len(s) && s[n] == '.' {
		m := identifier(s[n+1:])
		if m == 0 {
			break
		}
		n += 1 + m
		parts++
	}
	if parts < 2 {
		return 0
	}
	return n
}

// bareString scans what may stand as a value without quotes.
func bareString(s string) int {
	n := 0
	for n < len(s) && !isSpace(s[n]) && s[n] != 0 {
		switch s[n] {
		case '(', ')', '"', '\'', '=', ',':
			return n
		}
		n++
	}
	return n
}

// fieldArgBare scans what may stand in brackets without quotes.
func fieldArgBare(s string) int {
	n := 0
	for n < len(s) && !isSpace(s[n]) && s[n] != 0 {
		switch s[n] {
		case '[', ']', '"', '\'':
			return n
		}
		n++
	}
	return n
}

// number scans a hexadecimal or a decimal number.
func number(s string) int {
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') {
		n := 2
		for {
			if _, ok := hexDigit(s, n); !ok {
				break
			}
			n++
		}
		if n > 2 {
			return n
		}
	}
	n := 0
	if n < len(s) && (s[n] == '+' || s[n] == '-') {
		n++
	}
	digits := n
	n += countDigits(s[n:])
	if n == digits {
		return 0
	}
	if n < len(s) && s[n] == '.' {
		n++
		n += countDigits(s[n:])
	}
	// The exponent's sign is not optional.
	if n+2 < len(s) && (s[n] == 'e' || s[n] == 'E') && (s[n+1] == '+' || s[n+1] == '-') {
		if d := countDigits(s[n+2:]); d > 0 {
			n += 2 + d
		}
	}
	return n
}

func countDigits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

// quotedString scans a string with its quotes. A quote behind a backslash does
// not end it; closed says whether it ends at all.
func quotedString(s string) (n int, closed bool) {
	if s == "" || s[0] != '"' && s[0] != '\'' {
		return 0, false
	}
	for n = 1; n < len(s) && s[n] != 0; n++ {
		if s[n] == s[0] && (n == 1 || s[n-1] != '\\') {
			return n + 1, true
		}
	}
	return n, false
}
