package grid

import (
	"image/color"
	"strings"
	"testing"

	"github.com/charmbracelet/x/vt"
)

// lines returns a grid's text, as a terminal shows what Encode writes.
func lines(g *Grid) []string {
	term := vt.NewEmulator(g.W, g.H)
	_, _ = term.WriteString("\x1b[?7l" + strings.ReplaceAll(g.Encode(&Palette{}, false), "\n", "\r\n"))
	out := make([]string, g.H)
	for y := range g.H {
		for x := range g.W {
			if c := term.CellAt(x, y); c != nil {
				out[y] += c.Content
			}
		}
	}
	return out
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		x    int
		text string
		want string
	}{
		{0, "abc", "abc     "},
		{6, "abc", "      ab"},   // clipped at the right
		{-2, "abcd", "cd      "}, // and at the left
		{0, "日本語日本", "日本語日"},
		{1, "日本語日本", " 日本語 "}, // half a character is none
		{0, "a\u0301b", "a\u0301b      "},
		{0, "\x1b[31m", `\x1b[31m`},
		{0, "a\u202eb", `a\u202eb`},
	} {
		g := New(8, 1)
		g.All().Text(c.x, 0, Style{}, c.text)
		if got := lines(g)[0]; got != c.want {
			t.Errorf("%q at %d: %q, want %q", c.text, c.x, got, c.want)
		}
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		w           int
		text        string
		left, right string
	}{
		{5, "ab", "ab   |", "   ab|"},
		{5, "abcde", "abcde|", "abcde|"},
		{5, "abcdef", "abcd…|", "abcd…|"},
		{5, "日本語", "日本…|", "日本…|"},
		{4, "日本語", "日 …|", "日 …|"},
		{1, "ab", "…|", "…|"},
		{0, "ab", "|", "|"},
	} {
		g := New(c.w+1, 2)
		g.All().Text(c.w, 0, Style{}, "|")
		g.All().Text(c.w, 1, Style{}, "|")
		g.All().Fit(0, 0, c.w, Style{}, c.text)
		g.All().FitRight(0, 1, c.w, Style{}, c.text)
		if got := lines(g); got[0] != c.left || got[1] != c.right {
			t.Errorf("%q in %d: %q, want %q and %q", c.text, c.w, got, c.left, c.right)
		}
	}
}

// Writing over one half of a wide character leaves no half behind.
func TestWideCharactersAreNotSplit(t *testing.T) {
	for x, want := range []string{"x 本", " x本", "日x ", "日 x"} {
		g := New(4, 1)
		g.All().Text(0, 0, Style{}, "日本")
		g.All().Text(x, 0, Style{}, "x")
		if got := lines(g)[0]; got != want {
			t.Errorf("x at %d: %q, want %q", x, got, want)
		}
	}
}

func TestAreasClip(t *testing.T) {
	g := New(6, 4)
	a := g.All().Sub(1, 1, 4, 2)
	a.Fill(Style{})
	for y := -1; y < 4; y++ {
		a.Text(-3, y, Style{}, "0123456789")
	}
	left, rest := a.CutLeft(99)
	if left.W != 4 || rest.W != 0 {
		t.Errorf("a cut gave %d and %d of 4 columns", left.W, rest.W)
	}
	rest.Text(0, 0, Style{}, "no room")
	Area{}.Text(0, 0, Style{}, "none at all")
	want := []string{"      ", " 3456 ", " 3456 ", "      "}
	for y, got := range lines(g) {
		if got != want[y] {
			t.Errorf("line %d: %q, want %q", y, got, want[y])
		}
	}
}

func TestEncode(t *testing.T) {
	p := &Palette{Text: color.RGBA{1, 2, 3, 255}, Base: color.RGBA{4, 5, 6, 255}, Alarm: color.RGBA{255, 0, 0, 255}}
	g := New(3, 1)
	g.All().Text(0, 0, Style{}, "a")
	g.All().Text(1, 0, Style{Fg: Alarm, Attr: Bold}, "bc")
	if got, want := g.Encode(p, false), "\x1b[0;38;2;1;2;3;48;2;4;5;6ma\x1b[0;1;38;2;255;0;0;48;2;4;5;6mbc\x1b[m"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	// Without colours the row under the cursor is reversed.
	g.All().Tint(Select, 0)
	if got, want := g.Encode(p, true), "\x1b[0;7ma\x1b[0;1;7mbc\x1b[m"; got != want {
		t.Errorf("plain: %q, want %q", got, want)
	}
}

// Whatever is drawn, wherever, a terminal gets lines of the grid's width and
// no sequence but SGR.
func FuzzText(f *testing.F) {
	f.Add(0, "plain")
	f.Add(3, "日本\u0301\x1b]0;x\x07")
	f.Add(-4, "\u202e\u200d👩\u200d👩\u200d👧 e\u0301\xff")
	f.Add(4, "\U00011441")   // a mark that takes room
	f.Add(-23, "\U00011941") // one that goes before
	f.Fuzz(func(t *testing.T, x int, text string) {
		g := New(12, 2)
		g.All().Text(x%20, 0, Style{}, text)
		g.All().Fit(x%20, 1, 5, Style{}, text)
		out := g.Encode(&Palette{}, true)
		for _, line := range strings.Split(strings.NewReplacer("\x1b[0m", "", "\x1b[m", "").Replace(out), "\n") {
			if strings.ContainsAny(line, "\x1b\r\x07\u009b") || Width(line) != 12 {
				t.Fatalf("%q: %q is %d columns", text, line, Width(line))
			}
		}
	})
}
