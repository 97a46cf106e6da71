package engine

import (
	"sync/atomic"
	"time"

	"github.com/stoop-project/stoop/internal/rules"
)

// RuleStats is what one rule has done so far.
type RuleStats struct {
	Rule  *rules.Rule
	Fired uint64

	// With [Options].Stats: how many events it was asked about, and how long that
	// took. What several rules have in common counts for the first that asks.
	Events uint64
	Took   time.Duration
}

type counter struct {
	fired, events atomic.Uint64
	nanos         atomic.Int64
}

// Stats returns a row for each rule that is asked, in the order of the set. It
// may be called from any goroutine.
func (e *Engine) Stats() []RuleStats {
	all := make([]RuleStats, len(e.rules))
	for i, r := range e.rules {
		all[i] = RuleStats{
			Rule: r.rule, Fired: r.count.fired.Load(), Events: r.count.events.Load(), Took: time.Duration(r.count.nanos.Load()),
		}
	}
	return all
}
