package tui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/vt"

	"github.com/stoop-project/stoop/internal/casefile"
	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/queue"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/tui/tuitest"
)

// leavings are ways to leave the screen, each of which a case opens again as it
// was, cell by cell.
var leavings = map[string][]string{
	"row":               {"e", "e", "j", "j", "l", "l"},
	"line of the row":   {"e", "e", "k", "k", "k", "k", "pgdown", "k", "k"},
	"filter":            {"e", "e", "l", "l", "+", "j", "j"},
	"filter undone":     {"e", "e", "l", "l", "+", "u", "j"},
	"details":           {"e", "e", "tab", "j", "j", "j", "j"},
	"without details":   {"e", "e", "d"},
	"histogram":         {"tab", "tab", "space", "right", "right", "right"},
	"span":              {"tab", "tab", "right", "right", "space", "right", "right", "right", "enter", "j"},
	"containers":        {"shift+tab", "j", "j"},
	"container":         {"shift+tab", "j", "enter", "j", "j"},
	"columns":           {"C", "down", "enter", "esc", "j"},
	"search":            {"/", "s", "h", "a", "d", "o", "w", "enter", "n"},
	"relative":          {"e", "e", "enter", "enter", "j"},
	"tree":              {"e", "e", "p", "j", "j", "w"},
	"tree below":        {"e", "e", "p", "j", "P"},
	"dashboard":         {"b", "j", "j", "enter", "shift+tab", "space", "l", "l"},
	"second dashboard":  {"b", "b", "tab", "j"},
	"behind dashboard":  {"b", "j", "o", "j", "j"},
	"trail":             {"e", "e", "enter", "j", "j", "j"},
	"trail unfolded":    {"e", "e", "enter", "g", "enter", "j", "j", "j", "j", "j", "enter", "j"},
	"trail's lineage":   {"e", "e", "enter", "p", "j", "j"},
	"siblings":          {"e", "e", "enter", "p", "G", "enter", "k"},
	"story":             {"e", "e", "s", "j", "j", "j"},
	"not known":         {"e", "e", "s", "G"},
	"trail's object":    {"e", "e", "enter", "shift+tab", "shift+tab", "shift+tab", "j", "j"},
	"process below":     {"e", "e", "enter", "p", "j", "shift+tab", "j"},
	"followed object":   {"e", "e", "enter", "o", "j"},
	"followed process":  {"e", "e", "enter", "O", "j", "j"},
	"trail filtered":    {"e", "e", "enter", "l", "l", "+", "j"},
	"trail's data":      {"e", "e", "enter", "v", "j"},
	"trail's places":    {"e", "e", "enter", "W", "j"},
	"trail's details":   {"e", "e", "enter", "d", "tab", "j", "j", "j"},
	"trail of the next": {"e", "e", "enter", "e", "enter", "j"},
	"queue":             {"Q", "j", "j"},
	"queue with closed": {"Q", "j", "c", "2", "h", "G"},
	"alert decided":     {"e", "e", "A"},
	"case":              {"e", "e", "M", "t", "p", "k"},
	"around":            {"e", "e", "i", "j", "j", "j"},
	"timeline":          {"e", "e", "i", "G", "k", "k", "k", "enter", "j"},
	"compare":           {"e", "e", "V", "j", "j"},
	"compare's past":    {"e", "e", "V", "tab", "j"},
	"take along":        {"e", "e", "W", "j", "j"},
	"exception":         {"e", "e", "x", "j", "space", "j"},
	"help":              {"?", "j", "j"},
	"sources":           {"S"},
	"chooser":           {"C", "d", "o", "w", "n", "down", "down"},
}

// However a screen is left, a case opens it again as it was, cell by cell.
// Nothing is done at the program's end: it may as well have been killed.
func TestCaseAgain(t *testing.T) {
	placeEvery = time.Nanosecond
	covered := make(map[string]bool)
	for name, keys := range leavings {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			dir := filepath.Join(home, "shell")
			kept := func(o *Options) {
				o.Dashboards, o.Desk = dashboard.Folder(home), queue.OpenFile(filepath.Join(home, "desk"))
			}
			d, m := open(t, 120, 40, inCase(dir), kept)
			d.Keys("g", "m") // begins it
			for _, k := range keys {
				d.Keys(k)
				d.Draw() // as a terminal would be
			}
			m.toast = toast{}
			if over := m.placeOver(); over != nil {
				covered[over.Name] = true
			}
			d.Send(placeMsg{})
			d.Draw()
			want, shown := tuitest.Dump(d.Screen, 120, 40), d.Text()

			d, m = again(t, dir, kept)
			decided, err := m.desk.to.Load(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			m.hub.queue.Apply(decided...)
			if !d.Settle(changedMsg{}, func() bool { return m.again == nil }) {
				t.Error("it does not come to where it was")
			}
			d.Draw()
			d.Send(changedMsg{})
			m.toast = toast{}
			d.Draw()
			if got := tuitest.Dump(d.Screen, 120, 40); got != want {
				t.Errorf("it was left as\n%s\nand is\n%s\n%s", shown, d.Text(), firstDiff(want, got))
			}
		})
	}
	for name := range overs {
		if !covered[name] {
			t.Errorf("nothing is left with %s over it", name)
		}
	}
}

// cells is what is seen on the screen, cell by cell.
func (s stoopTerminal) cells(w, h int) (dump string) {
	s.Look(func(screen *vt.Emulator) { dump = tuitest.Dump(seenCells{screen}, w, h) })
	return dump
}

