package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/stoop-project/stoop/internal/compare"
	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
)

type compareFlags struct {
	Compare string  `placeholder:"CONTAINER" help:"Print what only this container does: against the others of its image, or where there are none its own past. Named by id, name or pod."`
	Past    timeArg `placeholder:"TIME" help:"--compare: against what it did before this time."`

	Prevalence string `placeholder:"FIELD=VALUE" help:"Print in how many containers a field has a value, and of how many."`
}

// printCompare compares a container with its siblings or its past.
func (c *printCmd) printCompare(a *app) error {
	if c.Output == "csv" || len(c.Columns) > 0 || c.Follow {
		return usageError{errors.New("--compare: a comparison is printed as a table or as JSON, has its own columns, and has an end")}
	}
	req, err := c.request()
	if err != nil {
		return err
	}
	count, told, err := c.counter(a, req)
	if err != nil {
		return err
	}
	defer told()
	of, err := compare.Find(a.ctx, c.Compare, count)
	if err != nil {
		return err
	}
	opt := compare.Options{Within: c.Filter, From: nanos(req.Since), To: nanos(req.Until)}
	if since := c.Past.at(time.Now()); !since.IsZero() {
		opt.Against, opt.Since = compare.Past, since.UnixNano()
	}
	r, err := compare.Run(a.ctx, of, opt, count)
	if err != nil {
		return err
	}
	if c.Output == "json" {
		return c.compareJSON(a.out, r)
	}
	return c.compareTable(safetext.NewWriter(a.out), r)
}

// counter opens the sources, reads those that cannot count, and counts in all;
// told says what the sources have to say, and closes them.
func (c *printCmd) counter(a *app, req source.Request) (count compare.Count, told func(), err error) {
	sources, err := c.open(a)
	if err != nil {
		return nil, nil, err
	}
	if err := needsEnd(a.errs, sources, c.Timeout); err != nil {
		closeAll(sources)
		return nil, nil, err
	}
	st, err := c.hold(a, req, sources)
	if err != nil {
		closeAll(sources)
		return nil, nil, err
	}
	count = func(ctx context.Context, qs []dashboard.Query) ([]*dashboard.Result, error) {
		return source.Count(ctx, qs, sources, st)
	}
	return count, func() { c.counted(a, sources, st); closeAll(sources) }, nil
}

// needsEnd refuses to count a source that goes on without an end, or says how long
// it is read.
func needsEnd(errs io.Writer, sources []source.Source, timeout span) error {
	i := slices.IndexFunc(sources, func(s source.Source) bool { return s.Info().Live })
	if i < 0 {
		return nil
	}
	name := sources[i].Info().Name
	if timeout == 0 {
		return usageError{fmt.Errorf("%s goes on without an end, and what is to be counted needs one: --timeout 30s counts half a minute", name)}
	}
	fmt.Fprintf(safetext.NewWriter(errs), "reading %s for %s, then counting\n", name, time.Duration(timeout))
	return nil
}

// printPrevalence counts how common a value is.
func (c *printCmd) printPrevalence(a *app) error {
	field, value, ok := strings.Cut(c.Prevalence, "=")
	if !ok {
		return usageError{fmt.Errorf("--prevalence %s: name a field and its value: fd.name=/tmp/x", c.Prevalence)}
	}
	if c.Output == "csv" || len(c.Columns) > 0 || c.Follow {
		return usageError{errors.New("--prevalence: is printed as a line or as JSON, and has an end")}
	}
	req, err := c.request()
	if err != nil {
		return err
	}
	count, told, err := c.counter(a, req)
	if err != nil {
		return err
	}
	defer told()
	p, err := compare.Common(a.ctx, strings.TrimSpace(field), strings.TrimSpace(value), c.Filter, count)
	if err != nil {
		return err
	}
	if c.Output == "json" {
		return json.NewEncoder(a.out).Encode(map[string]any{
			"field": p.Field, "value": c.masked(p.Value), "containers": p.Containers, "of": p.Of, "images": p.Images, "events": p.Events, "notes": p.Notes,
		})
	}
	out := safetext.NewWriter(a.out)
	_, err = fmt.Fprintln(out, c.plain(p.Field+" = "+p.Value)+": "+p.String())
	for _, n := range p.Notes {
		fmt.Fprintln(out, "note: "+n)
	}
	return err
}

