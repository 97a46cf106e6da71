package main

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/stoop-project/stoop/internal/pivot"
	"github.com/stoop-project/stoop/internal/safetext"
)

// pivotsCmd is about the ways from an event to what else is known around it.
type pivotsCmd struct {
	List   pivotsListCmd   `cmd:"" default:"1" help:"List those built in and your own."`
	Check  pivotsCheckCmd  `cmd:"" help:"Say what is wrong in files of pivots."`
	Schema pivotsSchemaCmd `cmd:"" help:"Print the JSON schema of such files, for an editor."`
}

type pivotsListCmd struct{}

// Run lists them.
func (c *pivotsListCmd) Run(a *app) error {
	table, _, err := pivot.NewFolder(pivotFolder()).Table()
	w := tabwriter.NewWriter(safetext.NewWriter(a.out), 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "PIVOT\tWHAT IT FINDS\tWITHIN")
	for _, p := range table.All() {
		spans := p.Windows()
		fmt.Fprintf(w, "%s\t%s\t%s … %s\n", p.Name, p.Title, spans[0], spans[len(spans)-1])
	}
	return errors.Join(w.Flush(), err)
}

type pivotsCheckCmd struct {
	Files []string `arg:"" name:"file" help:"Files of pivots."`
}

// Run reads the files and fails when one of them is wrong.
func (c *pivotsCheckCmd) Run(a *app) error {
	out := safetext.NewWriter(a.out)
	var errs []error
	for _, name := range c.Files {
		t, err := pivot.LoadFile(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		fmt.Fprintf(out, "%s: %d pivots\n", name, len(t.All()))
	}
	return errors.Join(errs...)
}

type pivotsSchemaCmd struct{}

// Run prints it.
func (c *pivotsSchemaCmd) Run(a *app) error {
	_, err := a.out.Write(pivot.Schema)
	return err
}
