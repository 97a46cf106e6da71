package grid

import (
	"image/color"
	"strconv"
)

// Encode writes the grid as lines of text with SGR sequences in a palette's
// colours. With plain set it writes attributes only, for terminals without
// colours.
func (g *Grid) Encode(p *Palette, plain bool) string {
	b := g.buf[:0]
	var sgr sgrCache
	for y := range g.H {
		if y > 0 {
			b = append(b, '\n')
		}
		first := true
		var last Style
		for _, c := range g.cells[y*g.W : (y+1)*g.W] {
			if c.width == 0 {
				continue
			}
			if first || c.style != last {
				b = sgr.append(b, p, c.style, plain)
				last, first = c.style, false
			}
			b = append(b, c.text...)
		}
		b = append(b, "\x1b[m"...)
	}
	g.buf = b
	return string(b)
}

// sgrCache remembers the sequences of the styles written so far: a screen has
// a handful.
type sgrCache struct {
	styles []Style
	texts  [][]byte
}

func (c *sgrCache) append(b []byte, p *Palette, s Style, plain bool) []byte {
	for i, have := range c.styles {
		if have == s {
			return append(b, c.texts[i]...)
		}
	}
	text := appendSGR(nil, p, s, plain)
	c.styles, c.texts = append(c.styles, s), append(c.texts, text)
	return append(b, text...)
}

// appendSGR appends the sequence that sets exactly this style.
func appendSGR(b []byte, p *Palette, s Style, plain bool) []byte {
	b = append(b, "\x1b[0"...)
	if s.Attr&Bold != 0 {
		b = append(b, ";1"...)
	}
	if s.Attr&Italic != 0 {
		b = append(b, ";3"...)
	}
	if s.Attr&Underline != 0 {
		b = append(b, ";4"...)
	}
	if s.Attr&Reverse != 0 || plain && (s.On == Select || s.On == Cell) {
		b = append(b, ";7"...)
	}
	if !plain {
		fg, bg := p.colours(s)
		b = appendColour(b, ";38;2;", fg)
		b = appendColour(b, ";48;2;", bg)
	}
	return append(b, 'm')
}

func appendColour(b []byte, lead string, c color.Color) []byte {
	if c == nil {
		return b
	}
	r, g, bl, _ := c.RGBA()
	b = append(b, lead...)
	b = strconv.AppendUint(b, uint64(r>>8), 10)
	b = append(b, ';')
	b = strconv.AppendUint(b, uint64(g>>8), 10)
	b = append(b, ';')
	return strconv.AppendUint(b, uint64(bl>>8), 10)
}
