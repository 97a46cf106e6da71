package tui

import "github.com/stoop-project/stoop/tui/internal/grid"

// The smallest screen that everything is still shown on.
const (
	minWidth  = 60
	minHeight = 15
)

// From these sizes on there is room for more.
const (
	threeColumns = 160 // columns: the details stand beside the table
	twoColumns   = 76  // columns: the containers stand beside the table
	tallScreen   = 36  // lines: the details are shown from the start
	hintsFrom    = 20  // lines: the keys are named at the bottom
)

// layout is where everything is. Areas without room are not drawn.
type layout struct {
	title, hist, filter, banner grid.Area
	conts, feed, detail         grid.Area
	contsLine, detailLine       grid.Area // lines between the panels
	status, hints               grid.Area
	input                       grid.Area // where lines are typed: from the filter line down
	body                        grid.Area
}

func (m *Model) layout() (lay layout) {
	all := m.grid.All()
	if m.w < minWidth || m.h < minHeight {
		return lay
	}
	lay.title, all = all.CutTop(1)
	if m.h >= hintsFrom {
		lay.hints, all = all.CutBottom(1)
	}
	lay.status, all = all.CutBottom(1)
	if m.level().board == nil && m.level().trail == nil {
		lay.hist, all = all.CutTop(histHeight(m.h))
		lay.hist = lay.hist.Sub(1, 0, lay.hist.W-2, lay.hist.H)
	}
	lay.input = all
	lay.filter, all = all.CutTop(1)
	if m.level().pin.B != nil {
		lay.banner, all = all.CutTop(1)
	}
	lay.body = all
	m.layoutBody(&lay, all)
	return lay
}

func (m *Model) layoutBody(lay *layout, body grid.Area) {
	if m.level().board != nil || m.level().trail != nil {
		lay.feed = body // its panels take all the room
		return
	}
	switch {
	case m.w >= threeColumns:
		lay.conts, body = body.CutLeft(44)
	case m.w >= 100:
		lay.conts, body = body.CutLeft(34)
	case m.w >= twoColumns:
		lay.conts, body = body.CutLeft(26)
	case m.focus == onContainers:
		lay.conts = body
		return
	}
	if lay.conts.W > 0 {
		lay.contsLine, body = body.CutLeft(1)
	}
	lay.feed = body
	if !m.detail.shown {
		return
	}
	switch {
	case m.w >= threeColumns:
		lay.detail, lay.feed = body.CutRight(min(body.W*2/5, 64))
		lay.detailLine, lay.detail = lay.detail.CutLeft(1)
	case body.H >= 14:
		lay.detail, lay.feed = body.CutBottom(max(body.H*2/5, 8))
		lay.detailLine, lay.detail = lay.detail.CutTop(1)
	case m.focus == onDetail:
		lay.detail, lay.feed = body, grid.Area{}
	}
}

// histHeight is how many lines the histogram takes on a screen of h lines, its
// axis included.
func histHeight(h int) int {
	switch {
	case h >= 44:
		return 6
	case h >= 32:
		return 5
	case h >= hintsFrom:
		return 3
	}
	return 2
}

// histWidth is how many bars the histogram has.
func (m *Model) histWidth() int { return max(m.w-2, 0) }
