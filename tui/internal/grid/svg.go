package grid

import "github.com/stoop-project/stoop/internal/picture"

// SVG is a picture of the grid in a palette's colours.
func (g *Grid) SVG(p *Palette) string {
	fg, bg := p.colours(Style{})
	return picture.SVG(g.W, g.H, fg, bg, func(x, y int) picture.Cell {
		c := g.cells[y*g.W+x]
		fg, bg := p.colours(c.style)
		return picture.Cell{Text: c.text, Width: int(c.width), Look: picture.Look{
			FG: fg, BG: bg, Bold: c.style.Attr&Bold != 0, Italic: c.style.Attr&Italic != 0, Underline: c.style.Attr&Underline != 0, Invert: c.style.Attr&Reverse != 0,
		}}
	})
}
