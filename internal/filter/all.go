package filter

import "strings"

// All writes the condition that holds where all of some do, "" being one that
// always does. What was written is kept; only an or at the top of one is put in
// brackets.
func All(terms ...string) string {
	var kept []string
	for _, t := range terms {
		if t = strings.TrimSpace(t); t != "" {
			kept = append(kept, t)
		}
	}
	if len(kept) == 1 {
		return kept[0]
	}
	for i, t := range kept {
		if e, err := Parse(t); err == nil {
			if _, or := e.(*Or); or && !bracketed(t) {
				kept[i] = "(" + t + ")"
			}
		}
	}
	return strings.Join(kept, " and ")
}

// bracketed reports whether one pair of brackets holds the whole condition.
func bracketed(t string) bool {
	if !strings.HasPrefix(t, "(") || !strings.HasSuffix(t, ")") {
		return false
	}
	_, err := Parse(t[1 : len(t)-1])
	return err == nil
}
