package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/respond"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
)

// respondFlags are what print is told of an event that something is to be done
// about.
type respondFlags struct {
	Respond string `placeholder:"EVENT" help:"Print what may be done about an event (named as for --story), as commands with its names filled in. Nothing is run."`
}

// responseFolder is where the user's own responses are.
func responseFolder() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "stoop", "responses")
}

// responses are those built in and the user's own. What is wrong with these is
// said; the others go on.
func responses(errs io.Writer) *respond.Table {
	t, err := respond.NewFolder(responseFolder()).Table()
	if err != nil {
		fmt.Fprintln(safetext.NewWriter(errs), "stoop:", err)
	}
	return t
}

// printResponses prints the proposals for an event. What cannot be filled in is
// said behind them.
func (c *printCmd) printResponses(a *app) error {
	if c.Output != "table" || c.Follow || len(c.Columns) > 0 {
		return usageError{errors.New("--respond prints commands: -o, --columns and --follow do not go with it")}
	}
	return c.ofEvent(a, c.Respond, func(_ context.Context, _ *store.Store, _ []source.Source, at event.Row) error {
		out := safetext.NewWriter(a.out)
		for _, p := range responses(a.errs).Propose(at) {
			var err error
			if p.Text == "" {
				_, err = fmt.Fprintf(out, "# %s: %s\n", p.Response.Title, strings.Join(p.Lacks, "; "))
			} else {
				_, err = fmt.Fprintf(out, "%s\n", p.Script())
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
