package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/stoop-project/stoop/internal/detect"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
)

// rulesTestCmd runs rules over sources and counts what fires.
type rulesTestCmd struct {
	sourceFlags
	ruleFlags

	Expect  []string `sep:"none" placeholder:"RULE=N" help:"Fail unless the rule or sequence fires N times; may be given several times."`
	Output  string   `short:"o" default:"table" enum:"table,json" help:"Format: ${enum}."`
	Timeout span     `placeholder:"SPAN" help:"Stop after this time."`
	Stats   bool     `help:"Say what each rule cost, the dearest first, and print all counts."`

	detect detecting `kong:"-"`
}

// Run reads the sources to their end and prints how often which rule fired.
func (c *rulesTestCmd) Run(a *app) error {
	c.detect.stats, c.detect.plain = c.Stats, true
	if err := c.detect.open(a, &c.ruleFlags, byThemselves...); err != nil {
		return err
	}
	if c.detect.detector == nil {
		return usageError{errors.New("there are no rules to test; name some with -r")}
	}
	expected, err := c.expected()
	if err != nil {
		return usageError{err}
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
	sink := c.detect.sink(source.SinkFunc(func(*event.Batch) {}))
	err = source.Merge(ctx, c.detect.alertsAlone(req, sources), sources, wanted(req, func(b *event.Batch, sel []uint64) { eachRun(b, sel, sink.Batch) }))
	c.detect.end()
	closeAll(sources)
	st := c.detect.detector.Stats()
	rows := testRows(st, expected, c.Stats)
	if c.Output == "json" {
		err = errors.Join(err, writeTestJSON(a.out, rows))
	} else {
		err = errors.Join(err, c.writeTest(safetext.NewWriter(a.out), rows))
	}
	errs := safetext.NewWriter(a.errs)
	report(errs, sources, c.Stats)
	c.detect.report(errs, c.Stats)
	return errors.Join(err, unmet(rows))
}

// expected reads the expectations.
func (c *rulesTestCmd) expected() (map[string]uint64, error) {
	all := make(map[string]uint64)
	set := c.detect.detector.Set()
	for _, text := range c.Expect {
		at := strings.LastIndexByte(text, '=')
		if at < 0 {
			return nil, fmt.Errorf("--expect %q: write the rule's name, = and how often it fires", text)
		}
		name := strings.TrimSpace(text[:at])
		n, err := strconv.ParseUint(strings.TrimSpace(text[at+1:]), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("--expect %q: %q is not how often a rule fires", text, text[at+1:])
		}
		r := set.Rule(name)
		if r == nil && !hasSequence(set, name) {
			var names []string
			for _, r := range set.Rules {
				names = append(names, r.Name)
			}
			for _, q := range set.Sequences {
				names = append(names, q.Name)
			}
			if near := filter.Nearest(name, names); near != "" {
				return nil, fmt.Errorf("--expect: there is no rule %q; did you mean %q?", name, near)
			}
			return nil, fmt.Errorf("--expect: there is no rule %q; stoop rules list lists them", name)
		}
		if r != nil && !r.Enabled && n > 0 {
			return nil, fmt.Errorf("--expect: the rule %q is disabled", name)
		}
		all[name] = n
	}
	return all, nil
}

func hasSequence(set *rules.Set, name string) bool {
	return slices.ContainsFunc(set.Sequences, func(q *rules.Sequence) bool { return q.Name == name })
}

// testRow is what one rule, or sequence, did.
type testRow struct {
	Rule     string  `json:"rule"`
	Priority string  `json:"priority"`
	Source   string  `json:"source"`
	Fired    uint64  `json:"fired"`
	Expected *uint64 `json:"expected,omitempty"`
	Events   uint64  `json:"events,omitempty"`
	Nanos    int64   `json:"ns,omitempty"`
}

// testRows are the rules and sequences that fired or were to be counted, in the
// order of the set; all with their cost, the dearest first.
func testRows(st detect.Stats, expected map[string]uint64, all bool) (rows []testRow) {
	seen := make(map[string]bool)
	for _, r := range st.Rules {
		n, counted := expected[r.Rule.Name]
		seen[r.Rule.Name] = true
		if r.Fired == 0 && !counted && !all {
			continue
		}
		row := testRow{
			Rule: r.Rule.Name, Priority: r.Rule.Priority.String(), Source: r.Rule.Source, Fired: r.Fired,
			Events: r.Events, Nanos: r.Took.Nanoseconds(),
		}
		if counted {
			row.Expected = &n
		}
		rows = append(rows, row)
	}
	for _, q := range st.Sequences {
		n, counted := expected[q.Sequence.Name]
		seen[q.Sequence.Name] = true
		if q.Fired == 0 && !counted && !all {
			continue
		}
		row := testRow{Rule: q.Sequence.Name, Priority: q.Sequence.Priority.String(), Source: "sequence", Fired: q.Fired}
		if counted {
			row.Expected = &n
		}
		rows = append(rows, row)
	}
	for name, n := range expected { // disabled ones, which fire never
		if !seen[name] {
			rows = append(rows, testRow{Rule: name, Expected: &n})
		}
	}
	if all {
		slices.SortStableFunc(rows, func(a, b testRow) int { return int(b.Nanos - a.Nanos) })
	}
	return rows
}

func (c *rulesTestCmd) writeTest(out io.Writer, rows []testRow) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(out, "no rule fired")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	head := "FIRED\tPRIORITY\tRULE"
	if c.Stats {
		head = "FIRED\tEVENTS\tCOST\tNS/EVENT\tPRIORITY\tRULE"
	}
	fmt.Fprintln(w, head)
	for _, r := range rows {
		name := r.Rule
		if r.Expected != nil && *r.Expected != r.Fired {
			name += fmt.Sprintf(" (expected %d)", *r.Expected)
		}
		if c.Stats {
			fmt.Fprintf(w, "%d\t%d\t%s\t%.1f\t%s\t%s\n", r.Fired, r.Events, time.Duration(r.Nanos).Round(time.Microsecond),
				float64(r.Nanos)/float64(max(r.Events, 1)), r.Priority, name)
			continue
		}
		fmt.Fprintf(w, "%d\t%s\t%s\n", r.Fired, r.Priority, name)
	}
	return w.Flush()
}

func writeTestJSON(out io.Writer, rows []testRow) error {
	if rows == nil {
		rows = []testRow{}
	}
	e := json.NewEncoder(safetext.NewJSONWriter(out))
	e.SetEscapeHTML(false)
	return e.Encode(rows)
}

// unmet says which expectations were not met.
func unmet(rows []testRow) error {
	var wrong []string
	for _, r := range rows {
		if r.Expected != nil && *r.Expected != r.Fired {
			wrong = append(wrong, fmt.Sprintf("%q fired %d times, not %d", r.Rule, r.Fired, *r.Expected))
		}
	}
	if wrong == nil {
		return nil
	}
	return errors.New(strings.Join(wrong, "; "))
}
