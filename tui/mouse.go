package tui

import (
	tea "charm.land/bubbletea/v2"
)

// wheelLines is how far one notch of the wheel goes.
const wheelLines = 3

// wheel scrolls the panel under the mouse.
func (m *Model) wheel(e tea.Mouse) {
	n := wheelLines
	switch e.Button {
	case tea.MouseWheelUp:
		n = -n
	case tea.MouseWheelDown:
	default:
		return
	}
	if m.over != nil {
		name := "down"
		if n < 0 {
			name = "up"
		}
		for range wheelLines {
			m.over.key(m, name)
		}
		return
	}
	was := m.focus
	if p, ok := m.panelAt(e.X, e.Y); ok {
		m.focus = p
	}
	if m.focus == onContainers {
		n /= wheelLines
	}
	m.move(n)
	m.focus = was
}

// panelAt says which panel a cell of the screen belongs to.
func (m *Model) panelAt(x, y int) (panel, bool) {
	lay := m.layout()
	switch {
	case lay.conts.Has(x, y):
		return onContainers, true
	case lay.detail.Has(x, y):
		return onDetail, true
	case lay.hist.Has(x, y):
		return onHistogram, true
	case lay.feed.Has(x, y):
		return onFeed, true
	}
	return 0, false
}

// click gives the panel under the mouse the focus and puts its cursor there.
func (m *Model) click(e tea.Mouse) tea.Cmd {
	if over, ok := m.over.(clicker); ok && m.input == nil && e.Button == tea.MouseLeft {
		return over.click(m, e.X, e.Y)
	}
	p, ok := m.panelAt(e.X, e.Y)
	if e.Button != tea.MouseLeft || !ok || m.over != nil || m.input != nil {
		return nil
	}
	m.setFocus(p)
	l := m.level()
	switch m.here() {
	case inContainers:
		if y := e.Y - m.conts.area.Y; y >= 0 && len(m.conts.all) > 0 {
			m.conts.move(m.conts.top + y/cardLines - m.conts.at())
		}
	case inHistogram:
		if m.hist.outside.Has(e.X, e.Y) {
			return m.drillOutside()
		}
		m.hist.at = min(max(e.X-m.hist.area.X, 0), max(len(l.counted.hist)-1, 0))
		m.beginBrush(e.X)
	case inDetail:
		if y := e.Y - m.detail.area.Y; y >= 0 {
			m.detail.move(m.detail.top + y - m.detail.at)
		}
	case inBoard:
		cmd := m.clickBoard(e.X, e.Y)
		m.beginBrush(e.X)
		return cmd
	case inTrail:
		l.trail.click(m, e.X, e.Y)
		return m.showTrail(l.trail)
	case inTree:
		if y := e.Y - l.tree.area.Y; y >= 0 {
			l.tree.move(l.tree.top + y - l.tree.at())
		}
	case inTable:
		m.clickRow(l, e)
	}
	return nil
}

func (m *Model) clickRow(l *level, e tea.Mouse) {
	y := e.Y - m.feed.area.Y
	if y < 0 || l.view.Len() == 0 {
		return
	}
	l.moveTo(m.feed.top+y, m.feed.height)
	for _, p := range m.feed.place(m.feed.area.W, m.level()) {
		if x := e.X - m.feed.area.X - gutter; x >= p.x && x <= p.x+p.w {
			l.col = p.index
		}
	}
}
