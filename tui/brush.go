package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/dashboard"
)

// brush is a drag of the mouse over bars of time: it marks a span, which is
// taken when the button is let go.
type brush struct {
	on    where // inHistogram, or inBoard: a trend; anything else: there is none
	level *level
	left  int // the screen's column of the first bar
	from  int // the bar where it began
}

// beginBrush begins a drag where the mouse was clicked, if bars of time are there.
func (m *Model) beginBrush(x int) {
	m.brush = brush{}
	l := m.level()
	switch m.here() {
	case inHistogram:
		m.brush = brush{inHistogram, l, m.hist.area.X, m.hist.at}
	case inBoard:
		b := l.board
		p, r := b.panel()
		left := b.area.X + b.boxes[b.at].x + trendMargin
		if at := x - left; p.Kind == dashboard.Trend && r != nil && at >= 0 && at < len(r.Trend) {
			m.brush = brush{inBoard, l, left, at}
		}
	}
}

// drag marks the span from where the drag began to the mouse.
func (m *Model) drag(e tea.Mouse) {
	if !m.brushing() || e.Button != tea.MouseLeft {
		return
	}
	at := e.X - m.brush.left
	if m.brush.on == inHistogram {
		m.hist.mark, m.hist.at = m.brush.from, min(max(at, 0), max(len(m.brush.level.counted.hist)-1, 0))
		return
	}
	b := m.brush.level.board
	b.mark, b.picks[b.at] = m.brush.from, min(max(at, 0), max(b.rows()-1, 0))
}

// endBrush takes the span that was marked; a click alone marks none.
func (m *Model) endBrush() tea.Cmd {
	if !m.brushing() {
		return nil
	}
	on := m.brush.on
	m.brush = brush{}
	b := m.level().board
	switch {
	case on == inHistogram && m.hist.mark >= 0 && m.hist.mark != m.hist.at:
		return m.drillSpan()
	case on == inBoard && b.mark >= 0 && b.mark != b.picks[b.at]:
		return m.boardIn()
	case on == inHistogram:
		m.hist.mark = -1
	default:
		b.mark = -1
	}
	return nil
}

// brushing reports whether a drag goes on where it began.
func (m *Model) brushing() bool {
	return m.brush.level != nil && m.brush.level == m.level() && m.brush.on == m.here() && m.over == nil && m.input == nil
}
