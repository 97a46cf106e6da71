package dashboard

import (
	"sort"
	"time"
)

// Mass is the span of time in which nearly all of some events lie, and how many
// lie far outside: a clock that was wrong, a date that was misread. Times are
// ns since 1970, both ends included.
type Mass struct {
	First, Last   int64
	Before, After int64 // events that lie earlier and later
}

// Outside is how many events lie outside.
func (m Mass) Outside() int64 { return m.Before + m.After }

// What is far outside: at most one event of outsideShare on either side, and
// of less than outsideFrom events none; and away from the others by more than
// outsideFar times the span of these, and outsideLeast.
const (
	outsideShare = 200
	outsideFrom  = 8
	outsideFar   = 12
	outsideLeast = 2 * 24 * time.Hour
)

// MassOf finds the mass of n > 0 events, of which at returns the times in their
// order. Times that are less apart than grain count as the same.
func MassOf(n int64, grain time.Duration, at func(k int64) int64) Mass {
	m := Mass{First: at(0), Last: at(n - 1)}
	aside := n / outsideShare
	if aside == 0 && n >= outsideFrom {
		aside = 1
	}
	lo, hi := at(aside), at(n-1-aside)
	core := max(apart(lo, hi), uint64(grain))
	if far(apart(m.First, lo), core) {
		m.Before = int64(sort.Search(int(aside), func(k int) bool { return apart(at(int64(k)), lo) <= core }))
		m.First = at(m.Before)
	}
	if far(apart(hi, m.Last), core) {
		m.After = int64(sort.Search(int(aside), func(k int) bool { return apart(hi, at(n-1-int64(k))) <= core }))
		m.Last = at(n - 1 - m.After)
	}
	return m
}

// apart is how far two times are from each other, whatever they are.
func apart(from, to int64) uint64 { return uint64(to) - uint64(from) }

func far(d, core uint64) bool { return d > uint64(outsideLeast) && d/outsideFar > core }

// Mass finds the mass of what was counted over time, as exact as the buckets;
// ok is false when nothing was.
func (r *Result) Mass() (m Mass, ok bool) {
	upTo := make([]int64, len(r.Trend)) // events up to the end of each bucket
	n := int64(0)
	for i, c := range r.Trend {
		n += c
		upTo[i] = n
	}
	if n == 0 {
		return Mass{}, false
	}
	step := r.Span.Step()
	m = MassOf(n, time.Duration(step), func(k int64) int64 {
		i := sort.Search(len(upTo), func(i int) bool { return upTo[i] > k })
		return r.Span.From + int64(i)*step
	})
	m.Last += step - 1
	return m, true
}
