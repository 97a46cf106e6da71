package dashboard

import (
	"testing"
	"time"
)

func TestFrameHoldsItsSpan(t *testing.T) {
	base := time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC).UnixNano()
	for _, length := range []time.Duration{0, 1, time.Microsecond, 90 * time.Millisecond, 23 * time.Second, time.Hour, 400 * 24 * time.Hour, 40 * 365 * 24 * time.Hour} {
		from, to := base+12345, base+12345+int64(length)
		lo, hi := Frame(from, to, 118)
		if lo > from || hi <= to {
			t.Errorf("%v: the frame is %d … %d, outside of %d … %d", length, lo, hi, from, to)
		}
		if length > time.Minute && length < 365*24*time.Hour && float64(to-from)/float64(hi-lo) < 0.45 {
			t.Errorf("%v: the frame is more than twice as long", length)
		}
	}
}
