package trail

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/safetext"
)

// writer writes a story as plain text or as Markdown.
type writer struct {
	*bufio.Writer
	t        *Trail
	markdown bool
}

// WriteText writes a trail and its story for a terminal or a file.
func (t *Trail) WriteText(w io.Writer) error { return t.write(w, false) }

// WriteMarkdown writes a trail and its story as Markdown (CommonMark with
// tables as GitHub has them). Nothing that came from outside can be markup.
func (t *Trail) WriteMarkdown(w io.Writer) error { return t.write(w, true) }

func (t *Trail) write(w io.Writer, markdown bool) error {
	o := &writer{Writer: bufio.NewWriter(w), t: t, markdown: markdown}
	o.head()
	o.lineage()
	told := t.Story()
	o.story(told)
	o.chain(told)
	o.unknown()
	return o.Flush()
}

// safe makes a text from outside fit to be shown.
func (o *writer) safe(s string) string {
	s = safetext.Line(s)
	if o.markdown {
		return safetext.Markdown(s)
	}
	return s
}

// Markdown makes a text from outside fit to be shown, and markup of nothing in
// it.
func Markdown(s string) string { return safetext.Markdown(safetext.Line(s)) }

func (o *writer) title(level int, text string) {
	if o.markdown {
		fmt.Fprintf(o, "%s %s\n\n", strings.Repeat("#", level), text)
		return
	}
	fmt.Fprintf(o, "%s\n", text)
}

// head says what the trail is of, and how it was found.
func (o *writer) head() {
	a := o.t.Alert
	title := "An event"
	if rule := a.T.Text(a.A().Rule); rule != "" {
		title = fmt.Sprintf("%s (%s)", rule, a.A().Priority)
	} else if why, _ := Reason(a); why != "" {
		title = safetext.Redact(why)
	}
	o.title(1, o.safe(title))
	c := a.C()
	for _, part := range [][2]string{
		{"at", time.Unix(0, o.t.Subject.Time).UTC().Format("2006-01-02 15:04:05.000 UTC")},
		{"pod", join("/", a.T.Text(c.Namespace), a.T.Text(c.Pod))},
		{"container", join(" ", a.T.Text(c.Name), a.T.Text(c.ID))},
		{"image", a.T.Text(c.Image)},
		{"found by", o.found()},
		{"began with", o.began()},
		{"by", o.by()},
		{"outcome", o.outcome()},
		{"incident", o.t.Incident()},
	} {
		if part[1] == "" {
			continue
		}
		if o.markdown {
			fmt.Fprintf(o, "- **%s** %s\n", part[0], o.safe(part[1]))
		} else {
			fmt.Fprintf(o, "  %-11s %s\n", part[0], o.safe(part[1]))
		}
	}
	o.WriteByte('\n') //nolint:errcheck // Flush tells
}

func join(with string, parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, with)
}

func (o *writer) found() string {
	s := o.t.Subject.Key.String()
	if o.t.Subject.Choices > 1 {
		s += fmt.Sprintf(", which fit %d processes: the last to start was taken", o.t.Subject.Choices)
	}
	return s
}

func (o *writer) began() string {
	if o.t.Root == nil {
		return ""
	}
	s := safetext.Redact(o.t.Root.Title())
	if o.t.Root.Inferred {
		return s + ", concluded from what alerts say"
	}
	s = fmt.Sprintf("%s (pid %d)", safetext.Redact(o.t.Root.Line()), o.t.Root.Process.PID)
	if o.t.RootInferred {
		s += ", concluded: the first other program below the service"
	}
	return s
}

// by says who stands behind the root.
func (o *writer) by() string {
	who, guess := o.t.Who()
	if guess && who != "" {
		return "≈ " + who
	}
	return who
}

func (o *writer) outcome() string {
	var all []string
	for _, f := range o.t.Outcome() {
		text := f.Text
		if f.Guess {
			text = "≈ " + text
		}
		all = append(all, text)
	}
	return join("; ", all...)
}

// chain writes the tactics in the order in which they were first seen.
func (o *writer) chain(told []*Sentence) {
	stages := Stages(told)
	if len(stages) == 0 {
		return
	}
	o.title(2, "Kill chain")
	if o.markdown {
		o.WriteString("| first | tactic | acts | with an alert | without |\n|---:|---|---:|---:|---:|\n") //nolint:errcheck // Flush tells
	}
	for _, s := range stages {
		at := Offset(s.Time - o.t.Subject.Time)
		if o.markdown {
			fmt.Fprintf(o, "| %s | %s | %d | %d | %d |\n", at, s.Tactic, s.Acts, s.Alerted, s.Silent)
			continue
		}
		fmt.Fprintf(o, "  %12s  %-20s  %s", at, s.Tactic, count(s.Acts, "act", "acts"))
		if s.Alerted > 0 {
			fmt.Fprintf(o, ", %d with an alert", s.Alerted)
		}
		if s.Silent > 0 {
			fmt.Fprintf(o, ", %d that no rule fired on", s.Silent)
		}
		o.WriteByte('\n') //nolint:errcheck // Flush tells
	}
	o.WriteByte('\n') //nolint:errcheck // Flush tells
}

