package dsl

import (
	"strings"

	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/query/mapping"
)

// Kinds are what an index can tell of the kinds of its documents.
type Kinds struct{ m mapping.Fields }

// KindsIn returns what indices can tell of kinds, described as for [Compile].
func KindsIn(m mapping.Fields) Kinds { return Kinds{m} }

// Unseen finds the documents that may be of a kind, and are surely of none of
// others. ok is false when there can be none, or the index cannot tell.
func (k Kinds) Unseen(b *profile.Binding, others []profile.Binding) (q Query, ok bool) {
	found := k.needs(b).upper
	if found == none || found == all {
		return nil, false
	}
	for i := range others {
		found = and(found, not(k.needs(&others[i]).lower))
	}
	return found.query(), found != none
}

// Others finds the documents that are of none of some kinds. ok is false when
// there can be none, or the index cannot tell.
func (k Kinds) Others(kinds []profile.Binding) (q Query, ok bool) {
	found := all
	for i := range kinds {
		found = and(found, not(k.needs(&kinds[i]).upper))
	}
	return found.query(), found != none && found != all
}

// needs bounds the documents of a kind by what they have in common.
func (k Kinds) needs(b *profile.Binding) bound {
	c := &compiler{m: k.m}
	if b.Text != "" {
		return c.inWords(b)
	}
	found := exactly(all)
	for _, need := range b.Needs() {
		some := exactly(none)
		for _, path := range need.Paths {
			some = anyOf(some, c.need(path, need.Values))
		}
		found = allOf(found, some)
	}
	return found
}

// need translates that one of some values lies at a path, or without values any.
func (c *compiler) need(path string, values []string) bound {
	if values == nil {
		return c.presentPath(path)
	}
	v, ok := c.view(path)
	if !ok || v.kind != viewKeyword || v.flat {
		return c.presentPath(path).loosened()
	}
	var plain []string
	found := exactly(none)
	for _, value := range values {
		if start, star := strings.CutSuffix(value, "*"); star {
			found = anyOf(found, v.having(leaf("prefix", Query{v.path: start})))
		} else {
			plain = append(plain, value)
		}
	}
	return anyOf(found, c.storedAmong(path, plain))
}

// inWords bounds the documents of a kind that lie in a text: the names of
// their members are words of it. That others have all of these is not expected.
func (c *compiler) inWords(b *profile.Binding) bound {
	found := c.presentPath(b.Text).upper
	v, ok := c.view(b.Text)
	if !ok || v.kind != viewText {
		return atMost(found)
	}
	bare := profile.Binding{Profile: b.Profile}
	for _, need := range bare.Needs() {
		some := none
		for _, path := range need.Paths {
			word := path[strings.LastIndexByte(path, '.')+1:]
			some = or(some, leaf("match_phrase", Query{v.path: word}))
		}
		found = and(found, some)
	}
	return exactly(found)
}
