package tuitest

import (
	"fmt"
	"image/color"
	"strings"

	uv "github.com/charmbracelet/ultraviolet"
)

// Cells is a screen whose cells can be read, as x/vt's emulators are.
type Cells interface {
	CellAt(x, y int) *uv.Cell
}

// Text returns the lines of a screen, without the blanks at their ends.
func Text(s Cells, w, h int) string {
	var b strings.Builder
	for y := range h {
		var line strings.Builder
		for x := 0; x < w; x++ {
			c := s.CellAt(x, y)
			switch {
			case c == nil || c.Content == "" && c.Width > 0:
				line.WriteByte(' ')
			default:
				line.WriteString(c.Content)
			}
			if c != nil && c.Width > 1 {
				x += c.Width - 1
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " "))
		b.WriteByte('\n')
	}
	return b.String()
}

// Dump returns a screen as text that tells every cell's style too: below each
// line stand its runs of equal style, as column+length and style.
func Dump(s Cells, w, h int) string {
	var b strings.Builder
	for y, line := range strings.Split(strings.TrimSuffix(Text(s, w, h), "\n"), "\n") {
		fmt.Fprintf(&b, "%02d|%s\n", y, line)
		from := 0
		for x := 1; x <= w; x++ {
			if x < w && styleOf(s.CellAt(x, y)) == styleOf(s.CellAt(from, y)) {
				continue
			}
			if st := styleOf(s.CellAt(from, y)); st != "" {
				fmt.Fprintf(&b, "  |%d+%d %s\n", from, x-from, st)
			}
			from = x
		}
	}
	return b.String()
}

// styleOf writes a cell's style: foreground, ground, attributes.
func styleOf(c *uv.Cell) string {
	if c == nil {
		return ""
	}
	var parts []string
	for _, p := range []struct {
		lead string
		c    color.Color
	}{{"", c.Style.Fg}, {"on ", c.Style.Bg}} {
		if p.c != nil {
			r, g, bl, _ := p.c.RGBA()
			parts = append(parts, fmt.Sprintf("%s#%02x%02x%02x", p.lead, r>>8, g>>8, bl>>8))
		}
	}
	for _, a := range []struct {
		mask uint8
		name string
	}{{uv.AttrBold, "bold"}, {uv.AttrItalic, "italic"}, {uv.AttrReverse, "reverse"}} {
		if c.Style.Attrs&a.mask != 0 {
			parts = append(parts, a.name)
		}
	}
	if c.Style.Underline != 0 {
		parts = append(parts, "underline")
	}
	return strings.Join(parts, " ")
}
