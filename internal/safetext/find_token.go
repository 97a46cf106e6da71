package safetext

import (
	"encoding/base64"
	"strings"
)

// tokens returns the table entries of tokens with a known prefix, which counts
// only in the case given, followed by lo to hi characters of alphabet (hi 0:
// any number).
func tokens(alphabet string, lo, hi int, prefixes ...string) []secret {
	var in [256]bool
	for i := range len(alphabet) {
		in[alphabet[i]] = true
	}
	var out []secret
	for _, prefix := range prefixes {
		find := func(s string, at, end int, spans []span) []span {
			if s[at:end] != prefix || (at > 0 && (isLetter(s[at-1]) || isDigit(s[at-1]))) {
				return spans
			}
			stop := end
			for stop < len(s) && in[s[stop]] {
				stop++
			}
			if n := stop - end; n < lo || (hi > 0 && n > hi) {
				return spans
			}
			return append(spans, span{end, stop})
		}
		out = append(out, secret{word: prefix, find: find})
	}
	return out
}

// jwt finds JSON web tokens (RFC 7519) by their header, which names an
// algorithm. One that the capture has cut short is found as well.
func jwt(s string, at, end int, spans []span) []span {
	const maxHeader = 1 << 10
	if s[at:end] != "eyJ" {
		return spans
	}
	dot := end
	for dot < len(s) && dot-at < maxHeader && isBase64URL(s[dot]) {
		dot++
	}
	if dot < len(s) && s[dot] != '.' {
		return spans
	}
	whole := at + (dot-at)/4*4
	if dot < len(s) {
		whole = dot
	}
	header, err := base64.RawURLEncoding.DecodeString(s[at:whole])
	if err != nil || !strings.Contains(string(header), `"alg"`) {
		return spans
	}
	stop := dot
	for stop < len(s) && (isBase64URL(s[stop]) || s[stop] == '.') {
		stop++
	}
	return append(spans, span{end, stop})
}

func isBase64URL(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '-' || c == '_'
}

// pem finds the body of a private key (RFC 7468), with real line ends or
// escaped ones, up to the next dashes or, where the end is missing, of all of s.
func pem(s string, _, end int, spans []span) []span {
	const maxLabel = 40
	label := s[end:min(len(s), end+maxLabel)]
	i := strings.Index(label, "-----")
	if i < 0 || !strings.Contains(label[:i], "PRIVATE KEY") {
		return spans
	}
	body := span{end + i + len("-----"), len(s)}
	if j := strings.Index(s[body.lo:], "-----"); j >= 0 {
		body.hi = body.lo + j
	}
	text := s[body.lo:body.hi]
	body.lo += len(text) - len(trimBreaks(text, strings.TrimPrefix, strings.TrimLeft))
	body.hi = max(body.lo, body.hi-(len(text)-len(trimBreaks(text, strings.TrimSuffix, strings.TrimRight))))
	return appendSpan(spans, s, body)
}

// trimBreaks takes real and escaped line ends off one end of s.
func trimBreaks(s string, affix, blanks func(string, string) string) string {
	for {
		t := affix(affix(blanks(s, " \t\r\n"), `\n`), `\r`)
		if t == s {
			return s
		}
		s = t
	}
}
