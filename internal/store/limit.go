package store

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

// LimitMemory keeps the program's memory near the bound of its store. Left to
// itself the runtime lets as much garbage gather as there are events before it
// collects any, and the program takes twice what it was allowed; with the limit
// it collects as often as that needs, which is cheap here: columns of events
// have no pointers to follow. What is not events has a 32nd of the bound, which
// is what the runtime keeps away from its limit, and 32 MiB.
func LimitMemory(budget int64) {
	if budget <= 0 {
		budget = DefaultMemory
	}
	limit.Store(budget + budget/32 + 32<<20)
	debug.SetMemoryLimit(limit.Load())
	startAhead()
}

// startAhead has the runtime collect garbage for the first time at 32 MB instead
// of 4: a program that is opening something would do so three or four times
// before anything is on the screen. $GOGC, where it is set, holds.
func startAhead() {
	if os.Getenv("GOGC") != "" {
		return
	}
	was := debug.SetGCPercent(800)
	runtime.AddCleanup(new([64]byte), func(was int) { debug.SetGCPercent(was) }, was) // after the first collection
}

// limit is what [LimitMemory] set, 0 when it did not.
var limit atomic.Int64

// breath is how much garbage may at least gather before it is collected, in a
// store that fills up; in a full one, which stays so, it is four times that. Where the
// store and what stands beside it leave less room, the runtime would collect
// without a pause: on two cores that takes most of one, and every key waits.
const breath = 4 << 20

// giveWay raises the memory limit by what is missing for so much garbage, by an
// eighth at most. A store that is nearly full calls it for each chunk it begins.
func giveWay(garbage int64) {
	base := limit.Load()
	if base == 0 || !givingWay.CompareAndSwap(false, true) {
		return
	}
	go func() { // setting the limit waits for a collection that is under way
		defer givingWay.Store(false)
		want := min(max(base, needed(garbage)), base+base/8)
		if was := debug.SetMemoryLimit(-1); max(want-was, was-want) > breath/2 {
			debug.SetMemoryLimit(want)
		}
	}()
}

var givingWay atomic.Bool

// needed is the limit under which what lives leaves room for so much garbage: the
// runtime keeps 3 % of it away, and what it takes for itself is in it.
func needed(garbage int64) int64 {
	s := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(s)
	n := func(i int) int64 { return int64(s[i].Value.Uint64()) }
	live, itself := n(0), n(1)-n(2)-n(3)-n(4)
	return (live+garbage)/100*103 + itself
}
