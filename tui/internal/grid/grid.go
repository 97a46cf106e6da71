package grid

import (
	"strings"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"

	"github.com/stoop-project/stoop/internal/safetext"
)

// Grid is a sheet of cells.
type Grid struct {
	W, H  int
	cells []cell
	buf   []byte
}

// cell is one column of one line. The text of a wide character is in its first
// cell; the next has width 0.
type cell struct {
	text  string
	style Style
	width uint8
}

// New returns a blank grid.
func New(w, h int) *Grid {
	g := &Grid{}
	g.Reset(w, h)
	return g
}

// Reset blanks the grid and gives it a size.
func (g *Grid) Reset(w, h int) {
	w, h = max(w, 0), max(h, 0)
	g.W, g.H = w, h
	if cap(g.cells) < w*h {
		g.cells = make([]cell, w*h)
	}
	g.cells = g.cells[:w*h]
	for i := range g.cells {
		g.cells[i] = cell{text: " ", width: 1}
	}
}

// All returns the whole grid as an area.
func (g *Grid) All() Area { return Area{g: g, W: g.W, H: g.H} }

// ascii holds the printable ASCII characters as strings, so that cells of them
// share memory.
var ascii = func() (t [128]string) {
	for c := range t {
		t[c] = string(rune(c))
	}
	return t
}()

// Area is a rectangle of a grid. What is drawn outside of it is not drawn. The
// zero Area has no room.
type Area struct {
	g          *Grid
	X, Y, W, H int // where it lies in the grid, and its size
}

// Sub returns the part of the area at x, y of the size w, h, as far as there
// is room.
func (a Area) Sub(x, y, w, h int) Area {
	x, y = min(max(x, 0), a.W), min(max(y, 0), a.H)
	return Area{g: a.g, X: a.X + x, Y: a.Y + y, W: max(min(w, a.W-x), 0), H: max(min(h, a.H-y), 0)}
}

// CutTop returns the first n lines, and the rest.
func (a Area) CutTop(n int) (top, rest Area) {
	n = min(max(n, 0), a.H)
	return a.Sub(0, 0, a.W, n), a.Sub(0, n, a.W, a.H-n)
}

// CutBottom returns the last n lines, and the rest.
func (a Area) CutBottom(n int) (bottom, rest Area) {
	n = min(max(n, 0), a.H)
	return a.Sub(0, a.H-n, a.W, n), a.Sub(0, 0, a.W, a.H-n)
}

// CutLeft returns the first n columns, and the rest.
func (a Area) CutLeft(n int) (left, rest Area) {
	n = min(max(n, 0), a.W)
	return a.Sub(0, 0, n, a.H), a.Sub(n, 0, a.W-n, a.H)
}

// CutRight returns the last n columns, and the rest.
func (a Area) CutRight(n int) (right, rest Area) {
	n = min(max(n, 0), a.W)
	return a.Sub(a.W-n, 0, n, a.H), a.Sub(0, 0, a.W-n, a.H)
}

// Has reports whether a cell of the grid lies in the area.
func (a Area) Has(x, y int) bool {
	return x >= a.X && x < a.X+a.W && y >= a.Y && y < a.Y+a.H
}

// Fill blanks the area in a style.
func (a Area) Fill(s Style) {
	for y := range a.H {
		for x := range a.W {
			a.put(x, y, " ", 1, s)
		}
	}
}

// Tint puts the area on another ground and leaves its text alone.
func (a Area) Tint(on Tone, attr Attr) {
	for y := range a.H {
		for x := range a.W {
			c := &a.g.cells[(a.Y+y)*a.g.W+a.X+x]
			c.style.On = on
			c.style.Attr |= attr
		}
	}
}

