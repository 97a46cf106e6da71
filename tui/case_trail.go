package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/casefile"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/internal/trail"
)

// paneNames are what the panes of a trail are called in a case.
var paneNames = [numTrailPanes]string{onLineage: "lineage", onStory: "story", onEvents: "events", onObject: "object"}

// maxUnfolded bounds how many unfolded runs of a trail are kept in a case.
const maxUnfolded = 512

// left says where in the trail one is; while it is being read, where that was
// when the case was left.
func (v *trailView) left() *casefile.InTrail {
	if v.again != nil {
		return v.again
	}
	at := &casefile.InTrail{Pane: paneNames[v.pane], Object: v.only.object, Siblings: v.lineage.siblings}
	switch {
	case v.details:
		at.Below = "details"
	case v.places.shown:
		at.Below = "places"
	case v.object.asStream:
		at.Below = "data"
	}
	if p := v.only.process; p != (trail.Process{}) {
		at.Process = &casefile.Process{PID: p.PID, Start: p.Start}
	}
	at.Lineage = casefile.Lines{At: v.lineage.at, Top: v.lineage.top}
	at.Story = casefile.Lines{At: v.story.at, Top: v.story.top}
	at.Events = casefile.Lines{At: v.object.at, Top: v.object.top}
	at.Places = casefile.Lines{At: v.places.at, Top: v.places.top}
	if v.pane == onObject && v.object.known && v.object.id < 0 && len(v.object.x.By) > 0 {
		p := v.object.x.By[0].Process
		at.Of = &casefile.Process{PID: p.PID, Start: p.Start}
	}
	v.events.leave(at)
	return at
}

// leave says where among the events one is, and what is unfolded.
func (p *eventsPane) leave(at *casefile.InTrail) {
	step, ok := p.step()
	if !ok {
		return
	}
	point := func(step int) casefile.Point {
		row := p.of.Steps[step].Row
		return pointOf(store.Ref{B: row.B, I: row.I})
	}
	at.On, at.Line, at.Row = point(step), lineName(p.lines.Line(p.at)), p.row
	unfolded := p.lines.Unfolded()
	for _, step := range unfolded[:min(len(unfolded), maxUnfolded)] {
		at.Unfolded = append(at.Unfolded, point(step))
	}
}

// lineName names what a line is, beside the event that it begins with.
func lineName(l trail.Line) string {
	switch {
	case l.Count == 0:
		return "pause"
	case l.Count > 1:
		return "run"
	}
	return ""
}

// showAsTrailAgain makes a level show the trail that it showed when a case was
// left.
func (m *Model) showAsTrailAgain(l *level, pane trailPane, at *casefile.InTrail) tea.Cmd {
	cmd := m.showAsTrail(l, l.cursor, pane)
	if v := l.trail; v != nil && at != nil {
		v.again = at
		v.details, v.places.shown, v.object.asStream = at.Below == "details", at.Below == "places", at.Below == "data"
		v.only.object, v.lineage.siblings = at.Object, at.Siblings
		if at.Process != nil {
			v.only.process = trail.Process{PID: at.Process.PID, Start: at.Process.Start}
		}
	}
	return cmd
}

// resume puts the cursors of a trail where they were, each time that more of it
// has come, until somebody moves them.
func (v *trailView) resume(m *Model) {
	at := v.again
	if at == nil || v.events.lines == nil {
		return
	}
	v.arrived = v.whole
	if at.On.Key == "" { // it was left before it had come
		return
	}
	v.lineage.at, v.lineage.top = at.Lineage.At, max(at.Lineage.Top, 0)
	v.lineage.move(0)
	v.events.resume(at)
	if v.pane == onObject {
		v.pane = onEvents
		v.object.turn(v)
		v.pane = onObject
		if n := v.nodeOf(at.Of); n != nil {
			v.object.show(v, v.objects.Process(n), -1)
		}
	}
	lists := func() {
		v.story.at, v.story.top = at.Story.At, max(at.Story.Top, 0)
		v.story.move(0)
		v.object.at, v.object.top = at.Events.At, max(at.Events.Top, 0)
		v.object.move(0)
		v.places.at, v.places.top = at.Places.At, max(at.Places.Top, 0)
		v.places.move(0)
	}
	lists()
	v.settle(m)
	lists()
}

// nodeOf is the process of a lineage by its name; nil where it has none.
func (v *trailView) nodeOf(p *casefile.Process) *trail.Node {
	for _, b := range v.lineage.branches {
		if p != nil && b.Node != nil && b.Node.Process == (trail.Process{PID: p.PID, Start: p.Start}) {
			return b.Node
		}
	}
	return nil
}

// resume unfolds what was unfolded, and goes to the event that the cursor was
// on.
func (p *eventsPane) resume(at *casefile.InTrail) {
	for _, point := range at.Unfolded {
		if k, ok := p.find(point); ok && p.lines.Line(k).Count > 1 && !p.lines.Line(k).Open {
			p.lines.Toggle(k)
		}
	}
	k, ok := p.find(at.On)
	if !ok {
		return
	}
	if k > 0 && lineName(p.lines.Line(k)) != at.Line && lineName(p.lines.Line(k-1)) == at.Line && p.lines.Line(k-1).Step == p.lines.Line(k).Step {
		k--
	}
	p.at, p.row = k, max(at.Row, 0)
}

// find returns the line that shows an event.
func (p *eventsPane) find(point casefile.Point) (k int, ok bool) {
	for i := p.of.FindTime(point.Time); i < len(p.of.Steps); i++ {
		row := p.of.Steps[i].Row
		ref := store.Ref{B: row.B, I: row.I}
		if ref.Time() != point.Time {
			break
		}
		if pointOf(ref) == point {
			return p.lines.Find(i)
		}
	}
	return 0, false
}

// takeOver lets go of where a case was left: from here on the user leads.
func (m *Model) takeOver() {
	if m.again = nil; m.level().trail != nil && m.level().trail.trail != nil {
		m.level().trail.again = nil
	}
}
