package safetext

import "strings"

// maxName bounds how far a name is followed to either side of the word that
// was found, so that a hostile text cannot make this quadratic.
const maxName = 64

// named finds the value of a name that has a secret's word in it: after an
// equals sign, after a colon, or, where the name is an option, after a blank.
func named(s string, at, end int, spans []span) []span {
	start, stop := nameAround(s, at, end)
	if !tellsSecret(s[at:end], s[end:stop]) {
		return spans
	}
	if i, ok := assigned(s, stop); ok {
		return appendValue(spans, s, i)
	}
	return appendOption(spans, s, start, stop)
}

// namedPass is named for a word that is part of many others (bypass, compass)
// and that reports count with ("pass: 12").
func namedPass(s string, at, end int, spans []span) []span {
	if at > 0 && isLetter(s[at-1]) {
		return spans
	}
	if strings.HasPrefix(s[end:], ": ") {
		return spans
	}
	return named(s, at, end, spans)
}

// namedPwd is named for MYSQL_PWD and for the Pwd of connection strings, which
// is not the shell's PWD: a value that begins with a slash is a folder.
func namedPwd(s string, at, end int, spans []span) []span {
	if at == 0 || !strings.ContainsRune("_-;", rune(s[at-1])) {
		return spans
	}
	if i, ok := assigned(s, end); ok && i < len(s) && s[i] != '/' {
		return appendValue(spans, s, i)
	}
	return spans
}

// signedURL finds the signature in the query of a URL that carries its own
// permission (Azure's shared access signatures).
func signedURL(s string, at, end int, spans []span) []span {
	if at == 0 || (s[at-1] != '&' && s[at-1] != '?') || !strings.HasPrefix(s[end:], "=") {
		return spans
	}
	return appendValue(spans, s, end+1)
}

// configured finds the value of a setting that stands after its name.
func configured(s string, _, end int, spans []span) []span {
	i := skipBlanks(s, end)
	if i == end || i == len(s) || s[i] == '=' {
		return spans
	}
	return appendValue(spans, s, i)
}

// literal finds the value in "--from-literal=key=value".
func literal(s string, _, end int, spans []span) []span {
	if end == len(s) || (s[end] != '=' && !isSpace(s[end])) {
		return spans
	}
	word := valueAt(s, end+1)
	if eq := strings.IndexByte(s[word.lo:word.hi], '='); eq >= 0 {
		return appendSpan(spans, s, span{word.lo + eq + 1, word.hi})
	}
	return spans
}

// identified finds the quoted password of SQL's "identified by".
func identified(s string, _, end int, spans []span) []span {
	if i := skipBlanks(s, end); i > end && i < len(s) && (s[i] == '\'' || s[i] == '"' || s[i] == '\\') {
		return appendValue(spans, s, i)
	}
	return spans
}

// nameAround returns the bounds of the name around s[at:end].
func nameAround(s string, at, end int) (start, stop int) {
	start, stop = at, end
	for start > 0 && at-start < maxName && isName(s[start-1]) {
		start--
	}
	for stop < len(s) && stop-end < maxName && isName(s[stop]) {
		stop++
	}
	return start, stop
}

// tellsSecret says whether a name that goes on with suffix after word still
// names a secret: PASSWORD_PROD and secretKey do, tokenizer and token_type do not.
func tellsSecret(word, suffix string) bool {
	if suffix == "" {
		return true
	}
	if last := word[len(word)-1]; isLetter(suffix[0]) && isUpper(suffix[0]) == isUpper(last) {
		// The same word goes on.
		return strings.EqualFold(suffix, "key") || strings.EqualFold(suffix, "value") || strings.EqualFold(suffix, "hash")
	}
	i := len(suffix)
	for i > 0 && isLetter(suffix[i-1]) {
		i--
		if i > 0 && isUpper(suffix[i]) && !isUpper(suffix[i-1]) {
			break
		}
	}
	return !notSecret[strings.ToLower(suffix[i:])]
}

// assigned returns where the value begins that is assigned to the name ending
// at i: NAME=value, name: value, "name" : "value", ['name'] => value.
func assigned(s string, i int) (int, bool) {
	quoted := false
	for i < len(s) && strings.IndexByte(`\"']`, s[i]) >= 0 {
		quoted = true
		i++
	}
	sign := skipBlanks(s, i)
	if sign == len(s) {
		return 0, false
	}
	spaced := sign > i
	switch {
	case s[sign] == '=':
		i = sign + 1
		for i < len(s) && (s[i] == '=' || s[i] == '>') {
			i++
		}
		if spaced || quoted {
			i = skipBlanks(s, i)
		}
	case s[sign] == ':' && (quoted || !spaced):
		i = sign + 1
		if i < len(s) && strings.IndexByte(`/:\`, s[i]) >= 0 && !strings.HasPrefix(s[i:], `\"`) {
			return 0, false // a path, a scope, a drive: not a value
		}
		i = skipBlanks(s, i)
	default:
		return 0, false
	}
	return i, i < len(s) && !isSpace(s[i])
}

// appendOption appends the word after the option s[start:stop], if it is one.
func appendOption(spans []span, s string, start, stop int) []span {
	if s[start] != '-' || stop == len(s) || !isSpace(s[stop]) {
		return spans
	}
	i := stop
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	if i == len(s) || strings.IndexByte("-|&;<>", s[i]) >= 0 {
		return spans
	}
	// docker build --secret id=…,src=… names a secret and does not hold it.
	if strings.HasPrefix(s[i:], "id=") || strings.HasPrefix(s[i:], "type=") {
		return spans
	}
	return appendValue(spans, s, i)
}
