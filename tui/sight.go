package tui

import (
	"context"
	"errors"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
)

// sightings is how often the rules of alerts were seen by sources that hold
// more than was fetched. They are asked about the alert under the cursor when
// it has rested there for a moment, and left alone when it moves on.
type sightings struct {
	of     map[sightKey]string // what is said; of what is being counted that it is
	now    sightKey            // of the alert under the cursor
	cancel context.CancelFunc  // nil: nothing is being counted
}

// sightKey is a rule, and a container that it fired in.
type sightKey struct{ rule, container string }

// sightRest is how long the cursor rests before sources are asked, and
// maxSightings how many answers are remembered.
const (
	sightRest    = 300 * time.Millisecond
	maxSightings = 512
)

const sightCounting = "counting what was not fetched …"

// sightDueMsg says that the cursor may have rested.
type sightDueMsg struct{ key sightKey }

// sightMsg is an answer.
type sightMsg struct {
	key  sightKey
	text string
	err  error
}

// lookForSightings begins to look when another alert is under the cursor.
func (m *Model) lookForSightings() tea.Cmd {
	s := &m.sightings
	key := sightKey{}
	if row, ok := m.level().row(); ok && m.detail.shown && row.Alert != 0 && len(source.Counters(m.hub.sources)) > 0 {
		key = sightKey{row.T.Text(row.A().Rule), row.T.Text(row.C().ID)}
	}
	if key == s.now {
		return nil
	}
	if s.cancel != nil {
		s.cancel()
		s.cancel = nil
	}
	if s.now = key; key.rule == "" || s.of[key] != "" {
		return nil
	}
	return tea.Tick(sightRest, func(time.Time) tea.Msg { return sightDueMsg{key} })
}

// countSightings asks the sources.
func (m *Model) countSightings(msg sightDueMsg) tea.Cmd {
	s := &m.sightings
	if s.now != msg.key || s.of[msg.key] != "" {
		return nil
	}
	if s.of == nil || len(s.of) >= maxSightings {
		s.of = make(map[sightKey]string)
	}
	s.of[msg.key] = sightCounting
	m.detail.lines = nil
	ctx, cancel := context.WithCancel(m.ctx)
	s.cancel = cancel
	key, sources, st, clk := msg.key, m.hub.sources, m.store, m.clock
	f, err := compile(filter.All(m.asksFor(), equals("alert.rule", key.rule)))
	return func() tea.Msg {
		defer cancel()
		msg := sightMsg{key: key, err: err}
		if err == nil {
			msg.text, msg.err = sight(ctx, f, key, sources, st, clk)
		}
		return msg
	}
}

// sighted takes an answer in.
func (m *Model) sighted(msg sightMsg) {
	switch {
	case msg.err == nil:
		m.sightings.of[msg.key] = msg.text
	case errors.Is(msg.err, context.Canceled):
		delete(m.sightings.of, msg.key) // the cursor has moved on
	default:
		m.sightings.of[msg.key] = "what was not fetched could not be counted: " + msg.err.Error()
	}
	m.detail.lines = nil
}

// byContainer is the panel that tells an alert's containers apart.
var byContainer = func() *dashboard.Panel {
	p, err := dashboard.Of(dashboard.Panel{Title: "containers", Kind: dashboard.Terms, By: []string{"container.id"}, Limit: dashboard.MaxLimit})
	if err != nil {
		panic(err)
	}
	return p
}()

// maxDays is over how many days it is told on how many of them a rule fired.
const maxDays = 1000

// sight counts how often a rule fired, in which containers and on which days.
func sight(ctx context.Context, f *filter.Filter, key sightKey, sources []source.Source, held source.Held, clk clock) (string, error) {
	counted, err := source.Count(ctx, []dashboard.Query{{Panel: byContainer, Filter: f}}, sources, held)
	if err != nil {
		return "", err
	}
	r := counted[0]
	here := int64(0)
	for _, g := range r.Groups {
		if g.Keys[0] == key.container {
			here = g.Count
		}
	}
	others := r.Values
	if here > 0 {
		others--
	}
	text := count(r.Total) + " there in all"
	switch {
	case key.container != "" && others > 0:
		text += fmt.Sprintf(": %s here, %s elsewhere, in %s", count(here), count(r.Total-here), plural(others, "other container"))
	case key.container != "" && here == r.Total:
		text += ", all in this container"
	}
	mass, ok, err := source.Window(ctx, f, sources, held)
	if err != nil || !ok {
		return text, err
	}
	const day = int64(24 * time.Hour)
	from := mass.First - ((mass.First%day)+day)%day
	n := (mass.Last-from)/day + 1
	if n < 2 || n > maxDays {
		return text + "; first on " + clk.at(mass.First).Format("2 Jan 2006"), nil
	}
	over, err := source.CountOver(ctx, f, dashboard.Span{From: from, To: from + n*day, Buckets: int(n)}, sources, held)
	if err != nil {
		return "", err
	}
	days := int64(0)
	for _, c := range over.Trend {
		if c > 0 {
			days++
		}
	}
	return text + fmt.Sprintf("; on %s since %s", plural(days, "day"), clk.at(mass.First).Format("2 Jan 2006")), nil
}
