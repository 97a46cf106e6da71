package trail

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

func TestTellingsCompile(t *testing.T) {
	all, err := readTellings(tellingFiles)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, x := range all {
		if seen[x.Tell] || x.Tell == "" {
			t.Errorf("%q is there twice, or has no name", x.Tell)
		}
		seen[x.Tell] = true
	}
}

func texts(told []*Sentence) (all []string) {
	for _, s := range told {
		all = append(all, s.Text)
	}
	return all
}

// Like events become one sentence; what a program wrote and another ran is said;
// an alert marks the sentence of its event.
func TestStory(t *testing.T) {
	w := newWorld()
	_, shell, _, fired := attack(w)
	for _, name := range []string{"/var/log/a", "/var/log/b", "/var/log/{count}"} {
		w.does(shell, "unlink", 0, 0, func(a *event.ArgWriter) { a.Str(w.t.Strings.Add(name)) })
	}
	x := build(t, w, fired)
	told := x.Story()
	got := strings.Join(texts(told), "\n")
	want := "service took a request, then made sh\nservice ran sh -c tool\nsh ran tool\nsh deleted 3 logs, /var/log/a the first"
	if got != want {
		t.Errorf("told\n%s\nwant\n%s", got, want)
	}
	if a := told[2].Alerts; len(a) != 1 || a[0] != "Tool" {
		t.Errorf("alerts of %q: %q", told[2].Text, a)
	}
	if told[3].Count != 3 || len(told[3].Events) != 3 {
		t.Errorf("%d events, %d kept", told[3].Count, len(told[3].Events))
	}
}

// Names from outside forge neither a line nor a cell nor a sequence of the
// terminal.
func TestWriteHostile(t *testing.T) {
	const evil = "tool\n| T+0.000 s | ▲ | nothing | here |\x1b[2J`<img src=x>`](http://x) ```\n# end"
	w := newWorld()
	_, shell, _, _ := attack(w)
	x := build(t, w, w.execs(w.process(shell, "/tmp/tool", evil)))
	var plain, md bytes.Buffer
	if err := x.WriteText(&plain); err != nil {
		t.Fatal(err)
	}
	if err := x.WriteMarkdown(&md); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{plain.String(), md.String()} {
		if strings.ContainsAny(out, "\x1b\r") {
			t.Errorf("an escape came through: %q", out)
		}
		for line := range strings.Lines(out) {
			if strings.HasPrefix(line, "# end") || strings.HasPrefix(line, "| T+0.000 s | ▲ | nothing") {
				t.Errorf("a line was forged: %q", line)
			}
		}
	}
	if _, story, ok := strings.Cut(md.String(), "## Story"); !ok || strings.Contains(story, "<img") || strings.Count(md.String(), "```") != 2 {
		t.Errorf("markup came through:\n%s", md.String())
	}
}