// nanos is a time in ns since 1970, 0 for none.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func (c *printCmd) compareTable(out io.Writer, r *compare.Report) error {
	mask := c.plain
	fmt.Fprintln(out, mask(compareTitle(r)))
	for _, n := range r.Notes {
		fmt.Fprintln(out, "note: "+n)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nASPECT\tONLY HERE\tEVENTS\tLAST")
	var same, notes []string
	for _, answer := range r.Answers {
		for _, v := range answer.Only {
			last := ""
			if v.Last > 0 {
				last = time.Unix(0, v.Last).UTC().Format(time.RFC3339)
			}
			text := mask(v.Text)
			if v.Values > 1 {
				text += fmt.Sprintf(" (%d values)", v.Values)
			}
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\n", answer.Aspect.Name, text, v.Count, last)
		}
		if len(answer.Only) == 0 {
			same = append(same, fmt.Sprintf("%s (%d)", answer.Aspect.Name, answer.Known))
		}
		for _, n := range answer.Notes {
			notes = append(notes, "note: "+answer.Aspect.Name+": "+n)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(same) > 0 {
		fmt.Fprintln(out, "\nnothing of its own in: "+strings.Join(same, ", "))
	}
	_, err := io.WriteString(out, strings.Join(append(notes, ""), "\n"))
	return err
}

// masked hides a text's secrets, unless they are wanted.
func (c *printCmd) masked(text string) string {
	if c.ShowSecrets {
		return text
	}
	return safetext.Redact(text)
}

// plain is masked on one line of a terminal.
func (c *printCmd) plain(text string) string { return safetext.Line(c.masked(text)) }

// compareTitle says what is compared, and how much of it was seen.
func compareTitle(r *compare.Report) string {
	if r.Against == compare.Past {
		return fmt.Sprintf("%s since %s (%d events) against before (%d events)",
			r.Subject.Title(), time.Unix(0, r.Since).UTC().Format(time.RFC3339), r.Self.Events, r.Others.Events)
	}
	return fmt.Sprintf("%s (%d events) against %d other of %s (%d events)",
		r.Subject.Title(), r.Self.Events, r.Others.Containers, r.Subject.Image, r.Others.Events)
}

// compareJSON writes an object for the sides, then one for each value.
func (c *printCmd) compareJSON(out io.Writer, r *compare.Report) error {
	mask := c.masked
	enc := json.NewEncoder(out)
	side := func(s compare.Side) map[string]any {
		return map[string]any{"filter": mask(s.Condition), "events": s.Events, "containers": s.Containers}
	}
	err := enc.Encode(map[string]any{
		"compare": r.Subject.ID, "name": mask(r.Subject.Name), "image": mask(r.Subject.Image), "against": r.Against,
		"self": side(r.Self), "others": side(r.Others), "notes": r.Notes,
	})
	for _, answer := range r.Answers {
		for _, v := range answer.Only {
			one := map[string]any{
				"aspect": answer.Aspect.Name, "field": answer.Aspect.Field, "only": mask(v.Text), "values": v.Values, "count": v.Count, "filter": mask(v.Condition),
			}
			if v.Last > 0 {
				one["last"] = time.Unix(0, v.Last).UTC().Format(time.RFC3339Nano)
			}
			err = errors.Join(err, enc.Encode(one))
		}
		err = errors.Join(err, enc.Encode(map[string]any{"aspect": answer.Aspect.Name, "known": answer.Known, "notes": answer.Notes}))
	}
	return err
}
