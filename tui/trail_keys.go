package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/trail"
)

// turnTrail gives the next pane the focus, or the one before.
func turnTrail(n int) func(*Model) tea.Cmd {
	return inTrailDo(func(v *trailView, m *Model) tea.Cmd {
		for range numTrailPanes {
			v.pane = trailPane((int(v.pane) + n + int(numTrailPanes)) % int(numTrailPanes))
			if v.pane != onLineage || len(v.lineage.branches) > 0 {
				break
			}
		}
		v.focus(m, v.pane)
		return nil
	})
}

// focus gives a pane the focus.
func (v *trailView) focus(m *Model, p trailPane) {
	if p == onLineage && v.pane != onLineage {
		if n := v.node(); n != nil {
			v.lineage.to(n.Process)
		}
	}
	v.pane = p
	v.settle(m)
}

// trailStory goes to the story, and from there back to the events.
func (v *trailView) toStory(m *Model) tea.Cmd {
	if v.pane == onStory {
		v.focus(m, onEvents)
	} else {
		v.focus(m, onStory)
	}
	return nil
}

// enter acts on what is under the cursor: it unfolds a run, goes from a
// sentence or an event of the object to that event, from a process to its
// events.
func (v *trailView) enter(m *Model) tea.Cmd {
	switch v.pane {
	case onLineage:
		n := v.lineage.node()
		if v.lineage.onWho() {
			return v.toVisit(m)
		}
		if n == nil {
			v.lineage.siblings = !v.lineage.siblings
			v.lineage.set(v, false)
			return nil
		}
		v.toProcess(m, n)
	case onStory:
		if x := v.story.told(); x == nil || len(x.Events) == 0 {
			m.say("no event stands behind this line")
			return nil
		}
		v.toSentence()
		v.focus(m, onEvents)
	case onEvents:
		if v.events.toggle() {
			return nil
		}
		return v.toContainer(m)
	case onObject:
		switch {
		case v.places.shown:
			return nil
		case v.details:
			return m.drillField()
		}
		if step, ok := v.object.step(); ok {
			v.goTo(m, step)
			v.focus(m, onEvents)
		}
	}
	return nil
}

// toVisit goes to the sentence that tells of who stands behind the root, which
// has their request among its events.
func (v *trailView) toVisit(m *Model) tea.Cmd {
	for i, l := range v.story.lines {
		if l.told != nil && len(l.told.Events) > 0 && trail.Same(l.told.Events[0], v.trail.Visits[0].Event) {
			v.story.at = i
			v.focus(m, onStory)
			return nil
		}
	}
	m.say("the story does not tell of this request; W says where it was looked for")
	return nil
}

// toProcess puts the cursor of the events on the first one of a process.
func (v *trailView) toProcess(m *Model, n *trail.Node) {
	steps := v.objects.OfProcess(n.Process)
	if len(steps) == 0 {
		m.say("no event of this process is part of the trail; c opens the whole container")
		return
	}
	v.goTo(m, int(steps[0]))
	v.focus(m, onEvents)
}

// toContainer opens the events of the container at the one under the cursor.
func (v *trailView) toContainer(m *Model) tea.Cmd {
	row, ok := v.row()
	if !ok {
		return nil
	}
	ref := v.ref(row)
	if ref.ID == v.from.ID && row.Alert == 0 {
		return nil
	}
	l, cmd := m.push(m.read.mask(containerTitle(row)), v.base.Filter().String(), ref)
	if l != nil {
		l.relative, l.anchor, l.pin = true, v.from.Time(), m.levelOf(v).pin
	}
	return cmd
}

// parent goes to the process that made the one under the cursor.
func (v *trailView) parent(m *Model) tea.Cmd {
	n := v.node()
	if n == nil || n.Parent == nil {
		m.say("what made this process is not known")
		return nil
	}
	if !v.lineage.to(n.Parent.Process) {
		m.say(m.read.mask(n.Parent.Name()) + " is not in this lineage")
		return nil
	}
	v.pane = onLineage
	v.settle(m)
	return nil
}

