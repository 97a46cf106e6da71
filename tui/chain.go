package tui

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/internal/trail"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// chainLines lists the steps of a sequence in the order of time, then what is
// missing. Of the alert that another program made of several, whose events it
// names and does not hold, they are the ids of those.
func chainLines(row event.Row, r reader) (lines []detailLine) {
	c := trail.ChainOf(row)
	if c == nil {
		return ancestorLines(row, r)
	}
	head := fmt.Sprintf("kill chain: %s in %s", plural(int64(len(c.Steps)), "step"), span(c.Took()))
	if c.Count > 0 {
		head = fmt.Sprintf("%s: %d in %s", c.Type, c.Count, span(c.Took()))
	}
	lines = append(lines, detailLine{head: head})
	for i := range c.Steps {
		s := &c.Steps[i]
		lines = append(lines, detailLine{name: "+" + span(s.Time.Sub(c.Since)) + " " + s.Name, value: r.mask(s.Text()), step: s})
	}
	for i := range c.Missing {
		s := &c.Missing[i]
		lines = append(lines, detailLine{name: "missing " + s.Name, value: r.mask(s.Says), step: s})
	}
	return lines
}

// stepStyle is how what a step took is drawn; what is missing is faint.
func stepStyle(s *trail.Link) grid.Style {
	if s.Time.IsZero() {
		return styFaint
	}
	return styText
}

// ancestorLines lists the events and alerts that an alert was made of, by their
// ids.
func ancestorLines(row event.Row, r reader) (lines []detailLine) {
	ref := r.ref("alert.ancestors")
	v, ok := ref.field.Get(row, ref.arg)
	if !ok || row.Alert == 0 {
		return nil
	}
	lines = append(lines, detailLine{head: "made of " + plural(int64(len(v.List)), "event")})
	for _, id := range v.List {
		lines = append(lines, detailLine{name: "alert.id", value: r.mask(id.String()), raw: id.String()})
	}
	return lines
}

// step returns the step under the cursor of the details, nil when there is none.
func (d *detail) step() *trail.Link {
	if d.at >= len(d.lines) {
		return nil
	}
	return d.lines[d.at].step
}

// stepWait is how long the event of a step is looked for.
const stepWait = 300 * time.Millisecond

// drillStep opens the events around the one that a step took, if it is held.
func (m *Model) drillStep(s *trail.Link) tea.Cmd {
	if s.Time.IsZero() {
		m.say("this step has not happened")
		return nil
	}
	ref, ok := m.held(s)
	if !ok {
		m.say("the event of this step is not held here")
		return nil
	}
	_, cmd := m.push("step "+safe(s.Name), ofContainer(ref.Row()), ref)
	return cmd
}

// held finds the event that a step took among those that are held.
func (m *Model) held(s *trail.Link) (store.Ref, bool) {
	f, err := filter.Compile("evt.rawtime = "+itoa64(s.Time.UnixNano()), event.Fields)
	if err != nil {
		return store.Ref{}, false
	}
	view := m.store.View(f)
	view.Update(m.ctx, stepWait)
	for k := range view.Len() {
		if ref, ok := view.At(k); ok && isOf(s, ref.Row()) {
			return ref, true
		}
	}
	return store.Ref{}, false
}

// isOf reports whether an event of a step's time is the one that it took.
func isOf(s *trail.Link, row event.Row) bool {
	if s.Rule != "" {
		return row.T.Text(row.A().Rule) == s.Rule
	}
	return row.Alert == 0 && (s.Type == "" || row.Type.String() == s.Type) &&
		(s.PID == 0 || !row.P().Knows(event.KnowPID) || int64(row.P().PID) == s.PID)
}
