package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/store"
)

// push opens a level below this one. at is the row that its cursor starts on;
// without one it starts where following does.
func (m *Model) push(title, expr string, at store.Ref) (*level, tea.Cmd) {
	l := m.enter(title, expr, at)
	if l == nil {
		return nil, nil
	}
	// The first slice is evaluated here, so that the level does not open empty.
	l.view.Update(m.ctx, slice/2)
	l.counted = countView(l.view, m.alerts, m.histWidth(), counted{}, nil, true)
	return l, m.refresh()
}

// enter puts a level below this one, of which nothing is evaluated yet; nil
// when its filter is wrong, which is said.
func (m *Model) enter(title, expr string, at store.Ref) *level {
	l, err := newLevel(m.store, title, expr)
	if err != nil {
		m.fail("this cannot be filtered: " + err.Error())
		return nil
	}
	above := m.level()
	l.col, l.relative, l.anchor = above.col, above.relative, above.anchor
	l.follow = m.hub.live() && at.B == nil
	if at.B != nil {
		l.cursor = at
		l.line = m.feed.height / 3
	}
	m.stack = append(m.stack, l)
	m.focus, m.hist.mark = onFeed, -1
	return l
}

// back lets go, in this order, of a marked span, of a search, of the focus on
// another panel, of the level.
func (m *Model) back() tea.Cmd {
	switch {
	case m.focus == onHistogram && m.hist.mark >= 0:
		m.hist.mark = -1
	case m.level().board != nil && m.level().board.mark >= 0:
		m.level().board.mark = -1
	case m.feed.search != "":
		m.stopSearch()
	case m.trailHere() != nil && m.trailHere().release(m):
		return m.showTrail(m.trailHere())
	case m.focus != onFeed:
		m.focus = onFeed
	case len(m.stack) > 1:
		if v := m.trailHere(); v != nil && v.cancel != nil {
			v.cancel()
		}
		m.stack = m.stack[:len(m.stack)-1]
		return m.refresh()
	default:
		m.say("this is the first level; q quits")
	}
	return nil
}

func (m *Model) drillRow() tea.Cmd {
	row, ref, ok := m.rowHere()
	if !ok {
		return nil
	}
	if row.Alert == 0 {
		return m.drillInto(row, ref)
	}
	return m.drillAlert(ref)
}

// drillAlert opens an alert: its trail, or where it names no container the
// events of its process.
func (m *Model) drillAlert(ref store.Ref) tea.Cmd {
	row := ref.Row()
	if m.trailHere() == nil {
		return m.openTrail(ref, onEvents)
	}
	title := "▲ " + m.read.string(row, row.A().Rule)
	l, cmd := m.push(title, filter.All(ofContainer(row), ofProcess(row)), ref)
	if l != nil {
		l.pin = ref
		l.relative, l.anchor = true, ref.Time()
	}
	return cmd
}

// drillInto opens the events of a row's process.
func (m *Model) drillInto(row event.Row, ref store.Ref) tea.Cmd {
	expr := ofProcess(row)
	if expr == "" {
		m.say("the process of this event is not known")
		return nil
	}
	title := m.read.string(row, row.P().Name)
	if row.P().Knows(event.KnowPID) {
		title += " " + itoa(int(row.P().PID))
	}
	_, cmd := m.push(title, filter.All(ofContainer(row), expr), ref)
	return cmd
}

func (m *Model) drillProcess() tea.Cmd {
	row, _, ok := m.rowHere()
	if !ok {
		return nil
	}
	return m.drillInto(row, m.cursorAbove())
}

// cursorAbove is the row that the levels with a table are on.
func (m *Model) cursorAbove() store.Ref {
	for i := len(m.stack) - 1; i >= 0; i-- {
		if m.stack[i].tree == nil {
			return m.stack[i].cursor
		}
	}
	return store.Ref{}
}

func (m *Model) drillContainer() tea.Cmd {
	c, ok := m.conts.selected()
	if !ok {
		return nil
	}
	_, cmd := m.push(m.read.mask(containerTitle(c.Row())), ofContainer(c.Row()), store.Ref{})
	return cmd
}

func (m *Model) drillRowContainer() tea.Cmd {
	row, ref, ok := m.rowHere()
	if !ok {
		return nil
	}
	_, cmd := m.push(m.read.mask(containerTitle(row)), ofContainer(row), ref)
	return cmd
}

// drillAround opens everything around the row; around a process of a trail's
// lineage, around its first event.
func (m *Model) drillAround() tea.Cmd {
	_, ref, _ := m.rowHere()
	if v := m.trailHere(); v != nil && v.trail != nil && ref.B == nil {
		ref = v.firstOf(v.lineage.node())
	}
	if ref.B == nil {
		m.say("no event is here to look around")
		return nil
	}
	_, cmd := m.push("around "+m.clock.at(ref.Time()).Format("15:04:05"), "", ref)
	return cmd
}

func (m *Model) drillSpan() tea.Cmd {
	c := m.level().counted
	if len(c.hist) == 0 {
		return nil
	}
	from, to := m.hist.span(c)
	title := m.clock.at(from).Format("15:04:05") + "–" + m.clock.at(to).Format("15:04:05")
	_, cmd := m.push(title, filter.All(m.level().expr, between(from, to)), store.Ref{})
	return cmd
}

// drillOutside opens the events that the histogram leaves out: those whose
// times are far away from all others.
func (m *Model) drillOutside() tea.Cmd {
	l := m.level()
	mass := l.counted.mass
	if b := l.board; b != nil {
		mass = b.counts.mass
	}
	if mass.Outside() == 0 {
		m.say("no event is far away in time from the others")
		return nil
	}
	_, cmd := m.push("far in time", filter.All(l.expr, outside(mass)), store.Ref{})
	return cmd
}

func (m *Model) drillField() tea.Cmd {
	if step := m.detail.step(); step != nil {
		return m.drillStep(step)
	}
	if d := &m.detail; d.at < len(d.lines) && d.lines[d.at].at != 0 {
		m.jumpToTime(d.lines[d.at].at)
		return nil
	}
	line, ok := m.detailField()
	if !ok {
		return nil
	}
	_, cmd := m.push(line.name+" "+line.value, equals(line.name, line.raw), m.level().cursor)
	return cmd
}

// openTree opens the lineage of the row's process.
func (m *Model) openTree() tea.Cmd {
	row, _, ok := m.rowHere()
	if !ok {
		return nil
	}
	if row.Proc == 0 {
		m.say("the process of this event is not known")
		return nil
	}
	l, cmd := m.push("lineage of "+m.read.string(row, row.P().Name), filter.All(ofContainer(row), ofProcess(row)), m.level().cursor)
	if l != nil {
		l.tree = newTree(row.T, row.Proc)
	}
	return cmd
}

// widen gives the level a wider filter: the family of the row's process, and
// then its container. A tree is widened by one ancestor.
func (m *Model) widen() tea.Cmd {
	if t := m.level().tree; t != nil {
		t.widen()
		return nil
	}
	row, ok := m.level().row()
	if !ok {
		return nil
	}
	if pin := m.level().pin; pin.B != nil {
		row = pin.Row()
	}
	container := ofContainer(row)
	if family := ofFamily(row); family != "" {
		if wide := filter.All(container, family); wide != m.level().expr && container != m.level().expr {
			return m.applyFilter(wide)
		}
	}
	if m.level().expr == container {
		m.say("this is the whole container; esc leads back")
		return nil
	}
	return m.applyFilter(container)
}
