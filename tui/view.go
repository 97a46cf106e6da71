package tui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/tui/internal/grid"
	"github.com/stoop-project/stoop/tui/internal/paint"
)

// View draws the screen.
func (m *Model) View() tea.View {
	if m.unchanged && m.painter != nil { // the frame that is painted holds
		return tea.View{}
	}
	m.grid.Reset(m.w, m.h)
	v := tea.View{AltScreen: true, MouseMode: tea.MouseModeCellMotion, WindowTitle: "stoop " + safe(m.sourceName())}
	if m.w < minWidth || m.h < minHeight {
		m.drawTooSmall()
	} else if x, y, typing := m.draw(); typing {
		v.Cursor = tea.NewCursor(x, y)
		v.Cursor.Blink = false // a blinking cursor would never let the terminal rest
	}
	content := m.grid.Encode(m.palette, m.plain)
	if m.painter == nil {
		v.SetContent(content)
		return v
	}
	f := paint.Frame{Content: content, W: m.w, H: m.h, Title: v.WindowTitle}
	if v.Cursor != nil {
		f.Cursor, f.X, f.Y = true, v.Cursor.X, v.Cursor.Y
	}
	m.painter.Paint(f)
	return tea.View{}
}

func (m *Model) drawTooSmall() {
	text := fmt.Sprintf("stoop needs %d×%d cells; this is %d×%d.", minWidth, minHeight, m.w, m.h)
	for y, line := range wrap(text, max(m.w, 8)) {
		m.grid.All().Text(0, y, styText, line)
	}
}

// draw draws everything and says where the cursor of a line that is being
// typed stands.
func (m *Model) draw() (x, y int, typing bool) {
	if !m.detailSet {
		m.detailSet, m.detail.shown = true, m.w >= threeColumns || m.h >= tallScreen
	}
	lay := m.layout()
	l, clk := m.level(), m.times()
	if l.tree == nil && l.trail == nil {
		l.place(l.view.Len())
	}
	m.drawTitle(lay.title, l)
	m.hist.draw(lay.hist, l.counted, clk, m.cursorTime(), m.focus == onHistogram)
	m.drawFilter(lay.filter, l)
	m.drawBanner(lay.banner, l)
	m.drawBody(lay, l, clk)
	m.drawStatus(lay.status, l)
	m.drawHints(lay.hints)
	if m.over != nil {
		m.over.draw(m, lay.input)
	}
	if m.input != nil {
		x, y = m.input.draw(m, lay.input)
	}
	return x, y, m.input != nil
}

func (m *Model) drawBody(lay layout, l *level, clk clock) {
	lay.contsLine.VLine(0, styLine)
	if lay.conts.W > 0 {
		m.conts.draw(lay.conts, m.read, m.focus == onContainers, l.barsText() != "", m.containerOf(l))
	}
	if lay.feed.W > 0 {
		focus := m.focus == onFeed && m.over == nil
		switch {
		case l.board != nil:
			l.board.draw(lay.feed, m.read, clk, focus)
		case l.trail != nil:
			l.trail.draw(m, lay.feed, clk)
		case l.tree != nil:
			l.tree.draw(lay.feed, m.read, clk, focus)
		default:
			m.feed.draw(lay.feed, l, m.read, clk, focus)
			if l.view.Len() == 0 {
				m.drawEmpty(lay.feed, l)
			}
		}
	}
	if lay.detailLine.H > 1 {
		lay.detailLine.VLine(0, styLine)
	} else if lay.detailLine.W > 0 {
		lay.detailLine.HLine(0, styLine)
	}
	if lay.detail.W > 0 {
		m.detail.draw(lay.detail, l.cursor, m.read, clk, m.focus == onDetail)
	}
}

// containerOf is the container that all rows of a level are of, as far as its
// cursor shows; "" on the first level.
func (m *Model) containerOf(l *level) string {
	if len(m.stack) == 1 && l.expr == "" {
		return ""
	}
	row, ok := l.row()
	if !ok {
		return ""
	}
	return row.T.Text(row.C().ID)
}

// drawTitle draws the levels that led here, and what the table is doing.
func (m *Model) drawTitle(a grid.Area, l *level) {
	bar := func(s grid.Style) grid.Style { return s.Over(grid.Raised) }
	a.Fill(bar(styText))
	right := a.W - 1
	for _, p := range m.motion(l) {
		right = a.Right(right, 0, bar(p.style), p.text) - 2
	}
	x := a.Text(1, 0, bar(styFocus), "stoop") + 2
	room := right - x - 1
	first, titles := 0, make([]string, len(m.stack))
	for i, lv := range m.stack {
		titles[i] = safe(lv.title)
	}
	for first < len(titles)-1 && grid.Width(strings.Join(titles[first:], " › "))+4 > room {
		first++
	}
	if first > 0 {
		x = a.Text(x, 0, bar(styFaint), "… › ")
	}
	for i := first; i < len(titles); i++ {
		if i > first {
			x = a.Text(x, 0, bar(styFaint), " › ")
		}
		st := styDim
		if i == len(titles)-1 {
			st = styBold
		}
		w := min(grid.Width(titles[i]), right-x)
		x = a.Fit(x, 0, w, bar(st), titles[i])
	}
}

