package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/safetext"
)

// count writes a number of things: 1 error, 2 errors.
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// writeProblem writes a problem as compilers do: where, what, the line, and
// what to do.
func writeProblem(out io.Writer, p *rules.Problem) {
	level := "warning"
	if p.Code.IsError() {
		level = "error"
	}
	fmt.Fprintf(out, "%s: %s: ", p.At, level)
	if p.Item != "" {
		fmt.Fprintf(out, "%s: ", p.Item)
	}
	fmt.Fprintf(out, "%s [%s]\n", p.Msg, p.Code)
	if p.Context != "" {
		fmt.Fprintln(out, indent(p.Context))
	}
	if p.Hint != "" {
		fmt.Fprintln(out, indent(p.Hint))
	}
}

// writeReport writes all problems and then what the files hold.
func writeReport(to io.Writer, files []rules.File, set *rules.Set, report *rules.Report) error {
	out := safetext.NewWriter(to)
	for _, p := range slices.Concat(report.Errors, report.Warnings) {
		writeProblem(out, p)
	}
	for _, more := range []struct {
		n    int
		noun string
	}{{report.MoreErrors, "error"}, {report.MoreWarnings, "warning"}} {
		if more.n > 0 {
			fmt.Fprintf(out, "and %s more that are not shown\n", count(more.n, more.noun))
		}
	}
	_, err := fmt.Fprintf(out, "%s: %s, %s, %s, %s; %s, %s\n", count(len(files), "file"),
		count(len(set.Rules), "rule"), count(len(set.Sequences), "sequence"), count(set.Macros, "macro"), count(set.Lists, "list"),
		count(report.NumErrors(), "error"), count(report.NumWarnings(), "warning"))
	return err
}

// problemJSON is a problem in JSON.
type problemJSON struct {
	Code    rules.Code `json:"code"`
	File    string     `json:"file"`
	Line    int        `json:"line,omitempty"`
	Column  int        `json:"column,omitempty"`
	Item    string     `json:"item,omitempty"`
	Message string     `json:"message"`
	Hint    string     `json:"hint,omitempty"`
	Snippet string     `json:"snippet,omitempty"`
}

func problemsJSON(problems []*rules.Problem) []problemJSON {
	all := make([]problemJSON, len(problems))
	for i, p := range problems {
		all[i] = problemJSON{p.Code, p.At.File, p.At.Line, p.At.Col, p.Item, p.Msg, p.Hint, p.Context}
	}
	return all
}

func writeReportJSON(out io.Writer, files []rules.File, set *rules.Set, report *rules.Report) error {
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f.Name
	}
	return writeJSON(out, struct {
		Files      []string      `json:"files"`
		Successful bool          `json:"successful"`
		Rules      int           `json:"rules"`
		Sequences  int           `json:"sequences"`
		Macros     int           `json:"macros"`
		Lists      int           `json:"lists"`
		Errors     []problemJSON `json:"errors"`
		Warnings   []problemJSON `json:"warnings"`
		NotShown   int           `json:"not_shown,omitempty"`
	}{
		names, report.NumErrors() == 0, len(set.Rules), len(set.Sequences), set.Macros, set.Lists,
		problemsJSON(report.Errors), problemsJSON(report.Warnings), report.MoreErrors + report.MoreWarnings,
	})
}

// writeJSON writes a value, indented.
func writeJSON(to io.Writer, v any) error {
	enc := json.NewEncoder(safetext.NewJSONWriter(to))
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// ruleDoc is a rule in JSON.
type ruleDoc struct {
	Rule       string         `json:"rule"`
	Desc       string         `json:"desc,omitempty"`
	Source     string         `json:"source,omitempty"`
	Priority   string         `json:"priority,omitempty"`
	Tags       []string       `json:"tags,omitempty"`
	Enabled    bool           `json:"enabled"`
	Tactics    []string       `json:"tactics,omitempty"`
	Techniques []string       `json:"techniques,omitempty"`
	Condition  string         `json:"condition,omitempty"`
	Evaluated  string         `json:"evaluated,omitempty"`
	Exceptions []exceptionDoc `json:"exceptions,omitempty"`
	Output     string         `json:"output,omitempty"`
	Guide      *guideDoc      `json:"guide,omitempty"`
	At         string         `json:"at"`
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

func ruleJSON(r *rules.Rule) ruleDoc {
	doc := ruleDoc{
		Rule: r.Name, Desc: strings.TrimSpace(r.Desc), Source: r.Source, Priority: r.Priority.String(), Tags: r.Tags, Enabled: r.Enabled,
		Tactics: rules.Tactics(r.Tags), Techniques: rules.Techniques(r.Tags),
		Condition: strings.TrimSpace(r.Condition), Evaluated: filter.Source(r.Expr), Output: r.Output, At: r.At.String(),
	}
	for i := range r.Exceptions {
		x := &r.Exceptions[i]
		doc.Exceptions = append(doc.Exceptions, exceptionDoc{x.Name, x.Fields, x.Comps, rules.Value{List: true, Of: x.Values}.Any()})
	}
	if !r.Guide.Empty() {
		doc.Guide = &guideDoc{r.Guide.Investigate, r.Guide.FalsePositives, r.Guide.Respond}
	}
	return doc
}

// writeRules lists the rules and sequences that have all the tags.
func writeRules(to io.Writer, set *rules.Set, tags []string, format string) error {
	var docs []ruleDoc
	for _, r := range set.Rules {
		if hasAll(r.Tags, tags) {
			docs = append(docs, ruleJSON(r))
		}
	}
	switch format {
	case "json":
		return writeJSON(to, docs)
	case "names":
		out := safetext.NewWriter(to)
		for _, d := range docs {
			fmt.Fprintln(out, d.Rule)
		}
		return nil
	}
	w := tabwriter.NewWriter(safetext.NewWriter(to), 0, 8, 2, ' ', 0)
	for _, d := range docs {
		state := d.Priority
		if !d.Enabled {
			state += ", disabled"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", d.Rule, state, d.Source, strings.Join(slices.Concat(d.Tactics, d.Techniques), ", "))
	}
	return w.Flush()
}

func hasAll(have, want []string) bool {
	for _, t := range want {
		if !slices.Contains(have, t) {
			return false
		}
	}
	return true
}

// writeRule shows a rule whole.
func writeRule(to io.Writer, r *rules.Rule) error {
	out := safetext.NewWriter(to)
	doc := ruleJSON(r)
	part := func(name, text string) {
		if text = strings.TrimSpace(text); text != "" {
			fmt.Fprintf(out, "%-10s %s\n", name, strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", 11)))
		}
	}
	fmt.Fprintln(out, r.Name)
	part("from", doc.At)
	part("source", doc.Source)
	part("priority", doc.Priority)
	if !r.Enabled {
		part("enabled", "no")
	}
	part("tags", strings.Join(doc.Tags, ", "))
	part("MITRE", strings.Join(slices.Concat(doc.Tactics, doc.Techniques), ", "))
	part("says", doc.Desc)
	part("condition", doc.Condition)
	for i := range r.Exceptions {
		part("except", r.Exceptions[i].String())
	}
	part("evaluated", doc.Evaluated)
	part("output", doc.Output)
	for _, x := range r.Extra {
		part("also", x.Key)
	}
	for _, g := range []struct {
		name  string
		steps []string
	}{{"look at", r.Guide.Investigate}, {"harmless", r.Guide.FalsePositives}, {"then", r.Guide.Respond}} {
		if len(g.steps) > 0 {
			part(g.name, "- "+strings.Join(g.steps, "\n- "))
		}
	}
	return nil
}
