package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/safetext"
)

// filterCmd looks at filters.
type filterCmd struct {
	Parse   filterParseCmd   `cmd:"" help:"Check the syntax alone, and print the filter as it is understood."`
	Check   filterCheckCmd   `cmd:"" help:"Check fields, operators and types too."`
	Explain filterExplainCmd `cmd:"" help:"Say who evaluates which part."`
}

type filterParseCmd struct {
	Expr string `arg:"" help:"The filter."`
}

// Run parses.
func (c *filterParseCmd) Run(a *app) error {
	e, err := filter.Parse(c.Expr)
	if err != nil {
		return filterError(c.Expr, err)
	}
	_, err = fmt.Fprintln(safetext.NewWriter(a.out), e)
	return err
}

type filterCheckCmd struct {
	Expr  string `arg:"" help:"The filter."`
	Falco bool   `help:"Refuse what Falco itself would not take: stoop's own fields and event types."`
}

// Run checks.
func (c *filterCheckCmd) Run(a *app) error {
	warnings, err := filter.Options{Falco: c.Falco}.Check(c.Expr, event.Fields)
	if err != nil {
		return filterError(c.Expr, err)
	}
	out := safetext.NewWriter(a.out)
	for _, w := range warnings {
		fmt.Fprintln(out, "warning:", w)
	}
	_, err = fmt.Fprintln(out, "ok")
	return err
}

// filterError shows where in an expression an error is.
func filterError(expr string, err error) error {
	var e *filter.Error
	if errors.As(err, &e) {
		if caret := e.Caret(expr); caret != "" {
			return usageError{fmt.Errorf("%w\n%s", err, indent(caret))}
		}
	}
	return usageError{err}
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  ")
}
