package queue

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// marker remembers into which alerts something was written.
type marker struct {
	ids  map[string]int
	fail error
}

func (m *marker) Mark(_ context.Context, ids []string, _ Record) (done Marked, err error) {
	for _, id := range ids {
		m.ids[id]++
	}
	return Marked{Written: len(ids)}, m.fail
}

// A state is written into every alert of the group once, however many there are
// and however many of one time, and into no other.
func TestSpread(t *testing.T) {
	s := newScene()
	var all []alert
	s.t.Docs = docs{}
	const many = 2*spreadAtOnce + 100
	one := func(after time.Duration, id, parent string) { // what holds without a parent holds with one
		a := shell(after, "web-0")
		a.parent, a.origin, a.document = parent, "elastic", id+"=open"
		all = append(all, a)
	}
	for i := range many {
		after := time.Duration(i)
		if i > 1000 && i < 1000+spreadAtOnce+50 { // more of one time than are looked for at once
			after = 1000
		}
		one(after, fmt.Sprint("a", i), "")
		if i%100 == 0 {
			one(after, fmt.Sprint("b", i), "runc")
		}
	}
	one(many, "a-late", "")
	b := s.add(all...)
	g := KindOf(b.Row(0))
	r := Record{ID: g.ID(), Kind: &g, State: Closed, Until: start.Add(many - 1)}
	m := &marker{ids: make(map[string]int)}
	var told Marked
	spread := Spread{Into: m, Told: func(done Marked) { told = done }, Find: func(_ context.Context, flt *filter.Filter, since, until time.Time, n int, each func(event.Row)) (more bool, err error) {
		for i := range b.Len() {
			if at := time.Unix(0, b.Time[i]); at.Before(since) || at.After(until) || !flt.Match(b, i) {
				continue
			}
			if n--; n < 0 {
				return true, nil
			}
			each(b.Row(i))
		}
		return false, nil
	}}
	done, err := spread.Run(t.Context(), r)
	if err != nil || told.Written == 0 {
		t.Errorf("%v, told %+v", err, told)
	}
	for id, n := range m.ids {
		if n != 1 || id[0] != 'a' {
			t.Fatalf("%s was written to %d times", id, n)
		}
	}
	if done.Written != many || len(m.ids) != many || m.ids["a-late"] != 0 {
		t.Errorf("%d of %d were written to", len(m.ids), many)
	}
	m.fail = errors.New("no shards")
	if _, err := spread.Run(t.Context(), r); !errors.Is(err, m.fail) {
		t.Errorf("%v", err)
	}
	if _, err := spread.Run(t.Context(), Record{ID: "x", State: Closed}); err == nil {
		t.Error("one alert was taken for a group")
	}
}
