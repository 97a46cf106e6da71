package tui

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/charmbracelet/colorprofile"

	"github.com/stoop-project/stoop/tui/tuitest"
)

// update writes the golden screens anew: make golden.
var update = os.Getenv("STOOP_UPDATE") == "1"

// golden compares the screen, cell by cell, with the one that is kept.
func golden(t *testing.T, d *tuitest.Driver, w, h int, name string) {
	t.Helper()
	d.Draw()
	got := tuitest.Dump(d.Screen, w, h)
	path := filepath.Join("testdata", "golden", name+".txt")
	if update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; STOOP_UPDATE=1 go test ./tui -run %s writes it", err, t.Name())
	}
	if got != string(want) {
		t.Errorf("%s is not as it was; if it should be as it is now, run make golden\n%s", path, tuitest.Text(d.Screen, w, h))
	}
}

var sizes = [][2]int{{80, 24}, {120, 40}, {200, 50}, {40, 10}}

var profiles = map[string]colorprofile.Profile{"colour": colorprofile.TrueColor, "plain": colorprofile.NoTTY}

// The first screen and an alert's, in every size, with and without colours.
func TestGoldenSizes(t *testing.T) {
	for _, size := range sizes {
		for look, profile := range profiles {
			w, h := size[0], size[1]
			t.Run(fmt.Sprintf("%dx%d-%s", w, h, look), func(t *testing.T) {
				d, _ := open(t, w, h, func(o *Options) { o.Profile = &profile })
				golden(t, d, w, h, fmt.Sprintf("first-%dx%d-%s", w, h, look))
				d.Keys("e", "e", "enter")
				golden(t, d, w, h, fmt.Sprintf("alert-%dx%d-%s", w, h, look))
			})
		}
	}
}

// One screen for each overlay, input and state.
func TestGoldenStates(t *testing.T) {
	const w, h = 120, 40
	for _, c := range []struct {
		name string
		do   func(*tuitest.Driver)
	}{
		{"tree", func(d *tuitest.Driver) { d.Keys("e", "e", "p") }},
		{"help", func(d *tuitest.Driver) { d.Keys("?") }},
		{"sources", func(d *tuitest.Driver) { d.Keys("S") }},
		{"columns", func(d *tuitest.Driver) { d.Keys("C") }},
		{"filter", func(d *tuitest.Driver) { d.Keys("f"); d.Type("evt.type = execve ") }},
		{"filter-wrong", func(d *tuitest.Driver) { d.Keys("f"); d.Type("proc.nam = x and "); d.Keys("left", "left") }},
		{"search", func(d *tuitest.Driver) { d.Keys("/"); d.Type("shadow"); d.Keys("enter") }},
		{"jump-wrong", func(d *tuitest.Driver) { d.Keys("t"); d.Type("noon"); d.Keys("enter") }},
		{"histogram", func(d *tuitest.Driver) { d.Keys("tab", "tab", "space", "right", "right", "right") }},
		{"containers", func(d *tuitest.Driver) { d.Keys("shift+tab", "down", "down") }},
		{"nothing-passes", func(d *tuitest.Driver) { d.Keys("f"); d.Type("proc.name = nobody"); d.Keys("enter") }},
		{"story", func(d *tuitest.Driver) { d.Keys("e", "e", "s") }},
		{"queue", func(d *tuitest.Driver) { d.Keys("Q", "j", "c", "2", "a", "h", "G") }},
		{"queue-verdict", func(d *tuitest.Driver) { d.Keys("Q", "c") }},
		{"queue-alert", func(d *tuitest.Driver) { d.Keys("e", "e", "A", "a", "n"); d.Type("asked ops"); d.Keys("enter") }},
		{"story-unknown", func(d *tuitest.Driver) { d.Keys("e", "e", "s", "G") }},
		{"trail-lineage", func(d *tuitest.Driver) { d.Keys("e", "e", "enter", "p") }},
		{"trail-followed", func(d *tuitest.Driver) { d.Keys("e", "e", "enter", "o") }},
		{"trail-process", func(d *tuitest.Driver) { d.Keys("e", "e", "enter", "O") }},
		{"trail-nothing-passes", func(d *tuitest.Driver) {
			d.Keys("e", "e", "enter", "f")
			d.Type(" and proc.name = nobody")
			d.Keys("enter")
		}},
		{"trail-no-data", func(d *tuitest.Driver) { d.Keys("e", "e", "enter", "v") }},
		{"trail-places", func(d *tuitest.Driver) { d.Keys("e", "e", "enter", "W") }},
		{"trail-details", func(d *tuitest.Driver) { d.Keys("e", "e", "enter", "d") }},
		{"trail-search", func(d *tuitest.Driver) { d.Keys("e", "e", "enter", "/"); d.Type("nmap"); d.Keys("enter") }},
		{"take-along", func(d *tuitest.Driver) { d.Keys("e", "e", "W", "j", "j", "j", "j", "j") }},
		{"around", func(d *tuitest.Driver) { d.Keys("e", "e", "i", "j") }},
		{"around-timeline", func(d *tuitest.Driver) { d.Keys("e", "e", "i", "G", "k", "k", "k", "enter") }},
		{"compare", func(d *tuitest.Driver) { d.Keys("e", "e", "V") }},
		{"except", func(d *tuitest.Driver) { d.Keys("e", "e", "x", "j", "space") }},
		{"dashboard", func(d *tuitest.Driver) { d.Keys("b") }},
		{"dashboard-filtered", func(d *tuitest.Driver) { d.Keys("b", "j", "enter", "shift+tab", "space", "l", "l") }},
		{"log-summary", func(d *tuitest.Driver) { d.Keys("b", "b", "tab") }},
		{"light", func(d *tuitest.Driver) { d.Keys("T") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, _ := open(t, w, h)
			c.do(d)
			golden(t, d, w, h, c.name)
		})
	}
}

