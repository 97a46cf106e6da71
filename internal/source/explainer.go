package source

import "github.com/stoop-project/stoop/internal/filter"

// Explainer is a source whose server evaluates filters, as far as it can, before
// it hands anything on: a SIEM.
type Explainer interface {
	// Support returns how far the server can evaluate the checks of a filter, as
	// [filter.Filter.Explain] takes it. Where the source has several kinds of
	// documents it speaks of the kind for which the server can do the least.
	Support(f *filter.Filter) func(*filter.Check) filter.Support
}

// Support joins what several sources say of a filter, the least counts; nil when
// none of them is an [Explainer].
func Support(f *filter.Filter, sources []Source) func(*filter.Check) filter.Support {
	var all []func(*filter.Check) filter.Support
	for _, s := range sources {
		if e, ok := s.(Explainer); ok {
			all = append(all, e.Support(f))
		}
	}
	if len(all) == 0 {
		return nil
	}
	return func(c *filter.Check) filter.Support {
		least := filter.Decides
		for _, support := range all {
			least = min(least, support(c))
		}
		return least
	}
}
