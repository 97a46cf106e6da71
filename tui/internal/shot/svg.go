package shot

import (
	"encoding/xml"
	"fmt"
	"image/color"
	"strings"

	uv "github.com/charmbracelet/ultraviolet"
)

// Cells is a screen whose cells can be read.
type Cells interface {
	CellAt(x, y int) *uv.Cell
}

// The size of a cell in SVG units, for a monospaced font of 14.
const (
	cellW = 8.43
	cellH = 17
	pad   = 10
)

// SVG draws the first w columns and h lines of a screen. fg and bg are the
// terminal's own colours.
func SVG(s Cells, w, h int, fg, bg color.Color) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%d" font-family="DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="14">`,
		float64(w)*cellW+2*pad, h*cellH+2*pad)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" rx="8" fill="%s"/>`, hex(ground(s, bg)))
	for y := range h {
		for x := 0; x < w; {
			n := run(s, x, y, w)
			drawRun(&b, s, x, y, n, fg, bg)
			x += n
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// ground is the colour around the cells: that of the last one.
func ground(s Cells, bg color.Color) color.Color {
	if c := s.CellAt(0, 1); c != nil && c.Style.Bg != nil {
		return c.Style.Bg
	}
	return bg
}

// run is how many cells from x on look the same.
func run(s Cells, x, y, w int) int {
	first := s.CellAt(x, y)
	n := 1
	for ; x+n < w; n++ {
		c := s.CellAt(x+n, y)
		if (c == nil) != (first == nil) || c != nil && c.Width > 0 && !c.Style.Equal(&first.Style) {
			break
		}
	}
	return n
}

func drawRun(b *strings.Builder, s Cells, x, y, n int, fg, bg color.Color) {
	c := s.CellAt(x, y)
	if c == nil {
		return
	}
	f, g := c.Style.Fg, c.Style.Bg
	if f == nil {
		f = fg
	}
	if g == nil {
		g = bg
	}
	if c.Style.Attrs&uv.AttrReverse != 0 {
		f, g = g, f
	}
	left, top := pad+float64(x)*cellW, pad+y*cellH
	fmt.Fprintf(b, `<rect x="%.2f" y="%d" width="%.2f" height="%d" fill="%s"/>`, left, top, float64(n)*cellW+0.2, cellH, hex(g))
	text := ""
	for i := range n {
		if cell := s.CellAt(x+i, y); cell != nil && cell.Width > 0 {
			text += cell.Content
		}
	}
	if strings.TrimSpace(text) == "" {
		return
	}
	attr := ""
	if c.Style.Attrs&uv.AttrBold != 0 {
		attr += ` font-weight="bold"`
	}
	if c.Style.Underline != 0 {
		attr += ` text-decoration="underline"`
	}
	var esc strings.Builder
	_ = xml.EscapeText(&esc, []byte(text)) // a strings.Builder does not fail
	fmt.Fprintf(b, `<text x="%.2f" y="%d" fill="%s" xml:space="preserve" textLength="%.2f" lengthAdjust="spacingAndGlyphs"%s>%s</text>`,
		left, top+13, hex(f), float64(n)*cellW, attr, esc.String())
}

func hex(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}
