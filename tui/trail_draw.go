package tui

import (
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/places"
	"github.com/stoop-project/stoop/internal/trail"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// From these sizes on the trail's panes stand beside each other.
const (
	trailTwo   = 76  // columns: the lineage beside the events
	trailWide  = 100 // columns: the lineage has more room
	trailTall  = 14  // lines: story and events both, one over the other
	trailObj   = 12  // lines: the object is below
	trailMaxW  = 72  // columns that the lineage takes at most
	trailStory = 20  // lines that the story takes at most
)

// trailLayout is where the panes are; those without room are not drawn.
type trailLayout struct {
	head, lineage, line, story, events, object grid.Area
}

// layoutTrail divides an area among the panes. What has the focus is always
// shown.
func (v *trailView) layout(a grid.Area) (lay trailLayout) {
	lay.head, a = a.CutTop(1)
	if a.H >= trailObj || v.pane == onObject {
		h := max(a.H/6, 3)
		if v.object.asStream || v.details || v.places.shown || v.pane == onObject {
			h = a.H / 2
		}
		lay.object, a = a.CutBottom(h)
	}
	if a.W < trailTwo {
		if v.pane == onLineage {
			lay.lineage = a
			return lay
		}
	} else {
		w := a.W * 2 / 5
		if a.W < trailWide {
			w = a.W * 3 / 8
		}
		lay.lineage, a = a.CutLeft(min(w, trailMaxW))
		lay.line, lay.lineage = lay.lineage.CutRight(1)
	}
	switch {
	case a.H >= trailTall:
		lay.story, lay.events = a.CutTop(min(max(len(v.story.lines)+1, 4), a.H*2/5, trailStory))
	case v.pane == onStory:
		lay.story = a
	default:
		lay.events = a
	}
	return lay
}

// draw draws the trail.
func (v *trailView) draw(m *Model, a grid.Area, clk clock) {
	focus := m.focus == onFeed && m.over == nil
	lay := v.layout(a)
	v.drawHow(m, lay.head)
	if v.trail == nil {
		_, rest := a.CutTop(2)
		rest.Text(2, 0, styFaint, "looking for the events of the container …")
		return
	}
	clk.alert = clk.relative && clk.anchor == v.from.Time()
	var of *trail.Node
	if step, ok := v.events.step(); ok {
		of = v.trail.Steps[step].Node
	}
	if lay.lineage.W > 0 {
		v.lineage.draw(lay.lineage, v, m.read, focus && v.pane == onLineage, of)
		lay.line.VLine(0, styLine)
	}
	if lay.story.H > 0 {
		v.story.draw(lay.story, v, m.read, focus && v.pane == onStory)
	}
	if lay.events.H > 0 {
		v.events.draw(lay.events, v, m, clk, focus && v.pane == onEvents)
	}
	switch {
	case v.places.shown && lay.object.H > 0:
		v.places.draw(lay.object, m.read, focus && v.pane == onObject)
	case v.details && lay.object.H > 0:
		drawPaneHead(lay.object, "event", "", "d the object", focus && v.pane == onObject)
		_, rest := lay.object.CutTop(1)
		m.detail.draw(rest, m.level().cursor, m.read, clk, focus && v.pane == onObject)
	case v.pane == onStory && lay.object.H > 0:
		v.story.drawSay(lay.object, m.read)
	case v.pane == onLineage && v.lineage.onWho() && lay.object.H > 0:
		v.lineage.drawWho(lay.object, v, m.read)
	case lay.object.H > 0:
		v.object.draw(lay.object, v, m, clk, focus && v.pane == onObject)
	}
}

// drawHow says how the process was found and how sure that is, where it was
// looked for, and what was lost.
func (v *trailView) drawHow(m *Model, a grid.Area) {
	right := a.W - 1
	if v.trail != nil {
		right = v.drawLost(a, right)
	}
	if v.trail == nil || !v.whole {
		right = a.Right(right, 0, styAccent, "reading …") - 2
	}
	if v.trail == nil {
		return
	}
	if text := v.places.summary(); text != "" {
		x := a.Right(right, 0, styFaint, text+" · W where") - 2
		right = x
	}
	a.Fit(1, 0, max(right-2, 0), styDim, m.read.mask(v.how(m)))
}

// how says how the process was found, and where it began.
func (v *trailView) how(m *Model) string {
	t := v.trail
	if t.Subject.Key == trail.ByNothing {
		if v.places.err != nil {
			return v.places.err.Error()
		}
		return "nothing that this alert names is held here"
	}
	text := "found by " + t.Subject.Key.String() + ", " + v.sure()
	if f := v.places.found; f != nil && f.Sure.Grade != places.Certain {
		text = "found by " + t.Subject.Key.String() + ", " + f.Sure.String()
	}
	if t.Root == nil {
		text += "; all of the container is shown"
	}
	if who, guess := t.Who(); who != "" {
		text += " · " + map[bool]string{true: "≈ "}[guess] + "by " + who
	}
	for i, fact := range v.outcome {
		text += [...]string{" · ", "; "}[min(i, 1)] + fact.Text
	}
	text += " · in " + m.sourceName() + ": " + plural(int64(t.Looked), "event") + " of the container"
	if t.Looked > 0 {
		text += ", " + fromAlert(t.From-v.from.Time()) + " … " + fromAlert(t.To-v.from.Time())
	}
	return text
}

// sure says how sure it is that the process is the right one.
func (v *trailView) sure() string {
	s := v.trail.Subject
	switch {
	case v.trail.Self == nil && s.Key == trail.ByStart:
		return "but no event of it is held"
	case v.trail.Self == nil:
		return "no process could be told"
	case s.Choices > 1:
		return "the last of " + itoa(s.Choices) + " that fit"
	case s.Key == trail.ByEntity || s.Key == trail.ByStart:
		return "for sure"
	}
	return "the only one that fits"
}

// name is what a command names the event by: the alert's id, or the time with
// all its digits.
func (v *trailView) name(m *Model) string { return nameOf(m, v.from.Row()) }

// nameOf is the word by which print finds an event.
func nameOf(m *Model, row event.Row) string {
	if id, ok := m.read.raw(row, "alert.id"); ok && id != "" {
		return id
	}
	t, _ := m.read.raw(row, "evt.time.iso8601")
	return t
}

// drawLost says what was lost, of the container and of none that is known.
func (v *trailView) drawLost(a grid.Area, right int) int {
	c := &v.trail.Coverage
	text := "lost " + count(int64(c.Lost)) + " of this container"
	switch {
	case c.Lost+c.Else == 0:
		return right
	case c.Lost == 0:
		text = "lost " + count(int64(c.Else)) + ", whose is not known"
	case c.Else > 0:
		text += " and " + count(int64(c.Else)) + " of others, or of it"
	}
	return a.Right(right, 0, styWarn.Bold(), text) - 2
}
