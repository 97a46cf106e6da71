package tui

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/vt"

	"github.com/stoop-project/stoop/tui/tuitest"
)

// press is a key that is pressed in a terminal, and what it changes there.
type press struct {
	keys  string // as the terminal package writes them; the last one is tested
	shows string // what then is on the screen, and was not before the last; "": anything else than before
	back  string // keys that lead to where it began; "": the next key begins here
}

// walk is a way through one place of the screen in a terminal of its own.
type walk struct {
	place   string // as [where] or a cover is called
	to      string // keys that lead there
	at      string // what says that one is there
	presses []press
}

// moves are the keys of every list, from its first line on, each with what
// undoes it.
var moves = []press{
	{"<down>", "", "<up>"},
	{"<down><up>", "", ""},
	{"j", "", "k"},
	{"jk", "", ""},
	{"<pgdown>", "", ""},
	{"<pgup>", "", ""},
	{"<c-f>", "", ""},
	{"<c-b>", "", ""},
	{"<end>", "", ""},
	{"<home>", "", ""},
	{"G", "", ""},
	{"g", "", ""},
}

// walks press every key of the key map and of the covers.
var walks = []walk{
	{"table", "ee", "280 events", []press{
		{"<right>", "", "<left>"},
		{"<right><left>", "", ""},
		{"l", "", "h"},
		{"lh", "", ""},
		{"<tab>", "", "<s-tab>"},
		{"<tab><s-tab>", "", ""},
		{"e", "alert.rule Launch Suspicious", "E"},
		{"eE", "alert.rule Read sensitive", ""},
		{"<enter>", "found by pid and start time", "<esc>"},
		{"<enter><esc>", "280 events", ""},
		{"<enter><backspace>", "280 events", ""},
		{"O", "no event is far away in time", "zz"},
		{"j<enter>w", "proc.apid = 5901", "<esc>k"},
		{"c", "container.id = 6cf4be7b2388", "<esc>"},
		{"a", "› around", "<esc>"},
		{"p", "(entry point)", "<esc>"},
		{"s", "sentence ", "<esc><esc>"},
		{"i", "what else is known", "<esc>"},
		{"f", "", "<esc>"},
		{":", "", "<esc>"},
		{"ll+", "proc.name = cat", "u"},
		{"=", "proc.name = cat", "u"},
		{"-", "not proc.name = cat", "u"},
		{"+u", "280 events", ""},
		{"/", "", "<esc>"},
		{"/shadow<enter>n", "", "N"},
		{"nN", "", "<esc>"},
		{"<space>", "paused", "<space>"},
		{"F", "", "FE"},
		{"t", "", "<esc>"},
		{"r", "from mark", "r"},
		{"z", "Nov UTC", "z"},
		{"m", "marked", "zz"},
		{"M", "case", "<esc>"},
		{"W", "take along", "<esc>"},
		{"Q", "alerts in 6 groups", "<esc>"},
		{"A", "└ this alert", "<esc>"},
		{"b", "Event summary", "<esc>"},
		{"V", "only here", "<esc>"},
		{"P", "in 1 container of", "zz"},
		{"d", "", "d"},
		{"C", "type to find a field", "<esc>"},
		{"S", "handed on 280", "<esc>"},
		{"x", "silences", "<esc>"},
		{"y", "copied", "zz"},
		{"Y", "copied: stoop print scene", "zz"},
		{"R", "no source here keeps a flight recorder", "zz"},
		{"D", "no source here keeps a flight recorder", "zz"},
		{"T", "", "T"},
		{"?", "one line up", "<esc>"},
		{"<c-l>", "", ""},
	}},
	{"table", "", "280 events", moves},
	{"details", "ee<tab>", "Read sensitive", slices.Concat([]press{
		{"<enter>", `filter alert.rule = "Read sensitive file untrusted"`, "<esc><tab>"},
		{"a", "› around", "<esc><tab>"},
		{"p", "(entry point)", "<esc><tab>"},
		{"s", "sentence ", "<esc><esc><tab>"},
		{"i", "what else is known", "<esc>"},
		{"+", `filter alert.rule = "Read`, "u"},
		{"=", `filter alert.rule = "Read`, "u"},
		{"<space>", "paused", "<space>"},
		{"m", "marked", "zz"},
		{"A", "└ this alert", "<esc>"},
		{"V", "only here", "<esc>"},
		{"P", "in 1 container of", "zz"},
		{"x", "silences", "<esc>"},
		{"y", "copied", "zz"},
	}, moves, []press{{"j-", `filter not alert.rule = "Read`, ""}})},
	{"details", "eej<enter><tab>", "what happened", []press{{"w", "proc.apid = 5901", ""}}},
	{"process tree", "eep", "(entry point)", []press{
		{"<enter>", "23 Nov EET process", "<esc>"},
		{"w", "", ""},
		{"c", "23 Nov EET process", "<esc>"},
		{"<space>", "paused", "<space>"},
		{"V", "only here", "<esc>"},
	}},
	{"process tree", "eep<home>", "(entry point)", moves},
	{"containers", "<s-tab>", "280 events", slices.Concat(moves, []press{
		{"j<enter>", "container.id = b20d7c11a9e4", "<esc><s-tab>"},
		{"<space>", "paused", "<space>"},
		{"d", "only here", "<esc>"},
		{"s", "by name", ""},
	})},
	{"histogram", "<tab><tab>", "280 events", []press{
		{"<right>", "", "<left>"},
		{"<right><left>", "", ""},
		{"l", "", "h"},
		{"lh", "", ""},
		{"<space>", "", "<esc>"},
		{"v", "", "<esc>"},
		{"<right>v<right><right><enter>", "evt.rawtime >= ", ""},
	}},
	{"dashboard", "b", "Event summary", slices.Concat(moves, []press{
		{"<tab>", "", "<s-tab>"},
		{"<tab><s-tab>", "", ""},
		{"<right>", "", "<left>"},
		{"<right><left>", "", ""},
		{"l", "", "h"},
		{"lh", "", ""},
		{"o", "alert.priority = Notice", "<esc>"},
		{"<enter>", "and alert.priority = Notice", "u"},
		{"+", "and alert.priority = Notice", "u"},
		{"=", "and alert.priority = Notice", "u"},
		{"-", "and not alert.priority = Notice", "u"},
		{"<space>", "in a trend", "<s-tab>"},
		{"v", "", "<esc>"},
		{"B", "written", ""},
	})},
	{"trail", "ee<enter>", "found by pid and start time", []press{
		{"<tab>", "", "<s-tab>"},
		{"<tab><s-tab>", "", ""},
		{"<right>", "", "<left>"},
		{"<right><left>", "", ""},
		{"l", "", "h"},
		{"lh", "", ""},
		{"<enter>", "from mark process", "<esc>"},
		{"c", "from mark process", "<esc>"},
		{"a", "filter none", "<esc>"},
		{"o", "only /etc/shadow", "o"},
		{"O", "only pid 5912", "O"},
		{"v", "No data went through it", "v"},
		{"p", "─ process", "<esc>"},
		{"s", "sentence ", "s"},
		{"<space>", "paused", "<space>"},
		{"W", "where it was looked for", "W"},
		{"d", "alert.priority", "d"},
		{"i", "what else is known", "<esc>"},
		{"l+", "and proc.name = cat", "u"},
		{"=", "and proc.name = cat", "u"},
		{"-", "and not proc.name = cat", "u"},
		{"m", "marked", "zz"},
		{"A", "└ this alert", "<esc>"},
		{"V", "only here", "<esc>"},
		{"P", "in 1 container of", "zz"},
		{"x", "silences", "<esc>"},
		{"y", "copied", "zz"},
	}},
	{"trail", "ee<enter><home>", "found by pid and start time", moves},
	{"queue", "Q", "alerts in 6 groups", []press{
		{"a", "acknowledged; kept in", "g"},
		{"r", "open; kept in", "g"},
		{"w", "owned by ann", "w"},
		{"n", "", "<esc>"},
		{"c", "close as", "<esc>"},
		{"y", "copied: stoop queue set", "g"},
		{"<esc>", "filter none", "Q"},
		{"o", "› alerts: ", "<esc>Q"},
		{"<enter>", "found by pid and start time", "<esc>Q"},
		{"c3h", "● 1", "h"},
	}},
	{"verdict", "Qc", "close as", []press{
		{"<esc>", "left as it was", "c"},
		{"1", "closed, true-positive", "c"},
		{"2", "closed, false-positive", "c"},
		{"3", "closed, benign", "c"},
		{"4", "closed, undetermined", "c"},
		{"<enter>", "closed; kept in", "c"},
	}},
	{"case", "eemM", "note on the case", []press{
		{"n", "note on Read", "<esc>"},
		{"N", "", "<esc>"},
		{"T", "title of the case", "<esc>"},
		{"f", "this level has no filter to keep", "g"},
		{"t", "the trail is in the case", "g"},
		{"p", "the screen is in the case", "g"},
		{"e", "no room", "g"},
		{"Gx", "taken out", "g"},
		{"<esc>", "filter none", "M"},
		{"g<enter>", "› mark 22:02:01", "<esc>M"},
	}},
	{"take along", "eeW", "take along", []press{
		{"<enter>", "copied: this level as a stoop command", "j"}, {"ky", "copied: this level as a stoop command", "j"}, {"<esc>", "filter none", "W"},
	}},
	{"only here", "eeV", "only here", []press{
		{"<tab>", "nothing of another container", "<tab>"}, {"<esc>", "filter none", "V"}, {"<enter>", "› only here: ", ""},
	}},
	{"what else is known", "eei", "what else is known", []press{
		{"<esc>", "filter none", "i"}, {"<enter>", "› around", "<esc>i"},
	}},
	{"exception", "eex", "silences", []press{
		{"<space>", "", "<space>"}, {"<enter>", "", "<enter>"}, {"y", "copied", "j"}, {"w", "", ""}, {"<esc>", "filter none", "x"},
	}},
	{"columns", "C", "type to find a field", []press{
		{"<enter>", "", "<enter>"}, {"<right>", "", "<left>"}, {"<right><left>", "", ""}, {"<esc>", "filter none", "C"},
	}},
	{"everywhere", "", "280 events", []press{{"q", "", ""}}},
	{"everywhere", "", "280 events", []press{{"<c-c>", "", ""}}},
}

