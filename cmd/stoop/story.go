package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/pivot"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/internal/trail"
)

// storyFlags are what print is told of an alert whose story is wanted.
type storyFlags struct {
	Story    string `placeholder:"ALERT" help:"Print what led to an alert and what came of it: named by its id, its time as print writes it, or its number in a file. With rules of stoop's own unless -r names others."`
	Markdown bool   `help:"--story: write Markdown."`
}

// Bounds on what servers are asked for a trail.
const (
	storyEvents = 200_000
	storySpan   = 30 * time.Minute // before and after the alert, unless --window says otherwise
)

// printStory finds an alert and tells its trail.
func (c *printCmd) printStory(a *app) error {
	if c.Output != "table" || c.Follow || len(c.Columns) > 0 {
		return usageError{errors.New("--story tells in sentences: -o, --columns and --follow do not go with it")}
	}
	req, err := c.request()
	if err != nil {
		return err
	}
	sources, err := c.open(a)
	if err != nil {
		return err
	}
	defer closeAll(sources)
	ctx, cancel := withTimeout(a.ctx, c.Timeout)
	defer cancel()
	st, _, alert, err := c.lookUp(ctx, a, c.Story, req, sources)
	switch {
	case st == nil:
		return err
	case err != nil:
		return withAlerts(ctx, err, st)
	}
	errs := safetext.NewWriter(a.errs)
	rows, err := c.around(ctx, alert, st, sources)
	if err != nil {
		return err
	}
	t := trail.Build(alert.Row(), rows)
	if c.Markdown {
		err = t.WriteMarkdown(a.out)
	} else {
		err = t.WriteText(a.out)
	}
	if n := st.Stats().Evicted; n > 0 {
		fmt.Fprintf(errs, "stoop: the oldest %d events did not fit into memory and were not looked at\n", n)
	}
	report(errs, sources, c.Stats)
	return err
}

// around yields the events of an alert's container, in the order of time: those
// held, or else those that a server has around the alert.
func (c *printCmd) around(ctx context.Context, alert pivot.Hit, st *store.Store, sources []source.Source) (iter.Seq[event.Row], error) {
	f, err := ofContainer(alert.Row())
	if err != nil {
		return nil, err
	}
	span := time.Duration(c.Window)
	if span == 0 {
		span = storySpan
	}
	at := time.Unix(0, alert.Time())
	fetched := store.New(0)
	for _, finder := range source.Finders(sources) {
		more, err := finder.Find(ctx, source.Request{Filter: f, Since: at.Add(-span), Until: at.Add(span)}, storyEvents, fetched)
		if err != nil {
			return nil, err
		}
		if more {
			return nil, fmt.Errorf("%s has more than %d events of this container within %v of the alert: name a shorter --window", finder.Info().Name, storyEvents, span)
		}
	}
	views := []*store.View{st.View(f), fetched.View(f)}
	for _, v := range views {
		for !v.Update(ctx, time.Second) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
	}
	return merged(views), nil
}

// merged yields the events of views in the order of time.
func merged(views []*store.View) iter.Seq[event.Row] {
	const page = 1024
	return func(yield func(event.Row) bool) {
		at := make([]int, len(views))
		pages := make([][]store.Ref, len(views))
		for {
			first := -1
			for i, v := range views {
				if len(pages[i]) == 0 {
					pages[i] = v.Range(at[i], page)
				}
				if len(pages[i]) > 0 && (first < 0 || pages[i][0].Time() < pages[first][0].Time()) {
					first = i
				}
			}
			if first < 0 || !yield(pages[first][0].Row()) {
				return
			}
			pages[first], at[first] = pages[first][1:], at[first]+1
		}
	}
}

// ofContainer holds for the events of a row's container.
func ofContainer(r event.Row) (*filter.Filter, error) {
	field, arg, err := event.Fields.Parse("container.id")
	if err != nil {
		return nil, err
	}
	v, ok := field.Get(r, arg)
	if !ok {
		return nil, errors.New("this event says of no container: its trail cannot be looked for")
	}
	return filter.Compile(filter.Source(&filter.Check{
		Left: &filter.Field{Name: "container.id"}, Op: filter.OpEq, Right: &filter.Value{Text: v.String()},
	}), event.Fields)
}

// withAlerts adds to an error which alerts there are to name.
func withAlerts(ctx context.Context, err error, st *store.Store) error {
	f, compileErr := filter.Compile("alert.rule exists", event.Fields)
	if compileErr != nil {
		return err
	}
	v := st.View(f)
	v.Update(ctx, time.Second)
	const most = 20
	var lines strings.Builder
	for _, ref := range v.Range(0, most) {
		r := ref.Row()
		fmt.Fprintf(&lines, "\n  %s  %s", idOf(r), r.T.Text(r.A().Rule))
	}
	if n := v.Len(); n > most {
		fmt.Fprintf(&lines, "\n  and %d others", n-most)
	}
	if lines.Len() == 0 {
		return err
	}
	return fmt.Errorf("%w; the alerts here are%s", err, lines.String())
}

// idOf returns an alert's id, or its time.
func idOf(r event.Row) string {
	for _, name := range []string{"alert.id", "evt.rawtime"} {
		if f, arg, err := event.Fields.Parse(name); err == nil {
			if v, ok := f.Get(r, arg); ok {
				return v.String()
			}
		}
	}
	return "?"
}
