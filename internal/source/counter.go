package source

import (
	"context"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
)

// Counter is a source that holds more than it hands on, and counts by itself
// what panels ask: a SIEM.
type Counter interface {
	Source

	// Count answers panels, in their order. What a filter says that the source
	// cannot evaluate is said in a result's notes, or finished by reading.
	Count(ctx context.Context, qs []dashboard.Query) ([]*dashboard.Result, error)

	// Owns reports whether the source's events refer to these tables, so that
	// what it counts is not counted again.
	Owns(t *event.Tables) bool
}

// Counters returns those sources that count by themselves.
func Counters(sources []Source) (all []Counter) {
	for _, s := range sources {
		if c, ok := s.(Counter); ok {
			all = append(all, c)
		}
	}
	return all
}
