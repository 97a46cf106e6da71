package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/places"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
)

// storyFlags are what print is told of an alert whose story is wanted.
type storyFlags struct {
	Story    string `placeholder:"ALERT" help:"Print what led to an alert and what came of it: named by its id, its time as print writes it, or its number in a file. With rules of stoop's own unless -r names others."`
	Markdown bool   `help:"--story: write Markdown."`
}

// printStory finds an alert and tells its trail.
func (c *printCmd) printStory(a *app) error {
	if c.Output != "table" || c.Follow || len(c.Columns) > 0 {
		return usageError{errors.New("--story tells in sentences: -o, --columns and --follow do not go with it")}
	}
	return c.ofEvent(a, c.Story, func(ctx context.Context, st *store.Store, sources []source.Source, alert event.Row) error {
		found, err := places.Find(ctx, alert, places.Of(st, sources), places.Options{Span: time.Duration(c.Window)}, nil)
		if err != nil {
			return err
		}
		return writeFound(a.out, found, c.Markdown)
	})
}

// ofEvent has something told of the event that a word names, which is looked for
// in the sources and in what was read of them.
func (c *printCmd) ofEvent(a *app, word string, tell func(ctx context.Context, st *store.Store, sources []source.Source, at event.Row) error) error {
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
	st, _, at, err := lookUp(ctx, a, &c.detect, word, req, sources)
	switch {
	case st == nil:
		return err
	case err != nil:
		return withAlerts(ctx, err, st)
	}
	err = tell(ctx, st, sources, at.Row())
	report(safetext.NewWriter(a.errs), sources, c.Stats)
	return err
}

// writeFound writes a trail's story, and where it was found.
func writeFound(w io.Writer, found *places.Found, markdown bool) error {
	if markdown {
		return errors.Join(found.Trail.WriteMarkdown(w), found.WriteMarkdown(w))
	}
	return errors.Join(found.Trail.WriteText(w), found.WriteText(w))
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
		fmt.Fprintf(&lines, "\n  and %d more", n-most)
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
