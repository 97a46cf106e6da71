package tui

import (
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

func TestTerms(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{equals("proc.name", "nginx"), "proc.name = nginx"},
		{equals("proc.cmdline", `sh -c "x"`), `proc.cmdline = "sh -c \"x\""`},
		{equals("proc.aname[2]", "bash"), "proc.aname[2] = bash"},
		{differs("fd.name", "/a"), "not fd.name = /a"},
		{filter.All("", "a.b = 1"), "a.b = 1"},
		{filter.All("proc.name = a or proc.name = b", "fd.name = c"), "(proc.name = a or proc.name = b) and fd.name = c"},
		{filter.All("(proc.name = a or proc.name = b)", "fd.name = c"), "(proc.name = a or proc.name = b) and fd.name = c"},
		{filter.All("(proc.name = a) or (proc.name = b)", "fd.name = c"), "((proc.name = a) or (proc.name = b)) and fd.name = c"},
		{filter.All(`proc.name = "this or that"`, "fd.name = c"), `proc.name = "this or that" and fd.name = c`},
		{between(5, 9), "evt.rawtime >= 5 and evt.rawtime < 9"},
	} {
		if c.got != c.want {
			t.Errorf("have %s, want %s", c.got, c.want)
		}
	}
}

// Whatever a cell holds, the condition made of it is read back as meant.
func FuzzEquals(f *testing.F) {
	for _, s := range []string{"", "a", `\`, `a\`, `"`, "a b", "(", "in", "1", "\n\x00\xff", "é", `\"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if strings.Contains(value, "\x00") {
			t.Skip("no command line holds one, and Falco takes it for buffers only")
		}
		e, err := filter.Parse(equals("proc.cmdline", value))
		if err != nil {
			t.Fatalf("%q: %v", value, err)
		}
		c, ok := e.(*filter.Check)
		if !ok || c.Right.(*filter.Value).Text != value {
			t.Fatalf("%q came back as %v", value, e)
		}
		if _, err := filter.Compile(differs("proc.cmdline", value), event.Fields); err != nil {
			t.Fatalf("%q: %v", value, err)
		}
	})
}

func TestWordsPutTogetherAreTheFilter(t *testing.T) {
	for _, expr := range []string{
		"", "proc.name = a", `proc.cmdline contains "a \" b" and (x in (1, 2))`, `"open`, `a\`, "evt.type=open", "  ",
	} {
		got := ""
		for _, w := range words(expr) {
			got += w
		}
		if got != expr {
			t.Errorf("%q became %q", expr, got)
		}
	}
}
