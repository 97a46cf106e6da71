package store

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"
)

// Around returns the n matching events before a time (ns since 1970) and the n
// from it on, in the order of time; fewer when there are no more, or none were
// found within the budget. Between those returned no matching event is left
// out. It evaluates the chunks nearest to the time alone, and so answers long
// before [View.Update] has evaluated everything.
func (v *View) Around(ctx context.Context, at int64, n int, budget time.Duration) []Ref {
	v.update.Lock()
	defer v.update.Unlock()
	deadline := time.Now().Add(budget)
	work := v.adoptLanes()
	slices.SortStableFunc(work, func(a, b job) int { return cmp.Compare(a.distance(at), b.distance(at)) })
	for k := v.threads(); ; k *= 2 {
		k = min(k, len(work))
		left := v.evaluateAll(ctx, work[:k], deadline)
		work = work[k-left:]
		k0, k1, enough := v.knownAround(work, at, n)
		if enough || left > 0 || ctx.Err() != nil || time.Now().After(deadline) {
			return v.Range(k0, k1-k0)
		}
	}
}

// distance is how far a chunk is from a time.
func (j job) distance(at int64) int64 {
	first, last := j.batch.Time[0], j.batch.Time[j.batch.Len()-1]
	return max(first-at, at-last, 0)
}

// knownAround returns the ranks [k0, k1) of up to n events before a time and n
// from it on that lie nearer to it than everything that is left to evaluate,
// and whether there is nothing more to find.
func (v *View) knownAround(left []job, at int64, n int) (k0, k1 int, enough bool) {
	lo, hi := int64(math.MinInt64), int64(math.MaxInt64) // events between them are known
	for _, j := range left {
		first, last := j.batch.Time[0], j.batch.Time[j.batch.Len()-1]
		if first < at {
			lo = max(lo, min(last, at-1))
		}
		if last >= at {
			hi = min(hi, max(first, at))
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	k, from, to := v.rankBefore(at), 0, v.len()
	if lo != math.MinInt64 {
		from = v.rankBefore(lo + 1)
	}
	if hi != math.MaxInt64 {
		to = v.rankBefore(hi)
	}
	enough = (k-from >= n || lo == math.MinInt64) && (to-k >= n || hi == math.MaxInt64)
	return max(from, k-n), min(to, k+n), enough
}
