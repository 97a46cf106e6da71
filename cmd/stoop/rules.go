package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/safetext"
)

// rulesCmd looks at rule files.
type rulesCmd struct {
	Check   rulesCheckCmd   `cmd:"" help:"Say what is wrong or odd in rule files."`
	List    rulesListCmd    `cmd:"" help:"List the rules and sequences of rule files."`
	Show    rulesShowCmd    `cmd:"" help:"Show a rule whole: its condition with macros and lists, its output, its guide."`
	Test    rulesTestCmd    `cmd:"" help:"Run rules over sources and count what fires."`
	Except  rulesExceptCmd  `cmd:"" help:"Propose an exception for a rule that is noisy, from one of its alerts."`
	Explain rulesExplainCmd `cmd:"" help:"Say who evaluates which part of a rule's condition."`
}

// ruleFiles are files as -r takes them.
type ruleFiles struct {
	Files []string `arg:"" optional:"" name:"file" predictor:"file" help:"Rule files, folders of them, stoop (the rules that are built in) or falco (those in /etc/falco). Without any: stoop, and falco when there is one."`
}

// read reads the files.
func (c *ruleFiles) read() ([]rules.File, error) {
	names := c.Files
	if len(names) == 0 {
		names = []string{rules.OwnWord, rules.FalcoWord}
	}
	files, err := rules.Find(names)
	switch {
	case err != nil:
		return nil, usageError{err}
	case len(files) == 0:
		return nil, usageError{errors.New("there are no rule files; name one")}
	}
	return files, nil
}

// load reads the files into a set; what is wrong in them is an error, unless
// the rest will do.
func (c *ruleFiles) load(a *app, lenient bool) (*rules.Set, error) {
	files, err := c.read()
	if err != nil {
		return nil, err
	}
	set, report := rules.Load(files, rules.Options{Lenient: lenient})
	if err := report.Err(); err != nil && !lenient {
		return nil, fmt.Errorf("%w; stoop rules check tells all, --lenient leaves out what is wrong", err)
	}
	for _, p := range report.Errors {
		writeProblem(safetext.NewWriter(a.errs), p)
	}
	return set, nil
}

// ruleArg is the name of a rule, and the files to look in.
type ruleArg struct {
	Name string `arg:"" help:"Name of the rule; a part of it will do where that is no other's."`
	ruleFiles
	Lenient bool `help:"Leave out what has errors."`
}

// find finds the name among those of a set, or the one that it is part of.
func (c *ruleArg) find(names []string) (string, error) {
	if slices.Contains(names, c.Name) {
		return c.Name, nil
	}
	var near []string
	for _, name := range names {
		if strings.Contains(strings.ToLower(name), strings.ToLower(c.Name)) {
			near = append(near, name)
		}
	}
	switch len(near) {
	case 1:
		return near[0], nil
	case 0:
		hint := "stoop rules list lists them"
		if n := filter.Nearest(c.Name, names); n != "" {
			hint = fmt.Sprintf("did you mean %q?", n)
		}
		return "", usageError{fmt.Errorf("there is no rule %q; %s", c.Name, hint)}
	}
	return "", usageError{fmt.Errorf("%d rules have %q in their name: %s", len(near), c.Name, strings.Join(near, "; "))}
}

type rulesCheckCmd struct {
	ruleFiles
	Falco  bool   `help:"Refuse what Falco itself would not take: stoop's own fields and event types."`
	Output string `short:"o" default:"text" enum:"text,json" help:"Format: ${enum}."`
}

// Run prints the problems as compilers do, and fails when there are errors.
func (c *rulesCheckCmd) Run(a *app) error {
	files, err := c.read()
	if err != nil {
		return err
	}
	set, report := rules.Load(files, rules.Options{Lenient: true, Falco: c.Falco})
	if c.Output == "json" {
		err = writeReportJSON(a.out, files, set, report)
	} else {
		err = writeReport(a.out, files, set, report)
	}
	if err != nil {
		return err
	}
	if n := report.NumErrors(); n > 0 {
		return fmt.Errorf("%s", count(n, "error"))
	}
	return nil
}

type rulesListCmd struct {
	ruleFiles
	Lenient bool     `help:"Leave out what has errors."`
	Tags    []string `name:"tag" help:"Only rules with this tag; of several, all."`
	Output  string   `short:"o" default:"table" enum:"table,json,names" help:"Format: ${enum}."`
}

// Run lists rules and sequences.
func (c *rulesListCmd) Run(a *app) error {
	set, err := c.load(a, c.Lenient)
	if err != nil {
		return err
	}
	docs := slices.DeleteFunc(docsOf(set), func(d ruleDoc) bool { return !hasAll(d.Tags, c.Tags) })
	return writeRules(a.out, docs, c.Output)
}

func hasAll(have, want []string) bool {
	for _, t := range want {
		if !slices.Contains(have, t) {
			return false
		}
	}
	return true
}

type rulesShowCmd struct {
	ruleArg
	Output string `short:"o" default:"text" enum:"text,json" help:"Format: ${enum}."`
}

// Run shows a rule or a sequence.
func (c *rulesShowCmd) Run(a *app) error {
	set, err := c.load(a, c.Lenient)
	if err != nil {
		return err
	}
	docs := docsOf(set)
	names := make([]string, len(docs))
	for i := range docs {
		names[i] = docs[i].name()
	}
	name, err := c.find(names)
	if err != nil {
		return err
	}
	doc := &docs[slices.Index(names, name)]
	if c.Output == "json" {
		return writeJSON(a.out, doc)
	}
	return writeRule(a.out, doc)
}

type rulesExplainCmd struct {
	ruleArg
	askFlags
}

// Run explains a rule's condition as stoop filter explain does a filter.
func (c *rulesExplainCmd) Run(a *app) error {
	set, err := c.load(a, c.Lenient)
	if err != nil {
		return err
	}
	names := make([]string, len(set.Rules))
	for i, r := range set.Rules {
		names[i] = r.Name
	}
	name, err := c.ruleArg.find(names)
	if err != nil {
		return err
	}
	return c.explain(a, set.Rule(name).Filter)
}
