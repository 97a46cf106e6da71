package event

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestISO8601(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	times := []int64{0, 1, -1, math.MinInt64, math.MaxInt64, 1795464000003862590}
	for range 1000 {
		times = append(times, int64(r.Uint64()))
	}
	for _, ns := range times {
		if got, want := string(appendISO8601(nil, ns)), time.Unix(0, ns).UTC().Format(iso8601); got != want {
			t.Errorf("%d is %s, want %s", ns, got, want)
		}
	}
}
