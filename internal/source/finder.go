package source

import (
	"context"

	"github.com/stoop-project/stoop/internal/event"
)

// Finder is a source that holds more than it hands on, and looks for some of it
// beside its Run: a SIEM.
type Finder interface {
	Source

	// Find hands on at most n of the events that a request wants, and no
	// others: the last ones with [Request.Newest], else the first. more says
	// that there are others. It may be called at any time, by several at once.
	// What Run has handed on, or will, is handed on here too, with tables of its
	// own.
	Find(ctx context.Context, req Request, n int, sink Sink) (more bool, err error)

	// Owns reports whether events refer to tables of the source.
	Owns(t *event.Tables) bool
}

// Finders returns those sources that look for events.
func Finders(sources []Source) (all []Finder) {
	for _, s := range sources {
		if f, ok := s.(Finder); ok {
			all = append(all, f)
		}
	}
	return all
}