// maxLines bounds how many processes the lineage shows.
const maxLines = 200

// lineage draws the ancestors and the subtree.
func (o *writer) lineage() {
	if o.t.Root == nil {
		return
	}
	o.title(2, "Lineage")
	if o.markdown {
		o.WriteString("```text\n") //nolint:errcheck // Flush tells
	}
	depth := 0
	if who := o.by(); who != "" {
		fmt.Fprintf(o, "  %s\n", o.plain(who))
	}
	for i := len(o.t.Above) - 1; i >= 0; i-- {
		o.process(o.t.Above[i], depth)
		depth++
	}
	lines := 0
	var below func(n *Node, depth int)
	below = func(n *Node, depth int) {
		if lines++; lines > maxLines {
			return
		}
		o.process(n, depth)
		for _, c := range n.Children {
			below(c, depth+1)
		}
	}
	below(o.t.Root, depth)
	if lines > maxLines {
		fmt.Fprintf(o, "  … and %d further processes\n", lines-maxLines)
	}
	if o.markdown {
		o.WriteString("```\n") //nolint:errcheck // Flush tells
	}
	o.WriteByte('\n') //nolint:errcheck // Flush tells
}

func (o *writer) process(n *Node, depth int) {
	mark := " "
	if n == o.t.Self {
		mark = "▲"
	}
	end := ""
	switch {
	case n.Ended != 0 && n.Exit > 0:
		end = fmt.Sprintf("  ended with %d", n.Exit)
	case n.Ended != 0 && n.Exit < 0:
		end = "  ended by " + event.SignalName(-n.Exit)
	}
	line := o.plain(safetext.Redact(n.Title()))
	pid := "  " + strconv.Itoa(int(n.Process.PID))
	if n.Inferred {
		line, pid = "≈ "+line, ""
	}
	fmt.Fprintf(o, "%s %s%s%s%s\n", mark, strings.Repeat("  ", depth), line, pid, end)
}

// plain makes a text from outside fit for a block of code.
func (o *writer) plain(s string) string {
	s = safetext.Line(s)
	if o.markdown {
		s = strings.ReplaceAll(s, "```", "'''")
	}
	return s
}

// story writes the sentences, each with the number of its first event.
func (o *writer) story(told []*Sentence) {
	o.title(2, "Story")
	if o.markdown {
		o.WriteString("| time | | what | tactic | events |\n|---:|---|---|---|---|\n") //nolint:errcheck // Flush tells
	}
	inferred, silent := false, false
	for _, s := range told {
		mark := " "
		if len(s.Alerts) > 0 {
			mark = "▲"
		}
		if s.Silent {
			mark, silent = "△", true
		}
		text := s.Text
		if s.Inferred {
			text = "≈ " + text
			inferred = true
		}
		if len(s.Alerts) > 0 {
			text += " — " + strings.Join(s.Alerts, "; ")
		}
		at := Offset(s.Time - o.t.Subject.Time)
		if o.markdown {
			fmt.Fprintf(o, "| %s | %s | %s | %s | %s |\n", at, mark, o.safe(text), s.Tactic, links(s))
		} else {
			fmt.Fprintf(o, "%s %12s  %s  %s\n", mark, at, o.safe(text), links(s))
		}
	}
	if inferred {
		fmt.Fprintf(o, "\n≈ was concluded, not seen.\n")
	}
	if silent {
		fmt.Fprintf(o, "\n△ is worth an alert, and no rule fired on it.\n")
	}
	o.WriteByte('\n') //nolint:errcheck // Flush tells
}

// Offset writes a time relative to the alert, in ns: T−12.300 s.
func Offset(ns int64) string {
	sign := "+"
	if ns < 0 {
		sign, ns = "−", -ns
	}
	return fmt.Sprintf("T%s%d.%03d s", sign, ns/1e9, ns%1e9/1e6)
}

// links names the events of a sentence by their numbers: print -f 'evt.num = N'
// shows one.
func links(s *Sentence) string {
	if len(s.Events) == 0 {
		return ""
	}
	first := s.Events[0]
	text := fmt.Sprintf("#%d", first.B.Seq+uint64(first.I))
	if s.Count > 1 {
		text += fmt.Sprintf(" +%d", s.Count-1)
	}
	return text
}

// unknown lists what the trail does not tell.
func (o *writer) unknown() {
	o.title(2, "Not known")
	for _, line := range o.t.Unknown() {
		fmt.Fprintf(o, "- %s\n", o.safe(line))
	}
}
