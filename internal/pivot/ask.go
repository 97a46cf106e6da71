package pivot

import (
	"slices"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// Question is a pivot with an event's values filled in.
type Question struct {
	Pivot   *Pivot
	Event   Hit              // what it starts from; B nil for a process alone
	At      int64            // ns since 1970
	Keys    []*filter.Filter // the conditions, the tightest first; none when it cannot be asked
	Missing []string         // fields that the event lacks for one of the conditions
	Off     bool             // the pivot is not about such events
}

// Hit is an event and where it is.
type Hit struct {
	B *event.Batch
	I int
}

// Row returns what fields read of the event.
func (h Hit) Row() event.Row { return h.B.Row(h.I) }

// Time returns the event's time in ns since 1970.
func (h Hit) Time() int64 { return h.B.Time[h.I] }

// Ask fills an event's values in.
func (p *Pivot) Ask(from Hit) Question {
	q := Question{Pivot: p, Event: from, At: from.Time()}
	if p.when != nil && !p.when.Match(from.B, from.I) {
		q.Off = true
		return q
	}
	row := from.Row()
	for _, t := range p.find {
		if lacks := t.missing(row); lacks != "" {
			q.lack(lacks)
			continue
		}
		f, err := t.fill(func(h hole) []string { return h.values(row) })
		if err != nil { // a value that is none of the kind that is looked for
			t.eachHole(func(h hole) { q.lack(h.name) })
			continue
		}
		if !slices.ContainsFunc(q.Keys, func(k *filter.Filter) bool { return k.String() == f.String() }) {
			q.Keys = append(q.Keys, f)
		}
	}
	return q
}

func (q *Question) lack(field string) {
	if !slices.Contains(q.Missing, field) {
		q.Missing = append(q.Missing, field)
	}
}
