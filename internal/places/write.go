package places

import (
	"bufio"
	"fmt"
	"io"

	"github.com/stoop-project/stoop/internal/safetext"
	"github.com/stoop-project/stoop/internal/trail"
)

// WriteText writes where a trail was looked for, and how sure it is, as plain
// text: what stands behind the story.
func (x *Found) WriteText(w io.Writer) error { return x.write(w, "", safetext.Line) }

// WriteMarkdown writes it as Markdown, as the story is.
func (x *Found) WriteMarkdown(w io.Writer) error { return x.write(w, "## ", trail.Markdown) }

func (x *Found) write(w io.Writer, title string, safe func(string) string) error {
	o := bufio.NewWriter(w)
	fmt.Fprintf(o, "\n%sWhere it was looked for\n", title)
	if title != "" {
		o.WriteByte('\n') //nolint:errcheck // Flush tells
	}
	fmt.Fprintf(o, "- %s\n", safe(x.Sure.String()))
	for _, a := range x.Answers {
		if a.Rows > 0 {
			fmt.Fprintf(o, "- %s\n", safe(a.Say()))
		}
	}
	for _, line := range x.Missing {
		fmt.Fprintf(o, "- %s\n", safe(line))
	}
	if x.Attach != "" {
		fmt.Fprintf(o, "- if it still runs, this watches it: %s\n", safe(x.Attach))
	}
	return o.Flush()
}
