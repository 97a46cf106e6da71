package trail

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/stoop-project/stoop/internal/event"
)

// Skew is how far the clock of one source is ahead of another's, as the events
// tell that both have.
type Skew struct {
	Offset int64 // ns; negative: it is behind
	Events int   // that both have, and that agree
	Spread int64 // ns: how far these are apart from each other at most
}

// Known reports whether there were events to tell by.
func (s Skew) Known() bool { return s.Events > 0 }

// Sure reports whether several events agree.
func (s Skew) Sure() bool { return s.Events >= 3 }

// String says it in words.
func (s Skew) String() string {
	switch {
	case s.Events == 0:
		return "nothing that both have seen tells the clocks' difference"
	case near(s.Offset, 0, 1e6):
		return fmt.Sprintf("same clock, by %s that both have", seenByBoth(s.Events))
	}
	word := "ahead"
	if s.Offset < 0 {
		word = "behind"
	}
	unit := time.Millisecond
	if !near(s.Offset, 0, 10e9) {
		unit = time.Second
	}
	return fmt.Sprintf("%s %s, by %s that both have", time.Duration(max(s.Offset, -s.Offset)).Round(unit), word, seenByBoth(s.Events))
}

func seenByBoth(n int) string {
	if n == 1 {
		return "1 event"
	}
	return fmt.Sprintf("%d events", n)
}

// Bounds of what is compared.
const (
	maxSkewEvents = 20_000 // of each side
	skewSlack     = 1e9    // ns that events of one skew may be apart
)

// SkewOf estimates how far the clock by which rows were written is ahead of that
// of others, from the deeds that both have: the same program executed, the same
// address connected to, the same process ended. It is right when most of them
// agree; where they do not, nothing is known.
func SkewOf(of, others iter.Seq[event.Row]) Skew {
	ours, theirs := landmarks(of), landmarks(others)
	var apart []int64
	for what, times := range ours {
		seen := theirs[what]
		if len(seen) != len(times) {
			continue // some are missing: which is which cannot be told
		}
		for i := range times {
			apart = append(apart, times[i]-seen[i])
		}
	}
	if len(apart) == 0 {
		return Skew{}
	}
	slices.Sort(apart)
	s := Skew{Offset: apart[len(apart)/2]}
	for _, d := range apart {
		if near(d, s.Offset, skewSlack) {
			s.Events++
			s.Spread = max(s.Spread, d-s.Offset, s.Offset-d)
		}
	}
	if 2*s.Events <= len(apart) {
		return Skew{}
	}
	return s
}

// landmark is what tells that two sources have seen one event.
type landmark struct {
	kind       byte
	line, what string
}

// landmarks are the times of the telling events, by what they are.
func landmarks(rows iter.Seq[event.Row]) map[landmark][]int64 {
	all := map[landmark][]int64{}
	n := 0
	for r := range rows {
		kind := landmarkKinds[r.Type.String()]
		if kind == 0 || r.B.Bits[r.I]&event.Inferred != 0 {
			continue
		}
		d := landmark{kind: kind, line: text(r, fieldLine)}
		if kind == 'c' {
			d.what = text(r, fieldPeer)
		}
		if d.line == "" {
			continue
		}
		all[d] = append(all[d], r.B.Time[r.I])
		if n++; n == maxSkewEvents {
			break
		}
	}
	for _, times := range all {
		slices.SortFunc(times, cmp.Compare)
	}
	return all
}

// landmarkKinds are the types of events that every source of process events has, and
// few enough to be compared.
var landmarkKinds = map[string]byte{"execve": 'x', "execveat": 'x', "procexit": 'e', "connect": 'c'}
