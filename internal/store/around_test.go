package store

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// What is around a time is the same whether nothing, something or everything
// was evaluated before, and whatever order the events came in.
func TestAround(t *testing.T) {
	for seed := range uint64(4) {
		s, f := New(0), newFeed(seed)
		rng := rand.New(rand.NewPCG(seed, 3))
		at := int64(1_000)
		for range 12 { // each is a chunk of its own
			start := at
			if rng.IntN(4) == 0 {
				start = at / 2
			}
			b := f.batch(start, adoptRows+rng.IntN(9))
			at = max(at, b.Time[b.Len()-1])
			s.Batch(b)
		}
		for _, text := range []string{"", "proc.name = p3 and evt.type in (read, open)", "proc.name = nobody"} {
			whole := s.View(compile(t, text))
			whole.Update(context.Background(), time.Minute)
			want := payloads(whole.Range(0, whole.Len()))
			for _, ns := range []int64{0, 1_000, at / 3, at / 2, at, at + 1, at * 2} {
				for _, n := range []int{1, 300, 1 << 20} {
					v := s.View(whole.Filter())
					if rng.IntN(2) == 0 {
						v.Update(context.Background(), 0) // the newest chunk
					}
					k := whole.FindTime(ns)
					want := want[max(k-n, 0):min(k+n, len(want))]
					if got := payloads(v.Around(context.Background(), ns, n, time.Minute)); !slices.Equal(got, want) {
						t.Errorf("seed %d, filter %q: %d events around %d, want %d", seed, text, len(got), ns, len(want))
					}
					if done, total := v.Progress(); n == 1 && text == "" && done > total/2 {
						t.Errorf("seed %d: %d of %d events were evaluated to find two", seed, done, total)
					}
				}
			}
		}
	}
}

// Without time to find all, what is returned has no gaps.
func TestAroundWithoutTime(t *testing.T) {
	s, f := New(0), newFeed(9)
	at := int64(1_000)
	for range 8 {
		b := f.batch(at, adoptRows)
		at = b.Time[b.Len()-1]
		s.Batch(b)
	}
	whole := s.View(nil)
	whole.Update(context.Background(), time.Minute)
	v := s.View(nil)
	v.Update(context.Background(), 0) // the newest, far from what is asked for
	got := v.Around(context.Background(), at/4, 1<<20, 0)
	if len(got) == 0 || len(got) == whole.Len() {
		t.Fatalf("%d of %d events", len(got), whole.Len())
	}
	k, _ := whole.Find(got[0].ID)
	if want := whole.Range(k, len(got)); !slices.Equal(payloads(got), payloads(want)) {
		t.Errorf("%d events from rank %d have gaps", len(got), k)
	}
}

func payloads(refs []Ref) (texts []string) {
	for _, r := range refs {
		texts = append(texts, string(r.B.Payload(r.I)))
	}
	return texts
}
