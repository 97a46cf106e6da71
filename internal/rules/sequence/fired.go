package sequence

import (
	"cmp"
	"crypto/sha256"
	"slices"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/rules"
)

// Fired is a sequence whose steps have happened.
type Fired struct {
	ID   [16]byte // the same whenever the same events make it fire, wherever they are read
	Time int64    // ns since 1970: of the last event, or of the end of the time span where that decides
	Progress
}

// Progress is how far a group of a sequence has come.
type Progress struct {
	Sequence *rules.Sequence
	Group    []Value
	Since    int64         // ns since 1970: time of the first event
	Steps    []Taken       // in the order of time; of a count the last events that it counted
	Missing  []*rules.Step // in the sequence's order: what has not happened
	Count    int           // of a count: events, or distinct values
}

// Value is one of the values that a group has in common.
type Value struct{ Name, Text string }

// Taken is an event that a step took.
type Taken struct {
	Step  *rules.Step
	Event Event
}

// Last returns the last event.
func (p *Progress) Last() Event { return p.Steps[len(p.Steps)-1].Event }

func newFired(g *group, m match, at int64) *Fired {
	f := &Fired{Time: at, Progress: newProgress(g, m)}
	h := sha256.New()
	h.Write([]byte(f.Sequence.Name + "\x00" + g.key))
	for _, t := range f.Steps {
		row := t.Event.Row()
		h.Write([]byte("\x00" + t.Step.Name + "\x00" + row.T.Text(row.T.Host) + "\x00"))
		h.Write(identity(row))
	}
	copy(f.ID[:], h.Sum(nil))
	return f
}

// identity is what tells an event from others of its host: an alert's id, which
// is the same wherever the rule is asked.
func identity(r event.Row) []byte {
	if v, ok := alertID.Get(r, event.Arg{}); ok {
		return []byte(v.String())
	}
	return r.AppendIdentity(nil)
}

var alertID, _ = event.Fields.Lookup("alert.id")

func newProgress(g *group, m match) Progress {
	p := Progress{Sequence: g.run.seq, Since: m.since, Missing: g.run.missing(m.taken), Count: m.count}
	for i, name := range g.run.by {
		p.Group = append(p.Group, Value{name, g.values[i]})
	}
	for _, t := range m.taken {
		p.Steps = append(p.Steps, Taken{g.run.steps[t.step].Step, *t.event})
	}
	return p
}

// Partial returns what has begun and not fired, the group that was touched last
// first; n at most.
func (c *Correlator) Partial(n int) []Progress {
	var groups []*group
	for _, r := range c.runs {
		for e, left := r.recent.Back(), n; e != nil && left > 0; e, left = e.Prev(), left-1 {
			groups = append(groups, e.Value.(*group))
		}
	}
	slices.SortStableFunc(groups, func(a, b *group) int { return cmp.Compare(b.touched, a.touched) })
	var all []Progress
	for _, g := range groups {
		if m := g.machine.progress(g.run.plan); len(m.taken) > 0 && len(all) < n {
			all = append(all, newProgress(g, m))
		}
	}
	return all
}
