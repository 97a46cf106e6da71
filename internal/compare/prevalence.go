package compare

import (
	"context"
	"fmt"
	"strings"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// Prevalence is how common a value is among containers.
type Prevalence struct {
	Field, Value string
	Containers   int64 // that have it
	Of           int64 // that there are
	Images       int64 // different images of those that have it
	Events       int64 // with the value
	Exact        bool  // whoever counted knows all values
	Notes        []string
}

// String says it in one line.
func (p Prevalence) String() string {
	number := func(n int64, noun string) string {
		switch {
		case n < 0:
			return "an unknown number of " + noun + "s"
		case n == 1:
			return "1 " + noun
		}
		return fmt.Sprintf("%d %ss", n, noun)
	}
	of := ""
	if p.Of >= 0 {
		of = fmt.Sprintf(" of %d", p.Of)
	}
	return fmt.Sprintf("in %s%s, of %s, %s", number(p.Containers, "container"), of, number(p.Images, "image"), number(p.Events, "event"))
}

// Common counts how many containers have events in which a field, with its
// argument as in a filter, has a value. The host is no container. Within is a
// condition for all events that count, "" for none.
func Common(ctx context.Context, field, value, within string, count Count) (Prevalence, error) {
	p := Prevalence{Field: field, Value: value}
	c := comparing{count: count, opt: Options{Within: within}}
	has := check(field, filter.OpEq, value)
	if f, _, err := event.Fields.Parse(field); err != nil {
		return p, err
	} else if f.Flags&event.IsList != 0 {
		has = &filter.Check{Left: has.Left, Op: filter.OpIntersects, Right: &filter.List{Items: []*filter.Value{{Text: value}}}}
	}
	if base, arg, ok := strings.Cut(strings.TrimSuffix(field, "]"), "["); ok {
		has.Left = &filter.Field{Name: base, Arg: arg, HasArg: true}
	}
	const inside = "container.id exists and container.id != host"
	var qs []dashboard.Query
	for _, one := range []struct{ by, condition string }{
		{"container.id", inside},
		{"container.id", filter.All(inside, filter.Source(has))},
		{"container.image", filter.All(inside, filter.Source(has))},
	} {
		q, err := c.query(dashboard.Panel{Title: one.by, Kind: dashboard.Stat, By: []string{one.by}}, dashboard.Span{}, one.condition)
		if err != nil {
			return p, err
		}
		qs = append(qs, q)
	}
	found, err := count(ctx, qs)
	if err != nil {
		return p, err
	}
	p.Of, p.Containers, p.Images, p.Events = found[0].Values, found[1].Values, found[2].Values, found[1].Total
	for _, r := range found {
		p.Notes = append(p.Notes, r.Notes...)
	}
	return p, nil
}
