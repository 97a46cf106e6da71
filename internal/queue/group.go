package queue

import (
	"hash/maphash"
	"time"

	"github.com/stoop-project/stoop/internal/event"
)

// Group is the alerts of one kind, as of the moment when it was asked for.
type Group struct {
	ID string `json:"id"`
	Kind
	Priority   event.Priority `json:"-"` // the worst
	Origin     string         `json:"origin,omitempty"`
	Sequence   bool           `json:"sequence,omitempty"` // made by a sequence, not by one rule
	Count      int            `json:"count"`
	Fetched    int            `json:"-"`          // of them that came from sources that hold more
	Counted    bool           `json:"-"`          // by those sources; else there are at least Count
	Containers int            `json:"containers"` // different ones, [MaxContainers] for that many or more
	First      int64          `json:"-"`          // ns since 1970
	Last       int64          `json:"-"`          // of the newest alert

	Record Record        `json:"-"`                      // what was decided; the zero Record for nothing
	State  State         `json:"state"`                  // what holds now
	Since  int           `json:"since_closed,omitempty"` // alerts that came since it was closed, at least
	Again  bool          `json:"reopened,omitempty"`     // it was closed, and is open for what came since
	Alerts map[State]int `json:"alerts,omitempty"`       // alerts with a state of their own, or by their SIEM

	Points int     `json:"points"`
	Why    []Point `json:"why"`

	trend trend
	there *there
}

// Trend counts the alerts in equal steps of the time from, … to-1 (ns since
// 1970), as exactly as the group remembers it.
func (g *Group) Trend(into []int, from, to int64) {
	if g.there != nil {
		g.there.spread(into, from, to)
	}
	g.trend.spread(into, from, to)
}

// MaxContainers bounds how many containers of a group are told apart.
const MaxContainers = 256

// group is what is kept of a kind.
type group struct {
	kind       Kind
	id         string
	priority   event.Priority
	origin     string
	sequence   bool
	count      int
	first      int64
	last       int64
	trend      trend
	containers map[uint64]struct{}

	fetched int    // alerts of sources that hold more
	other   *trend // of the other sources' alerts; nil: of all
	there   *there // what those sources hold; nil: not known

	record Record
	since  int              // alerts that came since the record's Until
	own    map[string]State // alerts with a record of their own, by id
	theirs map[State]int    // states that a SIEM gives alerts
}

var seed = maphash.MakeSeed()

// worse reports whether a priority is worse than another; not known is the
// least.
func worse(a, b event.Priority) bool {
	return a != event.PriorityUnknown && (b == event.PriorityUnknown || a < b)
}

// add counts an alert.
func (g *group) add(r event.Row, more bool) {
	at := r.B.Time[r.I]
	if more {
		g.fetched++
		if g.other == nil {
			g.other = &trend{}
			if g.count > 0 {
				*g.other = g.trend
			}
		}
	} else if g.other != nil {
		g.other.add(at, g.count == g.fetched)
	}
	g.trend.add(at, g.count == 0)
	if g.count == 0 {
		g.first, g.last, g.origin = at, at, r.T.Text(r.A().Origin)
	}
	g.count++
	g.first, g.last = min(g.first, at), max(g.last, at)
	if worse(r.A().Priority, g.priority) {
		g.priority = r.A().Priority
	}
	if len(g.containers) < MaxContainers {
		if id := r.T.Text(r.C().ID); id != "" {
			if g.containers == nil {
				g.containers = make(map[uint64]struct{}, 1)
			}
			g.containers[maphash.String(seed, id)] = struct{}{}
		}
	}
	if g.record.ID != "" && at > g.record.Until.UnixNano() {
		g.since++
	}
}

// decide takes what was decided about the group.
func (g *group) decide(r Record) {
	g.record, g.since = r, 0
	if until := r.Until.UnixNano(); g.count > 0 && g.last > until {
		g.since = max(g.trend.after(until), 1)
	}
}

// state says what holds now, and whether that is because of alerts that came
// after it was closed.
func (g *group) state() (s State, again bool) {
	switch r := g.record; {
	case r.ID == "":
		return g.byAlerts(), false
	case r.State == Closed && g.since > 0 && !stays(r.Verdict):
		return Open, true
	default:
		return r.State, false
	}
}

// byAlerts is the state of a group that nobody has decided about: that of the
// alerts, where each has one.
func (g *group) byAlerts() State {
	n := g.states()
	switch {
	case n[Acknowledged]+n[Closed] < g.count || g.count == 0:
		return Open
	case n[Acknowledged] > 0:
		return Acknowledged
	}
	return Closed
}

// states counts the alerts that have a state of their own.
func (g *group) states() map[State]int {
	n := make(map[State]int, len(States))
	for s, k := range g.theirs {
		n[s] += k
	}
	for _, s := range g.own {
		n[s]++
	}
	return n
}

// snapshot says what is known now.
func (q *Queue) snapshot(g *group) Group {
	s := Group{
		ID: g.id, Kind: g.kind, Priority: g.priority, Origin: g.origin, Sequence: g.sequence, Count: g.count,
		Containers: len(g.containers), First: g.first, Last: g.last, Record: g.record, trend: g.trend, Fetched: g.fetched,
	}
	if t := g.there; t != nil {
		s.Count, s.Counted, s.there = max(t.count, g.fetched)+g.count-g.fetched, true, t
		s.trend = *g.other
		if first, ok := t.first(); ok {
			s.First = min(s.First, first)
		}
	}
	s.State, s.Again = g.state()
	if g.record.State == Closed {
		s.Since = g.since
	}
	if n := g.states(); len(n) > 0 {
		s.Alerts = n
	}
	s.Why, s.Points = q.weigh(&s)
	return s
}

// Change returns the group's record with what edit changes in it: seen up to
// the newest alert, by somebody, now.
func (g *Group) Change(by string, now time.Time, edit func(*Record)) Record {
	r := g.Record
	if r.ID == "" {
		r = Record{ID: g.ID, State: g.State}
	}
	kind := g.Kind
	r.Kind, r.By, r.At, r.Until = &kind, by, now.UTC(), time.Unix(0, g.Last).UTC()
	edit(&r)
	return r
}

// Filter is the condition that holds for the group's alerts, as nearly as it can
// be said: pods of a workload by the beginning of their names.
func (g *Group) Filter() string { return g.Kind.Filter() }
