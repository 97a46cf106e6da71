package source

import (
	"context"
	"fmt"
	"slices"

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

// Held counts what panels ask of the events that were handed on, those that
// refer to some tables left out. A nil result means that ctx was done.
type Held interface {
	Panels(ctx context.Context, qs []dashboard.Query, skip func(*event.Tables) bool) []*dashboard.Result
}

// Count has panels counted: by the sources that count by themselves, and of the
// others' events by what holds them. An error names the source.
func Count(ctx context.Context, qs []dashboard.Query, sources []Source, held Held) ([]*dashboard.Result, error) {
	counters := Counters(sources)
	owned := func(t *event.Tables) bool {
		return slices.ContainsFunc(counters, func(c Counter) bool { return c.Owns(t) })
	}
	asked := qs
	if len(counters) > 0 {
		asked = dashboard.Wides(qs)
	}
	each := [][]*dashboard.Result{held.Panels(ctx, asked, owned)}
	if each[0] == nil {
		return nil, ctx.Err()
	}
	if some := func(r *dashboard.Result) bool { return r.Total > 0 }; len(counters) == 1 && !slices.ContainsFunc(each[0], some) {
		asked = qs // one counts all of it
	}
	for _, c := range counters {
		counted, err := c.Count(ctx, asked)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Info().Name, err)
		}
		each = append(each, counted)
	}
	results := make([]*dashboard.Result, len(qs))
	for i, q := range qs {
		parts := make([]*dashboard.Result, len(each))
		for k := range each {
			parts[k] = each[k][i]
		}
		results[i] = dashboard.Merge(q.Panel, parts)
		if q.Panel.Kind == dashboard.Stat {
			results[i].Groups = nil // were needed to tell values apart
		}
	}
	return results, nil
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
