package tui

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/pivot"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
)

// brought knows the events that were brought into the store out of turn, so
// that they are not there twice when their source comes to them.
type brought struct {
	mu   sync.RWMutex
	owns func(*event.Tables) bool // whether tables are those of a source that finds
	at   map[int64][]pivot.Hit    // by time
}

// take hands a batch on without the events that were brought in before.
func (k *brought) take(b *event.Batch, next func(*event.Batch)) {
	k.mu.RLock()
	if len(k.at) == 0 || !k.owns(b.Tables) {
		next(b)
		k.mu.RUnlock()
		return
	}
	k.mu.RUnlock()
	k.mu.Lock()
	defer k.mu.Unlock()
	from := 0
	for i := range b.Len() {
		if k.forget(pivot.Hit{B: b, I: i}) {
			if i > from {
				next(b.Slice(from, i))
			}
			from = i + 1
		}
	}
	if from == 0 {
		next(b)
	} else if from < b.Len() {
		next(b.Slice(from, b.Len()))
	}
}

// forget reports whether an event was brought in, and forgets one that was.
func (k *brought) forget(h pivot.Hit) bool {
	twins := k.at[h.Time()]
	i := slices.IndexFunc(twins, func(twin pivot.Hit) bool { return pivot.Same(twin, h) })
	if i < 0 {
		return false
	}
	if k.at[h.Time()] = slices.Delete(twins, i, i+1); len(twins) == 1 {
		delete(k.at, h.Time())
	}
	return true
}

// bring takes the rows of a timeline into the store that it does not hold.
func (h *hub) bring(ctx context.Context, rows []pivot.Row) {
	k := &h.brought
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.at == nil {
		finders := source.Finders(h.sources)
		k.at = make(map[int64][]pivot.Hit)
		k.owns = func(t *event.Tables) bool {
			return slices.ContainsFunc(finders, func(f source.Finder) bool { return f.Owns(t) })
		}
	}
	held := h.store.View(nil)
	held.Update(ctx, time.Minute)
	byTables := make(map[*event.Tables]*event.Batch)
	used := make(map[store.RowID]bool)
	for _, r := range rows {
		if r.Held || holds(held, r.Hit, k.owns, used) {
			continue
		}
		t := r.B.Tables
		b := byTables[t]
		if b == nil {
			b = event.NewBatch(t, r.B.Seq+uint64(r.I), len(rows))
			byTables[t] = b
		}
		b.Append(r.B.At(r.I), r.B.Payload(r.I))
		k.at[r.Time()] = append(k.at[r.Time()], r.Hit)
	}
	for _, b := range byTables {
		h.keep(b)
	}
	h.poke()
}

// holds reports whether the store holds an event: it came since it was found.
// Each that is held counts once.
func holds(v *store.View, h pivot.Hit, owns func(*event.Tables) bool, used map[store.RowID]bool) bool {
	for k := v.FindTime(h.Time()); ; k++ {
		ref, ok := v.At(k)
		if !ok || ref.Time() != h.Time() {
			return false
		}
		if !used[ref.ID] && owns(ref.B.Tables) && pivot.Same(pivot.Hit{B: ref.B, I: ref.I}, h) {
			used[ref.ID] = true
			return true
		}
	}
}
