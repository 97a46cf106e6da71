package tui

import (
	"flag"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/tui/tuitest"
)

// mashes are how many random walks there are: go test ./tui -run Mash -mash 500.
var mashes = flag.Uint64("mash", 6, "random walks over the screen")

// mash is somebody who presses anything anywhere.
type mash struct {
	d    *tuitest.Driver
	rnd  *rand.Rand
	keys []string
	w, h int
	did  []string
}

// mashKeys are all keys that do something somewhere, but those that quit, and
// some that do nothing.
func mashKeys() []string {
	keys := []string{"1", "2", "3", "4", "X", "L", "!", "delete", "alt+f", "ctrl+a", "ctrl+u", "ctrl+w"}
	for _, b := range keyMap() {
		keys = append(keys, b.keys...)
	}
	for _, c := range covers {
		for _, k := range c.keys {
			keys = append(keys, k.keys...)
		}
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	return slices.DeleteFunc(keys, func(k string) bool { return k == "q" || k == "ctrl+c" })
}

// mashWords are what is typed into whatever asks.
var mashWords = []string{"proc.name = sh", "evt.type in (", "not ", "−5m", "+30s", "23:59", "\x1b[2J", "\u202eevil", "🦅", "名前", "a\tb", "((((", "regex '(", "case", "../..", "/etc/shadow"}

// step does one thing at random, and says what.
func (m *mash) step() string {
	switch n := m.rnd.IntN(100); {
	case n < 70:
		k := m.keys[m.rnd.IntN(len(m.keys))]
		m.d.Keys(k)
		return k
	case n < 78:
		k := []string{"enter", "enter", "esc", "e", "tab"}[m.rnd.IntN(5)]
		m.d.Keys(k)
		return k
	case n < 84:
		word := mashWords[m.rnd.IntN(len(mashWords))]
		m.d.Type(word)
		return strconv.Quote(word)
	case n < 90:
		x, y := m.rnd.IntN(m.w), m.rnd.IntN(m.h)
		click(m.d, x, y)
		m.d.Send(tea.MouseMotionMsg{X: m.rnd.IntN(m.w), Y: m.rnd.IntN(m.h), Button: tea.MouseLeft})
		m.d.Send(tea.MouseReleaseMsg{X: m.rnd.IntN(m.w), Y: m.rnd.IntN(m.h), Button: tea.MouseLeft})
		return "click"
	case n < 93:
		m.d.Send(tea.MouseWheelMsg{X: m.rnd.IntN(m.w), Y: m.rnd.IntN(m.h), Button: tea.MouseWheelDown})
		return "wheel"
	case n < 95:
		m.d.Send(tea.PasteMsg{Content: mashWords[m.rnd.IntN(len(mashWords))] + strings.ToValidUTF8(evil, "")})
		return "paste"
	default:
		m.w, m.h = 1+m.rnd.IntN(160), 1+m.rnd.IntN(50)
		if m.rnd.IntN(3) == 0 {
			m.w, m.h = 20, 5
		}
		m.d.Send(tea.WindowSizeMsg{Width: m.w, Height: m.h})
		return "to " + strconv.Itoa(m.w) + "x" + strconv.Itoa(m.h)
	}
}

// fault says what is wrong with the frame that is drawn now.
func (m *mash) fault() string {
	view := m.d.Model.View()
	if bad := forbidden(view.Content); bad != "" {
		return "a sequence from outside: " + bad
	}
	if bad := forbidden(view.WindowTitle); bad != "" {
		return "in the title: " + bad
	}
	lines := strings.Split(view.Content, "\n")
	if len(lines) != m.h {
		return strconv.Itoa(len(lines)) + " lines"
	}
	for i, l := range lines {
		if got := ansi.StringWidth(l); got > m.w {
			return "line " + strconv.Itoa(i) + " is " + strconv.Itoa(got) + " wide: " + l
		}
	}
	return ""
}

// Whatever is pressed wherever: no frame is larger than the terminal, nothing
// from outside gets to it, and q ends it.
func TestMash(t *testing.T) {
	for seed := range *mashes {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			src := &tuitest.Source{Name: "evil" + evil, Batches: []*event.Batch{hostileScene(), tuitest.Scene()}}
			d, _ := openOn(t, src, 100, 30, inCase(t.TempDir()))
			m := &mash{d: d, rnd: rand.New(rand.NewPCG(seed, 1)), keys: mashKeys(), w: 100, h: 30}
			defer func() {
				if p := recover(); p != nil {
					t.Errorf("after %v", m.did)
					panic(p)
				}
			}()
			for range 150 {
				m.did = append(m.did, m.step())
				if bad := m.fault(); bad != "" {
					t.Fatalf("%dx%d: %s\nafter %v", m.w, m.h, bad, m.did)
				}
			}
			for range 100 {
				d.Keys("esc")
			}
			if d.Keys("q"); !d.HasQuit {
				t.Errorf("q does not quit after %v\n%s", m.did, d.Text())
			}
		})
	}
}
