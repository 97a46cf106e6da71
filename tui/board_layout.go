package tui

import (
	"github.com/stoop-project/stoop/internal/dashboard"
)

// box is where a panel lies on the page, in columns and lines.
type box struct{ x, y, w, h int }

// narrowBoard is the width below which panels stand below each other, stats
// apart.
const narrowBoard = 96

// trendHeight is how many lines a trend has when nothing is said.
const trendHeight = 8

// layout places the panels on a page of w columns: from left to right, as many
// as fit into a row.
func (b *board) layout(w int) {
	b.boxes = b.boxes[:0]
	y, used, height := 0, 0, 0
	row := 0 // the first box of the row
	flush := func() {
		for i := row; i < len(b.boxes); i++ {
			b.boxes[i].h = height
		}
		y += height
		used, height, row = 0, 0, len(b.boxes)
	}
	for _, p := range b.d.Panels {
		width := p.Width
		if width == 0 {
			width = dashboard.Columns / 2
		}
		if w < narrowBoard && p.Kind != dashboard.Stat {
			width = dashboard.Columns
		} else if w < narrowBoard {
			width = dashboard.Columns / 3
		}
		if used+width > dashboard.Columns {
			flush()
		}
		from, to := used*w/dashboard.Columns, (used+width)*w/dashboard.Columns
		b.boxes = append(b.boxes, box{x: from, y: y, w: to - from})
		used += width
		height = max(height, panelHeight(p))
	}
	flush()
	b.lines = y
}

// panelHeight is how many lines a panel takes, its title and the empty line
// below included.
func panelHeight(p *dashboard.Panel) int {
	if p.Height > 0 {
		return p.Height
	}
	switch p.Kind {
	case dashboard.Stat:
		return 4
	case dashboard.Trend:
		return trendHeight
	}
	return p.Rows() + headLines(p) + 2
}

// headLines is how many lines stand between a panel's title and its rows.
func headLines(p *dashboard.Panel) int {
	if p.Kind == dashboard.Table {
		return 1
	}
	return 0
}

// scroll keeps the panel with the focus, and the row in it, on a screen of h
// lines.
func (b *board) scroll(h int) {
	if b.at >= len(b.boxes) {
		return
	}
	bx := b.boxes[b.at]
	first, last := bx.y, bx.y+min(bx.h, h)-1
	if p := b.d.Panels[b.at]; p.Kind != dashboard.Trend && bx.h > h {
		first = bx.y + b.picks[b.at]
		last = first + headLines(p) + 1
	}
	if last >= b.top+h {
		b.top = last - h + 1
	}
	b.top = min(b.top, first)
	b.top = min(max(b.top, 0), max(b.lines-h, 0))
}
