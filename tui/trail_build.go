package tui

import (
	"context"
	"iter"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/places"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/internal/trail"
)

// trailNear is how many events before the row, and after it, are looked at for
// what is shown first; the rest follows in the background.
const trailNear = 2000

// trailSoon is how long they are looked for; what was found by then is shown.
const trailSoon = 25 * time.Millisecond

// trailTold is up to how many events the whole trail waits for its story; of a
// larger one the events come first.
const trailTold = 50_000

// trailShare is how small a share of the time may go into making a trail anew
// while events come.
const trailShare = 10

// trailMsg is a trail as far as it was made.
type trailMsg struct {
	of    *trailView
	trail *trail.Trail
	whole bool
	next  tea.Cmd
	begun time.Time

	badges  map[*trail.Node]*trail.Badges
	objects *trail.Objects
	outcome []trail.Fact
	told    []*trail.Sentence
	unknown []string
}

// buildTrail makes the trail in the background: of what is near the row, and
// then of everything.
func (m *Model) buildTrail(v *trailView) tea.Cmd {
	if v.building {
		return nil
	}
	v.building, v.due, v.version = true, false, m.store.Version()
	ctx, cancel := context.WithCancel(m.ctx)
	v.cancel = cancel
	first := v.trail == nil
	from, base, sources := v.from, v.base, m.hub.sources
	build := func(rows iter.Seq[event.Row]) *trail.Trail {
		t := trail.Build(from.Row(), rows)
		places.Cover(t, sources)
		return t
	}
	all := func() tea.Msg {
		for !base.Update(ctx, time.Second) {
			if ctx.Err() != nil {
				return nil
			}
		}
		msg := trailMsg{of: v, whole: true, begun: time.Now()}
		msg.trail = build(viewRows(ctx, base))
		tell := func() tea.Msg { return msg.fill(ctx) }
		if len(msg.trail.Steps) <= trailTold || ctx.Err() != nil {
			return tell()
		}
		early := msg // its story takes a while
		early.whole, early.next = false, tell
		early.look()
		msg.badges, msg.objects, msg.outcome = early.badges, early.objects, early.outcome
		return early
	}
	return func() tea.Msg {
		if !first {
			return all()
		}
		near := base.Around(ctx, from.Time(), trailNear, trailSoon)
		if done, held := base.Progress(); done == held && len(near) == base.Len() {
			return all()
		}
		msg := trailMsg{of: v, trail: build(rowsOf(near)), next: all}
		return msg.fill(ctx)
	}
}

// fill works out what is shown of a trail beside its steps. The message is nil
// when ctx was done: then the trail is not whole.
func (msg trailMsg) fill(ctx context.Context) tea.Msg {
	if ctx.Err() != nil {
		return nil
	}
	if msg.badges == nil {
		msg.look()
	}
	msg.told, msg.unknown = msg.trail.Story(), msg.trail.Unknown()
	return msg
}

// look goes through the steps for what is shown of them together.
func (msg *trailMsg) look() {
	msg.badges, msg.objects, msg.outcome = msg.trail.Badges(), msg.trail.Objects(), msg.trail.Outcome()
}

// rowsOf yields events that were looked up.
func rowsOf(refs []store.Ref) iter.Seq[event.Row] {
	return func(yield func(event.Row) bool) {
		for _, r := range refs {
			if !yield(r.Row()) {
				return
			}
		}
	}
}

// viewRows yields the events of a view in the order of time.
func viewRows(ctx context.Context, v *store.View) iter.Seq[event.Row] {
	const page = 4096
	return func(yield func(event.Row) bool) {
		for k, n := 0, v.Len(); k < n && ctx.Err() == nil; k += page {
			refs := v.Range(k, min(page, n-k))
			for r := range rowsOf(refs) {
				if !yield(r) {
					return
				}
			}
			if len(refs) < page {
				return
			}
		}
	}
}

// trailed takes a trail in; cursors stay where they are. What is shown of one
// stays until the lines of the next are there: both are shown together.
func (m *Model) trailed(msg trailMsg) tea.Cmd {
	v := msg.of
	if msg.trail == nil {
		return nil
	}
	if msg.whole {
		v.building, v.builtAt, v.cost = false, time.Now(), time.Since(msg.begun)
	}
	next := func() tea.Cmd {
		if msg.next != nil {
			return msg.next
		}
		return m.lookInPlaces(v)
	}
	switch {
	case v.trail == nil: // what is there is painted before more is made
		v.install(msg)
		v.next = func() tea.Cmd { return tea.Batch(m.refresh(), next()) }
		return m.showTrail(v)
	case v.trail == msg.trail && v.coming.trail == nil, v.events.lines == nil:
		v.install(msg)
	default:
		v.coming = msg
	}
	return tea.Batch(m.showTrail(v), next())
}

