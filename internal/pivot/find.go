package pivot

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/stoop-project/stoop/internal/filter"
)

// MaxHits is how many events a pivot finds at most to either side of the event:
// the nearest.
const MaxHits = 500

// Answer is what a pivot found, and how it was looked for.
type Answer struct {
	Question
	Tried []Step  // in order; the last is the one that found something, or the widest
	Found []Found // in the order of time, without the event itself
	More  bool    // there are others, further away in time
	Err   error   // of the places that could not be asked
}

// Step is a condition within a span.
type Step struct {
	Key    *filter.Filter
	Window Window
}

// Found is an event that was found.
type Found struct {
	Hit
	Held bool // it is in the store
}

// Step returns the step that counts: what found something, else the widest.
// It is the zero Step when nothing could be asked.
func (a *Answer) Step() Step {
	if len(a.Tried) == 0 {
		return Step{}
	}
	return a.Tried[len(a.Tried)-1]
}

// Find asks a question in all places, and asks more widely until something is
// found: within wider spans, and then for less.
func Find(ctx context.Context, q Question, places []Place) Answer {
	a := Answer{Question: q}
	for _, key := range q.Keys {
		for _, w := range q.Pivot.windows {
			if ctx.Err() != nil {
				a.Err = ctx.Err()
				return a
			}
			a.Tried = append(a.Tried, Step{key, w})
			a.take(ctx, key, w, places)
			if len(a.Found) > 0 || a.Err != nil {
				return a
			}
		}
	}
	return a
}

// side is what a place knows to one side of the event.
type side struct {
	hits []Hit
	more bool
	err  error
}

// take looks on both sides of the event, in all places at once.
func (a *Answer) take(ctx context.Context, key *filter.Filter, w Window, places []Place) {
	from, to := w.Span(a.At)
	sides := make([][2]side, len(places))
	var tasks sync.WaitGroup
	for i, p := range places {
		tasks.Go(func() {
			s := &sides[i][0]
			s.hits, s.more, s.err = p.look(ctx, key, from, a.At, true, MaxHits)
		})
		tasks.Go(func() {
			s := &sides[i][1]
			s.hits, s.more, s.err = p.look(ctx, key, a.At, to, false, MaxHits+1) // the event itself may be there
		})
	}
	tasks.Wait()
	var errs []error
	for k, before := range []bool{true, false} {
		var found []Found
		for i, p := range places {
			s := sides[i][k]
			errs = append(errs, s.err)
			a.More = a.More || s.more
			if p.holds() {
				for _, h := range s.hits {
					found = append(found, Found{h, true})
				}
				continue
			}
			found = append(found, fresh(s.hits, found, p)...)
		}
		found = slices.DeleteFunc(found, func(f Found) bool { return Same(f.Hit, a.Event) })
		byTime(found)
		if n := len(found) - MaxHits; n > 0 {
			a.More = true
			if before {
				found = found[n:]
			} else {
				found = found[:MaxHits]
			}
		}
		a.Found = append(a.Found, found...)
	}
	a.Err = errors.Join(errs...)
}

// fresh leaves out of a source's hits those that the store has found too: as
// many as there are equal ones.
func fresh(hits []Hit, held []Found, p Place) (all []Found) {
	at := make(map[int64][]Hit)
	for _, f := range held {
		if f.Held && p.also(f.B.Tables) {
			at[f.Time()] = append(at[f.Time()], f.Hit)
		}
	}
	for _, h := range hits {
		twins := at[h.Time()]
		if i := slices.IndexFunc(twins, func(twin Hit) bool { return Same(twin, h) }); i >= 0 {
			at[h.Time()] = slices.Delete(twins, i, i+1)
			continue
		}
		all = append(all, Found{Hit: h})
	}
	return all
}

// Same reports whether two events are one, read twice.
func Same(a, b Hit) bool {
	if a.B == b.B && a.I == b.I {
		return true
	}
	return a.Time() == b.Time() && a.B.Type[a.I] == b.B.Type[b.I] && a.B.TID[a.I] == b.B.TID[b.I] && bytes.Equal(a.B.Payload(a.I), b.B.Payload(b.I))
}

func byTime(all []Found) {
	slices.SortStableFunc(all, func(a, b Found) int { return cmp.Compare(a.Time(), b.Time()) })
}
