package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/places"
	"github.com/stoop-project/stoop/internal/source"
)

// A trail goes on while its events arrive: what the store takes in makes it
// anew, and what other places get is looked for again now and then.

// lookEvery is how often at most places are asked again.
var lookEvery = 5 * time.Second

// placesDueMsg says that the places may be asked again.
type placesDueMsg struct{ of *trailView }

// lookAgain asks the places again where a source that looks for events has handed
// on new ones and they may be the trail's, not more often than is right.
func (m *Model) lookAgain(v *trailView) tea.Cmd {
	p := &v.places
	switch {
	case p.found == nil || p.looking || p.due || v.building || !m.hub.live() || !m.hub.running(),
		len(source.Finders(m.hub.sources)) == 0 && !v.elsewhere, m.store.Version() == p.version,
		m.stats.Newest-v.from.Time() > int64(places.DefaultSpan):
		return nil
	}
	wait := max(lookEvery, trailShare*p.cost)
	if since := time.Since(p.askedAt); since < wait {
		p.due = true
		return tea.Tick(wait-since, func(time.Time) tea.Msg { return placesDueMsg{v} })
	}
	return m.askPlaces(v)
}

// placesDue asks the places of this level's trail again.
func (m *Model) placesDue(msg placesDueMsg) tea.Cmd {
	msg.of.places.due = false
	if msg.of != m.trailHere() {
		return nil
	}
	return m.lookAgain(msg.of)
}

// askPlaces looks for the trail in every place, in the background.
func (m *Model) askPlaces(v *trailView) tea.Cmd {
	v.places.looking, v.places.askedAt, v.places.version = true, time.Now(), m.store.Version()
	ctx, cancel := context.WithCancel(m.ctx)
	v.cancel = cancel
	in := append(places.Of(m.store, m.hub.sources), m.opt.Places...)
	from := v.from.Row()
	here, _ := v.newest()
	return func() tea.Msg {
		found, err := places.Find(ctx, from, in, places.Options{}, nil)
		if ctx.Err() != nil {
			return nil
		}
		msg := placesMsg{of: v, found: found, err: err}
		if err == nil && beyond(found.Trail, here) {
			msg.trail, _ = trailMsg{of: v, trail: found.Trail, whole: true}.fill(ctx).(trailMsg)
		}
		return msg
	}
}

// resumeTrail takes in what came while the level was paused, when it goes on.
func (m *Model) resumeTrail(v *trailView) tea.Cmd {
	if m.level().paused || v.waiting.trail == nil {
		return nil
	}
	msg := v.waiting
	v.waiting = trailMsg{}
	return m.trailed(msg)
}

// news is how many events have come since a level was paused.
func (l *level) news() int {
	switch v := l.trail; {
	case v == nil || !v.elsewhere:
		return l.view.New()
	case v.waiting.trail == nil:
		return 0
	default:
		return len(v.waiting.trail.Steps) - len(v.trail.Steps)
	}
}
