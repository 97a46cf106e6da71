package trail

import (
	"cmp"
	"slices"
	"time"
)

// Gap is a span of time within which events were lost.
type Gap struct {
	From, To int64 // ns since 1970; From 0: since the recording began
	Count    uint64
	Else     bool // whose they were is not known
	Guess    bool // when is told by the events around alone
}

// String says it in words.
func (g Gap) String() string {
	if g.Else {
		return count(int(g.Count), "event", "events") + " lost, of which it is not known whose"
	}
	return count(int(g.Count), "event", "events") + " of this container lost"
}

// Gaps are the spans within which events were lost that fall into the time of
// the trail, or right before or behind it, in order. What lies closer together
// than a pause is one.
func (t *Trail) Gaps(pause int64) (all []Gap) {
	for _, g := range t.Coverage.Gaps {
		if g.To >= t.From-storyGap && g.From <= t.To+storyGap {
			all = append(all, g)
		}
	}
	slices.SortStableFunc(all, func(a, b Gap) int { return cmp.Compare(a.From, b.From) })
	kept, last := all[:0], map[bool]int{} // of kept, by Else
	for _, g := range all {
		if i, ok := last[g.Else]; ok && g.From-kept[i].To < pause {
			kept[i].To, kept[i].Count, kept[i].Guess = max(kept[i].To, g.To), kept[i].Count+g.Count, kept[i].Guess || g.Guess
			continue
		}
		last[g.Else] = len(kept)
		kept = append(kept, g)
	}
	return kept
}

// lostAt tells in the story what was lost and when.
func (s *teller) lostAt() {
	t := s.trail
	for _, g := range t.Gaps(storyGap) {
		x := Sentence{Time: max(g.From, t.From), Text: g.String(), Inferred: g.Guess}
		if d := g.To - x.Time; g.From >= t.From {
			x.Text += ", within the next " + lasted(d)
		} else {
			x.Text += ", at the latest " + lasted(d) + " later"
		}
		s.add(&told{Sentence: x})
	}
}

// storyGap is how far apart losses are that the story tells one by one.
const storyGap = int64(10 * time.Second)
