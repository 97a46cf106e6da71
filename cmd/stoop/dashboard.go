package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/term"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
)

// dashboards is the folder of the user's own.
func dashboards() dashboard.Folder {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return dashboard.Folder(filepath.Join(dir, "stoop", "dashboards"))
}

// textBuckets is how many marks a timed panel has as text.
const textBuckets = 48

// printDashboard counts what a dashboard shows and prints it: sources that
// count by themselves do so, the events of the others are read into a store.
func (c *printCmd) printDashboard(a *app) error {
	d, err := dashboards().Load(c.Dashboard)
	if err != nil {
		return usageError{err}
	}
	if c.Output == "csv" || c.Columns != nil {
		return usageError{fmt.Errorf("--dashboard: a dashboard is printed as a table or as JSON, and has its own columns")}
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
	st, err := c.hold(a, req, sources)
	if err != nil {
		return err
	}
	span, outside, err := c.spanOf(a.ctx, d, req, sources, st)
	if err != nil {
		return err
	}
	qs, err := d.Queries(c.Filter, span)
	if err != nil {
		return filterError(c.Filter, err)
	}
	for i := range qs {
		if !qs[i].Panel.Timed() && outside > 0 {
			qs[i].Span = dashboard.Span{}
		}
	}
	if outside > 0 {
		fmt.Fprintf(safetext.NewWriter(a.errs), "stoop: %d events are far away in time from the others; what is over time leaves them out, --since and --until show them\n", outside)
	}
	results, err := source.Count(a.ctx, qs, sources, st)
	if err != nil {
		return err
	}
	c.counted(a, sources, st)
	return c.writeDashboard(a, d, span, results)
}

// hold reads the events of sources that cannot count by themselves.
func (c *printCmd) hold(a *app, req source.Request, sources []source.Source) (*store.Store, error) {
	st := store.New(0)
	var readers []source.Source
	for _, s := range sources {
		if _, counts := s.(source.Counter); !counts {
			readers = append(readers, s)
		}
	}
	if len(readers) == 0 {
		return st, nil
	}
	ctx, cancel := withTimeout(a.ctx, c.Timeout)
	defer cancel()
	err := source.Merge(ctx, c.detect.request(req, readers), readers, c.detect.sink(st))
	c.detect.end()
	return st, err
}

// counted says what the figures of a count lack, and what the sources tell.
func (c *printCmd) counted(a *app, sources []source.Source, st *store.Store) {
	errs := safetext.NewWriter(a.errs)
	if n := st.Stats().Evicted; n > 0 {
		fmt.Fprintf(errs, "stoop: the oldest %d events did not fit into memory and are not counted\n", n)
	}
	report(errs, sources, c.Stats)
	c.detect.report(errs, c.Stats)
}

func (c *printCmd) writeDashboard(a *app, d *dashboard.Dashboard, span dashboard.Span, results []*dashboard.Result) error {
	mask := safetext.Redact
	if c.ShowSecrets {
		mask = nil
	}
	if c.Output == "json" {
		return dashboard.WriteJSON(a.out, d, span, results, mask)
	}
	width := 110
	if w, _, err := term.GetSize(int(a.out.Fd())); err == nil && w > 0 {
		width = w
	}
	text := dashboard.Text{Out: a.out, Width: width, Mask: mask, Name: rules.ValueName}
	return text.Dashboard(d, span, results)
}

// spanOf is the time that a dashboard is about: what was asked, and where that
// is open where the events are that it counts. How many lie far outside is said
// beside it.
func (c *printCmd) spanOf(ctx context.Context, d *dashboard.Dashboard, req source.Request, sources []source.Source, st *store.Store) (span dashboard.Span, outside int64, err error) {
	span.Buckets = textBuckets
	asked := !req.Since.IsZero() && !req.Until.IsZero()
	if !asked {
		terms := []string{d.Filter, c.Filter}
		if !req.Since.IsZero() {
			terms = append(terms, fmt.Sprintf("evt.rawtime >= %d", req.Since.UnixNano()))
		}
		if !req.Until.IsZero() {
			terms = append(terms, fmt.Sprintf("evt.rawtime <= %d", req.Until.UnixNano()))
		}
		var f *filter.Filter
		if text := filter.All(terms...); text != "" {
			if f, err = filter.Compile(text, event.Fields); err != nil {
				return span, 0, filterError(c.Filter, err)
			}
		}
		m, ok, err := source.Window(ctx, f, sources, st)
		if err != nil {
			return span, 0, err
		}
		if ok {
			span.From, span.To, outside = m.First, m.Last, m.Outside()
		}
	}
	if req.Since.IsZero() && req.Until.IsZero() {
		last := span.To
		span.From, span.To = dashboard.Frame(span.From, span.To, span.Buckets)
		return span.Until(last), outside, nil
	}
	if !req.Since.IsZero() {
		span.From = req.Since.UnixNano()
	}
	if !req.Until.IsZero() {
		span.To = req.Until.UnixNano()
	}
	span.To++
	return span, outside, nil
}
