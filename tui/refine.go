package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/filter"
)

// detailField returns the field under the cursor of the details.
func (m *Model) detailField() (detailLine, bool) {
	d := &m.detail
	if d.at >= len(d.lines) || d.lines[d.at].head != "" {
		return detailLine{}, false
	}
	l := d.lines[d.at]
	if l.raw == "" || m.read.ref(l.name).field == nil {
		m.say("this is no field that can be filtered by")
		return l, false
	}
	return l, true
}

// cell returns the field and the value under the cursor of the table or of the
// details.
func (m *Model) cell() (field, value string, ok bool) {
	if v := m.trailHere(); m.here() == inDetail || v != nil && v.details && v.pane == onObject {
		l, ok := m.detailField()
		return l.name, l.raw, ok
	}
	row, ok := m.level().row()
	if !ok || m.level().col >= len(m.feed.columns) {
		return "", "", false
	}
	field, value, ok = m.read.cellField(&m.feed.columns[m.level().col], row)
	if !ok {
		m.say("this row has no " + field)
	}
	return field, value, ok
}

func (m *Model) filterIn() tea.Cmd  { return m.refine(equals) }
func (m *Model) filterOut() tea.Cmd { return m.refine(differs) }

// refine adds a condition on the value under the cursor to the filter.
func (m *Model) refine(term func(name, value string) string) tea.Cmd {
	field, value, ok := m.cell()
	if !ok {
		return nil
	}
	return m.applyFilter(filter.All(m.level().expr, term(field, value)))
}

// applyFilter gives the level another filter.
func (m *Model) applyFilter(expr string) tea.Cmd {
	f, err := compile(expr)
	if err != nil {
		m.fail("this cannot be filtered: " + err.Error())
		return nil
	}
	l := m.level()
	l.remember(l.expr)
	l.setFilter(m.store, expr, f)
	return m.refresh()
}

func (m *Model) undoFilter() tea.Cmd {
	l := m.level()
	n := len(l.undo)
	if n == 0 {
		m.say("the filter of this level has not been changed")
		return nil
	}
	expr := l.undo[n-1]
	l.undo = l.undo[:n-1]
	f, err := compile(expr)
	if err != nil {
		return nil
	}
	l.setFilter(m.store, expr, f)
	return m.refresh()
}

func (m *Model) pause() tea.Cmd {
	l := m.level()
	l.pause(!l.paused)
	return m.refresh()
}

func (m *Model) toggleFollow() tea.Cmd {
	l := m.level()
	l.follow = !l.follow
	if l.follow && l.paused {
		l.pause(false)
	}
	return m.refresh()
}

func (m *Model) toggleUTC() tea.Cmd {
	m.clock.utc = !m.clock.utc
	m.detail.lines = nil
	return nil
}

func (m *Model) toggleRelative() tea.Cmd {
	l := m.level()
	l.relative = !l.relative && l.cursor.B != nil
	if l.relative {
		l.anchor = l.cursor.Time()
	}
	return nil
}

func (m *Model) markSpan() tea.Cmd {
	if m.hist.mark >= 0 {
		m.hist.mark = -1
	} else {
		m.hist.mark = m.hist.at
	}
	return nil
}

func (m *Model) toggleDetail() tea.Cmd {
	m.detail.shown = !m.detail.shown
	if !m.detail.shown && m.focus == onDetail {
		m.focus = onFeed
	}
	return nil
}

func (m *Model) sortContainers() tea.Cmd {
	m.conts.order = (m.conts.order + 1) % numOrders
	m.conts.sort()
	return nil
}

// nextTheme goes through the themes there are.
func (m *Model) nextTheme() tea.Cmd {
	names := m.opt.Themes.Names()
	at := 0
	for i, n := range names {
		if n == m.theme.Name {
			at = i
		}
	}
	for range names { // past those that cannot be read
		at = (at + 1) % len(names)
		if err := m.setTheme(names[at]); err != nil {
			m.fail(err.Error())
			continue
		}
		m.opt.Theme = names[at]
		m.say("theme " + names[at] + ": " + m.theme.Summary)
		return nil
	}
	return nil
}

// redraw has everything painted anew, after something else wrote on the
// terminal.
func (m *Model) redraw() tea.Cmd {
	if m.painter != nil {
		m.painter.Redraw()
	}
	return tea.ClearScreen
}
