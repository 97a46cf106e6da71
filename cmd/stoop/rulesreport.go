package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

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
