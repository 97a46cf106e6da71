package safetext

import "strings"

// authorization finds the credential of an Authorization or
// Proxy-Authorization header (RFC 9110 section 11), after its scheme.
func authorization(s string, _, end int, spans []span) []span {
	i, ok := assigned(s, end)
	if !ok {
		return spans
	}
	if v := valueAt(s, i); v.lo > i { // "Authorization": "Basic …"
		i = v.lo
	}
	first := wordAt(s, i)
	if schemes[strings.ToLower(s[first.lo:first.hi])] {
		i = skipBlanks(s, first.hi)
		if i == first.hi || i == len(s) || isSpace(s[i]) {
			return spans
		}
		first = wordAt(s, i)
	}
	return appendSpan(spans, s, span{first.lo, listEnd(s, first, ',')})
}

// cookie finds what Cookie and Set-Cookie headers carry (RFC 6265).
func cookie(s string, _, end int, spans []span) []span {
	i := skipBlanks(s, end)
	if i == len(s) || isSpace(s[i]) {
		return spans
	}
	first := wordAt(s, i)
	return appendSpan(spans, s, span{first.lo, listEnd(s, first, ';')})
}

// listEnd returns the end of a list whose first word is given: words go on as
// long as each ends in sep.
func listEnd(s string, word span, sep byte) int {
	for {
		i := word.hi
		if i >= len(s) || s[i] != sep {
			return i
		}
		next := skipBlanks(s, i+1)
		if next == len(s) || isSpace(s[next]) {
			return i
		}
		word = wordAt(s, next)
		if word.hi == word.lo {
			return i
		}
	}
}

// bearer finds a bearer token that stands apart from its header (RFC 6750).
func bearer(s string, _, end int, spans []span) []span {
	const minToken = 16 // shorter words are prose
	word := wordAt(s, end)
	for i := word.lo; i < word.hi; i++ {
		if c := s[i]; !isBase64URL(c) && strings.IndexByte(".~+/=:", c) < 0 {
			return spans
		}
	}
	if word.hi-word.lo < minToken {
		return spans
	}
	return append(spans, word)
}

// userinfo finds the password in a URL's authority (RFC 3986 section 3.2.1).
func userinfo(s string, _, end int, spans []span) []span {
	stop := end
	for stop < len(s) && !isSpace(s[stop]) && strings.IndexByte("/?#\"'`<>", s[stop]) < 0 {
		stop++
	}
	at := strings.LastIndexByte(s[end:stop], '@')
	if at < 0 {
		return spans
	}
	colon := strings.IndexByte(s[end:end+at], ':')
	if colon < 0 {
		return spans
	}
	return appendSpan(spans, s, span{end + colon + 1, end + at})
}