// install shows a trail in place of the one before.
func (v *trailView) install(msg trailMsg) {
	first := v.trail == nil
	v.coming = trailMsg{}
	v.trail, v.badges, v.objects, v.outcome, v.whole = msg.trail, msg.badges, msg.objects, msg.outcome, msg.whole
	if msg.told != nil || msg.whole {
		v.story.set(v, msg.told, msg.unknown, first)
	}
	v.lineage.set(v, first)
	v.object.renew(v)
}

// newest is the trail that was made last, and its objects, whether it is shown
// yet or not.
func (v *trailView) newest() (*trail.Trail, *trail.Objects) {
	if v.coming.trail != nil {
		return v.coming.trail, v.coming.objects
	}
	return v.trail, v.objects
}

// trailDue makes this level's trail anew when events came since, not more often
// than is right.
func (m *Model) trailDue() tea.Cmd {
	v := m.trailHere()
	switch {
	case v == nil || v.building || v.trail == nil:
		return nil
	case v.elsewhere || m.store.Version() == v.version:
		return m.lookAgain(v)
	case m.level().paused:
		return nil
	}
	wait := max(time.Second, trailShare*v.cost)
	if since := time.Since(v.builtAt); since < wait && m.hub.running() {
		if v.due {
			return nil
		}
		v.due = true
		return tea.Tick(wait-since, func(time.Time) tea.Msg { return trailDueMsg{v} })
	}
	return m.buildTrail(v)
}

// refreshTrail brings this level's trail up to date after a refresh: with the
// events that came, with the filter.
func (m *Model) refreshTrail() tea.Cmd {
	v := m.trailHere()
	if v == nil {
		return nil
	}
	return tea.Batch(m.resumeTrail(v), m.trailDue(), m.lookInPlaces(v), m.showTrail(v))
}

// trailDueMsg says that a trail may be made anew.
type trailDueMsg struct{ of *trailView }

// linesMsg are the lines of a trail's events.
type linesMsg struct {
	of    *trailView
	shown shown
	lines *trail.Folding
}

// pauseOf is from how long on a pause gets a line of its own.
func pauseOf(t *trail.Trail) int64 { return max(int64(time.Second), (t.To-t.From)/200) }

// showTrail makes the lines of the events in the background, unless they are
// those that are asked for.
func (m *Model) showTrail(v *trailView) tea.Cmd {
	if v.trail == nil {
		return nil
	}
	newest, objects := v.newest()
	want := shown{trail: newest, only: v.only, filter: m.levelOf(v).filter(), marks: m.cases.reads}
	if want == v.shown {
		return nil
	}
	v.shown = want
	marks := m.cases
	everything := want.filter == nil || want.filter.String() == v.base.Filter().String()
	return func() tea.Msg {
		var pick []int32
		if want.only.any() || !everything {
			pick = pickSteps(want, objects, everything)
		}
		return linesMsg{v, want, trail.Fold(want.trail.Steps, trail.FoldOptions{
			Pick: pick, Pause: pauseOf(want.trail), Gaps: want.trail.Gaps(pauseOf(want.trail)), Marked: func(s trail.Step) bool { _, ok := marks.marked(s.Row); return ok },
		})}
	}
}

// levelOf is the level that shows a trail.
func (m *Model) levelOf(v *trailView) *level {
	for _, l := range m.stack {
		if l.trail == v {
			return l
		}
	}
	return m.level()
}

// pickSteps lists the steps that are shown: of what is followed, those that the
// filter holds for.
func pickSteps(want shown, objects *trail.Objects, everything bool) []int32 {
	pick := make([]int32, 0, 64)
	add := func(i int32) {
		if s := want.trail.Steps[i].Row; everything || want.filter.Match(s.B, s.I) {
			pick = append(pick, i)
		}
	}
	var of []int32
	switch {
	case want.only.process != trail.Process{}:
		of = objects.OfProcess(want.only.process)
	case want.only.object != "":
		of = objects.Named(want.only.object)
	default:
		for i := range want.trail.Steps {
			add(int32(i))
		}
		return pick
	}
	for _, i := range of {
		add(i)
	}
	return pick
}

// lined takes lines in.
func (m *Model) lined(msg linesMsg) tea.Cmd {
	v := msg.of
	if msg.shown == v.shown {
		if v.coming.trail == msg.shown.trail && v.coming.trail != nil {
			v.install(v.coming)
		}
		v.events.only = msg.shown.only
		v.events.set(v, msg.lines, m.levelOf(v).follow)
		if !v.whole || v.places.found == nil || v.fresh {
			v.events.seen, v.fresh = v.trail.To, v.fresh && !v.whole // nothing of it is news
		}
		v.settle(m)
		v.resume(m)
	}
	if next := v.next; next != nil {
		v.next = nil
		return tea.Batch(next(), m.settled(m.level()))
	}
	return m.settled(m.level())
}
