package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"slices"
	"strings"
	"syscall"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/summary"
)

// printCmd prints events.
type printCmd struct {
	sourceFlags
	ruleFlags

	Output  string   `short:"o" default:"table" enum:"table,json,csv" help:"Format: ${enum}. JSON is one object a line, with every field that has a value."`
	Columns []string `placeholder:"FIELD,…" help:"Fields of the table, the CSV, or the JSON." predictor:"field"`
	Limit   int      `short:"n" placeholder:"N" help:"Stop after N events."`
	Follow  bool     `help:"Go on when the end of a file is reached, and wait for more."`
	Timeout span     `placeholder:"SPAN" help:"Stop after this time."`
	Stats   bool     `help:"Print all counts at the end."`

	Outcome bool `help:"Say of alerts what came of them (alert.outcome): how their process ended, whether it connected. The sources are read to their end first."`

	DSL bool `name:"dsl" help:"Print the request of the first page as a curl command to paste, and read nothing: for a SIEM."`

	Dashboard string `placeholder:"NAME" help:"Print a dashboard's figures instead of events: event-summary, log-summary, or one of your own."`

	aroundFlags
	storyFlags
	compareFlags
	respondFlags

	detect detecting `kong:"-"`
}

// Run prints until the sources end, enough was printed, the time is up or a
// signal comes.
func (c *printCmd) Run(a *app) error {
	if c.Limit < 0 {
		return usageError{fmt.Errorf("--limit %d: a number of events cannot be negative", c.Limit)}
	}
	var others []string
	if c.Story != "" || c.Respond != "" {
		others = byThemselves
	}
	if err := c.detect.open(a, &c.ruleFlags, others...); err != nil {
		return err
	}
	switch {
	case c.DSL && c.Dashboard != "":
		return usageError{errors.New("--dsl is for events, not for --dashboard")}
	case c.DSL:
		return c.printRequest(a)
	case c.Compare != "" && (c.Dashboard != "" || c.Story != "" || c.Around != ""):
		return usageError{errors.New("--compare, --dashboard, --story and --around are things to print of their own")}
	case c.Compare != "":
		return c.printCompare(a)
	case c.Prevalence != "":
		return c.printPrevalence(a)
	case c.Past.text != "":
		return usageError{errors.New("--past goes with --compare")}
	case c.Dashboard != "":
		return c.printDashboard(a)
	}
	switch {
	case c.Respond != "" && (c.Story != "" || c.Around != ""):
		return usageError{errors.New("--respond, --story and --around are three things to print")}
	case c.Respond != "":
		return c.printResponses(a)
	case c.Story != "" && c.Around != "":
		return usageError{errors.New("--story and --around are two things to print")}
	case c.Story != "":
		return c.printStory(a)
	case c.Around != "":
		return c.printAround(a)
	case len(c.Pivot) > 0 || c.Window != 0 || c.Markdown:
		return usageError{errors.New("--pivot and --window go with --around, --markdown with --story")}
	}
	req, err := c.request()
	if err != nil {
		return err
	}
	req.Follow = c.Follow
	columns, err := parseColumns(c.Columns)
	if err != nil {
		return usageError{err}
	}
	sources, err := c.open(a)
	if err != nil {
		return err
	}
	defer closeAll(sources)
	ctx, cancel := withTimeout(a.ctx, c.Timeout)
	defer cancel()

	out := bufio.NewWriterSize(a.out, 64<<10)
	live := req.Follow
	for _, s := range sources {
		live = live || s.Info().Live
	}
	p := &printer{
		rows: newRows(c.Output, columns, out, !c.ShowSecrets), out: out, left: c.Limit, limited: c.Limit > 0,
		live: live, stop: cancel,
	}
	if c.Outcome || slices.ContainsFunc(columns, func(c column) bool { return c.name == "alert.outcome" }) {
		err = c.printOutcomes(a, p, req, sources)
	} else {
		err = source.Merge(ctx, c.detect.request(req, sources), sources, c.detect.sink(wanted(req, p.print)))
		c.detect.end()
	}
	closeAll(sources)
	err = errors.Join(err, p.finish())
	report(safetext.NewWriter(a.errs), sources, c.Stats)
	c.detect.report(safetext.NewWriter(a.errs), c.Stats)
	if err == nil && !p.wrote && c.detect.detector == nil && req.Filter != nil && speaksOfAlerts(req.Filter) {
		fmt.Fprintln(a.errs, "note: nothing that was read is such an alert, and no rules made any: -r stoop makes alerts by those built in")
	}
	return err
}

