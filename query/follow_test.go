package query

import (
	"testing"
	"time"
)

// A server that was away for a while is looked at again soon, and a slow one
// gets time for others.
func TestPollPause(t *testing.T) {
	for took, want := range map[time.Duration]time.Duration{
		10 * time.Millisecond: pollEvery, 2 * time.Second: 2 * time.Second, 47 * time.Second: pollAtMost, 20 * time.Minute: pollAtMost,
	} {
		if got := pollPause(took); got != want {
			t.Errorf("a look that took %v is followed by a pause of %v, not %v", took, got, want)
		}
	}
}
