package store

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
)

// Whoever draws the screen asks a view while events come in, old ones go, and
// the filter is evaluated and counted over.
func TestReadBeside(t *testing.T) {
	s, f := New(3<<20), newFeed(4)
	s.SetWorkers(1)
	v, counts := s.View(compile(t, "evt.type = write")), s.Containers()
	s.Batch(f.batch(1, 1000))
	v.Update(context.Background(), time.Minute)

	ctx, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() {
		defer stop()
		for at := int64(10_000); at < 3_000_000; at += 10_000 {
			s.Batch(f.batch(at, 1000))
		}
	})
	work.Go(func() {
		for ctx.Err() == nil {
			v.Update(ctx, time.Millisecond)
			counts.Update(ctx)
			from, to, _ := v.Span()
			v.Histogram(from, to+1, 50)
		}
	})
	looks := 0
	for ; ctx.Err() == nil || looks == 0; looks++ {
		refs := v.Range(max(v.Len()-30, 0), 30)
		if !slices.IsSortedFunc(refs, func(a, b Ref) int { return int(a.Time() - b.Time()) }) {
			t.Fatal("events out of order")
		}
		for _, r := range refs {
			if !v.Has(r.ID) && s.Stats().Evicted == 0 {
				t.Fatal("the view does not have what it shows")
			}
		}
	}
	work.Wait()
	if s.Stats().Evicted == 0 {
		t.Error("nothing went")
	}
}

// The counts are those of the events held, also after chunks that were added up
// for good have gone.
func TestCountsAfterEviction(t *testing.T) {
	s, f := New(4<<20), newFeed(7)
	c := s.Containers()
	for i := range 30 {
		s.Batch(f.batch(int64(1+i)*1_000_000, adoptRows)) // a chunk each
		want := map[string]ContainerCount{}
		for _, lane := range s.look() {
			for _, h := range lane {
				for k := range h.batch.Len() {
					id := f.t.Text(f.t.Cont(f.t.Proc(h.batch.Proc[k]).Cont).ID)
					row, ns := want[id], h.batch.Time[k]
					if row.Events++; row.Events == 1 || ns < row.First {
						row.First = ns
					}
					row.Last = max(row.Last, ns)
					if a := h.batch.AlertAt(k); a != 0 {
						row.Alerts++
						row.Worst = worse(row.Worst, f.t.Alert(a).Priority)
					}
					want[id] = row
				}
			}
		}
		for _, got := range c.Update(context.Background()) {
			got.T, got.Cont = nil, event.ContID(0)
			w := want[got.ID]
			if w.ID = got.ID; got != w {
				t.Fatalf("after %d chunks: %+v, want %+v", i+1, got, w)
			}
			delete(want, got.ID)
		}
		if len(want) > 0 {
			t.Fatalf("after %d chunks these are not counted: %v", i+1, want)
		}
	}
	if s.Stats().Evicted == 0 {
		t.Error("nothing went")
	}
}