// printer writes selected events until enough were written.
type printer struct {
	rows    rows
	out     *bufio.Writer
	left    int
	limited bool
	live    bool // somebody watches: write each batch at once
	wrote   bool
	stop    context.CancelFunc
	err     error
}

func (p *printer) print(b *event.Batch, sel []uint64) {
	if p.err != nil || p.limited && p.left == 0 {
		return
	}
	for w, word := range sel {
		for ; word != 0; word &= word - 1 {
			p.rows.row(b.Row(w*64 + bits.TrailingZeros64(word)))
			p.wrote = true
			if p.left--; p.limited && p.left == 0 {
				p.stop()
				return
			}
		}
		if p.err = p.rows.failed(); p.err != nil {
			p.stop()
			return
		}
	}
	if p.live {
		p.err = p.finish()
	}
}

// finish writes what waits. A reader that has gone away (head) is no failure.
func (p *printer) finish() error {
	err := p.err
	if err == nil {
		err = p.rows.flush()
	}
	if err == nil {
		err = p.out.Flush()
	}
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}

// column is a field to print.
type column struct {
	name  string
	field *event.Field
	arg   event.Arg
	told  bool // where the field is missing, what the event's kind says stands in its place
}

// kindText tells an event that is no system call.
func kindText(r event.Row) string {
	return summary.Text(summary.Of(r, func(name string) (string, bool) {
		f, arg, err := event.Fields.Parse(name)
		if err != nil {
			return "", false
		}
		v, ok := f.Get(r, arg)
		return v.String(), ok
	}))
}

// defaultColumns are those of a table that nobody asked columns of.
var defaultColumns = []string{"evt.time.iso8601", "container.name", "k8s.pod.name", "proc.name", "proc.pid", "user.name", "evt.type", "evt.res", "alert.rule", "evt.args"}

// columnsByDefault returns them; the last one has something to say of every kind
// of event.
func columnsByDefault() []column {
	columns, _ := parseColumns(defaultColumns) // they are fields
	columns[len(columns)-1].told = true
	return columns
}

func parseColumns(names []string) (columns []column, err error) {
	for _, name := range names {
		name = strings.TrimPrefix(strings.TrimSpace(name), "%")
		f, arg, err := event.Fields.Parse(name)
		if err != nil {
			return nil, columnError(name, err)
		}
		columns = append(columns, column{name: name, field: f, arg: arg})
	}
	return columns, nil
}

func columnError(name string, err error) error {
	var known []string
	for _, f := range event.Fields.All() {
		known = append(known, f.Name)
	}
	if near := filter.Nearest(name, known); near != "" {
		return fmt.Errorf("--columns: %w, did you mean '%s'?", err, near)
	}
	return fmt.Errorf("--columns: %w (stoop fields lists them)", err)
}

// value returns a column's text; the fields' missing value when it has none.
func (c column) value(r event.Row, redact bool) string {
	v, ok := c.field.Show(r, c.arg)
	text := v.String()
	if !ok {
		if !c.told {
			return event.NotAvailable
		}
		if text = kindText(r); text == "" {
			return event.NotAvailable
		}
	}
	if redact {
		text = safetext.Redact(text)
	}
	return text
}

// rows writes events in one format.
type rows interface {
	row(r event.Row)
	flush() error
	failed() error
}

func newRows(format string, columns []column, out io.Writer, redact bool) rows {
	if format == "json" {
		return newJSONRows(out, columns, redact)
	}
	chains := columns == nil
	if chains {
		columns = columnsByDefault()
	}
	if format == "csv" {
		return newCSVRows(out, columns, redact)
	}
	return &tableRows{out: safetext.NewWriter(out), columns: columns, redact: redact, chains: chains}
}
