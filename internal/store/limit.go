package store

import "runtime/debug"

// LimitMemory keeps the program's memory near the bound of its store. Left to
// itself the runtime lets as much garbage gather as there are events before it
// collects any, and the program takes twice what it was allowed; with the limit
// it collects as often as that needs, which is cheap here: columns of events
// have no pointers to follow. What is not events has a 32nd of the bound and
// 16 MiB.
func LimitMemory(budget int64) {
	if budget <= 0 {
		budget = DefaultMemory
	}
	debug.SetMemoryLimit(budget + budget/32 + 16<<20)
}
