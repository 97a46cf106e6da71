package source

import (
	"context"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// heldBatch counts the events of a batch over time.
type heldBatch struct{ b *event.Batch }

func (h heldBatch) Panels(_ context.Context, qs []dashboard.Query, _ func(*event.Tables) bool) (all []*dashboard.Result) {
	for _, q := range qs {
		r := &dashboard.Result{Span: q.Span, Trend: make([]int64, q.Span.Buckets)}
		for i := range h.b.Len() {
			if k := q.Span.Bucket(h.b.Time[i]); k >= 0 && (q.Filter == nil || q.Filter.Match(h.b, i)) {
				r.Trend[k]++
			}
		}
		all = append(all, r)
	}
	return all
}

// at makes events at some times.
func at(times ...time.Time) *event.Batch {
	b := event.NewBatch(event.NewTables(), 1, len(times))
	for _, t := range times {
		b.Append(event.Event{Time: t.UnixNano()}, nil)
	}
	return b
}

// The window closes in on where the events are, and counts those that are years
// away without showing them.
func TestWindow(t *testing.T) {
	noon := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	times := []time.Time{time.Unix(3, 0), time.Date(2051, 1, 1, 0, 0, 0, 0, time.UTC)}
	for i := range 500 {
		times = append(times, noon.Add(time.Duration(i)*time.Second))
	}
	st := heldBatch{at(times...)}
	m, ok, err := Window(t.Context(), nil, nil, st)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if m.Before != 1 || m.After != 1 {
		t.Errorf("%d before and %d after", m.Before, m.After)
	}
	first, last := time.Unix(0, m.First), time.Unix(0, m.Last)
	if first.After(noon) || last.Before(noon.Add(499*time.Second)) || last.Sub(first) > 15*time.Minute {
		t.Errorf("from %s to %s", first.UTC(), last.UTC())
	}

	f, err := filter.Compile("evt.rawtime < 1000000000000000000", event.Fields)
	if err != nil {
		t.Fatal(err)
	}
	if m, ok, err = Window(t.Context(), f, nil, st); err != nil || !ok || m.Outside() != 0 || m.First > 3e9 || m.Last < 3e9 {
		t.Errorf("of what lies before: %+v, %v, %v", m, ok, err)
	}
	if f, err = filter.Compile("proc.name = nobody", event.Fields); err != nil {
		t.Fatal(err)
	}
	if _, ok, err = Window(t.Context(), f, nil, st); ok || err != nil {
		t.Errorf("nothing has a window: %v, %v", ok, err)
	}
}