// seenCells are cells without what nobody sees: in which colour a blank is
// written depends on what stood there before.
type seenCells struct{ *vt.Emulator }

func (s seenCells) CellAt(x, y int) *uv.Cell {
	c := s.Emulator.CellAt(x, y)
	if c == nil || strings.TrimSpace(c.Content) != "" || c.Style.Attrs&uv.AttrReverse != 0 {
		return c
	}
	blank := *c
	blank.Style.Fg, blank.Style.Attrs = nil, 0
	return &blank
}

// firstDiff names the first line that is another.
func firstDiff(want, got string) string {
	have := strings.Split(got, "\n")
	for i, line := range strings.Split(want, "\n") {
		if i >= len(have) || have[i] != line {
			return "was " + line + "\nis  " + have[min(i, len(have)-1)]
		}
	}
	return ""
}

// A screen that was killed opens again as it was.
func TestCaseAfterKill(t *testing.T) {
	home := t.TempDir()
	term := start(t, "whole", 120, 40, "HOME="+home)
	term.wait("read to the end")
	for _, step := range []struct{ key, shows string }{
		{"e", "▲"},
		{"e", "details"},
		{"m", "marked in the case"},
		{"<enter>", "found by pid and start time, for sure"},
		{"g", "file /srv/templates/cart.html"},
		{"o", "only "},
		{"d", "event ──"},
		{"j", "event ──"},
		{"p", "lineage"},
		{"j", "lineage"},
	} {
		term.press(step.key)
		term.wait(step.shows)
	}
	journal := filepath.Join(home, "walk.case", "case.ndjson")
	kept := func() string {
		text, _ := os.ReadFile(journal)
		return string(text[strings.LastIndex(strings.TrimSpace(string(text)), "\n")+1:])
	}
	for waited := time.Now(); !strings.Contains(kept(), `"pane":"lineage"`) || !strings.Contains(kept(), `"below":"details"`); time.Sleep(20 * time.Millisecond) {
		if time.Since(waited) > patience {
			t.Fatalf("where the screen is is not kept: %s", kept())
		}
	}
	term.settle(2 * time.Second) // the last key's place too
	want, shown := term.cells(120, 40), term.Text()
	if p, err := os.FindProcess(term.Pid()); err != nil || p.Kill() != nil {
		t.Fatal(err)
	}

	term = start(t, "whole", 120, 40, "HOME="+home, "STOOP_TUI_TEST_CASE=walk.case")
	if err := term.WaitFor("the screen as it was", patience, func(string) bool { return term.cells(120, 40) == want }); err != nil {
		t.Errorf("%v\nit was\n%s\n%s", err, shown, firstDiff(want, term.cells(120, 40)))
	}
	term.quit()
}

// A place that was written by hand, or of rows that are gone, opens as far as
// it can.
func TestCasePlaceGone(t *testing.T) {
	yes := true
	for name, p := range map[string]casefile.Place{
		"no row":   {Levels: []casefile.Level{{}, {Title: "x", Filter: "proc.name = cat", Time: 1, Key: "no", View: casefile.TrailView, Trail: &casefile.InTrail{Pane: "nowhere", On: casefile.Point{Time: 7, Key: "x"}}}}},
		"no board": {Levels: []casefile.Level{{}, {Title: "x", View: casefile.BoardView, Board: &casefile.InBoard{Name: "gone", Panel: -4, Picks: []int{-1, 99}}}}},
		"out of bounds": {
			Panel: "ceiling", Columns: []string{"no.such", "evt.time"}, Containers: casefile.Cards{Order: 99, Top: -9}, Bars: casefile.Bars{At: 1 << 40, From: 1 << 40},
			Details: casefile.Details{Shown: &yes, Lines: casefile.Lines{At: -5, Top: 1 << 40}}, Over: &casefile.Over{Name: "queue", Lines: casefile.Lines{At: 1 << 40, Top: -1}},
			Levels: []casefile.Level{{Line: -3, Col: 99, Time: tuitest.Start.UnixNano(), Key: "x", Pin: casefile.Point{Time: 1, Key: "y"}}},
		},
		"bad board": {Levels: []casefile.Level{{View: casefile.BoardView, Board: &casefile.InBoard{Name: "event-summary", Panel: 99, Picks: []int{1 << 40, -1, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5}, Top: 1 << 30, From: 1 << 30}}}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "c")
			c, err := casefile.Open(dir, "ann", false)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Add(t.Context(), casefile.Entry{Kind: casefile.View, Place: &p}); err != nil {
				t.Fatal(err)
			}
			d, m := again(t, dir)
			d.Settle(changedMsg{}, func() bool { return m.again == nil })
			d.Draw()
			for _, k := range []string{"j", "k", "l", "h", "enter", "esc", "esc"} {
				d.Keys(k)
				d.Draw()
			}
			if !strings.Contains(d.Text(), "scene") {
				t.Error(d.Text())
			}
		})
	}
}

// The span that was asked of the sources is kept with the place.
func TestCaseKeepsSpan(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "c")
	since, until := tuitest.Start.Add(-time.Hour), tuitest.Start
	d, m := open(t, 120, 40, inCase(dir), func(o *Options) { o.Request = source.Request{Since: since, Until: until} })
	d.Keys("e", "m", "j")
	if p := m.cases.Case.Place(); p == nil || !p.Since.Equal(since) || !p.Until.Equal(until) {
		t.Errorf("%+v", p)
	}
}
