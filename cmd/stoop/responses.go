package main

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/stoop-project/stoop/internal/respond"
	"github.com/stoop-project/stoop/internal/safetext"
)

// responsesCmd is about what may be done about an event.
type responsesCmd struct {
	List   responsesListCmd   `cmd:"" default:"1" help:"List those built in and your own."`
	Check  responsesCheckCmd  `cmd:"" help:"Say what is wrong in files of responses."`
	Schema responsesSchemaCmd `cmd:"" help:"Print the JSON schema of such files, for an editor."`
}

type responsesListCmd struct{}

// Run lists them.
func (c *responsesListCmd) Run(a *app) error {
	t, err := respond.NewFolder(responseFolder()).Table()
	w := tabwriter.NewWriter(safetext.NewWriter(a.out), 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "RESPONSE\tWHAT IT DOES")
	for _, r := range t.All() {
		fmt.Fprintf(w, "%s\t%s\n", r.Name, safetext.Line(r.Title))
	}
	return errors.Join(w.Flush(), err)
}

type responsesCheckCmd struct {
	Files []string `arg:"" name:"file" help:"Files of responses."`
}

// Run reads the files and fails when one of them is wrong.
func (c *responsesCheckCmd) Run(a *app) error {
	out := safetext.NewWriter(a.out)
	var errs []error
	for _, name := range c.Files {
		t, err := respond.LoadFile(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		fmt.Fprintf(out, "%s: %s\n", name, count(len(t.All()), "response"))
	}
	return errors.Join(errs...)
}

type responsesSchemaCmd struct{}

// Run prints it.
func (c *responsesSchemaCmd) Run(a *app) error {
	_, err := a.out.Write(respond.Schema)
	return err
}
