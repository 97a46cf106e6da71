package main

import (
	"fmt"
	"strings"

	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
)

// printRequest prints, for each source, the request of the first page as a
// command for a shell. What its user must know goes to the errors, so that the
// output can be pasted.
func (c *printCmd) printRequest(a *app) error {
	req, err := c.request()
	if err != nil {
		return err
	}
	names := c.names()
	if len(names) == 0 {
		return usageError{errNoSource}
	}
	if given := c.forLive(); len(given) > 0 {
		return usageError{fmt.Errorf("%s and --dsl: one is for live, the other for a SIEM", strings.Join(given, ", "))}
	}
	for _, name := range names {
		siem, err := openOneSIEM(a, name, "--dsl")
		if err != nil {
			return err
		}
		command, hints := siem.Curl(c.detect.request(req, []source.Source{siem}), c.Limit)
		siem.Close()
		for _, hint := range hints {
			fmt.Fprintf(safetext.NewWriter(a.errs), "%s: %s\n", siem.Name(), hint)
		}
		if _, err := fmt.Fprintln(safetext.NewJSONWriter(a.out), command); err != nil {
			return err
		}
	}
	return nil
}