// shownKey is a key as the terminal package writes it.
func shownKey(name string) string {
	switch {
	case name == "shift+tab":
		return "<s-tab>"
	case strings.HasPrefix(name, "ctrl+"):
		return "<c-" + strings.TrimPrefix(name, "ctrl+") + ">"
	case len(name) > 1:
		return "<" + name + ">"
	}
	return name
}

// split takes the last key of some off.
func splitKeys(keys string) (before, last string) {
	at := len(keys) - 1
	if strings.HasSuffix(keys, ">") {
		at = strings.LastIndexByte(keys, '<')
	}
	return keys[:at], keys[at:]
}

// Every key of the key map, in each place where it means something, and every
// key of the covers, is pressed in a terminal and changes what it says. A key
// that is added without a press here fails.
func TestEveryKeyInTerminal(t *testing.T) {
	pressed := map[string]bool{}
	for _, w := range walks {
		for _, p := range w.presses {
			_, last := splitKeys(p.keys)
			pressed[w.place+" "+last] = true
			pressed["everywhere "+last] = true
		}
	}
	for _, b := range keyMap() {
		for place := range strings.SplitSeq(b.where.String(), ", ") {
			for _, k := range b.keys {
				if !pressed[place+" "+shownKey(k)] {
					t.Errorf("%s: nobody presses %s", place, k)
				}
			}
		}
	}
	for _, c := range covers {
		for _, k := range c.keys {
			for _, name := range k.keys {
				if !pressed[c.name+" "+shownKey(name)] {
					t.Errorf("%s: nobody presses %s", c.name, name)
				}
			}
		}
	}
	for _, w := range walks {
		t.Run(strings.ReplaceAll(w.place, " ", "-"), func(t *testing.T) { w.walk(t) })
	}
}

