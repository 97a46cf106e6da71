//go:build linux

package main

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestQuantile(t *testing.T) {
	s := sample{4, 1, 3, 2}
	for q, want := range map[float64]float64{0: 1, 0.5: 2.5, 1: 4, 1.0 / 3: 2} {
		if got := s.quantile(q); math.Abs(got-want) > 1e-12 {
			t.Errorf("quantile(%v) = %v, want %v", q, got, want)
		}
	}
	if !slices.Equal(s, sample{4, 1, 3, 2}) {
		t.Error("the rounds' order has changed")
	}
	if !math.IsNaN((sample{}).median()) {
		t.Error("nothing has a median")
	}
}

// The ranks are those of the sign test's tables at 5 %.
func TestInterval95(t *testing.T) {
	for n, rank := range map[int]int{6: 1, 8: 1, 9: 2, 12: 3, 15: 4, 20: 6, 25: 8, 100: 40} {
		s := make(sample, n)
		for i := range s {
			s[i] = float64(n - i) // n … 1
		}
		low, high, ok := s.interval95()
		if !ok || low != float64(rank) || high != float64(n+1-rank) {
			t.Errorf("of %d: %v … %v, %v; want %d … %d", n, low, high, ok, rank, n+1-rank)
		}
	}
	if _, _, ok := (sample{1, 2, 3, 4, 5}).interval95(); ok {
		t.Error("five values have no interval of 95 %")
	}
}

// The interval covers the true median about as often as it says.
func TestInterval95Covers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	covered := 0
	for range 2000 {
		s := make(sample, 15)
		for i := range s {
			s[i] = rng.ExpFloat64() // median ln 2
		}
		if low, high, _ := s.interval95(); low <= math.Ln2 && math.Ln2 <= high {
			covered++
		}
	}
	if share := float64(covered) / 2000; share < 0.94 || share > 0.99 {
		t.Errorf("covered %v of the time", share)
	}
}

// What drifts on the machine over the rounds is in both and cancels.
func TestPairs(t *testing.T) {
	without, with := sample{100, 150, 300}, sample{110, 165, 330}
	if got := ratios(with, without); math.Abs(got.quantile(0)-1.1) > 1e-12 || math.Abs(got.quantile(1)-1.1) > 1e-12 {
		t.Errorf("ratios are %v", got)
	}
	if got := minus(with, without); !slices.Equal(got, sample{10, 15, 30}) {
		t.Errorf("differences are %v", got)
	}
}

func TestInterleave(t *testing.T) {
	var seen []string
	add := func(name string) func(int) error {
		return func(int) error { seen = append(seen, name); return nil }
	}
	const rounds = 40
	err := interleave(context.Background(), rounds, []condition{{"a", add("a")}, {"b", add("b")}, {"c", add("c")}})
	if err != nil {
		t.Fatal(err)
	}
	orders := map[string]int{}
	for round := range rounds {
		of := seen[round*3 : round*3+3]
		orders[strings.Join(of, "")]++
		if sorted := slices.Sorted(slices.Values(of)); !slices.Equal(sorted, []string{"a", "b", "c"}) {
			t.Fatalf("round %d measures %v", round, of)
		}
	}
	if len(orders) != 6 {
		t.Errorf("orders are %v, not all six", orders)
	}
}

func TestInterleaveStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	n := 0
	err := interleave(ctx, 5, []condition{{"a", func(int) error { n++; cancel(); return nil }}})
	if err == nil || n != 1 {
		t.Errorf("%d rounds, %v", n, err)
	}
}
