package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/casefile"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/internal/trail"
)

// trailView is a level's trail: the lineage on the left, the story and the
// events in time on the right, and below what was done with one thing.
type trailView struct {
	from store.Ref   // the row that it is about
	base *store.View // the events of its container

	// Nil while the first events are looked at.
	trail   *trail.Trail
	objects *trail.Objects
	badges  map[*trail.Node]*trail.Badges
	outcome []trail.Fact
	whole   bool // all events of the container were looked at

	next     func() tea.Cmd // what is to be done once the first lines are there
	building bool
	cancel   context.CancelFunc // of what is being built
	version  uint64             // of the store, when it was begun
	builtAt  time.Time
	cost     time.Duration
	due      bool
	coming   trailMsg // a newer trail whose lines are being made; its trail nil: none
	waiting  trailMsg // what came while the level was paused; its trail nil: nothing

	pane    trailPane
	details bool      // the event's details stand in place of the object
	only    following // what the events are narrowed to
	shown   shown     // as the lines are

	lineage lineagePane
	story   storyPane
	events  eventsPane
	object  objectPane
	places  placesPane

	again   *casefile.InTrail // where it was when a case was left; nil: it was not, or somebody has moved since
	arrived bool              // and it is there

	elsewhere bool // the trail is of more places than the store
	fresh     bool // … since just now
}

// trailPane is a part of the trail's screen.
type trailPane uint8

// The panes, in the order in which tab goes through them.
const (
	onLineage trailPane = iota
	onStory
	onEvents
	onObject
	numTrailPanes
)

// following is one thing whose events alone are shown; zero: no such.
type following struct {
	process trail.Process
	object  string // name of a file, socket or pipe
}

func (f following) any() bool { return f != following{} }

// shown says of what the lines of events were made.
type shown struct {
	trail  *trail.Trail
	only   following
	filter *filter.Filter
	marks  int // how often marks were read
}

// openTrail opens the trail of an event, in one of its panes.
func (m *Model) openTrail(ref store.Ref, pane trailPane) tea.Cmd {
	row := ref.Row()
	expr := trailOf(row)
	title := "trail of " + m.read.first(row, "proc.name", "evt.type")
	if row.Alert != 0 {
		title = "▲ " + m.read.string(row, row.A().Rule)
	}
	l := m.enter(title, expr, ref)
	if l == nil {
		return nil
	}
	return m.showAsTrail(l, ref, pane) // and what else there is to count comes after it
}

// trailOf writes the condition for the events among which a row's trail is
// looked for first: those of its container, where it names one; else those of
// its time, and the rest is what other places find.
func trailOf(row event.Row) string {
	if row.C().ID <= event.EmptyStr {
		return equals("evt.rawtime", itoa64(row.B.Time[row.I]))
	}
	return ofContainer(row)
}

// showAsTrail makes a level show the trail of an event, of whose container it
// is.
func (m *Model) showAsTrail(l *level, ref store.Ref, pane trailPane) tea.Cmd {
	f, err := filter.Compile(trailOf(ref.Row()), event.Fields)
	if err != nil {
		m.fail(err.Error())
		return nil
	}
	l.relative, l.anchor, l.follow = true, ref.Time(), false
	if ref.Row().Alert != 0 {
		l.pin = ref
	}
	base := l.view // what it has evaluated need not be evaluated again
	if is := base.Filter(); is == nil || is.String() != f.String() {
		base = m.store.View(f)
	}
	l.trail = &trailView{from: ref, base: base, pane: pane}
	return m.buildTrail(l.trail)
}

// openStory opens the trail of the row under the cursor, in its story.
func (m *Model) openStory() tea.Cmd {
	_, ref, ok := m.rowHere()
	if !ok || ref.B == nil {
		m.say("there is no event here whose trail could be opened")
		return nil
	}
	return m.openTrail(ref, onStory)
}

// trailHere is the trail of this level, nil when it has none.
func (m *Model) trailHere() *trailView { return m.level().trail }

// inTrailDo makes a key's work of what a trail does.
func inTrailDo(do func(*trailView, *Model) tea.Cmd) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		v := m.trailHere()
		if v == nil || v.trail == nil {
			m.say("the trail is being read")
			return nil
		}
		cmd := do(v, m)
		return tea.Batch(cmd, m.showTrail(v))
	}
}

// move moves the cursor of the pane with the focus.
func (v *trailView) move(m *Model, n int) {
	if v.trail == nil {
		return
	}
	m.level().follow = false
	switch v.pane {
	case onLineage:
		v.lineage.move(n)
	case onStory:
		v.story.move(n)
		v.toSentence()
	case onEvents:
		v.events.move(n)
	case onObject:
		switch {
		case v.places.shown:
			v.places.move(n)
			return
		case v.details:
			m.detail.move(n)
			return
		}
		v.object.move(n)
	}
	v.settle(m)
}

// settle brings everything into line with the cursor: the level's row, the
// sentence, the object below.
func (v *trailView) settle(m *Model) {
	l := m.level()
	if row, ok := v.row(); ok && l.trail == v {
		l.cursor = v.ref(row)
	}
	if v.pane == onEvents || v.pane == onLineage {
		v.story.follow(v)
	}
	if v.pane != onObject {
		v.object.turn(v)
	}
}

// row is the event under the cursor of the events, or of the object's.
func (v *trailView) row() (event.Row, bool) {
	step, ok := v.step()
	if !ok {
		return event.Row{}, false
	}
	return v.trail.Steps[step].Row, true
}

// step is the number of the step under the cursor.
func (v *trailView) step() (int, bool) {
	if v.trail == nil {
		return 0, false
	}
	if v.pane == onObject && !v.details && !v.places.shown {
		if step, ok := v.object.step(); ok {
			return step, true
		}
	}
	return v.events.step()
}

// node is the process that keys act on: that of the lineage's cursor while it
// has the focus, else the row's.
func (v *trailView) node() *trail.Node {
	if v.pane == onLineage {
		return v.lineage.node()
	}
	if step, ok := v.step(); ok {
		return v.trail.Steps[step].Node
	}
	return nil
}

// ref returns where the store holds an event.
func (v *trailView) ref(r event.Row) store.Ref {
	const most = 256 // events of one time
	at := r.B.Time[r.I]
	for _, ref := range v.base.Range(v.base.FindTime(at), most) {
		if ref.Time() != at {
			break
		}
		if trail.Same(ref.Row(), r) {
			return ref
		}
	}
	return store.Ref{B: r.B, I: r.I}
}

// firstOf is the first event of a process that is part of the trail.
func (v *trailView) firstOf(n *trail.Node) store.Ref {
	if n == nil {
		return store.Ref{}
	}
	steps := v.objects.OfProcess(n.Process)
	if len(steps) == 0 {
		return store.Ref{}
	}
	return v.ref(v.trail.Steps[steps[0]].Row)
}

// goTo puts the cursor of the events on a step.
func (v *trailView) goTo(m *Model, step int) {
	m.level().follow = false
	v.events.reveal(step)
	if !v.events.goTo(step) {
		m.say("this event is not among those shown: a filter or what is followed leaves it out")
	}
}
