package source

import (
	"fmt"
	"testing"
	"time"
)

// Counters that only grow tell when events were lost: between two looks.
func TestGaps(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	var g Gaps
	g.Begin(at(10), []Loss{{"ringbuf", "web", 100}})
	g.Look(at(11), []Loss{{"ringbuf", "web", 105}, {"queue", "web", 2}, {"ringbuf", "", 1}})
	g.Look(at(12), []Loss{{"ringbuf", "web", 105}, {"queue", "web", 2}, {"ringbuf", "", 1}})
	g.Look(at(13), []Loss{{"queue", "web", 2}, {"ringbuf", "web", 109}})
	got := map[string]Gap{}
	for _, gap := range g.List() {
		got[gap.Container+gap.To.UTC().Format("05")] = gap
	}
	for name, want := range map[string]Gap{
		"web11": {"web", at(10), at(11), 7, false},
		"11":    {"", at(10), at(11), 1, false},
		"web13": {"web", at(12), at(13), 4, false},
	} {
		if got[name] != want {
			t.Errorf("%s: %v, want %v", name, got[name], want)
		}
	}
	if len(got) != 3 {
		t.Errorf("there are %d gaps", len(got))
	}
}

// Where losses do not end, what is kept of them stays small, and nothing is
// missing from the sum.
func TestGapsBound(t *testing.T) {
	var g Gaps
	g.Look(time.Unix(0, 0), nil)
	const looks = 5000
	for i := range int64(looks) {
		g.Look(time.Unix(i+1, 0), []Loss{{"ringbuf", "a", uint64(3 * (i + 1))}, {"ringbuf", "b", uint64(i + 1)}})
	}
	var many Gaps
	var lost []Loss
	for i := range 10 * maxGaps {
		lost = append(lost, Loss{"ringbuf", fmt.Sprint(i), 1})
	}
	many.Look(time.Unix(1, 0), lost)
	if list := many.List(); len(list) > maxGaps || list[0].Container != "" {
		t.Errorf("%d gaps of as many containers", len(list))
	}
	sum := map[string]uint64{}
	last := map[string]time.Time{}
	for _, gap := range g.List() {
		sum[gap.Container] += gap.Count
		if gap.From.Before(last[gap.Container]) {
			t.Fatalf("the gap from %v is before another's end %v", gap.From, last[gap.Container])
		}
		last[gap.Container] = gap.To
	}
	if sum["a"] != 3*looks || sum["b"] != looks || len(g.List()) > maxGaps {
		t.Errorf("%v in %d gaps", sum, len(g.List()))
	}
}
