package picture

import (
	"encoding/xml"
	"fmt"
	"image/color"
	"strings"
)

// The size of a cell and of the margin, in SVG's pixels at a font of 14.
const (
	cellWidth  = 8.4
	cellHeight = 18.0
	baseline   = 13.5
	margin     = 12.0
)

// Look is how a cell looks. Colours may be nil: those of the screen.
type Look struct {
	FG, BG                          color.Color
	Bold, Italic, Underline, Invert bool
}

// Cell is one cell: its text, and how many columns it takes (1 or 2).
type Cell struct {
	Text  string
	Width int
	Look  Look
}

// SVG returns a picture of a screen of cols by rows cells. fg and bg are the
// colours of cells that have none of their own.
func SVG(cols, rows int, fg, bg color.Color, at func(x, y int) Cell) string {
	var b strings.Builder
	w, h := float64(cols)*cellWidth+2*margin, float64(rows)*cellHeight+2*margin
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.1f %.1f">`, w, h, w, h)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" rx="8" fill="%s"/>`, hex(bg))
	b.WriteString("\n" + `<g font-family="ui-monospace,'JetBrains Mono','DejaVu Sans Mono',Menlo,Consolas,monospace" font-size="14" style="white-space:pre" xml:space="preserve">`)
	for y := range rows {
		b.WriteString("\n")
		for x := 0; x < cols; {
			r := runAt(x, y, cols, fg, bg, at)
			r.write(&b, bg)
			x += r.width
		}
	}
	b.WriteString("\n</g></svg>\n")
	return b.String()
}

// run is a piece of a row in which all cells look the same.
type run struct {
	x, y, width int
	text        string
	look        look
}

// look is a look with its colours as SVG writes them.
type look struct {
	fg, bg                  string
	bold, italic, underline bool
}

// runAt returns the longest run that begins in a cell.
func runAt(x, y, cols int, fg, bg color.Color, at func(x, y int) Cell) run {
	r := run{x: x, y: y}
	var text strings.Builder
	for x < cols {
		c := at(x, y)
		if c.Text == "" {
			c.Text = " "
		}
		width := max(c.Width, 1)
		l := lookOf(c.Look, fg, bg)
		if r.width > 0 && l != r.look {
			break
		}
		r.look = l
		r.width += width
		text.WriteString(c.Text)
		x += width
	}
	r.text = text.String()
	return r
}

func lookOf(l Look, fg, bg color.Color) look {
	if l.FG != nil {
		fg = l.FG
	}
	if l.BG != nil {
		bg = l.BG
	}
	if l.Invert {
		fg, bg = bg, fg
	}
	return look{fg: hex(fg), bg: hex(bg), bold: l.Bold, italic: l.Italic, underline: l.Underline}
}

// write draws the run; its length is pinned, whatever the viewer's font.
func (r run) write(b *strings.Builder, ground color.Color) {
	x, y, w := margin+float64(r.x)*cellWidth, margin+float64(r.y)*cellHeight, float64(r.width)*cellWidth
	if r.look.bg != hex(ground) {
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`, x, y, w+0.2, cellHeight+0.2, r.look.bg)
	}
	if strings.TrimSpace(r.text) == "" {
		return
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" textLength="%.1f" lengthAdjust="spacingAndGlyphs" fill="%s"`, x, y+baseline, w, r.look.fg)
	if r.look.bold {
		b.WriteString(` font-weight="bold"`)
	}
	if r.look.italic {
		b.WriteString(` font-style="italic"`)
	}
	if r.look.underline {
		b.WriteString(` text-decoration="underline"`)
	}
	b.WriteString(">")
	_ = xml.EscapeText(b, []byte(r.text)) // a strings.Builder does not fail
	b.WriteString("</text>")
}

func hex(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}
