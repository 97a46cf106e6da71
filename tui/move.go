package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/store"
)

// moveBy moves the cursor of the panel with the focus by n lines.
func moveBy(n int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		m.move(n)
		return nil
	}
}

// movePages moves it by pages of the panel.
func movePages(n int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		m.move(n * max(m.page()-1, 1))
		return nil
	}
}

// page is how many lines the panel with the focus has.
func (m *Model) page() int {
	switch m.here() {
	case inContainers:
		return m.conts.page()
	case inDetail:
		return m.detail.area.H
	case inTree:
		return m.level().tree.area.H
	case inTrail:
		return m.level().trail.page(m)
	case inBoard:
		return m.level().board.area.H
	}
	return m.feed.height
}

func (m *Model) move(n int) {
	l := m.level()
	switch m.here() {
	case inContainers:
		m.conts.move(n)
	case inDetail:
		m.detail.move(n)
	case inTree:
		l.tree.move(n)
	case inTrail:
		l.trail.move(m, n)
	case inBoard:
		l.board.move(n)
	case inTable:
		if count := l.view.Len(); count > 0 {
			k := l.place(count)
			l.moveTo(k+min(max(n, -count), count), m.feed.height)
			if n < 0 {
				l.follow = false
				m.older(k + n)
			}
		}
	}
}

// olderEvents is how many older events are fetched at a time.
const olderEvents = 1000

// older fetches older events when the cursor comes close to the first row, as
// long as there is room for them.
func (m *Model) older(rank int) {
	if rank <= 2*m.feed.height && m.stats.Evicted == 0 {
		m.hub.older(olderEvents)
	}
}

func (m *Model) toEnd() tea.Cmd {
	m.move(1 << 40)
	if at := m.here(); (at == inTable || at == inTrail) && m.hub.live() {
		m.level().follow = true
	}
	return nil
}

// moveCell moves the cell cursor over the columns that are on screen.
func moveCell(n int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		l := m.level()
		w := m.feed.area.W
		if v := l.trail; v != nil {
			w = v.events.area.W
		}
		cols := m.feed.place(w, l)
		if len(cols) == 0 {
			return nil
		}
		at := 0
		for i, p := range cols {
			if p.index <= l.col {
				at = i
			}
		}
		at = min(max(at+n, 0), len(cols)-1)
		l.col = cols[at].index
		return nil
	}
}

func moveBar(n int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		m.hist.at = min(max(m.hist.at+n, 0), max(len(m.level().counted.hist)-1, 0))
		return nil
	}
}

// panelsHere are the panels that are on screen, in the order of tab.
func (m *Model) panelsHere() []panel {
	lay := m.layout()
	ps := []panel{onFeed}
	if lay.detail.W > 0 {
		ps = append(ps, onDetail)
	}
	if lay.hist.H > 0 {
		ps = append(ps, onHistogram)
	}
	if lay.conts.W > 0 {
		ps = append(ps, onContainers)
	}
	return ps
}

func (m *Model) nextPanel() tea.Cmd     { return m.turnPanel(1) }
func (m *Model) previousPanel() tea.Cmd { return m.turnPanel(-1) }

func (m *Model) turnPanel(n int) tea.Cmd {
	ps := m.panelsHere()
	at := 0
	for i, p := range ps {
		if p == m.focus {
			at = i
		}
	}
	m.setFocus(ps[((at+n)%len(ps)+len(ps))%len(ps)])
	return nil
}

// setFocus gives a panel the focus; the histogram's cursor starts at the row
// under the table's.
func (m *Model) setFocus(p panel) {
	if p == onHistogram && m.focus != onHistogram {
		m.hist.mark = -1
		if c, l := m.level().counted, m.level(); l.cursor.B != nil && c.to > c.from {
			m.hist.at = min(max(bucketAt(c, l.cursor.Time()), 0), max(len(c.hist)-1, 0))
		}
	}
	m.focus = p
}

func (m *Model) nextAlert() tea.Cmd     { return m.jumpAlert(1) }
func (m *Model) previousAlert() tea.Cmd { return m.jumpAlert(-1) }

// jumpAlert moves to the next alert, in a direction, that this level shows.
func (m *Model) jumpAlert(dir int) tea.Cmd {
	l := m.level()
	if l.trail != nil {
		return inTrailDo(func(v *trailView, m *Model) tea.Cmd { return v.nextAlert(m, dir) })(m)
	}
	if l.tree != nil || l.board != nil {
		return nil
	}
	k := 0
	if l.cursor.B != nil {
		k = m.alerts.Nearest(l.cursor)
		if at, ok := m.alerts.Find(l.cursor.ID); ok && dir > 0 {
			k = at + 1
		}
		if dir < 0 {
			k--
		}
	}
	for ; k >= 0 && k < m.alerts.Len(); k += dir {
		ref, ok := m.alerts.At(k)
		if !ok {
			break
		}
		if at, ok := l.view.Find(ref.ID); ok {
			l.jumpTo(at, m.feed.height)
			m.focus = onFeed
			return nil
		}
	}
	m.say(map[int]string{1: "no alert after this row", -1: "no alert before this row"}[dir])
	return nil
}

// rowOf returns what the keys that act on a row act on: the row under the
// table's cursor, or the process under the tree's.
func (m *Model) rowHere() (event.Row, store.Ref, bool) {
	l := m.level()
	if l.tree != nil {
		row, ok := l.tree.selected()
		return row, store.Ref{}, ok
	}
	if v := l.trail; v != nil && v.pane == onLineage && v.lineage.node() != nil {
		return v.lineage.node().Row(), store.Ref{}, true
	}
	row, ok := l.row()
	return row, l.cursor, ok
}
