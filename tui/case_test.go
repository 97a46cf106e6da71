package tui

import (
	"errors"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/casefile"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/tui/tuitest"
)

// inCase gives a screen a place for cases, and keeps its recordings as lines.
func inCase(dir string) func(*Options) {
	return func(o *Options) {
		o.Cases = Casework{
			Begin: func() (*casefile.Case, error) { return casefile.Open(dir, "ann", false) },
			Keep: func(rows iter.Seq[event.Row], path string) (n int, err error) {
				for range rows {
					n++
				}
				return n, os.WriteFile(path, []byte(strings.Repeat("event\n", n)), 0o600)
			},
			Export: func(*casefile.Case) (string, error) { return "", errors.New("no room") },
		}
	}
}

// again opens the case as it was left.
func again(t *testing.T, dir string, opts ...func(*Options)) (*tuitest.Driver, *Model) {
	t.Helper()
	return open(t, 120, 40, append(opts, inCase(dir), func(o *Options) {
		c, err := casefile.Open(dir, "ann", true)
		if err != nil {
			t.Fatal(err)
		}
		o.Cases.Case = c
	})...)
}

// A case gathers what the keys say, and opens again as it was left, whatever
// became of the program: nothing is done at its end.
func TestCase(t *testing.T) {
	placeEvery = time.Millisecond
	dir := filepath.Join(t.TempDir(), "shell")
	d, m := open(t, 120, 40, inCase(dir))
	d.Keys("e", "e", "m")
	if !says("marked in the case shell")(m, d) || !strings.Contains(d.Text(), "▲•") {
		t.Fatalf("%q\n%s", m.toast.text, d.Text())
	}
	d.Keys("l", "l", "+", "M", "f", "t", "p", "N")
	d.Type("first look")
	d.Keys("enter", "T")
	d.Keys("ctrl+u")
	d.Type("The shell of Monday")
	d.Keys("enter", "g", "n")
	d.Type("why shadow?")
	d.Keys("enter", "esc", "enter")
	left, stack := m.level().cursor, len(m.stack)

	d, m = again(t, dir)
	if len(m.stack) != stack || m.level().cursor.Time() != left.Time() || rowText(m) != plainText(m.read.summary(left.Row())) {
		t.Errorf("%d levels, the cursor on %q; want %d, %q", len(m.stack), rowText(m), stack, plainText(m.read.summary(left.Row())))
	}
	if m.trailHere() == nil || m.trailHere().trail == nil || !strings.Contains(d.Text(), "◆•") {
		t.Errorf("the trail is not open, or its alert not marked:\n%s", d.Text())
	}
	d.Keys("M")
	text := d.Text()
	for _, want := range []string{"case  The shell of Monday", "mark", "Read sensitive file untrusted", "filter", "proc.name = cat", "trail of", "picture", "screen of", "first look", "why shadow?"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for _, f := range m.cases.Case.Files() {
		if body, err := os.ReadFile(filepath.Join(dir, f.Name)); err != nil || len(body) == 0 || strings.HasPrefix(f.Name, "trail") && f.Events < 10 {
			t.Errorf("%+v: %v", f, err)
		}
	}
	if wrong := m.cases.Case.Verify(); len(wrong) > 0 {
		t.Error(wrong)
	}
	d.Keys("g", "enter")
	if m.over != nil || !strings.HasPrefix(rowText(m), "Read sensitive file") {
		t.Errorf("enter on the mark leads to %q", rowText(m))
	}
	d.Keys("m")
	if _, ok := m.cases.marked(m.level().cursor.Row()); ok || strings.Contains(d.Text(), "▲•") {
		t.Errorf("the mark is still there: %q", m.toast.text)
	}
	if d.Keys("M", "e"); !says("no room")(m, d) {
		t.Errorf("the export says %q", m.toast.text)
	}
	if d.Keys("esc", "esc", "M", "t"); m.trailHere() == nil || !says("the trail is in the case, with 72 events")(m, d) {
		t.Errorf("the trail that is open: %q", m.toast.text)
	}
	n := len(m.cases.entries)
	if d.Keys("x"); len(m.cases.entries) != n-1 {
		t.Errorf("%d entries, then %d", n, len(m.cases.entries))
	}
}

// Where a case cannot be kept that is said, and nothing is shown as marked.
func TestCaseNotKept(t *testing.T) {
	d, m := open(t, 120, 40, inCase("/proc/no/such/case"))
	if d.Keys("e", "m"); !m.toast.bad || strings.Contains(d.Text(), "•") {
		t.Errorf("%q\n%s", m.toast.text, d.Text())
	}
	d, m = open(t, 120, 40)
	if d.Keys("m"); !says("no place for cases")(m, d) {
		t.Errorf("%q", m.toast.text)
	}
}