// followObject shows the events of the file, connection or pipe under the
// cursor alone; again to show all.
func (v *trailView) followObject(m *Model) tea.Cmd {
	if v.only.object != "" {
		v.only = following{}
		return nil
	}
	if v.pane == onLineage {
		return v.followProcess(m)
	}
	step, ok := v.step()
	if !ok {
		return nil
	}
	id, ok := v.objects.Of(step)
	if !ok {
		m.say("this event is about no file, connection or pipe; O follows its process")
		return nil
	}
	v.only = following{object: v.objects.Object(id).Name}
	v.pane = onEvents
	return nil
}

// followProcess shows the events of the process under the cursor alone; again
// to show all.
func (v *trailView) followProcess(m *Model) tea.Cmd {
	if v.only.any() && v.only.object == "" {
		v.only = following{}
		return nil
	}
	n := v.node()
	if n == nil {
		return nil
	}
	if len(v.objects.OfProcess(n.Process)) == 0 {
		m.say("no event of this process is part of the trail; c opens the whole container")
		return nil
	}
	v.only = following{process: n.Process}
	v.pane = onEvents
	return nil
}

// viewData shows the data that went through the object below, or its events
// again.
func (v *trailView) viewData(m *Model) tea.Cmd {
	v.object.asStream, v.details, v.places.shown = !v.object.asStream, false, false
	if v.object.asStream {
		v.object.load(v)
		v.pane = onObject
	} else {
		v.object.at = 0
		if step, ok := v.events.step(); ok {
			v.object.toStep(step)
		}
		v.pane = onEvents
	}
	v.settle(m)
	return nil
}

// viewDetails shows the details of the event under the cursor in place of the
// object, or the object again.
func (v *trailView) viewDetails(*Model) tea.Cmd {
	v.details, v.places.shown = !v.details, false
	return nil
}

// nextAlert goes to the next alert among the events shown, in a direction.
func (v *trailView) nextAlert(m *Model, dir int) tea.Cmd {
	p := &v.events
	if p.lines == nil {
		return nil
	}
	for k := p.at + dir; k >= 0 && k < p.lines.Len(); k += dir {
		if l := p.lines.Line(k); l.Count == 1 && v.trail.Steps[l.Step].Row.Alert != 0 {
			v.goTo(m, l.Step)
			v.focus(m, onEvents)
			return nil
		}
	}
	m.say(map[int]string{1: "no alert after this row", -1: "no alert before this row"}[dir])
	return nil
}

// release lets go of what is followed, or of the focus on another pane; it
// reports whether there was anything.
func (v *trailView) release(m *Model) bool {
	switch {
	case v.places.shown:
		v.places.shown = false
	case v.details:
		v.details = false
	case v.object.asStream:
		v.viewData(m)
	case v.only.any():
		v.only = following{}
	case v.pane != onEvents:
		v.focus(m, onEvents)
	default:
		return false
	}
	return true
}

// page is how many lines the pane with the focus has.
func (v *trailView) page(m *Model) int {
	switch {
	case v.pane == onObject && v.places.shown:
		return v.places.area.H
	case v.pane == onObject && v.details:
		return m.detail.area.H
	}
	return [...]int{v.lineage.area.H, v.story.area.H, v.events.area.H, v.object.area.H}[v.pane]
}

// click gives the pane under the mouse the focus and puts its cursor there.
func (v *trailView) click(m *Model, x, y int) {
	if v.trail == nil {
		return
	}
	switch {
	case v.lineage.area.Has(x, y):
		v.pane = onLineage
		v.move(m, v.lineage.top+y-v.lineage.area.Y-v.lineage.at)
	case v.story.area.Has(x, y):
		v.pane = onStory
		v.move(m, v.story.top+y-v.story.area.Y-v.story.at)
	case v.events.area.Has(x, y):
		v.pane = onEvents
		v.move(m, v.events.top+y-v.events.area.Y-v.events.at)
	case v.object.area.Has(x, y):
		v.pane = onObject
		v.move(m, v.object.top+y-v.object.area.Y-v.object.at)
	}
}