// walk goes the way twice: with the model alone, which says at once what a key
// changes, and in a terminal, which must come to show the same.
func (w *walk) walk(t *testing.T) {
	const width, height = 150, 45
	home := t.TempDir()
	term := start(t, "whole", width, height, "HOME="+home)
	t.Chdir(t.TempDir())
	d, m := open(t, width, height, whole)
	dump := func() string { d.Draw(); return named(tuitest.Dump(seen{d.Screen}, width, height)) }
	same := func(keys string) {
		t.Helper()
		want, have := dump(), ""
		if err := term.WaitFor("the screen that the model has", patience, func(string) bool {
			term.Look(func(s *vt.Emulator) { have = named(tuitest.Dump(seen{s}, width, height)) })
			return have == want
		}); err != nil {
			t.Fatalf("%s, after %s: %v\nthe model has\n%s\n%s", w.place, keys, err, d.Text(), firstDifference(have, want))
		}
	}
	press := func(key string) {
		t.Helper()
		d.Keys(modelKey(key))
		term.press(key)
		if !d.HasQuit {
			same(key)
		}
	}
	same("")
	for key, rest := firstKey(w.to); key != ""; key, rest = firstKey(rest) {
		press(key)
	}
	for _, p := range w.presses {
		if here := m.here().String(); m.over == nil && w.place != "everywhere" && here != w.place {
			t.Fatalf("%s: before %s one is in the %s:\n%s", w.place, p.keys, here, d.Text())
		}
		first, last := splitKeys(p.keys)
		for key, rest := firstKey(first); key != ""; key, rest = firstKey(rest) {
			press(key)
		}
		at, before := squeezed(d.Text()), dump()
		if p.shows != "" && strings.Contains(at, p.shows) {
			t.Fatalf("%s: %q is there before %s:\n%s", w.place, p.shows, p.keys, d.Text())
		}
		written := term.Written()
		press(last)
		switch {
		case last == "<c-l>": // the same again
			term.changed(written)
		case d.HasQuit:
			if code, err := term.Exit(patience); code != 0 || err != nil {
				t.Errorf("%s ended it with %d, %v", p.keys, code, err)
			}
			return
		case !strings.Contains(squeezed(d.Text()), p.shows), dump() == before:
			t.Fatalf("%s: %s does not show %q:\n%s", w.place, p.keys, p.shows, d.Text())
		}
		for key, rest := firstKey(p.back); key != ""; key, rest = firstKey(rest) {
			press(key)
		}
		if now := squeezed(d.Text()); p.back != "" && (!strings.Contains(now, w.at) || p.shows != "" && !strings.Contains(at, p.shows) && strings.Contains(now, p.shows)) {
			t.Fatalf("%s: %s%s does not lead back:\n%s", w.place, p.keys, p.back, d.Text())
		}
	}
}

