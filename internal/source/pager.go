package source

import "context"

// Pager is implemented by sources that hold more than anybody wants to fetch at
// once, such as a SIEM. With [Request.Newest] they hand on the newest events
// and those that arrive; older ones come when somebody asks.
type Pager interface {
	// More has at least n further events handed on, older than those before;
	// fewer when there are no more. They go to the sink of Run, and More returns
	// when they have, or ctx is done.
	More(ctx context.Context, n int) error

	// Exhausted reports whether there are no older ones.
	Exhausted() bool
}

// Pagers returns those sources that have older events to fetch.
func Pagers(sources []Source) (all []Pager) {
	for _, s := range sources {
		if p, ok := s.(Pager); ok && !p.Exhausted() {
			all = append(all, p)
		}
	}
	return all
}
