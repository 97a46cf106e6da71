package main

import (
	"errors"
	"fmt"
	"math/bits"
	"path/filepath"
	"strings"

	"github.com/stoop-project/stoop/internal/config"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/rules/tune"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/tui"
)

// rulesExceptCmd proposes an exception.
type rulesExceptCmd struct {
	sourceFlags
	ruleFlags

	Alert  string   `placeholder:"ID|N" default:"1" help:"The alert: its id (alert.id), or the how manieth it is of those that the filter holds for."`
	Fields []string `placeholder:"FIELD,…" help:"What the exception compares, in place of what is proposed." predictor:"field"`
	Write  string   `placeholder:"FILE" help:"Add the exception to the end of this rule file, which is to be read after the rule's own." predictor:"file"`

	detecting detecting `kong:"-"`
}

// Run reads the alerts, and prints or writes an exception that would silence
// those like one of them.
func (c *rulesExceptCmd) Run(a *app) error {
	held, err := c.read(a)
	if err != nil {
		return err
	}
	row, err := held.find(c.Filter, c.Alert)
	if err != nil {
		return err
	}
	names := c.Rules
	if len(names) == 0 {
		names = byThemselves
	}
	files, err := rules.Find(names)
	if err != nil {
		return usageError{err}
	}
	set, _ := rules.Load(files, rules.Options{Lenient: true})
	p, err := tune.Propose(row, set.Rule(fieldText(row, "alert.rule")))
	if err != nil {
		return err
	}
	if len(c.Fields) > 0 {
		if err := p.Only(c.Fields); err != nil {
			return usageError{fmt.Errorf("--fields: %w", err)}
		}
	}
	if err := held.say(a, p); err != nil {
		return err
	}
	if c.Write == "" {
		_, err = fmt.Fprint(safetext.NewWriter(a.out), p.Item())
		return err
	}
	if err := p.Write(c.Write, files); err != nil {
		return err
	}
	_, err = fmt.Fprintf(safetext.NewWriter(a.out), "%s: written\n", c.Write)
	return err
}

// read reads all alerts of the sources, and makes those that the rules make.
func (c *rulesExceptCmd) read(a *app) (*heldAlerts, error) {
	if len(c.names()) == 0 {
		return nil, usageError{errors.New("name a source that holds the alert: a recording, Falco's JSON, a SIEM")}
	}
	if err := c.detecting.open(a, &c.ruleFlags, byThemselves...); err != nil {
		return nil, err
	}
	req, err := c.request()
	if err != nil {
		return nil, err
	}
	if req.Filter, err = compileFilter("alert.rule exists"); err != nil {
		return nil, err
	}
	sources, err := c.open(a)
	if err != nil {
		return nil, err
	}
	defer closeAll(sources)
	for _, s := range sources {
		if s.Info().Live {
			return nil, usageError{fmt.Errorf("%s never ends; record it, and name the recording", s.Info().Name)}
		}
	}
	held := &heldAlerts{}
	err = source.Merge(a.ctx, c.detecting.request(req, sources), sources, c.detecting.sink(wanted(req, held.add)))
	report(safetext.NewWriter(a.errs), sources, false)
	return held, err
}

// tuning is what the screen makes exceptions with.
func (x *detecting) tuning() tui.Tuning {
	t := tui.Tuning{}
	t.Path = exceptionsFile()
	if x.detector != nil {
		t.Set, t.Reload = x.detector.Set, x.detector.Reload
		t.Files = func() ([]rules.File, error) { return rules.Find(x.names) }
	}
	return t
}

// exceptionsFile is where the screen writes exceptions, beside the
// configuration; it is read behind all rules.
func exceptionsFile() string {
	if path := config.Path(); path != "" {
		return filepath.Join(filepath.Dir(path), "exceptions.yaml")
	}
	return ""
}

// heldAlerts are alerts that were read.
type heldAlerts struct{ rows []event.Row }

func (h *heldAlerts) add(b *event.Batch, sel []uint64) {
	for w, word := range sel {
		for ; word != 0; word &= word - 1 {
			h.rows = append(h.rows, b.Row(w*64+bits.TrailingZeros64(word)))
		}
	}
}

// find returns the alert that has an id, or is the n-th that a filter holds
// for.
func (h *heldAlerts) find(cond, which string) (event.Row, error) {
	f, err := compileFilter(filter.All(cond, "alert.rule exists"))
	if err != nil {
		return event.Row{}, err
	}
	n, seen := 0, 0
	if _, err := fmt.Sscanf(which+"\n", "%d\n", &n); err != nil {
		n = 0
	}
	for _, row := range h.rows {
		if !f.Match(row.B, row.I) {
			continue
		}
		seen++
		if fieldText(row, "alert.id") == which || seen == n {
			return row, nil
		}
	}
	if seen == 0 {
		return event.Row{}, fmt.Errorf("there is no alert among what was read")
	}
	return event.Row{}, usageError{fmt.Errorf("--alert %s: %s were read, and none is that", which, count(seen, "alert"))}
}

// say says what the exception compares, and how many alerts it would silence.
func (h *heldAlerts) say(a *app, p *tune.Proposal) error {
	f, err := compileFilter(p.Filter())
	if err != nil {
		return err
	}
	silenced, same := 0, 0
	for _, row := range h.rows {
		if fieldText(row, "alert.rule") == p.Rule {
			same++
		}
		if f.Match(row.B, row.I) {
			silenced++
		}
	}
	var left []string
	for _, k := range p.Picks {
		if !k.On {
			left = append(left, k.Field)
		}
	}
	out := safetext.NewWriter(a.errs)
	if len(left) > 0 {
		fmt.Fprintf(out, "not compared (--fields picks): %s\n", strings.Join(left, ", "))
	}
	_, err = fmt.Fprintf(out, "silences %d of the %s of %q, and %d of all %d that were read\n", silenced, count(same, "alert"), p.Rule, silenced, len(h.rows))
	return err
}

// fieldText returns a field's text, "" when it is missing.
func fieldText(row event.Row, name string) string {
	f, arg, err := event.Fields.Parse(name)
	if err != nil {
		return ""
	}
	if v, ok := f.Get(row, arg); ok {
		return v.String()
	}
	return ""
}
