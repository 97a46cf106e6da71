//go:build linux

package main

import (
	"math"
	"slices"
)

// sample is what the rounds measured, one number each.
type sample []float64

// quantile returns the value below which a share q of the sample lies, by
// linear interpolation; NaN of an empty sample.
func (s sample) quantile(q float64) float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(s))
	at := q * float64(len(s)-1)
	low := int(at)
	high := min(low+1, len(s)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}

func (s sample) median() float64 { return s.quantile(0.5) }

// interval95 returns bounds between which the median of what was sampled lies
// with at least 95 % confidence, whatever its distribution: order statistics,
// by the binomial distribution. It needs six values; ok is false below.
func (s sample) interval95() (low, high float64, ok bool) {
	n := len(s)
	outside, ways := 0.0, 1.0 // of the n tosses of a coin, at most r heads
	r := -1
	for {
		outside += ways * math.Pow(0.5, float64(n))
		if outside > 0.025 || r+1 >= n/2 {
			break
		}
		r++
		ways *= float64(n-r) / float64(r+1)
	}
	if r < 0 {
		return 0, 0, false
	}
	sorted := slices.Sorted(slices.Values(s))
	return sorted[r], sorted[n-1-r], true
}

// ratios returns each round's a/b, and minus each round's a-b.
func ratios(a, b sample) sample {
	return pairwise(a, b, func(x, y float64) float64 { return x / y })
}

func minus(a, b sample) sample { return pairwise(a, b, func(x, y float64) float64 { return x - y }) }

func pairwise(a, b sample, f func(x, y float64) float64) sample {
	all := make(sample, min(len(a), len(b)))
	for i := range all {
		all[i] = f(a[i], b[i])
	}
	return all
}

// each returns the sample with f applied to its values.
func (s sample) each(f func(float64) float64) sample {
	all := make(sample, len(s))
	for i, v := range s {
		all[i] = f(v)
	}
	return all
}
