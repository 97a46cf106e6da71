package filter

import (
	"slices"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

func completer() *Completer {
	fields := testFields().All()
	all := make([]event.Field, 0, len(fields))
	for _, f := range fields {
		g := *f
		if g.Name == "container.id" {
			g.Values = []string{"host"}
		}
		all = append(all, g)
	}
	return &Completer{Reg: event.NewRegistry(all), Macros: []string{"spawned_process", "shell"}, Values: func(f *event.Field, prefix string) []string {
		if f.Name == "proc.name" {
			return []string{"bash", "a b"}
		}
		return nil
	}}
}

// TestComplete has the cursor at the bar. want lists candidates that must be
// among the first; deny what must not be there.
func TestComplete(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
		deny []string
	}{
		{"|", []string{"proc.name", "not", "shell", "tolower(", "evt.arg["}, []string{"and"}},
		{"proc.n|", []string{"proc.name"}, []string{"fd.name", "proc.pid"}},
		{"proc.|", []string{"proc.name", "proc.pid"}, []string{"fd.num"}},
		{"evt.arg.|", []string{"evt.arg.flags", "evt.arg.name"}, []string{"evt.arg.", "and"}},
		{"evt.arg.fla|", []string{"evt.arg.flags"}, []string{"evt.arg.name"}},
		{"name|", []string{"proc.name", "fd.name", "container.name"}, []string{"proc.pid"}},
		{"sh|", []string{"shell"}, []string{"proc.name"}},
		{"proc.name |", []string{"=", "!=", "startswith", "in", "exists", "regex"}, []string{"bcontains", "and", "=="}},
		{"proc.pid |", []string{"<", ">=", "in"}, []string{"contains", "glob"}},
		{"alert.tags |", []string{"in", "intersects", "exists"}, []string{"="}},
		{"proc.aname[2] st|", []string{"startswith"}, []string{"="}},
		{"proc.name sta|", []string{"startswith"}, []string{"endswith"}},
		{"proc.name = |", []string{"bash", `"a b"`, "anyof ("}, nil},
		{"proc.name =|", []string{"bash"}, []string{"anyof ("}},
		{"proc.name = b|", []string{"bash"}, []string{`"a b"`}},
		{"proc.name = 'a|", []string{`"a b"`}, []string{"bash"}},
		{"proc.name in |", []string{"("}, []string{"bash"}},
		{"proc.name in (|", []string{"bash"}, []string{"and"}},
		{"proc.name in (x, |", []string{"bash"}, nil},
		{"proc.name in (x, b|", []string{"bash"}, nil},
		{"proc.name != anyof (|", []string{"bash"}, nil},
		{"evt.type = exec|", []string{"execve", "execveat"}, []string{"openat"}},
		{"proc.is_exe_writable = |", []string{"true", "false"}, nil},
		{"container.id != |", []string{"host"}, nil},
		{"proc.name = sh |", []string{"and", "or"}, []string{")", "proc.name"}},
		{"proc.name = sh a|", []string{"and"}, []string{"or", "alert.rule"}},
		{"(proc.name = sh |", []string{"and", ")"}, nil},
		{"proc.name in (a) |", []string{"and", "or"}, nil},
		{"proc.name exists |", []string{"and", "or"}, nil},
		{"shell and not |", []string{"proc.name", "spawned_process"}, []string{"and"}},
		{"shell and (|", []string{"proc.name"}, nil},
		{"tolower(|", []string{"proc.name", "toupper("}, []string{"not", "shell"}},
		{"tolower(proc.n|", []string{"proc.name"}, nil},
		{"tolower(proc.name) |", []string{"=", "contains"}, nil},
		{"tolower(proc.name) = x |", []string{"and"}, nil},
		{"proc.name = val(|", []string{"proc.name"}, nil},
		{"proc.name = sh |and proc.pid = 3", []string{"or"}, nil},
		{"proc.name = sh) |", nil, []string{"and"}},
	} {
		cursor := strings.IndexByte(c.text, '|')
		text := c.text[:cursor] + c.text[cursor+1:]
		got := completer().Complete(text, cursor)
		var texts []string
		for _, g := range got {
			texts = append(texts, g.Text)
			if g.From > cursor || g.To != cursor || g.From < 0 {
				t.Errorf("%q: %q replaces %d to %d", c.text, g.Text, g.From, g.To)
			}
		}
		for _, w := range c.want {
			if !slices.Contains(texts, w) {
				t.Errorf("%q: %q is not among %q", c.text, w, texts)
			}
		}
		for _, d := range c.deny {
			if slices.Contains(texts, d) {
				t.Errorf("%q: %q should not be among %q", c.text, d, texts)
			}
		}
	}
}

// TestCompleteReplaces checks that a candidate takes the place of the word at
// the cursor and of nothing else.
func TestCompleteReplaces(t *testing.T) {
	got := completer().Complete("shell and proc.na = 1", len("shell and proc.na"))
	if len(got) == 0 || got[0].Text != "proc.name" {
		t.Fatalf("%+v", got)
	}
	text := "shell and proc.na = 1"
	if text = text[:got[0].From] + got[0].Text + text[got[0].To:]; text != "shell and proc.name = 1" {
		t.Error(text)
	}
}

func FuzzComplete(f *testing.F) {
	for _, s := range []string{"proc.name = ", "tolower(proc.", "a.b in (x, 'y", "evt.arg[x", "(a or not b) and ", "getopt(a.b, \"x\")[", "proc.name = anyof (", "<"} {
		f.Add(s, len(s))
	}
	c := completer()
	f.Fuzz(func(t *testing.T, text string, cursor int) {
		for _, g := range c.Complete(text, cursor) {
			if g.From < 0 || g.From > g.To || g.To > len(text) {
				t.Fatalf("%q at %d: %+v", text, cursor, g)
			}
		}
	})
}
