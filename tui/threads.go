package tui

import "runtime"

// Go hands work out to as many threads as there are cores and notices what has
// become ready when one of them is done with what it does, or after 10 ms. A key
// passes four goroutines on its way to the screen; on a machine of two cores,
// with one counting and one taking events in, it would wait for each.

// roomForKeys has Go use one thread more than it would, so that a key finds one
// that is free, and the kernel, which prefers who has slept to who computes,
// shares out the cores. It returns how many threads may be kept busy at a time
// in the background, and what undoes it.
func roomForKeys() (busy int, restore func()) {
	cores := runtime.GOMAXPROCS(0)
	runtime.GOMAXPROCS(cores + 1)
	return max(cores-1, 1), func() { runtime.GOMAXPROCS(cores) }
}
