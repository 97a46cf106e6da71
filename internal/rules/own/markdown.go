package own

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/rules"
)

// entry is a rule or a sequence on the page.
type entry struct {
	name, desc, note string
	priority         event.Priority
	tags             []string
	guide            rules.Guide
}

// WriteMarkdown writes docs/own-rules.md: every rule and sequence, what it
// means, and what to do about it.
func WriteMarkdown(w io.Writer) error {
	set, report := rules.Load(Files(), rules.Options{})
	if err := report.Err(); err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString("# Rules that are built in\n\n" +
		"<!-- Made by `make generate` of internal/rules/own; do not edit. -->\n\n" +
		"What `-r stoop` means: the rules and sequences that stoop brings along, in the order in which they are asked. `stoop rules show NAME` prints one whole. " +
		"Programs in a condition are told by what they do where that can be told, so that renaming one does not help; the tests play each deed under an innocent name.\n\n" +
		"A rule is silenced where it is harmless by an exception in a file of yours (`-r stoop -r mine.yaml`), as in Falco:\n\n" +
		"```yaml\n- rule: SSH configuration altered in a container\n  exceptions:\n    - name: managers\n      values: [our-key-agent]\n  override: {exceptions: append}\n```\n")
	var list []entry
	for _, r := range set.Rules {
		e := entry{name: r.Name, desc: r.Desc, priority: r.Priority, tags: r.Tags, guide: r.Guide}
		if !r.Enabled {
			e.note = "Off unless you switch it on."
		}
		if r.Source != event.SourceSyscall {
			e.note = strings.TrimSpace("Of the Kubernetes audit log. " + e.note)
		}
		list = append(list, e)
	}
	section(&b, "Rules", list)
	list = nil
	for _, s := range set.Sequences {
		var steps []string
		for _, step := range s.Steps {
			steps = append(steps, step.Name)
		}
		note := fmt.Sprintf("Within %s: %s.", span(s.Timespan.String()), strings.Join(steps, ", "))
		if s.Type.Counts() {
			note = fmt.Sprintf("Within %s: %s.", span(s.Timespan.String()), s.Count)
		}
		list = append(list, entry{s.Name, s.Desc, note, s.Priority, s.Tags, s.Guide})
	}
	section(&b, "Sequences", list)
	_, err := w.Write(b.Bytes())
	return err
}

// span leaves out the zeros of a duration's text.
func span(s string) string {
	return strings.TrimSuffix(strings.TrimSuffix(s, "0s"), "0m")
}

func section(b *bytes.Buffer, title string, list []entry) {
	fmt.Fprintf(b, "\n## %s\n\n| | Priority | MITRE ATT&CK |\n|---|---|---|\n", title)
	for _, e := range list {
		fmt.Fprintf(b, "| [%s](#%s) | %s | %s |\n", e.name, anchor(e.name), e.priority, strings.Join(mitre(e.tags), " "))
	}
	for _, e := range list {
		fmt.Fprintf(b, "\n### %s\n\n%s", e.name, oneLine(e.desc))
		if e.note != "" {
			fmt.Fprintf(b, " *%s*", e.note)
		}
		b.WriteString("\n")
		for _, part := range []struct {
			what  string
			lines []string
		}{{"Investigate", e.guide.Investigate}, {"Harmless when", e.guide.FalsePositives}, {"Respond", e.guide.Respond}} {
			fmt.Fprintf(b, "\n%s:\n", part.what)
			for _, line := range part.lines {
				fmt.Fprintf(b, "- %s\n", oneLine(line))
			}
		}
	}
}

// mitre are the tactics and techniques among tags.
func mitre(tags []string) (list []string) {
	for _, tag := range tags {
		if tactic, ok := strings.CutPrefix(tag, "mitre_"); ok {
			list = append(list, strings.ReplaceAll(tactic, "_", "-"))
		} else if strings.HasPrefix(tag, "T") {
			list = append(list, tag)
		}
	}
	return list
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// anchor is what a heading is linked by.
func anchor(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_':
			return r
		case r == ' ':
			return '-'
		}
		return -1
	}, strings.ToLower(name))
}
