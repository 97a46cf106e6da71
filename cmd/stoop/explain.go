package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query"
)

// askFlags names the SIEMs that are asked what they can evaluate.
type askFlags struct {
	Sources []string `name:"source" sep:"none" placeholder:"SOURCE" help:"A SIEM that is asked what it can evaluate; may be given several times (docs/siem.md)." predictor:"source"`
	SIEM    []string `name:"siem" placeholder:"NAME" help:"The same, a server of the configuration."`
}

type filterExplainCmd struct {
	Expr string `arg:"" help:"The filter."`
	askFlags
}

// Run explains the filter.
func (c *filterExplainCmd) Run(a *app) error {
	f, err := filter.Compile(c.Expr, event.Fields)
	if err != nil {
		return filterError(c.Expr, err)
	}
	return c.explain(a, f)
}

// explain prints the parts that must all hold, each with who evaluates it, and
// what the kernel and the SIEMs are told.
func (c *askFlags) explain(a *app, f *filter.Filter) error {
	asked, err := c.ask(a, f)
	if err != nil {
		return err
	}
	out := safetext.NewWriter(a.out)
	width := len("files")
	for _, k := range asked {
		width = max(width, len([]rune(k.name)))
	}
	row := func(who, does string) { fmt.Fprintf(out, "  %-*s  %s\n", width, who, does) }
	for _, part := range f.Explain(nil) {
		fmt.Fprintln(out, part.Expr)
		row("live", kernelPart(part))
		row("files", "the client evaluates it")
		for _, k := range asked {
			row(k.name, siemPart(k.Plan.Part(part.Expr)))
		}
	}
	fmt.Fprintf(out, "the kernel is told: %s\n", f.Scope())
	for _, k := range asked {
		if err := k.print(a); err != nil {
			return err
		}
	}
	return nil
}

// asking is how a SIEM answers the filter for one kind of its documents.
type asking struct {
	name string // of the source and the kind
	query.Answer
}

// ask opens the sources and has the filter translated.
func (c *askFlags) ask(a *app, f *filter.Filter) (all []asking, err error) {
	flags := sourceFlags{Sources: c.Sources, SIEM: c.SIEM}
	for _, name := range flags.names() {
		siem, err := openOneSIEM(a, name, "--source")
		if err != nil {
			return nil, err
		}
		answers := siem.Answers(f)
		siem.Close()
		if len(answers) == 0 {
			report(safetext.NewWriter(a.errs), []source.Source{siem}, true)
			return nil, fmt.Errorf("%s: no kind of documents is known there, so the client evaluates the whole filter", name)
		}
		for _, answer := range answers {
			all = append(all, asking{siem.Name() + ", " + answer.Kind, answer})
		}
	}
	return all, nil
}

// openOneSIEM opens a source that must be a SIEM; flag is what wants that.
func openOneSIEM(a *app, name, flag string) (*query.SIEM, error) {
	src, err := a.sources().Open(a.ctx, name, source.Options{Payload: -1})
	if err != nil {
		return nil, err
	}
	siem, ok := src.(*query.SIEM)
	if !ok {
		src.Close()
		return nil, usageError{fmt.Errorf("%s is for a SIEM, which evaluates filters by itself, not for %s", flag, name)}
	}
	return siem, nil
}

// print prints what the SIEM is asked.
func (k *asking) print(a *app) error {
	what := "which finds what the filter holds for and nothing else"
	if !k.Plan.Exact {
		what = "which finds all that the filter holds for and more: the client finishes it"
	}
	var text bytes.Buffer
	if err := json.Indent(&text, k.Plan.Query, "", "  "); err != nil {
		return err
	}
	fmt.Fprintf(safetext.NewWriter(a.out), "%s is asked, %s:\n", k.name, what)
	_, err := fmt.Fprintf(safetext.NewJSONWriter(a.out), "%s\n", text.Bytes())
	return err
}

func kernelPart(part filter.Conjunct) string {
	switch part.Kernel {
	case filter.Decides:
		return "the kernel evaluates it: " + part.Scope.String()
	case filter.Narrows:
		return "the kernel narrows it to " + part.Scope.String() + ", the client finishes it"
	}
	return "the client evaluates it"
}

func siemPart(s filter.Support) string {
	switch s {
	case filter.Decides:
		return "decides: the SIEM evaluates it"
	case filter.Narrows:
		return "narrows: the SIEM leaves out some, the client finishes it"
	}
	return "ignores: the client evaluates it"
}
