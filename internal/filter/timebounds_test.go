package filter

import (
	"math"
	"testing"
)

func TestTimeBounds(t *testing.T) {
	const first, last = math.MinInt64, math.MaxInt64
	for text, want := range map[string][2]int64{
		"evt.rawtime >= 5 and evt.rawtime < 9":               {5, 9},
		"proc.name = x and (evt.rawtime > 5 and proc.pid=1)": {6, last},
		"evt.rawtime <= 9 and evt.rawtime < 7":               {first, 7},
		"evt.rawtime = 9":                                    {9, 10},
		"evt.rawtime <= 9223372036854775807":                 {first, last},
		"evt.rawtime > 5 or proc.name = x":                   {first, last},
		"not evt.rawtime > 5":                                {first, last},
		"evt.rawtime exists":                                 {first, last},
	} {
		e, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if from, to := TimeBounds(e); from != want[0] || to != want[1] {
			t.Errorf("%s: %d … %d, want %d … %d", text, from, to, want[0], want[1])
		}
	}
}
