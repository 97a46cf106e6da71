package tui

import (
	"fmt"

	"github.com/stoop-project/stoop/tui/internal/grid"
)

// drawEmpty says why no rows are shown, and what leads on.
func (m *Model) drawEmpty(a grid.Area, l *level) {
	title, more := m.whyEmpty(l)
	y := max(a.H/3, 1)
	width := min(a.W-4, 72)
	for _, line := range wrap(title, width) {
		a.Text(2, y, styText, line)
		y++
	}
	for _, text := range more {
		y++
		for _, line := range wrap(text, width) {
			a.Text(2, y, styDim, line)
			y++
		}
	}
}

func (m *Model) whyEmpty(l *level) (title string, more []string) {
	c := l.counted
	for i, st := range m.hub.states() {
		if st.err != nil && m.stats.Events == 0 {
			return m.hub.sources[i].Info().Name + " could not be read.", []string{st.err.Error()}
		}
	}
	switch {
	case l.next != nil || c.done < c.total:
		return "Filtering …", nil
	case m.stats.Events > 0 && l.expr != "":
		more = []string{"u undoes the last change of the filter, f edits it, esc leads back."}
		if m.hub.running() {
			more = append(more, "What arrives and passes will show here.")
		}
		return fmt.Sprintf("None of the %s held passes this filter.", plural(m.stats.Events, "event")), more
	case len(m.hub.sources) == 0:
		return "There is no source.", []string{"stoop live shows this node, stoop FILE a recording, stoop demo an incident."}
	case m.hub.live() && m.hub.running():
		return "No events yet.", []string{"They show as they happen. S lists what is watched, and what could not be attached."}
	case m.hub.running():
		return "Reading …", nil
	}
	if m.sourceStats.Bad > 0 {
		return fmt.Sprintf("Nothing in %s could be read as an event.", m.sourceName()),
			[]string{plural(int64(m.sourceStats.Bad), "unreadable line") + "; S shows the first ones."}
	}
	return m.sourceName() + " holds no events.", nil
}