// views are the screens that one opens by keys, from the first one on.
var views = map[string][]string{
	"details": {"e", "e", "tab"}, "tree": {"e", "e", "p"}, "trail": {"e", "e", "enter"}, "story": {"e", "e", "s"}, "dashboard": {"b"},
	"queue": {"Q", "j", "c", "2", "a", "h"}, "queue-alert": {"e", "e", "A"}, "case": {"e", "e", "m", "M", "t"}, "compare": {"e", "e", "V"},
	"take-along": {"e", "e", "W", "j", "j", "j", "j", "j"}, "around": {"e", "e", "i"}, "except": {"e", "e", "x"}, "help": {"?"}, "sources": {"S"}, "columns": {"C"},
}

// looks are how a screen may look: in which sizes without colours, and in both
// themes.
var looks = []struct {
	name  string
	size  [2]int
	theme string // "": no colours
}{
	{"80x24-plain", [2]int{80, 24}, ""},
	{"120x40-plain", [2]int{120, 40}, ""},
	{"200x50-plain", [2]int{200, 50}, ""},
	{"40x10-plain", [2]int{40, 10}, ""},
	{"80x24-dark", [2]int{80, 24}, "peregrine"},
	{"80x24-light", [2]int{80, 24}, "gyrfalcon"},
}

// Every view in every size, without colours and in both themes.
func TestGoldenViews(t *testing.T) {
	const dir = "golden.case" // its name is on the screen
	for name, keys := range views {
		for _, look := range looks {
			t.Run(name+"-"+look.name, func(t *testing.T) {
				remove := func() { _ = os.RemoveAll(dir) }
				remove()
				t.Cleanup(remove)
				d, m := open(t, look.size[0], look.size[1], inCase(dir), func(o *Options) {
					if o.Theme = look.theme; look.theme == "" {
						o.Theme, o.Profile = "peregrine", new(colorprofile.NoTTY)
					}
				})
				d.Keys(keys...)
				m.toast = toast{}
				golden(t, d, look.size[0], look.size[1], "views/"+name+"-"+look.name)
			})
		}
	}
}

// The case with something of everything, and a marked row.
func TestGoldenCase(t *testing.T) {
	const dir = "golden.case" // its name is on the screen
	remove := func() { _ = os.RemoveAll(dir) }
	remove()
	t.Cleanup(remove)
	d, m := open(t, 120, 40, inCase(dir))
	d.Keys("e", "e", "m", "l", "l", "+", "M", "f", "t", "N")
	d.Type("first look")
	d.Keys("enter")
	m.toast = toast{}
	golden(t, d, 120, 40, "case")
	d.Keys("esc", "esc")
	m.toast = toast{}
	golden(t, d, 120, 40, "case-marked")
}

// What the screen says when there is nothing to show.
func TestGoldenEmpty(t *testing.T) {
	const w, h = 80, 24
	for name, src := range map[string]*tuitest.Source{
		"empty-file": {Name: "quiet.ndjson"},
		"empty-live": {Name: "live", IsLive: true},
		"failed":     {Name: "gone.stoop", Err: os.ErrPermission},
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := openOn(t, src, w, h)
			golden(t, d, w, h, name)
		})
	}
}

// Losses, bad lines, rings: everything that the status line can say.
func TestGoldenLive(t *testing.T) {
	src := liveSource()
	d, m := openOn(t, src, 200, 50)
	d.Settle(changedMsg{}, func() bool { return m.level().counted.shown > 0 })
	refreshNow(d, m)
	golden(t, d, 200, 50, "live")
	d.Keys("S")
	golden(t, d, 200, 50, "live-sources")
}
