//go:build linux

package clock

import (
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// stepNS is how far the wall clock must have moved against the boot clock
// before the offset follows: smaller shifts are the jitter of measuring and
// the slewing of NTP, and following them would let time run backwards.
const stepNS = 500_000

// Clock knows the distance between CLOCK_BOOTTIME, in which the kernel stamps
// its records, and CLOCK_REALTIME. It may be used from many goroutines.
type Clock struct{ offset atomic.Int64 }

// New measures the offset.
func New() *Clock {
	c := &Clock{}
	c.offset.Store(measure())
	return c
}

// Fixed returns a clock with a given offset in ns, for records of another
// time and for tests.
func Fixed(offset int64) *Clock {
	c := &Clock{}
	c.offset.Store(offset)
	return c
}

// Wall converts ns of CLOCK_BOOTTIME to ns since 1970.
func (c *Clock) Wall(boot uint64) int64 { return int64(boot) + c.offset.Load() }

// Boot converts ns since 1970 to ns of CLOCK_BOOTTIME; 0 for times before boot.
func (c *Clock) Boot(wall int64) uint64 { return uint64(max(0, wall-c.offset.Load())) }

// Follow measures again, and reports by how many ns the wall clock was
// stepped; 0 when it was not.
func (c *Clock) Follow() (step int64) {
	now, old := measure(), c.offset.Load()
	if d := now - old; d > stepNS || d < -stepNS {
		c.offset.Store(now)
		return d
	}
	return 0
}

// Now returns ns of CLOCK_BOOTTIME.
func Now() uint64 { return uint64(read(unix.CLOCK_BOOTTIME)) }

// measure reads the wall clock between two readings of the boot clock and
// keeps the closest of a few tries: a preemption in between would be taken
// for a shift.
func measure() int64 {
	best, offset := int64(1<<62), int64(0)
	for range 5 {
		before := read(unix.CLOCK_BOOTTIME)
		wall := read(unix.CLOCK_REALTIME)
		after := read(unix.CLOCK_BOOTTIME)
		if gap := after - before; gap < best {
			best, offset = gap, wall-before-gap/2
		}
	}
	return offset
}

func read(id int32) int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(id, &ts); err != nil {
		return 0
	}
	return ts.Nano()
}
