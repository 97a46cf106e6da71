package profile

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// WriteMarkdown writes docs/kinds.md: every built-in profile, how its documents
// are known, and where each field comes from.
func WriteMarkdown(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString("# Kinds of documents\n\n" +
		"<!-- Made by `stoop profiles list -o markdown`; do not edit. -->\n\n" +
		"What stoop reads besides its own recordings, in the order in which the profiles are tried; [profiles.md](profiles.md) says how to use and write them. " +
		"`stoop profiles show NAME` prints the same for a profile of yours.\n\n" +
		"| Profile | Documents |\n|---|---|\n")
	all := builtIn().profiles
	for _, p := range all {
		fmt.Fprintf(&b, "| [%s](#%s) | %s |\n", p.Name, p.Name, p.About)
	}
	for _, p := range all {
		fmt.Fprintf(&b, "\n## %s\n\n", p.Name)
		fields := false
		for _, line := range p.Describe() {
			switch line[0] {
			case "from":
				continue
			case "reads":
				fmt.Fprintf(&b, "%s.", upperFirst(line[1]))
				continue
			case "needs":
				fmt.Fprintf(&b, " Needs %s.", line[1])
				continue
			case "lies":
				fmt.Fprintf(&b, "\n\nLies %s.\n", line[1])
				continue
			case "fields":
				fmt.Fprintf(&b, "\n%s.\n", upperFirst(line[1]))
				continue
			}
			if !fields {
				b.WriteString("\n| Field | Comes from |\n|---|---|\n")
				fields = true
			}
			fmt.Fprintf(&b, "| `%s` | %s |\n", line[0], strings.ReplaceAll(line[1], "|", "\\|"))
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
