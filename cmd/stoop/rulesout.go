package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/safetext"
)

// ruleDoc is a rule or a sequence in JSON.
type ruleDoc struct {
	Rule       string         `json:"rule,omitempty"`
	Sequence   *sequenceDoc   `json:"sequence,omitempty"`
	Desc       string         `json:"desc,omitempty"`
	Source     string         `json:"source,omitempty"`
	Priority   string         `json:"priority,omitempty"`
	Tags       []string       `json:"tags,omitempty"`
	Enabled    bool           `json:"enabled"`
	Off        string         `json:"disabled_by,omitempty"`
	Tactics    []string       `json:"tactics,omitempty"`
	Techniques []string       `json:"techniques,omitempty"`
	Condition  string         `json:"condition,omitempty"`
	Evaluated  string         `json:"evaluated,omitempty"`
	Exceptions []exceptionDoc `json:"exceptions,omitempty"`
	Output     string         `json:"output,omitempty"`
	Extra      []string       `json:"extra_fields,omitempty"`
	Guide      *guideDoc      `json:"guide,omitempty"`
	At         string         `json:"at"`
}

type sequenceDoc struct {
	Name     string    `json:"name"`
	Type     string    `json:"type"`
	Steps    []stepDoc `json:"steps"`
	Count    string    `json:"count,omitempty"`
	Field    string    `json:"field,omitempty"`
	GroupBy  []string  `json:"group_by,omitempty"`
	Timespan string    `json:"timespan"`
	Suppress string    `json:"suppress,omitempty"`
}

type stepDoc struct {
	Name      string `json:"name"`
	Rule      string `json:"rule,omitempty"`
	Condition string `json:"condition,omitempty"`
	Evaluated string `json:"evaluated,omitempty"`
	Optional  bool   `json:"optional,omitempty"`
	Not       bool   `json:"not,omitempty"`
}

type exceptionDoc struct {
	Name   string   `json:"name"`
	Fields []string `json:"fields"`
	Comps  []string `json:"comps"`
	Values any      `json:"values"`
}

type guideDoc struct {
	Investigate    []string `json:"investigate,omitempty"`
	FalsePositives []string `json:"false_positives,omitempty"`
	Respond        []string `json:"respond,omitempty"`
}

func (d *ruleDoc) name() string {
	if d.Sequence != nil {
		return d.Sequence.Name
	}
	return d.Rule
}

func docOfRule(r *rules.Rule) ruleDoc {
	doc := ruleDoc{
		Rule: r.Name, Desc: strings.TrimSpace(r.Desc), Source: r.Source, Priority: r.Priority.String(), Tags: r.Tags, Enabled: r.Enabled, Off: r.Off,
		Tactics: event.Tactics(r.Tags), Techniques: rules.Techniques(r.Tags), Guide: docOfGuide(r.Guide),
		Condition: strings.TrimSpace(r.Condition), Evaluated: filter.Source(r.Expr), Output: r.Output, At: r.At.String(),
	}
	for i := range r.Exceptions {
		x := &r.Exceptions[i]
		doc.Exceptions = append(doc.Exceptions, exceptionDoc{x.Name, x.Fields, x.Comps, rules.Value{List: true, Of: x.Values}.Any()})
	}
	for _, x := range r.Extra {
		doc.Extra = append(doc.Extra, x.Key)
	}
	return doc
}

func docOfGuide(g rules.Guide) *guideDoc {
	if g.Empty() {
		return nil
	}
	return &guideDoc{g.Investigate, g.FalsePositives, g.Respond}
}

func docOfSequence(s *rules.Sequence) ruleDoc {
	q := &sequenceDoc{Name: s.Name, Type: s.Type.String(), Field: s.Field, GroupBy: s.GroupBy, Timespan: s.Timespan.String()}
	if s.Type.Counts() {
		q.Count = s.Count.String()
	}
	if s.Suppress > 0 {
		q.Suppress = s.Suppress.String()
	}
	for i := range s.Steps {
		step := &s.Steps[i]
		d := stepDoc{Name: step.Name, Rule: step.Rule, Condition: strings.TrimSpace(step.Condition), Optional: step.Optional, Not: step.Not}
		if step.Expr != nil {
			d.Evaluated = filter.Source(step.Expr)
		}
		q.Steps = append(q.Steps, d)
	}
	return ruleDoc{
		Sequence: q, Desc: strings.TrimSpace(s.Desc), Priority: s.Priority.String(), Tags: s.Tags, Enabled: s.Enabled,
		Tactics: event.Tactics(s.Tags), Techniques: rules.Techniques(s.Tags), Output: s.Output, Guide: docOfGuide(s.Guide), At: s.At.String(),
	}
}

