//go:build !windows

package terminal

import (
	"image/color"

	uv "github.com/charmbracelet/ultraviolet"

	"github.com/stoop-project/stoop/internal/picture"
)

// SVG returns a picture of the screen. fg and bg are the colours of cells that
// have none of their own.
func (t *Terminal) SVG(fg, bg color.Color) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return picture.SVG(t.screen.Width(), t.screen.Height(), fg, bg, func(x, y int) picture.Cell {
		cell := t.screen.CellAt(x, y)
		if cell == nil {
			return picture.Cell{}
		}
		s := cell.Style
		return picture.Cell{Text: cell.Content, Width: cell.Width, Look: picture.Look{
			FG: s.Fg, BG: s.Bg, Bold: s.Attrs&uv.AttrBold != 0, Italic: s.Attrs&uv.AttrItalic != 0,
			Underline: s.Underline != uv.UnderlineNone, Invert: s.Attrs&uv.AttrReverse != 0,
		}}
	})
}
