package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/queue"
)

// queueOutcomes is what came of the newest alerts of groups, as far as it was
// looked for: of the groups on the screen, in the background.
type queueOutcomes struct {
	known   map[string]queueOutcome // by group
	running bool
}

// queueOutcome is what came of an alert, as far as the store told at a time.
type queueOutcome struct {
	last int64 // of which alert: its time, ns since 1970
	done bool  // that is the end of it: what comes later changes nothing
	at   uint64
	text string // "": nothing is known
}

// outcomesAtOnce is of how many groups it is looked for before that is shown.
const outcomesAtOnce = 8

// outcomesMsg is what came of the newest alerts of groups.
type outcomesMsg map[string]queueOutcome

// lookForOutcomes looks in the background for what came of the newest alerts of
// the groups on the screen, unless that is known.
func (m *Model) lookForOutcomes() tea.Cmd {
	v := m.queue
	o := &v.outcomes
	if m.over != overlay(v) || o.running || m.hub.reading() {
		return nil
	}
	version := m.store.Version()
	var groups []queue.Group
	for k := v.top; k < min(v.top+max(v.area.H, 1), len(v.groups)) && len(groups) < outcomesAtOnce; k++ {
		g := v.groups[k]
		if had, ok := o.known[g.ID]; !ok || had.last != g.Last || !had.done && had.at != version {
			groups = append(groups, g)
		}
	}
	if len(groups) == 0 {
		return nil
	}
	o.running = true
	anatomy, alerts, live := m.detail.anatomy, m.alerts, m.hub.live()
	return func() tea.Msg {
		found := make(outcomesMsg, len(groups))
		for i := range groups {
			one := queueOutcome{last: groups[i].Last, at: version}
			if ref, ok := newestIn(alerts, &groups[i]); ok {
				one.text = anatomy.outcome(ref)
			}
			one.done = one.text != "" || !live
			found[groups[i].ID] = one
		}
		return found
	}
}

// outcomesFound takes in what was found, and looks for more.
func (m *Model) outcomesFound(msg outcomesMsg) tea.Cmd {
	o := &m.queue.outcomes
	if o.running = false; o.known == nil || len(o.known) > queue.MaxGroups {
		o.known = make(map[string]queueOutcome)
	}
	for id, found := range msg {
		o.known[id] = found
	}
	return m.lookForOutcomes()
}

// outcome is what came of the newest alert of a group; "" where that is not known.
func (o *queueOutcomes) outcome(g *queue.Group) string {
	if had := o.known[g.ID]; had.last == g.Last {
		return had.text
	}
	return ""
}
