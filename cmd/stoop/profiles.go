package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/stoop-project/stoop/internal/config"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/safetext"
)

// profilesCmd looks at profiles.
type profilesCmd struct {
	List   profilesListCmd   `cmd:"" help:"List the kinds of documents that are known, and the profiles in your folder."`
	Show   profilesShowCmd   `cmd:"" help:"Say how a profile knows its documents, and where it looks for each field."`
	Detect profilesDetectCmd `cmd:"" help:"Say which profiles read the documents of a file."`
	Test   profilesTestCmd   `cmd:"" help:"Say which fields the documents of a file have and which they have not, and why some are not read."`
}

// profilesDir is the folder of the user's own profiles, "" when there can be
// none.
func profilesDir() string {
	path := config.Path()
	if path == "" {
		return ""
	}
	return filepath.Join(filepath.Dir(path), "profiles")
}

// useProfiles makes the user's own profiles known. One that is broken is left
// out, and said.
func useProfiles(errs io.Writer) {
	profile.Use(func() *profile.Set {
		set, err := profile.Load(profilesDir())
		if err != nil {
			fmt.Fprintf(safetext.NewWriter(errs), "stoop: %v\n", err)
		}
		return set
	})
}

type profilesListCmd struct {
	Output string `short:"o" default:"table" enum:"table,markdown" help:"Format: ${enum}."`
}

// Run lists the profiles in the order in which they are tried.
func (c *profilesListCmd) Run(a *app) error {
	if c.Output == "markdown" {
		return profile.WriteMarkdown(a.out)
	}
	w := tabwriter.NewWriter(safetext.NewWriter(a.out), 0, 8, 2, ' ', 0)
	for _, p := range profile.All() {
		from := p.File
		if from == "" {
			from = "built in"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", p.Name, p.About, from)
	}
	return w.Flush()
}

type profilesShowCmd struct {
	Name string `arg:"" help:"Name of a profile (stoop profiles list)."`
}

// Run shows a profile.
func (c *profilesShowCmd) Run(a *app) error {
	p := profile.ByName(c.Name)
	if p == nil {
		return usageError{fmt.Errorf("there is no profile %q; stoop profiles list lists them", c.Name)}
	}
	w := tabwriter.NewWriter(safetext.NewWriter(a.out), 0, 8, 2, ' ', 0)
	for _, line := range p.Describe() {
		fmt.Fprintf(w, "%s\t%s\n", line[0], line[1])
	}
	return w.Flush()
}

// documentsArg is a file of documents.
type documentsArg struct {
	File string `arg:"" predictor:"file" help:"Documents: one JSON object a line, one over several lines, an array of them, or an answer of _search; plain, gz or zst; - is standard input."`
}

// examine looks at all documents of the file.
func (c *documentsArg) examine() (*profile.Examination, error) {
	var in io.Reader = os.Stdin
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	x := profile.InUse().Examine()
	err := eachDocument(in, x.Add)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.File, err)
	}
	x.Done()
	if x.Documents == 0 {
		return nil, fmt.Errorf("%s: there is nothing in it", c.File)
	}
	return x, nil
}

type profilesDetectCmd struct {
	documentsArg
}

// Run prints the profiles, the one of the most documents first.
func (c *profilesDetectCmd) Run(a *app) error {
	x, err := c.examine()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(safetext.NewWriter(a.out), 0, 8, 2, ' ', 0)
	for _, k := range x.Kinds {
		fmt.Fprintf(w, "%s\t%d of %d\t%s, %s\n", k.Profile.Name, k.Documents, x.Documents, k.Profile.About, k.Place())
	}
	for _, why := range sortedUnread(x.Unread) {
		fmt.Fprintf(w, "-\t%d of %d\t%s\n", x.Unread[why].Count, x.Documents, why)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(x.Kinds) == 0 {
		return fmt.Errorf("%s: no profile reads any of its documents; stoop profiles test %s says why", c.File, c.File)
	}
	return nil
}

type profilesTestCmd struct {
	documentsArg
}

// Run prints what was found of each kind.
func (c *profilesTestCmd) Run(a *app) error {
	x, err := c.examine()
	if err != nil {
		return err
	}
	out := safetext.NewWriter(a.out)
	fmt.Fprintf(out, "%d documents in %s\n", x.Documents, c.File)
	for _, k := range x.Kinds {
		printKind(out, k)
	}
	for _, why := range sortedUnread(x.Unread) {
		u := x.Unread[why]
		fmt.Fprintf(out, "\nnot read: %d documents, the first in line %d: %s\n", u.Count, u.Line, why)
	}
	if len(x.Refused) > 0 {
		fmt.Fprintln(out, "\nprofiles that come close, and what they miss:")
	}
	for _, why := range sortedUnread(x.Refused) {
		u := x.Refused[why]
		fmt.Fprintf(out, "  %s (%d documents, the first in line %d)\n", why, u.Count, u.Line)
	}
	if len(x.Kinds) == 0 {
		return fmt.Errorf("%s: no profile reads any of its documents", c.File)
	}
	return nil
}

func sortedUnread(all map[string]profile.Unread) []string {
	return profile.Sorted(all, func(u profile.Unread) int { return u.Count })
}

// printKind prints the fields that documents of one kind have, those that they
// have not, and what they hold beside.
func printKind(out io.Writer, k *profile.KindFound) {
	fmt.Fprintf(out, "\n%s reads %d of them, %s\n", k.Profile.Name, k.Documents, k.Place())
	if k.NoTime > 0 {
		fmt.Fprintf(out, "  %d have no time that can be read: they get that of the document before\n", k.NoTime)
	}
	if k.Derived {
		fmt.Fprintln(out, "  some have no fields: theirs are read out of their output")
	}
	fmt.Fprintln(out, "  fields that were found, and in how many documents:")
	same := func(n int) int { return n }
	for _, name := range profile.Sorted(k.Fields, same) {
		fmt.Fprintf(out, "    %-40s %d\n", name, k.Fields[name])
	}
	if missing := k.Missing(); len(missing) > 0 {
		fmt.Fprintf(out, "  fields of the profile that were not found:\n    %s\n", strings.Join(missing, ", "))
	}
	if rest := profile.Sorted(k.Rest, same); len(rest) > 0 {
		fmt.Fprintf(out, "  members of documents that are no field:\n    %s\n", strings.Join(rest, ", "))
	}
}
