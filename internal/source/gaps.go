package source

import (
	"slices"
	"time"
)

// Gap is a span of time within which events were lost.
type Gap struct {
	Container string    // id, "" when not known
	From, To  time.Time // between two looks at the counters, or two events; From zero: since the beginning
	Count     uint64
	Guess     bool // when is told by the events around alone
}

// Gaps tells when events were lost, from counters that only say how many. The
// zero Gaps is ready for use; it is not safe for several goroutines.
type Gaps struct {
	list   []Gap
	before map[Loss]uint64 // by hop and container: what was counted
	at     time.Time
}

// maxGaps bounds how many are kept; where there are more, neighbours become one.
const maxGaps = 512

// Look takes what the counters say at a time. What they had counted before the
// first look is of no known time.
func (g *Gaps) Look(at time.Time, lost []Loss) { g.Between(g.at, at, lost, false) }

// Between takes what the counters say at a time, and that they were looked at
// before at another. guess says that the times are those of events around.
func (g *Gaps) Between(from, to time.Time, lost []Loss, guess bool) {
	if g.before == nil {
		g.before = map[Loss]uint64{}
	}
	more := map[string]uint64{}
	for _, l := range lost {
		n := l.Count
		l.Count = 0
		if was := g.before[l]; n > was {
			more[l.Container] += n - was
		}
		g.before[l] = max(g.before[l], n)
	}
	for container, n := range more {
		g.list = append(g.list, Gap{Container: container, From: from, To: to, Count: n, Guess: guess})
	}
	g.at = to
	if len(g.list) > maxGaps {
		g.list = thinned(g.list)
	}
	for len(g.list) > maxGaps { // more containers than that: whose they were is given up
		for i := range g.list {
			g.list[i].Container = ""
		}
		g.list = thinned(g.list)
	}
}

// Begin takes what the counters say where looking begins: that was lost before.
func (g *Gaps) Begin(at time.Time, lost []Loss) {
	g.Look(at, lost)
	g.list = nil
}

// List returns the gaps in the order in which they were seen.
func (g *Gaps) List() []Gap { return slices.Clone(g.list) }

// thinned makes one of each two gaps of a container that follow upon each other.
func thinned(list []Gap) []Gap {
	kept, open := list[:0:0], map[string]int{} // of kept, the first of two
	for _, gap := range list {
		if i, ok := open[gap.Container]; ok {
			kept[i].To, kept[i].Count, kept[i].Guess = gap.To, kept[i].Count+gap.Count, kept[i].Guess || gap.Guess
			delete(open, gap.Container)
			continue
		}
		open[gap.Container] = len(kept)
		kept = append(kept, gap)
	}
	return kept
}
