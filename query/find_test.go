package query

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/test/siem"
)

func compileFilter(t *testing.T, text string) *filter.Filter {
	t.Helper()
	f, err := filter.Compile(text, event.Fields)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A search finds the first or the last of what is wanted and nothing else, also
// where the server cannot tell, beside a reading that goes on; and says whether
// there are more.
func TestFind(t *testing.T) {
	siem.Each(t, func(t *testing.T, s *siem.Server) {
		docs := alerts(2500) // one each 150 µs from 12:00:00 on, of seven rules
		start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		at := func(n int) time.Time { return start.Add(time.Duration(n) * 150 * time.Microsecond) }
		name := s.Index(t, "", docs...)
		var late [][]byte // the shipper's time is minutes after the event's
		for i := range 300 {
			late = append(late, fmt.Appendf(nil, `{"@timestamp":%q,"message":%q}`, at(0).Add(time.Duration(i*977%240)*time.Second).Format(time.RFC3339Nano), alert(at(i), i)))
		}
		unsorted := s.Index(t, "", late...)
		tests := []struct {
			about  string
			index  string
			filter string
			from   int
			to     int
			newest bool
			n      int
			want   []int // the first and the last found, and how many
			more   bool
		}{
			{"all of a span", name, "alert.rule exists", 100, 149, false, 100, []int{100, 149, 50}, false},
			{"the first", name, "alert.rule exists", 100, 2000, false, 10, []int{100, 109, 10}, true},
			{"the last", name, "alert.rule exists", 100, 2000, true, 10, []int{1991, 2000, 10}, true},
			{"exactly as many", name, "alert.rule exists", 100, 109, true, 10, []int{100, 109, 10}, false},
			{"a rule", name, "alert.rule = 'Rule 3'", 0, 70, true, 100, []int{3, 66, 10}, false},
			{"what the server cannot tell", name, "alert.rule exists and tolower(proc.cmdline) endswith 99", 0, 2499, true, 20, []int{599, 2499, 20}, true},
			{"nothing", name, "alert.rule = nothing", 0, 2499, true, 10, nil, false},
			{"by another order", unsorted, "alert.rule exists", 50, 250, true, 20, []int{231, 250, 20}, true},
			{"all by another order", unsorted, "alert.rule exists", 50, 59, false, 20, []int{50, 59, 10}, false},
		}
		opened := map[string]*SIEM{name: openAt(t, s, s.Address(name)), unsorted: openAt(t, s, s.Address(unsorted))}
		for _, tt := range tests {
			t.Run(tt.about, func(t *testing.T) {
				got := newTaken()
				req := source.Request{Filter: compileFilter(t, tt.filter), Since: at(tt.from), Until: at(tt.to), Newest: tt.newest}
				more, err := opened[tt.index].Find(t.Context(), req, tt.n, got)
				if err != nil {
					t.Fatal(err)
				}
				var found []int
				if len(got.times) > 0 {
					n := func(ns int64) int { return int(ns-start.UnixNano()) / 150000 }
					found = []int{n(slices.Min(got.times)), n(slices.Max(got.times)), len(got.times)}
				}
				if !slices.Equal(found, tt.want) || more != tt.more {
					t.Errorf("found %v, more %v; want %v, %v", found, more, tt.want, tt.more)
				}
			})
		}
		if st := opened[name].Stats(); st.Taken+st.Passed+st.Dropped != 0 {
			t.Errorf("what was looked up is counted: %d taken, %d passed on, %d dropped", st.Taken, st.Passed, st.Dropped)
		}
	})
}

// A search goes on where the server fails, and says so where it cannot.
func TestFindFaults(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	index := s.Index(t, "", alerts(50)...)
	for name, f := range map[string]siem.Fault{"half": siem.Half, "HTML": siem.HTML, "busy": siem.TooMany, "a failed shard": siem.ShardFailed} {
		t.Run(name, func(t *testing.T) {
			p := s.Proxy(t)
			src := openAt(t, s, p.Address(index))
			p.Fail("/_search", f, 0, 1)
			got := newTaken()
			more, err := src.Find(t.Context(), source.Request{Filter: compileFilter(t, "alert.rule exists")}, 100, got)
			if err != nil || more || len(got.docs) != 50 || p.Pending() > 0 {
				t.Errorf("%d found, more %v, %d faults left: %v", len(got.docs), more, p.Pending(), err)
			}
		})
	}
}

// What a document says was lost counts once, however often it is looked at.
func TestLossCountsOnce(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	at := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	drop := `{"hostname":"n","output":"x","priority":"Debug","rule":"Falco internal: syscall event drop","source":"internal","time":"2026-08-01T00:00:00Z","output_fields":{"n_drops":"7","n_evts":"9"}}`
	src := openAt(t, s, s.Address(s.Index(t, "", []byte(drop), alert(at, 1))))
	for range 3 {
		if _, err := src.Find(t.Context(), source.Request{Newest: true}, 10, newTaken()); err != nil {
			t.Fatal(err)
		}
	}
	lost := src.Stats().Lost
	if len(lost) != 1 || lost[0].Count != 7 || lost[0].Hop != "sensor (falco)" {
		t.Errorf("%+v", lost)
	}
}