// Text draws a string on line y from column x on, made safe, and returns the
// column behind it. What does not fit is cut off.
func (a Area) Text(x, y int, s Style, text string) int {
	if y < 0 || y >= a.H || x >= a.W {
		return x
	}
	text = safetext.Line(text)
	i := 0
	for ; i < len(text) && text[i] < 0x80; i++ {
		// A mark may stand on the last ASCII character.
		if i+1 < len(text) && text[i+1] >= 0x80 {
			break
		}
		if x >= a.W {
			return x
		}
		if x >= 0 {
			a.put(x, y, ascii[text[i]], 1, s)
		}
		x++
	}
	if i == len(text) {
		return x
	}
	for gr := displaywidth.StringGraphemes(text[i:]); gr.Next(); {
		w := gr.Width()
		if w == 0 {
			continue
		}
		if x+w > a.W {
			return x
		}
		value := gr.Value()
		if !alone(value, w) {
			value = strings.Repeat("\ufffd", w)
		}
		if x >= 0 {
			a.put(x, y, value, w, s)
		}
		x += w
	}
	return x
}

// alone reports whether a terminal gives a cluster of a width cells of its own,
// whatever stands beside it: marks are set on what is before them, and there are
// some that go before what they are set on.
func alone(cluster string, w int) bool {
	if r, _ := utf8.DecodeRuneInString(cluster); r < 0x300 || r >= 0x2190 && r < 0x2c00 { // none in Latin, arrows, boxes
		return true
	}
	var room [32]byte
	between := append(append(append(room[:0], ' '), cluster...), ' ')
	return displaywidth.Bytes(between) == w+2
}

// Fit draws a string in exactly w columns: padded, or cut with an ellipsis.
// It returns the column behind them.
func (a Area) Fit(x, y, w int, s Style, text string) int {
	if w <= 0 {
		return x
	}
	sub := a.Sub(x, y, w, 1)
	text = safetext.Line(text)
	if Width(text) <= w {
		end := sub.Text(0, 0, s, text)
		for ; end < sub.W; end++ {
			sub.put(end, 0, " ", 1, s)
		}
		return x + w
	}
	end := sub.Sub(0, 0, w-1, 1).Text(0, 0, s, text)
	for ; end < sub.W-1; end++ {
		sub.put(end, 0, " ", 1, s)
	}
	if sub.W == w {
		sub.put(w-1, 0, "…", 1, s)
	}
	return x + w
}

// FitRight is [Area.Fit] with the text at the right end.
func (a Area) FitRight(x, y, w int, s Style, text string) int {
	n := Width(safetext.Line(text))
	if n < w {
		a.Sub(x, y, w-n, 1).Fill(s)
		a.Text(x+w-n, y, s, text)
		return x + w
	}
	return a.Fit(x, y, w, s, text)
}

// Right draws a string so that it ends before column x and returns the column
// where it starts.
func (a Area) Right(x, y int, s Style, text string) int {
	at := x - Width(safetext.Line(text))
	a.Text(at, y, s, text)
	return at
}

// HLine draws a horizontal rule over the area's line y.
func (a Area) HLine(y int, s Style) {
	for x := range a.W {
		a.put(x, y, "─", 1, s)
	}
}

// VLine draws a vertical rule down the area's column x.
func (a Area) VLine(x int, s Style) {
	for y := range a.H {
		a.put(x, y, "│", 1, s)
	}
}

// put sets a cell, clipped to the area. text is safe already.
func (a Area) put(x, y int, text string, w int, s Style) {
	if x < 0 || y < 0 || x+w > a.W || y >= a.H {
		return
	}
	at := (a.Y+y)*a.g.W + a.X + x
	row := a.g.cells[(a.Y+y)*a.g.W : (a.Y+y+1)*a.g.W]
	unsplit(row, a.X+x)
	if w == 2 {
		unsplit(row, a.X+x+1)
		a.g.cells[at+1] = cell{style: s}
	}
	a.g.cells[at] = cell{text: text, style: s, width: uint8(w)}
}

// unsplit blanks what remains of a wide character when one of its halves at x
// is about to be overwritten.
func unsplit(row []cell, x int) {
	if row[x].width == 0 && x > 0 {
		row[x-1].text, row[x-1].width = " ", 1
		row[x].text, row[x].width = " ", 1
	}
	if row[x].width == 2 && x+1 < len(row) {
		row[x+1].text, row[x+1].width = " ", 1
	}
}

// Width returns how many columns safe text takes.
func Width(s string) int { return displaywidth.String(s) }
