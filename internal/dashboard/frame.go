package dashboard

import "time"

// minStep is the shortest length of time that a bucket stands for.
const minStep = time.Millisecond

// steps are the lengths of time that a bucket may stand for.
var steps = func() (all []time.Duration) {
	for unit := minStep; unit < time.Second; unit *= 10 {
		for _, n := range []time.Duration{10, 12, 15, 20, 25, 30, 40, 50, 60, 80} {
			all = append(all, n*unit/10)
		}
	}
	for _, unit := range []time.Duration{time.Second, time.Minute} {
		for _, n := range []time.Duration{1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 40} {
			all = append(all, n*unit)
		}
	}
	for _, n := range []time.Duration{1, 2, 3, 4, 6, 8, 12, 24, 48, 96, 7 * 24, 14 * 24, 30 * 24, 60 * 24, 120 * 24, 365 * 24} {
		all = append(all, n*time.Hour)
	}
	return all
}()

// Frame returns the span that n buckets cover so that from … to lie in it:
// buckets are one of the steps long and begin at multiples of it, so that bars
// move by whole columns as time goes on.
func Frame(from, to int64, n int) (start, end int64) {
	if n <= 0 {
		return from, to
	}
	for _, s := range steps {
		step := int64(s)
		start = from - mod(from, step)
		if end = start + step*int64(n); end <= to {
			continue
		}
		// What is short stands in the middle.
		shift := (end - 1 - to) / step / 2 * step
		if s > minStep {
			shift = 0
		}
		return start - shift, end - shift
	}
	// Longer than all of them: buckets of whole ms, as far as there is time.
	const far = 1<<63 - 1
	start = from - mod(from, int64(minStep))
	step := ((to-start)/int64(n)/int64(minStep) + 1) * int64(minStep)
	if step > (far-max(start, 0))/int64(n) {
		return from, to
	}
	return start, start + step*int64(n)
}

func mod(a, b int64) int64 { return ((a % b) + b) % b }