// motion says whether rows move: waiting for a server, paused with what is new,
// following, or reading.
func (m *Model) motion(l *level) []piece {
	_, waits := m.sourceStats.Waits()
	switch {
	case waits:
		return []piece{{"◌ no answer, trying again", styWarn.Bold()}}
	case l.paused:
		return []piece{{"‖ paused, " + count(int64(l.news())) + " new", styWarn.Bold()}}
	case !m.hub.running():
		return nil
	case !m.hub.live():
		return []piece{{"reading …", styAccent}}
	case l.follow:
		return []piece{{"● live", styGood}}
	}
	return []piece{{"○ live, F follows", styDim}}
}

// drawFilter draws the level's filter and how much passes it.
func (m *Model) drawFilter(a grid.Area, l *level) {
	right := a.Right(a.W-1, 0, styDim, m.shownText(l)) - 2
	x := a.Text(1, 0, styFaint, "filter ")
	if l.expr == "" {
		text := "none · f edits it, + and - filter by the cell under the cursor"
		a.Fit(x, 0, min(right-x, grid.Width(text)), styFaint, text)
		return
	}
	drawExpr(a.Sub(x, 0, right-x, 1), l.expr)
}

// shownText says how many events pass, and how far the filter has been
// evaluated.
func (m *Model) shownText(l *level) string {
	c := l.counted
	text := count(int64(c.shown)) + " of " + count(c.total)
	if l.expr == "" {
		text = plural(int64(c.shown), "event")
	}
	if n, exact, ok := m.hub.found(); ok && !m.hub.asking() { // else it is of the filter before
		of := " of "
		if !exact {
			of = " of up to " // the rest of the filter is evaluated here
		}
		text = count(int64(c.shown)) + of + count(max(n, int64(c.shown))) + " there"
		if bars := l.barsText(); bars != "" && l.board == nil {
			text += " · " + bars
		}
	}
	if c.done < c.total && c.total > 0 {
		text = fmt.Sprintf("filtering %d %%  ", c.done*100/c.total) + text
	}
	return text
}

// drawBanner draws the alert that a level is about.
func (m *Model) drawBanner(a grid.Area, l *level) {
	if a.H == 0 {
		return
	}
	row := l.pin.Row()
	st := priorityStyle(row.A().Priority)
	x := a.Text(0, 0, st, "◆ "+row.A().Priority.String()) + 2
	right := a.Right(a.W-1, 0, styDim, m.clock.stamp(l.pin.Time())) - 2
	if l.trail == nil {
		right = a.Right(right, 0, styFaint, "w widens") - 2
	}
	drawPieces(a.Sub(x, 0, right-x, 1), m.read.alertSummary(row))
	a.Tint(grid.AlarmBed, 0)
}

// drawStatus draws what came in, what is shown and what was lost.
func (m *Model) drawStatus(a grid.Area, l *level) {
	bar := func(s grid.Style) grid.Style { return s.Over(grid.Raised) }
	a.Fill(bar(styText))
	parts := m.statusParts(l)
	_, waits := m.sourceStats.Waits()
	x := 1
	for i, p := range parts {
		w := 0
		for _, q := range p {
			w += grid.Width(safe(q.text))
		}
		whole := x+w <= a.W-1
		if !whole && (!waits || i < len(parts)-1) {
			break
		}
		if i > 0 {
			a.Text(x-2, 0, bar(styFaint), "·")
		}
		if !whole { // what is waited for is told as far as there is room
			a.Fit(x, 0, a.W-1-x, bar(p[0].style), p[0].text)
			break
		}
		for _, q := range p {
			x = a.Text(x, 0, bar(q.style), q.text)
		}
		x += 3
	}
}

