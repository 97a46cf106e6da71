package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// Marked says into how many alerts a state was written.
type Marked struct {
	Written   int
	Conflicts int // that somebody else wrote to at the same time: what they wrote stays
}

// Spread writes what was decided about a group into all of its alerts that
// sources hold, fetched or not.
type Spread struct {
	// Find hands on the first n alerts of a filter from one time to another, both
	// included; more says that there are others.
	Find func(ctx context.Context, f *filter.Filter, since, until time.Time, n int, each func(event.Row)) (more bool, err error)
	// Into takes the states.
	Into Marker
	// Told is told how far it is; it may be nil.
	Told func(Marked)
}

// spreadAtOnce is how many alerts are looked for at a time, and spreadMost how many
// where more than that are of one time.
const (
	spreadAtOnce = 2000
	spreadMost   = 512_000
)

// Run writes the state of a group's record into the alerts that were there when
// it was decided, those up to its Until: who decided has not seen what came
// later. With an error what was written before it stays, and is counted.
func (s Spread) Run(ctx context.Context, r Record) (done Marked, err error) {
	if r.Kind == nil {
		return done, errors.New("what is not a group has no alerts to write to")
	}
	f, err := filter.Compile(filter.All(r.Kind.exact(), check("alert.status", filter.OpNE, string(r.State))), event.Fields)
	if err != nil {
		return done, err
	}
	tried := make(map[string]struct{})
	n := spreadAtOnce
	for since := (time.Time{}); ; {
		var ids []string
		last := since
		more, err := s.Find(ctx, f, since, r.Until, n, func(row event.Row) {
			if at := time.Unix(0, row.B.Time[row.I]); at.After(last) {
				last = at
			}
			id := AlertID(row)
			if _, again := tried[id]; !again && KindOf(row).ID() == r.ID { // the condition may hold for kinds that know more
				tried[id] = struct{}{}
				ids = append(ids, id)
			}
		})
		if err != nil {
			return done, err
		}
		marked, err := s.Into.Mark(ctx, ids, r)
		done.Written, done.Conflicts = done.Written+marked.Written, done.Conflicts+marked.Conflicts
		if err != nil || !more {
			return done, err
		}
		if s.Told != nil {
			s.Told(done)
		}
		switch {
		case last.After(since):
			since, n = last, spreadAtOnce
		case n < spreadMost: // more of one time than were looked for
			n *= 4
		default:
			return done, fmt.Errorf("more than %d alerts are of %s: those that were found have it", spreadMost, since.UTC().Format(time.RFC3339Nano))
		}
	}
}
