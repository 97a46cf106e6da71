package source

import (
	"context"

	"github.com/stoop-project/stoop/internal/filter"
)

// Asker is a [Pager] that looks for what it is asked for: there is more in it
// than anybody could hold, so that a filter has to be asked there and not of
// what happens to be here.
type Asker interface {
	Pager

	// Ask has the newest events handed on that a filter holds for (nil: all
	// events), those left out that were handed on before. [Pager.More] and what
	// arrives go on with that filter. It returns when the first of them were
	// handed on; a later call, or the end of ctx, ends an earlier one.
	Ask(ctx context.Context, f *filter.Filter) error

	// Found returns how many events there are that the filter asked for last may
	// hold for, as the source counts them; -1 when it has not yet. exact says that
	// the filter holds for all of them.
	Found() (n int64, exact bool)
}

// Askers returns those sources that look for what they are asked for.
func Askers(sources []Source) (all []Asker) {
	for _, s := range sources {
		if a, ok := s.(Asker); ok {
			all = append(all, a)
		}
	}
	return all
}