// statusParts are the parts of the status line, the most important first: on a
// narrow screen the last ones are left out.
func (m *Model) statusParts(l *level) [][]piece {
	s, src := m.stats, m.sourceStats
	parts := [][]piece{{{"in ", styFaint}, {count(int64(src.Taken)), styText}}}
	if m.made > 0 {
		parts[0] = append(parts[0], piece{" + ", styFaint}, piece{plural(int64(m.made), "alert"), styText})
	}
	lost := int64(src.LostTotal())
	st := styText
	if lost > 0 {
		st = styWarn.Bold()
	}
	parts = append(parts,
		[]piece{{"shown ", styFaint}, {count(int64(l.counted.shown)), styText}},
		[]piece{{"lost ", styFaint}, {count(lost), st}})
	if src.Bad > 0 {
		parts = append(parts, []piece{{"unreadable ", styFaint}, {count(int64(src.Bad)), styWarn.Bold()}})
	}
	if src.Dropped > 0 {
		parts = append(parts, []piece{{"left out ", styFaint}, {count(int64(src.Dropped)), styText}})
	}
	if failed := m.failedSources(); failed != "" {
		parts = append(parts, []piece{{failed, styError.Bold()}})
	}
	if n, waits := src.Waits(); waits {
		return append(parts, []piece{{m.withoutName(n.Text), styWarn}})
	}
	if n := warnings(src.Notes); n > 0 {
		parts = append(parts, []piece{{plural(int64(n), "note"), styWarn}, {" S", styFaint}})
	}
	if s.Events > 0 {
		parts = append(parts, []piece{{"holds ", styFaint}, {span(time.Duration(s.Newest - s.Oldest)), styText}})
	}
	parts = append(parts, []piece{{size(s.Bytes), styText}, {" of " + size(s.Budget), styFaint}})
	if s.Evicted > 0 {
		parts = append(parts, []piece{{"oldest out ", styFaint}, {count(s.Evicted), styText}})
	}
	if text := m.recorderText(); text != "" {
		parts = append(parts, []piece{{"recorder ", styFaint}, {text, styText}})
	}
	return append(parts, []piece{{m.stateText(), styFaint}})
}

// withoutName leaves the name of the source that a sentence begins with away: it
// stands above.
func (m *Model) withoutName(text string) string {
	for _, src := range m.hub.sources {
		if rest, ok := strings.CutPrefix(text, src.Info().Name+": "); ok && len(m.hub.sources) == 1 {
			return rest
		}
	}
	return text
}

// stateText says what the sources are doing.
func (m *Model) stateText() string {
	switch {
	case len(m.hub.sources) == 0:
		return "no source"
	case m.hub.asking():
		return "asking"
	case m.hub.fetching():
		return "fetching older events"
	case m.hub.live() && m.hub.running():
		return "attached"
	case m.hub.running():
		return "reading"
	}
	return "read to the end"
}

// failedSources names the sources that ended with an error.
func (m *Model) failedSources() string {
	for i, st := range m.hub.states() {
		if st.err != nil {
			return m.hub.sources[i].Info().Name + " failed, S says why"
		}
	}
	return ""
}

// recorderText says for how many containers everything is recorded, and how
// far back the shortest ring of deeds reaches.
func (m *Model) recorderText() string {
	if len(m.conts.reach) == 0 {
		return ""
	}
	conts, on, least := 0, 0, time.Duration(-1)
	for _, r := range m.conts.reach {
		if r.Container != event.HostID && r.Container != "" {
			conts++
		}
		if r.BulkOn {
			on++
		}
		if !r.Deeds.IsZero() {
			if d := time.Duration(m.stats.Newest - r.Deeds.UnixNano()); least < 0 || d < least {
				least = d
			}
		}
	}
	text := plural(int64(conts), "container")
	if least >= 0 {
		text += " from −" + span(least)
	}
	if on > 0 {
		text += ", " + itoa(on) + " in full"
	}
	return text
}

// drawHints names the keys that matter here, or says what a key answered.
func (m *Model) drawHints(a grid.Area) {
	if a.H == 0 {
		return
	}
	if m.toast.text != "" {
		st := styAccent
		if m.toast.bad {
			st = styError
		}
		a.Fit(1, 0, a.W-2, st, m.toast.text)
		return
	}
	if m.over != nil { // the keys of the panels mean nothing there
		drawKeys(a.Sub(1, 0, a.W-2, 1), 0, [][2]string{{"↑ ↓", "move"}, {"esc", "back to the panels"}, {"^c", "quit"}})
		return
	}
	x, here := 1, m.here()
	help := a.Right(a.W-1, 0, styFaint, "? help  q quit")
	for i := range m.keys {
		b := &m.keys[i]
		if b.short == "" || b.where&(here|everywhere) == 0 || b.short == "help" || b.short == "quit" {
			continue
		}
		if meant := m.binding(b.keys[0]); meant != b {
			continue // the key means something else here
		}
		keys := showKeys(b.keys[:1])
		if x+grid.Width(keys)+1+len(b.short) > help-2 {
			break
		}
		x = a.Text(x, 0, styAccent, keys)
		x = a.Text(x+1, 0, styFaint, b.short) + 2
	}
}
