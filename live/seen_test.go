//go:build linux

package live

import (
	"fmt"
	"testing"
)

// A call that the stream lost is found in the bulk ring among like calls of the
// same thread, whichever program runs first, and one that the stream has is not.
func TestPair(t *testing.T) {
	const lost = 7 // every so many calls of thread 1
	for _, test := range []struct {
		name  string
		gap   int64 // ns from the ring's record to the stream's
		other bool  // some calls are of another kind
	}{
		{"the ring first", 900, true},
		{"the stream first", -900, true},
		{"the ring first, all alike", 400, false},
		{"the stream first, all alike", -400, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var s seen
			var bulk []call
			want := make(map[uint64]bool) // by key: handed on
			for n := range uint64(1000) {
				for tid := range uint32(3) {
					c := call{time: 5_000_000_000 + n*2000 + uint64(tid), tid: tid, nr: 257, ret: 3}
					if test.other && n%5 == 0 {
						c.nr = 3
					}
					bulk = append(bulk, c)
					delay := int64(0)
					if n%50 == 10 && test.gap > 0 {
						delay = 900 // it lost its CPU
					}
					handed := tid != 1 || n%lost != 0
					want[exactly(c.time, tid)] = handed
					if c.time = uint64(int64(c.time) + test.gap + delay); handed {
						s.calls = append(s.calls, c)
					}
				}
			}
			s.calls = append(s.calls, call{time: 5, tid: 1, nr: 257, ret: 3}) // before bulk was recorded
			s.pair(bulk)
			for key, handed := range want {
				if _, ok := s.twins[key]; ok != handed {
					t.Fatalf("a call that was handed on (%v) counts as such: %v; %s", handed, ok, fmt.Sprint(len(s.twins), " twins"))
				}
			}
		})
	}
}
