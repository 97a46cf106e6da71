//go:build linux

package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// section is what a suite found.
type section struct {
	how    string // what was measured, and how; Markdown
	tables []table
	notes  []string // what a reader of the figures must know; what could not run and why
}

// markdown returns the section as it stands in the document.
func (s section) markdown(title, machine string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n%s\n\n%s\n", title, strings.TrimSpace(s.how), machine)
	for _, t := range s.tables {
		fmt.Fprintf(&b, "\n%s", t)
	}
	if len(s.notes) > 0 {
		b.WriteString("\n")
	}
	for _, n := range s.notes {
		fmt.Fprintf(&b, "- %s\n", n)
	}
	return b.String()
}

// document is docs/bench.md: a head, and a section a suite between marks. A run
// of some suites leaves the others' sections as they are.
type document struct {
	sections map[string]string
}

const documentHead = `# Speed and memory

What stoop costs and how fast it is, measured by ` + "`make bench`" + ` (` + "`make bench BENCH=tax`" + ` runs one part).
What is compared was measured in one run, in rounds that each measure every condition once in an order of their own.
A figure is the median of the rounds with the least and the greatest beside it; a ratio or a difference is the median of
the rounds' own, with its 95 % interval where that is asked. *asked* is the project's own aim, *met* whether the
median keeps it. 1 MB is 1,000,000 bytes.
`

func mark(suite string) string    { return "<!-- " + suite + " -->\n" }
func markEnd(suite string) string { return "<!-- end of " + suite + " -->\n" }

// readDocument reads the sections of a document that was written before; a
// document that is not there has none.
func readDocument(path string) (document, error) {
	d := document{sections: map[string]string{}}
	b, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return d, nil
	}
	if err != nil {
		return d, err
	}
	for _, s := range suites {
		_, after, found := strings.Cut(string(b), mark(s.name))
		text, _, closed := strings.Cut(after, markEnd(s.name))
		if found != closed {
			return d, fmt.Errorf("%s: the section of %s has no end: write it anew or remove its mark", path, s.name)
		}
		if found {
			d.sections[s.name] = text
		}
	}
	return d, nil
}

// String returns the document with its sections in the suites' order.
func (d document) String() string {
	var b strings.Builder
	b.WriteString(documentHead)
	for _, s := range suites {
		if text, ok := d.sections[s.name]; ok {
			fmt.Fprintf(&b, "\n%s%s%s", mark(s.name), text, markEnd(s.name))
		}
	}
	return b.String()
}

// suiteNamed finds a suite.
func suiteNamed(name string) (suite, bool) {
	i := slices.IndexFunc(suites, func(s suite) bool { return s.name == name })
	if i < 0 {
		return suite{}, false
	}
	return suites[i], true
}
