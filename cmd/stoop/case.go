package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/stoop-project/stoop/internal/casefile"
	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/tui"
)

// caseCmd works with cases.
type caseCmd struct {
	Open   caseOpenCmd   `cmd:"" help:"Open a case on the screen as it was left."`
	List   caseListCmd   `cmd:"" help:"List the cases."`
	Show   caseShowCmd   `cmd:"" help:"Print what is in a case."`
	Note   caseNoteCmd   `cmd:"" help:"Add a note to a case."`
	Export caseExportCmd `cmd:"" help:"Write a case for others: Markdown with pictures, JSON, STIX 2.1, the recording of its events, and their sums."`
	Verify caseVerifyCmd `cmd:"" help:"Compare a case's evidence with the sums it had when it was kept."`
}

// casework is what the screen keeps cases with; name is the case to work on, ""
// for one that is begun with the first mark.
func casework(name, by string, showSecrets bool) (tui.Casework, error) {
	work := tui.Casework{
		Keep: keepEvents,
		Begin: func() (*casefile.Case, error) {
			path, err := casefile.Path(casefile.NewName(time.Now()))
			if err != nil {
				return nil, err
			}
			return casefile.Open(path, by, false)
		},
		Export: func(c *casefile.Case) (string, error) {
			dir := filepath.Base(c.Folder()) + "-export-" + time.Now().UTC().Format("20060102T150405")
			_, err := c.Export(dir, casefile.Options{ShowSecrets: showSecrets, Merge: mergeRecordings})
			return dir, err
		},
	}
	if name == "" {
		return work, nil
	}
	path, err := casefile.Path(name)
	if err != nil {
		return work, err
	}
	work.Case, err = casefile.Open(path, by, false)
	return work, err
}

// caseArg is a case that must be there.
type caseArg struct {
	Name string `arg:"" name:"case" help:"A case: its name, as list prints it, or its folder."`
}

func (c *caseArg) open(by string) (*casefile.Case, error) {
	path, err := casefile.Path(c.Name)
	if err != nil {
		return nil, err
	}
	return casefile.Open(path, by, true)
}

// caseOpenCmd opens a case on the screen.
type caseOpenCmd struct {
	caseArg
	viewCmd
}

// Run opens the case's sources, or others that are named.
func (c *caseOpenCmd) Run(a *app) error {
	opened, err := c.caseArg.open("")
	if err != nil {
		return err
	}
	if len(c.names()) == 0 {
		if p := opened.Place(); p != nil {
			c.Sources = p.Sources
			c.resume(p)
		}
	}
	if len(c.names()) == 0 {
		return usageError{errors.New("the case does not say what was looked at: name a source")}
	}
	c.Case = opened.Folder()
	return c.viewCmd.Run(a)
}

// resume asks for the span that was asked for when the case was left, unless
// another is.
func (f *sourceFlags) resume(p *casefile.Place) {
	for _, bound := range []struct {
		to   *timeArg
		left time.Time
	}{{&f.Since, p.Since}, {&f.Until, p.Until}} {
		if *bound.to == (timeArg{}) && !bound.left.IsZero() {
			*bound.to = timeArg{text: bound.left.Format(time.RFC3339Nano), abs: bound.left}
		}
	}
}

// caseListCmd lists the cases.
type caseListCmd struct{}

// Run prints a line for each case, the one that was changed last in front.
func (caseListCmd) Run(a *app) error {
	names, err := casefile.List()
	if err != nil {
		return err
	}
	if len(names) == 0 {
		dir, err := casefile.Dir()
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(safetext.NewWriter(a.errs), "there is no case in %s: m on the screen begins one\n", dir)
		return err
	}
	out := tabwriter.NewWriter(safetext.NewWriter(a.out), 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "CASE\tTITLE\tENTRIES\tLAST")
	for _, name := range names {
		path, err := casefile.Path(name)
		if err != nil {
			return err
		}
		c, err := casefile.Open(path, "", true)
		if err != nil {
			fmt.Fprintf(out, "%s\t%s\t\t\n", safetext.Line(name), safetext.Line(err.Error()))
			continue
		}
		all := c.Entries()
		last := ""
		if len(all) > 0 {
			last = all[len(all)-1].At.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(out, "%s\t%s\t%d\t%s\n", safetext.Line(name), safetext.Line(safetext.Redact(c.Title())), len(all), last)
	}
	return out.Flush()
}

// caseShowCmd prints a case.
type caseShowCmd struct {
	caseArg
	ShowSecrets bool `help:"Do not mask passwords, tokens and keys."`
}

// Run prints a line for each entry.
func (c *caseShowCmd) Run(a *app) error {
	opened, err := c.open("")
	if err != nil {
		return err
	}
	out := safetext.NewWriter(a.out)
	text := func(s string) string {
		if !c.ShowSecrets {
			s = safetext.Redact(s)
		}
		return safetext.Line(s)
	}
	fmt.Fprintf(out, "%s  %s\n", text(opened.Title()), opened.Folder())
	for _, e := range opened.Entries() {
		what := e.Title
		switch e.Kind {
		case casefile.Begun:
			continue
		case casefile.Note:
			what = e.Text
		case casefile.Filter:
			what += "  " + e.Filter
		}
		when := ""
		if e.Time != 0 {
			when = time.Unix(0, e.Time).UTC().Format(time.RFC3339Nano)
		}
		if _, err := fmt.Fprintf(out, "%s  %-7s  %-30s  %s\n", e.ID, e.Kind, when, text(what)); err != nil {
			return err
		}
	}
	if n := opened.Damaged(); n > 0 {
		fmt.Fprintf(safetext.NewWriter(a.errs), "%s cannot be read\n", count(n, "line"))
	}
	return nil
}

// caseNoteCmd adds a note.
type caseNoteCmd struct {
	caseArg
	Text []string `arg:"" help:"The note."`
	Of   string   `placeholder:"ID" help:"The entry that it is about, as show prints it."`
	userFlags
}

// Run adds it.
func (c *caseNoteCmd) Run(a *app) error {
	opened, err := c.caseArg.open(c.by())
	if err != nil {
		return err
	}
	_, err = opened.Add(a.ctx, casefile.Entry{Kind: casefile.Note, Of: c.Of, Text: strings.Join(c.Text, " ")})
	return err
}

// caseExportCmd writes a case for others.
type caseExportCmd struct {
	caseArg
	To          string `required:"" placeholder:"FOLDER" help:"Folder that the files go to; it must be empty or not there."`
	ShowSecrets bool   `help:"Do not mask passwords, tokens and keys."`
}

// Run writes it and names the files.
func (c *caseExportCmd) Run(a *app) error {
	opened, err := c.open("")
	if err != nil {
		return err
	}
	files, err := opened.Export(c.To, casefile.Options{ShowSecrets: c.ShowSecrets, Merge: mergeRecordings})
	for _, f := range files {
		fmt.Fprintf(safetext.NewWriter(a.out), "%s  %s\n", f.SHA256, safetext.Line(filepath.Join(c.To, f.Name)))
	}
	return err
}

// caseVerifyCmd checks the evidence.
type caseVerifyCmd struct{ caseArg }

// Run says what is wrong.
func (c *caseVerifyCmd) Run(a *app) error {
	opened, err := c.open("")
	if err != nil {
		return err
	}
	if wrong := opened.Verify(); len(wrong) > 0 {
		return errors.New(strings.Join(wrong, "; "))
	}
	_, err = fmt.Fprintf(a.out, "%s as kept\n", count(len(opened.Files()), "file"))
	return err
}
