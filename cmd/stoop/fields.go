package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/stoop-project/stoop/internal/event"
)

// fieldsCmd lists the fields.
type fieldsCmd struct {
	Words  []string `arg:"" optional:"" name:"word" help:"Only fields with these words in name or text."`
	Output string   `short:"o" default:"table" enum:"table,names,markdown" help:"Format: ${enum}."`
	Events bool     `help:"List the event types and their arguments instead."`
}

// Run lists them.
func (c *fieldsCmd) Run(a *app) error {
	if c.Output == "markdown" {
		if c.Events {
			return event.WriteTypesMarkdown(a.out)
		}
		return event.WriteFieldsMarkdown(a.out)
	}
	if c.Events {
		return c.events(a)
	}
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	found := false
	for _, f := range event.Fields.All() {
		if !matches(c.Words, f.Name, f.Doc) {
			continue
		}
		found = true
		if c.Output == "names" {
			fmt.Fprintln(w, f.Name)
			continue
		}
		doc := f.Doc
		if why := f.Unfilled(); why != "" {
			doc += " No source fills it: " + why
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Name, f.Kind, doc)
	}
	if !found {
		return fmt.Errorf("no field has %q in its name or text", strings.Join(c.Words, " "))
	}
	return w.Flush()
}

func (c *fieldsCmd) events(a *app) error {
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	for t := range event.Type(event.NumTypes) {
		info := t.Info()
		var args []string
		for _, p := range info.Params {
			args = append(args, p.Name)
		}
		if info.Name != "" && matches(c.Words, info.Name, info.Category) {
			fmt.Fprintf(w, "%s\t%s\t%s\n", info.Name, info.Category, strings.Join(args, " "))
		}
	}
	return w.Flush()
}

// matches reports whether every word is in one of the texts.
func matches(words []string, texts ...string) bool {
	all := strings.ToLower(strings.Join(texts, " "))
	for _, w := range words {
		if !strings.Contains(all, strings.ToLower(w)) {
			return false
		}
	}
	return true
}
