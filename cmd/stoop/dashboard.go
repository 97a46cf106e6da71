package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/term"

	"github.com/stoop-project/stoop/internal/dashboard"
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
	span := spanOf(req, sources, st)
	qs, err := d.Queries(c.Filter, span)
	if err != nil {
		return filterError(c.Filter, err)
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
	text := dashboard.Text{Out: a.out, Width: width, Mask: mask}
	return text.Dashboard(d, span, results)
}

// spanOf is the time that a dashboard is about: what was asked, and where that
// is open what the sources hold.
func spanOf(req source.Request, sources []source.Source, st *store.Store) dashboard.Span {
	span := dashboard.Span{Buckets: textBuckets}
	widen := func(from, to time.Time) {
		if from.IsZero() || to.IsZero() {
			return
		}
		if span.From == 0 || from.UnixNano() < span.From {
			span.From = from.UnixNano()
		}
		span.To = max(span.To, to.UnixNano()+1)
	}
	for _, s := range sources {
		widen(s.Info().Bounds[0], s.Info().Bounds[1])
	}
	if stats := st.Stats(); stats.Events > 0 {
		widen(time.Unix(0, stats.Oldest), time.Unix(0, stats.Newest))
	}
	if !req.Since.IsZero() {
		span.From = req.Since.UnixNano()
	}
	if !req.Until.IsZero() {
		span.To = req.Until.UnixNano() + 1
	}
	if req.Since.IsZero() && req.Until.IsZero() {
		span.From, span.To = dashboard.Frame(span.From, span.To-1, span.Buckets)
	}
	return span
}