// docsOf returns the rules and then the sequences of a set.
func docsOf(set *rules.Set) (docs []ruleDoc) {
	for _, r := range set.Rules {
		docs = append(docs, docOfRule(r))
	}
	for _, s := range set.Sequences {
		docs = append(docs, docOfSequence(s))
	}
	return docs
}

// writeRules lists rules and sequences.
func writeRules(to io.Writer, docs []ruleDoc, format string) error {
	switch format {
	case "json":
		return writeJSON(to, docs)
	case "names":
		out := safetext.NewWriter(to)
		for i := range docs {
			fmt.Fprintln(out, docs[i].name())
		}
		return nil
	}
	w := tabwriter.NewWriter(safetext.NewWriter(to), 0, 8, 2, ' ', 0)
	for i := range docs {
		d := &docs[i]
		kind, state := d.Source, d.Priority
		if d.Sequence != nil {
			kind = "sequence"
		}
		if !d.Enabled {
			state += ", disabled"
			if d.Off != "" {
				state += " by " + d.Off
			}
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", d.name(), state, kind, strings.Join(slices.Concat(d.Tactics, d.Techniques), ", "))
	}
	return w.Flush()
}

// writeRule shows a rule or a sequence whole.
func writeRule(to io.Writer, d *ruleDoc) error {
	out := safetext.NewWriter(to)
	part := func(name, text string) {
		if text = strings.TrimSpace(text); text != "" {
			fmt.Fprintf(out, "%-10s %s\n", name, strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", 11)))
		}
	}
	fmt.Fprintln(out, d.name())
	part("from", d.At)
	part("source", d.Source)
	part("priority", d.Priority)
	if !d.Enabled {
		part("enabled", strings.TrimSuffix("no, "+d.Off, ", "))
	}
	part("tags", strings.Join(d.Tags, ", "))
	part("MITRE", strings.Join(slices.Concat(d.Tactics, d.Techniques), ", "))
	part("says", d.Desc)
	part("condition", d.Condition)
	for _, x := range d.Exceptions {
		part("except", x.line())
	}
	part("evaluated", d.Evaluated)
	if d.Sequence != nil {
		d.Sequence.parts(part)
	}
	part("output", d.Output)
	part("also", strings.Join(d.Extra, ", "))
	if g := d.Guide; g != nil {
		part("look at", bullets(g.Investigate))
		part("harmless", bullets(g.FalsePositives))
		part("then", bullets(g.Respond))
	}
	return nil
}

func bullets(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return "- " + strings.Join(lines, "\n- ")
}

// line writes an exception on a line: its name, what it compares, and with
// what.
func (x *exceptionDoc) line() string {
	var b strings.Builder
	b.WriteString(x.Name + ":")
	for i, f := range x.Fields {
		if i > 0 {
			b.WriteString(" and")
		}
		b.WriteString(" " + f + " " + x.Comps[i])
	}
	return fmt.Sprintf("%s %v", &b, x.Values)
}

// parts shows what a sequence waits for.
func (q *sequenceDoc) parts(part func(name, text string)) {
	part("sequence", q.Type)
	for _, s := range q.Steps {
		what := "condition " + s.Condition
		if s.Rule != "" {
			what = "rule " + s.Rule
		}
		if s.Optional {
			what += " (may be missing)"
		}
		if s.Not {
			what += " (must not happen)"
		}
		part("step", s.Name+": "+what)
		part("evaluated", s.Evaluated)
	}
	part("count", strings.TrimSpace(q.Count+" "+q.Field))
	part("grouped by", strings.Join(q.GroupBy, ", "))
	part("within", q.Timespan)
	part("silent for", q.Suppress)
}
