package casefile

import (
	"fmt"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/safetext"
)

// shownFields are the fields of a marked event that its table has, in this order.
var shownFields = []string{
	"evt.type", "evt.res", "alert.rule", "alert.priority", "alert.output", "proc.name", "proc.cmdline", "proc.pid", "proc.pname", "proc.aname[2]",
	"user.name", "fd.name", "container.id", "container.name", "container.image.repository", "container.image.tag", "container.image.digest",
	"k8s.ns.name", "k8s.pod.name", "evt.hostname", "evt.args", "ka.verb", "ka.user.name", "ka.uri", "alert.mitre", "alert.tags",
}

// markdown writes the case for people. Nothing that came from outside can be
// markup.
func (x *export) markdown() error {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	safe := func(s string) string { return safetext.Markdown(safetext.Line(x.text(s))) }

	line("# %s\n", safe(x.c.Title()))
	secrets := "Secrets are masked, and what was read or written is left out."
	if x.opt.ShowSecrets {
		secrets = "Secrets are **not** masked."
	}
	line("Exported %s. %s Times are UTC.\n", x.opt.Now.UTC().Format("2006-01-02 15:04:05"), secrets)
	for _, w := range x.wrong {
		line("**Evidence: %s**\n", safe(w))
	}
	notes := x.notesOf()
	for _, e := range x.entries {
		if e.Kind == Begun || e.Kind == Note && e.Of != "" {
			continue
		}
		title := e.Title
		if e.Kind == Note {
			title = "Note"
		}
		line("## %s\n", safe(title))
		line("%s, by %s, %s\n", e.Kind, safe(e.By), e.At.UTC().Format("2006-01-02 15:04:05"))
		x.entry(&b, &e, safe)
		for _, n := range notes[e.ID] {
			line("> %s — %s, %s\n", quoted(n.Text, safe), safe(n.By), n.At.UTC().Format("2006-01-02 15:04"))
		}
	}
	line("## Evidence\n")
	line("| file | bytes | SHA-256 |\n|---|---|---|")
	for _, f := range x.c.Files() {
		line("| %s | %d | `%s` |", safe(f.Name), f.Size, f.SHA256)
	}
	for _, f := range x.files {
		line("| %s | %d | `%s` |", safe(f.Name), f.Size, f.SHA256)
	}
	return x.write(markdownFile, []byte(b.String()))
}

// notesOf returns the notes about entries, by entry.
func (x *export) notesOf() map[string][]Entry {
	notes := make(map[string][]Entry)
	for _, e := range x.entries {
		if e.Kind == Note && e.Of != "" {
			notes[e.Of] = append(notes[e.Of], e)
		}
	}
	return notes
}

// quoted writes the lines of a text so that each stays what it is.
func quoted(text string, safe func(string) string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = safe(l)
	}
	return strings.Join(lines, "  \n> ")
}

// entry writes what an entry holds.
func (x *export) entry(b *strings.Builder, e *Entry, safe func(string) string) {
	switch e.Kind {
	case Mark:
		fmt.Fprintf(b, "at %s\n\n| field | value |\n|---|---|\n", time.Unix(0, e.Time).UTC().Format("2006-01-02 15:04:05.000000000"))
		fields := x.fields(e)
		for _, name := range shownFields {
			if v, ok := fields[name]; ok {
				fmt.Fprintf(b, "| %s | %s |\n", safe(name), safe(fmt.Sprint(v)))
			}
		}
		b.WriteByte('\n')
	case Note:
		fmt.Fprintf(b, "> %s\n\n", quoted(e.Text, safe))
	case Filter:
		fmt.Fprintf(b, "    %s\n\n", safetext.Line(x.text(e.Filter)))
	case Trail:
		for l := range strings.Lines(e.Text) {
			fmt.Fprintf(b, "    %s\n", safetext.Line(x.text(strings.TrimRight(l, "\n"))))
		}
		fmt.Fprintf(b, "\nevents: `%s`\n\n", strings.ReplaceAll(safetext.Line(x.text(e.Filter)), "`", "'"))
	case Picture:
		for _, f := range e.Files {
			fmt.Fprintf(b, "![%s](%s/%s)\n\n", safe(e.Title), picturesDir, f.Name)
		}
	}
}
