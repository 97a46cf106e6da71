package dsl

import (
	"github.com/stoop-project/stoop/internal/profile"
)

// Kind finds the documents of one kind among several that the same indices
// hold: those that have what it needs, and not what others need that are tried
// before it.
func Kind(b *profile.Binding, before []profile.Binding) Query {
	found := known(b)
	for i := range before {
		found = and(found, not(known(&before[i])))
	}
	return found.query()
}

// known finds documents by what their kind needs. Those that lie in a text have
// that text.
func known(b *profile.Binding) *node {
	if b.Text != "" {
		return exists(b.Text)
	}
	found := all
	for _, need := range b.Needs() {
		some := none
		for _, path := range need.Paths {
			some = or(some, exists(path))
		}
		found = and(found, some)
	}
	return found
}
