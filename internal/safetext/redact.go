package safetext

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// Redact returns s with the secrets in it masked: values of options, variables
// and JSON keys that are named like secrets, passwords in URLs, in headers and
// in the options of known tools, private keys, and tokens known by their form.
// The table in secrets.go lists them all. Names stay, only values are masked,
// by 4, 8 or 16 asterisks for values below 8, below 16, and of 16 bytes or
// more. A string without secrets comes back as it is, without allocation.
//
// It is a courtesy to those at the screen and in the chat channel, not a
// boundary: a secret under a name that tells nothing is not recognised.
// Redact(Redact(s)) == Redact(s).
func Redact(s string) string {
	// Where quoting is tangled, a mask can change what a quote further on
	// belongs to: again, until nothing changes. Clear text takes one more pass;
	// a text that has been tangled on purpose is masked from its first secret on.
	for pass := 0; ; pass++ {
		spans := findSecrets(s)
		if len(spans) == 0 {
			return s
		}
		if pass >= clearPasses {
			spans = append(spans, span{spans[0].lo, len(s)})
		}
		masked := mask(s, spans)
		if masked == s || pass == maxPasses {
			return masked
		}
		s = masked
	}
}

const (
	clearPasses = 8
	maxPasses   = 16
)

// findSecrets returns the values in s to be masked, in any order.
func findSecrets(s string) []span {
	var spans []span
	covered := 0
	w := secretWords()
	w.each(s, func(end int, state uint16) {
		for _, n := range w.found[state] {
			sec := &secrets[n]
			at := end - len(sec.word)
			// What lies in a value found before is masked already, unless it
			// reaches beyond that value.
			if at < covered && !sec.wide {
				continue
			}
			before := len(spans)
			spans = sec.find(s, at, end, spans)
			for _, sp := range spans[before:] {
				covered = max(covered, sp.hi)
			}
		}
	})
	return spans
}

// span is the value s[lo:hi].
type span struct{ lo, hi int }

// finder looks at a word found in s[at:end] and appends the secrets that it
// announces to spans.
type finder func(s string, at, end int, spans []span) []span

// secret is one way by which a secret gives itself away.
type secret struct {
	word string // found in any case
	find finder
	wide bool // its value may reach beyond another one that it begins in
}

var secretWords = sync.OnceValue(func() *words {
	list := make([]string, len(secrets))
	for i, s := range secrets {
		list[i] = s.word
	}
	return newWords(list)
})

// mask replaces spans of s, merged where they touch, by asterisks.
func mask(s string, spans []span) string {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.lo, b.lo) })
	var out strings.Builder
	out.Grow(len(s))
	done := 0
	for i := 0; i < len(spans); {
		sp := spans[i]
		for i++; i < len(spans) && spans[i].lo <= sp.hi; i++ {
			sp.hi = max(sp.hi, spans[i].hi)
		}
		out.WriteString(s[done:sp.lo])
		out.WriteString(stars(sp.hi - sp.lo))
		done = sp.hi
	}
	out.WriteString(s[done:])
	return out.String()
}

// stars returns the mask of a value of n bytes. Each mask is its own mask.
func stars(n int) string {
	const all = "****************"
	switch {
	case n < 8:
		return all[:4]
	case n < 16:
		return all[:8]
	default:
		return all
	}
}
