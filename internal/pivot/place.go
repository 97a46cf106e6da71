package pivot

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
)

// Place is where events are looked for: what is held, or a source that holds
// more.
type Place interface {
	// look returns at most n events that a filter holds for between two times
	// (ns since 1970, the last not in it): the last ones when last is set, else
	// the first. more says that there are others.
	look(ctx context.Context, f *filter.Filter, from, to int64, last bool, n int) (hits []Hit, more bool, err error)
	// holds reports whether events that are found are in the store.
	holds() bool
	// also reports whether the place may find events with these tables again.
	also(t *event.Tables) bool
}

// Places are a store, and the sources that hold more than they hand on. They
// are for one event's pivots: what was evaluated is kept.
func Places(st *store.Store, sources []source.Source) []Place {
	places := []Place{&held{st: st, views: make(map[string]*store.View)}}
	for _, f := range source.Finders(sources) {
		places = append(places, finding{f})
	}
	return places
}

// held looks in a store, with a view for each condition.
type held struct {
	st *store.Store

	mu    sync.Mutex
	views map[string]*store.View
}

func (h *held) holds() bool             { return true }
func (h *held) also(*event.Tables) bool { return true }

func (h *held) look(ctx context.Context, f *filter.Filter, from, to int64, last bool, n int) ([]Hit, bool, error) {
	v := h.view(f)
	for !v.Update(ctx, time.Second) {
		if ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
	}
	first, end := v.FindTime(from), v.FindTime(to)
	more := end-first > n
	if more && last {
		first = end - n
	}
	var hits []Hit
	for _, r := range v.Range(first, min(end-first, n)) {
		hits = append(hits, Hit{r.B, r.I})
	}
	return hits, more, nil
}

func (h *held) view(f *filter.Filter) *store.View {
	h.mu.Lock()
	defer h.mu.Unlock()
	v := h.views[f.String()]
	if v == nil {
		v = h.st.View(f)
		h.views[f.String()] = v
	}
	return v
}

// finding asks a source.
type finding struct{ source.Finder }

func (p finding) holds() bool               { return false }
func (p finding) also(t *event.Tables) bool { return p.Owns(t) }

func (p finding) look(ctx context.Context, f *filter.Filter, from, to int64, last bool, n int) (hits []Hit, more bool, err error) {
	req := source.Request{Filter: f, Newest: last}
	if from > math.MinInt64 {
		req.Since = time.Unix(0, from)
	}
	if to < math.MaxInt64 {
		req.Until = time.Unix(0, to-1)
	}
	more, err = p.Find(ctx, req, n, source.SinkFunc(func(b *event.Batch) {
		for i := range b.Len() {
			hits = append(hits, Hit{b, i})
		}
	}))
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("%s: %w", p.Info().Name, err)
	}
	return hits, more, err
}

// Look returns the first events that a filter holds for between two times (ns
// since 1970, the last not in it), in the order of time: two at most of each
// place.
func Look(ctx context.Context, f *filter.Filter, from, to int64, places []Place) ([]Hit, error) {
	var all []Found
	var errs []error
	for _, p := range places {
		hits, _, err := p.look(ctx, f, from, to, false, 2)
		errs = append(errs, err)
		for _, h := range hits {
			all = append(all, Found{h, p.holds()})
		}
	}
	byTime(all)
	hits := make([]Hit, len(all))
	for i, f := range all {
		hits[i] = f.Hit
	}
	return hits, errors.Join(errs...)
}
