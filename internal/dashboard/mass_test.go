package dashboard

import (
	"math"
	"testing"
	"time"
)

const day = int64(24 * time.Hour)

// spread is n times from a day on, even over some days.
func spread(n int, from, days int64) (times []int64) {
	for i := range n {
		times = append(times, from+int64(i)*days*day/int64(n))
	}
	return times
}

func massOf(times []int64) Mass {
	return MassOf(int64(len(times)), time.Second, func(k int64) int64 { return times[k] })
}

// One event of a wrong clock is left outside; what merely is rare, or a second
// cluster of events, is not.
func TestMass(t *testing.T) {
	const now = 20_000 * day
	many := spread(1000, now, 1)
	for name, c := range map[string]struct {
		times         []int64
		before, after int64
	}{
		"all together":    {many, 0, 0},
		"one in 1970":     {append([]int64{5}, many...), 1, 0},
		"one in 2262":     {append(append([]int64{}, many...), math.MaxInt64), 0, 1},
		"both":            {append(append([]int64{math.MinInt64}, many...), math.MaxInt64), 1, 1},
		"a week before":   {append([]int64{now - 7*day}, many...), 0, 0},
		"a year's half":   {append(spread(1000, now-400*day, 1), many...), 0, 0},
		"three in all":    {[]int64{5, now, now + 1}, 0, 0},
		"nine, one early": {append([]int64{5}, spread(8, now, 1)...), 1, 0},
		"one":             {[]int64{now}, 0, 0},
	} {
		m := massOf(c.times)
		if m.Before != c.before || m.After != c.after {
			t.Errorf("%s: %d before and %d after", name, m.Before, m.After)
		}
		if m.First != c.times[c.before] || m.Last != c.times[int64(len(c.times))-1-c.after] {
			t.Errorf("%s: from %d to %d", name, m.First, m.Last)
		}
	}
}

// Counts over time tell the same, as exact as their buckets.
func TestMassOfCounts(t *testing.T) {
	r := &Result{Span: Span{From: 0, To: 100 * 365 * day, Buckets: 100}, Trend: make([]int64, 100)}
	if _, ok := r.Mass(); ok {
		t.Error("nothing has a mass")
	}
	r.Trend[2], r.Trend[56] = 3, 5000
	want := Mass{First: 56 * 365 * day, Last: 57*365*day - 1, Before: 3}
	if m, ok := r.Mass(); !ok || m != want {
		t.Errorf("%+v, want %+v", m, want)
	}
}
