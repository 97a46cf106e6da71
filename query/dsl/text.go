package dsl

import (
	"strings"
	"unicode/utf8"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/profile"
)

// text translates a comparison of a text.
func (t *test) text(c *compiler, p profile.Stored, v view, op filter.Op, want string) bound {
	if t.field.Kind == event.None || t.field.Kind == event.Bytes && op != filter.OpEq {
		return atMost(c.presentAt(p).upper)
	}
	if !utf8.ValidString(want) {
		return atMost(c.presentAt(p).upper)
	}
	if t.fold != nil {
		return t.folded(c, p, v, op, want)
	}
	switch v.kind {
	case viewKeyword:
		return v.keyword(c, p, op, want)
	case viewText:
		if op == filter.OpEq && want != "" {
			phrase := leaf("match_phrase", Query{v.path: Query{"query": want, "zero_terms_query": "all"}})
			return atMost(and(c.presentAt(p).upper, phrase))
		}
	case viewInteger:
		if op == filter.OpEq {
			values, ok := filter.Constants(&filter.Check{Op: op, Right: &filter.Value{Text: want}}, event.Int)
			if !ok || !canonical(want) {
				return atMost(c.presentAt(p).upper) // 007, 7.0: the index made a number of it
			}
			return v.integer(profile.Bits64, op, values[0].Int64())
		}
	case viewBoolean:
		if op == filter.OpEq {
			if want != "true" && want != "false" {
				return exactly(none)
			}
			return exactly(leaf("term", Query{v.path: want == "true"}))
		}
	case viewIP:
		if op == filter.OpEq {
			return c.address(p, v, event.IP, op, want).loosened()
		}
	}
	return atMost(c.presentAt(p).upper)
}

// loosened gives the lower bound up.
func (b bound) loosened() bound { return atMost(b.upper) }

// canonical reports whether a text is a number as JSON's writers write it.
func canonical(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	return digits != "" && strings.Trim(digits, "0123456789") == "" && (digits == "0" && s == "0" || digits[0] != '0')
}

// maxPattern is how long a prefix or a pattern may be that servers take, in bytes
// (OpenSearch: index.max_regex_length, in characters).
const maxPattern = 1000

// keyword translates a comparison with the whole value.
func (v view) keyword(c *compiler, p profile.Stored, op filter.Op, want string) bound {
	if want == "" && (op == filter.OpContains || op == filter.OpIContains || op == filter.OpStartsWith || op == filter.OpEndsWith) {
		return c.presentAt(p)
	}
	switch op {
	case filter.OpEq:
		return v.among([]string{want})
	case filter.OpLT, filter.OpLE, filter.OpGT, filter.OpGE:
		return v.having(compare(v.path, op, want))
	case filter.OpStartsWith:
		start := want[:min(len(want), maxPattern)]
		for len(start) < len(want) && len(start) > 0 && !utf8.RuneStart(want[len(start)]) {
			start = start[:len(start)-1]
		}
		found := v.having(leaf("prefix", Query{v.path: start}))
		if start != want {
			found = found.loosened()
		}
		return found
	}
	if v.flat || len(want) > maxPattern/2 { // escapes may double it
		return atMost(c.presentAt(p).upper)
	}
	switch op {
	case filter.OpContains, filter.OpIContains:
		return v.having(wildcardQuery(v.path, "*"+escapeWildcard(want)+"*", op == filter.OpIContains))
	case filter.OpEndsWith:
		return v.having(wildcardQuery(v.path, "*"+escapeWildcard(want), false))
	case filter.OpGlob, filter.OpIGlob:
		pattern, exact, ok := wildcardOf(want)
		if !ok {
			return atMost(c.presentAt(p).upper)
		}
		if pattern == "" {
			return v.among([]string{""}) // no wildcard finds it
		}
		found := v.having(wildcardQuery(v.path, pattern, op == filter.OpIGlob))
		if !exact {
			return found.loosened()
		}
		return found
	case filter.OpRegex:
		if expr, ok := luceneOf(want); ok && len(expr) <= maxPattern {
			return v.having(regexpQuery(v.path, expr))
		}
	case filter.OpPMatch:
		expr, ok := pathExpr(want)
		if expr == "" {
			return c.presentAt(p)
		}
		if ok && len(expr) <= maxPattern {
			return v.having(regexpQuery(v.path, expr))
		}
	}
	return atMost(c.presentAt(p).upper)
}

// folded translates a comparison of a text that was folded before.
func (t *test) folded(c *compiler, p profile.Stored, v view, op filter.Op, want string) bound {
	if v.kind != viewKeyword || v.flat {
		return atMost(c.presentAt(p).upper)
	}
	pattern := escapeWildcard(want)
	switch op {
	case filter.OpEq:
		if v.tooLong(want) {
			return bound{v.blind(), none}
		}
		if want == "" {
			return v.among([]string{""}) // no wildcard finds it
		}
	case filter.OpContains:
		pattern = "*" + pattern + "*"
	case filter.OpStartsWith:
		pattern += "*"
	case filter.OpEndsWith:
		pattern = "*" + pattern
	default:
		return atMost(c.presentAt(p).upper)
	}
	if !t.fold.yields(want) {
		return exactly(none)
	}
	if len(pattern) > maxPattern {
		return atMost(c.presentAt(p).upper)
	}
	return v.having(wildcardQuery(v.path, pattern, true))
}

// inText translates a check of a document that is indexed as one text alone:
// what is compared with must stand in it.
func (c *compiler) inText(f *event.Field, a event.Arg, k *filter.Check, fold *folding) bound {
	v, ok := c.view(c.text)
	switch {
	case !ok || fold != nil || f.Kind != event.String || f.Flags.Has(event.IsList) || !c.verbatim(f, a):
		return anything
	case k.Op != filter.OpEq && k.Op != filter.OpIn || k.Mod != filter.ModNone && k.Mod != filter.ModAnyOf:
		return anything
	}
	var each []*node
	for _, want := range constants(k) {
		switch {
		case !plainInJSON(want), len(want) > maxPattern/2:
			return anything
		case v.kind == viewText:
			each = append(each, leaf("match_phrase", Query{v.path: Query{"query": want, "zero_terms_query": "all"}}))
		case v.kind == viewKeyword && !v.flat:
			each = append(each, or(wildcardQuery(v.path, "*"+escapeWildcard(want)+"*", false), v.blind()))
		default:
			return anything
		}
	}
	return atMost(or(each...))
}

// verbatim reports whether the text holds a field's value as it is.
func (c *compiler) verbatim(f *event.Field, a event.Arg) bool {
	places, ok := c.stored(f, a)
	for _, p := range places {
		ok = ok && p.Form == profile.FormSame
	}
	return ok && len(places) > 0
}

// plainInJSON reports whether every writer of JSON writes a text as it is.
func plainInJSON(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || strings.IndexByte(`"\/<>&'`, c) >= 0 {
			return false
		}
	}
	return s != ""
}
