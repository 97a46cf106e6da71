package source

import (
	"context"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/filter"
)

// allTime is where [Window] looks when nothing bounds it: 1896 … 2116.
var allTime = dashboard.Span{From: -1 << 61, To: 1 << 62}

// What [Window] asks: at most windowRounds counts of windowBuckets each.
const (
	windowBuckets = 256
	windowRounds  = 8
)

// overTime is the panel that [Window] has counted.
var overTime = func() *dashboard.Panel {
	p, err := dashboard.Of(dashboard.Panel{Title: "over time", Kind: dashboard.Trend})
	if err != nil {
		panic(err)
	}
	return p
}()

// Window finds where in time the events lie that a filter holds for (nil: all),
// those that are held and those of sources that count by themselves: it counts
// over all time, then ever closer where the mass is. ok is false when there are
// none. An error names the source.
func Window(ctx context.Context, f *filter.Filter, sources []Source, held Held) (m dashboard.Mass, ok bool, err error) {
	span := allTime
	if f != nil {
		from, to := filter.TimeBounds(f.Expr())
		span.From, span.To = max(span.From, from), min(span.To, to)
	}
	m = dashboard.Mass{First: span.From, Last: max(span.To-1, span.From)}
	for range windowRounds {
		span.Buckets = windowBuckets
		span.From, span.To = dashboard.Frame(m.First, m.Last, windowBuckets)
		counted, err := CountOver(ctx, f, span, sources, held)
		if err != nil {
			return m, ok, err
		}
		closer, some := counted.Mass()
		if !some {
			return m, ok, nil
		}
		ok = true
		before, width := m, m.Last-m.First
		m = dashboard.Mass{
			First: max(m.First, closer.First), Last: min(m.Last, closer.Last),
			Before: m.Before + closer.Before, After: m.After + closer.After,
		}
		if m.Outside() == before.Outside() && (m.Last-m.First)/3 > width/4 {
			return m, ok, nil // closer than this it says no more
		}
	}
	return m, ok, nil
}

// CountOver counts the events over time that a filter holds for.
func CountOver(ctx context.Context, f *filter.Filter, span dashboard.Span, sources []Source, held Held) (*dashboard.Result, error) {
	counted, err := Count(ctx, []dashboard.Query{{Panel: overTime, Filter: f, Span: span}}, sources, held)
	if err != nil {
		return nil, err
	}
	return counted[0], nil
}