// named gives the files that have names of their own one name.
func named(screen string) string { return ownName.ReplaceAllString(screen, "screen-xxxxxx.svg") }

var ownName = regexp.MustCompile(`screen-[a-z0-9]{6}\.svg`)

// seen is a screen as one sees it: of a blank nobody sees the colour of its text.
type seen struct{ tuitest.Cells }

// CellAt implements [tuitest.Cells].
func (s seen) CellAt(x, y int) *uv.Cell {
	c := s.Cells.CellAt(x, y)
	if c == nil || strings.TrimSpace(c.Content) != "" {
		return c
	}
	blank := *c
	blank.Style.Fg, blank.Style.Attrs = nil, c.Style.Attrs&uv.AttrReverse
	return &blank
}

// modelKey is a key of the terminal package as Bubble Tea names it.
func modelKey(key string) string {
	name := strings.Trim(key, "<>")
	switch {
	case len(key) == 1:
		return key
	case name == "s-tab":
		return "shift+tab"
	case strings.HasPrefix(name, "c-"):
		return "ctrl+" + name[2:]
	}
	return name
}

// firstDifference is the first line in which two screens differ.
func firstDifference(have, want string) string {
	b := strings.Split(want, "\n")
	for i, line := range strings.Split(have, "\n") {
		if i >= len(b) || line != b[i] {
			return fmt.Sprintf("the terminal has %q, the model %q", line, b[min(i, len(b)-1)])
		}
	}
	return "the terminal has less"
}

// squeezed is a text with one blank where there are several.
func squeezed(text string) string { return strings.Join(strings.Fields(text), " ") }

// firstKey takes the first key of some off.
func firstKey(keys string) (first, rest string) {
	if keys == "" {
		return "", ""
	}
	if keys[0] == '<' {
		at := strings.IndexByte(keys, '>') + 1
		return keys[:at], keys[at:]
	}
	return keys[:1], keys[1:]
}
