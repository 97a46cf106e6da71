package tui

import (
	"sort"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// sourcesView is the overlay that says what the sources read, left out and
// lost, and what they have to say.
type sourcesView struct{ top, lines, h int }

func (m *Model) openSources() tea.Cmd {
	m.over = &sourcesView{}
	return nil
}

func (s *sourcesView) draw(m *Model, a grid.Area) {
	a.Fill(styText)
	head, body := a.CutTop(2)
	x := head.Text(2, 0, styFocus, "sources")
	head.Text(x+2, 0, styFaint, "esc closes this")
	lines := sourceLines(m, body.W-4)
	s.lines, s.h = len(lines), body.H
	s.top = min(max(s.top, 0), max(len(lines)-body.H, 0))
	for y := 0; y < body.H && s.top+y < len(lines); y++ {
		drawPieces(body.Sub(2, y, body.W-4, 1), lines[s.top+y])
	}
	drawScrollbar(body, s.top, len(lines))
}

func (s *sourcesView) key(_ *Model, name string) (tea.Cmd, bool) {
	top, ok := scrollKey(name, s.top, s.h, s.lines)
	s.top = top
	return nil, ok
}

func sourceLines(m *Model, width int) (lines [][]piece) {
	states := m.hub.states()
	for i, src := range m.hub.sources {
		st := src.Stats()
		lines = append(lines, []piece{{src.Info().Name, styBold}, {"  " + doing(src.Info(), states[i]), styFaint}})
		if err := states[i].err; err != nil {
			for _, l := range wrap(err.Error(), width) {
				lines = append(lines, []piece{{l, styError}})
			}
		}
		lines = append(lines, []piece{
			{"read ", styFaint},
			{count(int64(st.Taken)), styText},
			{"   handed on ", styFaint},
			{count(int64(st.Passed)), styText},
			{"   left out ", styFaint},
			{count(int64(st.Dropped)), styText},
			{"   unreadable ", styFaint},
			{count(int64(st.Bad)), styText},
			{"   lost ", styFaint},
			{count(int64(st.LostTotal())), styText},
		})
		lines = append(lines, lossLines(st.Lost)...)
		lines = append(lines, noteLines(st.Notes, width)...)
		lines = append(lines, nil)
	}
	if notes := noteLines(m.hub.notes(), width); len(notes) > 0 {
		lines = append(append(lines, []piece{{"rules", styBold}}), notes...)
		lines = append(lines, nil)
	}
	if m.stats.Evicted > 0 {
		lines = append(lines, []piece{{"The oldest " + plural(m.stats.Evicted, "event") + " made room in memory for newer ones; --memory gives more.", styDim}})
	}
	return lines
}

func doing(info source.Info, st sourceState) string {
	switch {
	case st.err != nil:
		return "failed"
	case st.ended:
		return "read to the end"
	case info.Live:
		return "attached"
	}
	return "reading"
}

// lossLines lists where events were lost, the most first.
func lossLines(lost []source.Loss) (lines [][]piece) {
	lost = append([]source.Loss(nil), lost...)
	sort.SliceStable(lost, func(i, j int) bool { return lost[i].Count > lost[j].Count })
	for _, l := range lost {
		if l.Count == 0 {
			continue
		}
		where := l.Container
		if where == "" {
			where = "any container"
		}
		lines = append(lines, []piece{{"  lost ", styWarn}, {count(int64(l.Count)), styWarn.Bold()}, {" in the " + l.Hop + ", of " + where, styWarn}})
	}
	return lines
}

// noteLines writes what a source has to say, with what to do about it.
func noteLines(notes []source.Note, width int) (lines [][]piece) {
	for _, n := range notes {
		st, mark := styDim, "  · "
		switch n.Level {
		case source.NoteWarn:
			st, mark = styWarn, "  ! "
		case source.NoteError:
			st, mark = styError, "  ! "
		}
		text := n.Text
		if n.Where != "" {
			text = n.Where + ": " + text
		}
		for i, l := range wrap(text, max(width-4, 20)) {
			if i > 0 {
				mark = "    "
			}
			lines = append(lines, []piece{{mark, st}, {l, st}})
		}
		if n.Remedy != "" {
			for _, l := range wrap(n.Remedy, max(width-4, 20)) {
				lines = append(lines, []piece{{"    ", styText}, {l, styText}})
			}
		}
	}
	return lines
}

// warnings counts the notes that are more than information.
func warnings(notes []source.Note) (n int) {
	for _, note := range notes {
		if note.Level != source.NoteInfo {
			n++
		}
	}
	return n
}
