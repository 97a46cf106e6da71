package trail

import (
	"sort"

	"github.com/stoop-project/stoop/internal/event"
)

// Same reports whether two rows are the same event of one source: it may have
// moved to another batch.
func Same(a, b event.Row) bool {
	return a.T == b.T && a.Alert == b.Alert && a.Type == b.Type && a.B.Time[a.I] == b.B.Time[b.I] &&
		(a.B == b.B && a.I == b.I || a.B.Seq+uint64(a.I) == b.B.Seq+uint64(b.I))
}

// Find returns the number of the step that an event is; ok is false when it is
// none of the trail's, then it is that of one at its time that looks the same,
// as one does that was read anew, or of the first step not before it.
func (t *Trail) Find(r event.Row) (step int, ok bool) {
	at := r.B.Time[r.I]
	first := t.FindTime(at)
	alike := -1
	for i := first; i < len(t.Steps); i++ {
		s := t.Steps[i].Row
		if s.B.Time[s.I] != at {
			break
		}
		if Same(s, r) {
			return i, true
		}
		if alike < 0 && s.Type == r.Type && (s.Alert != 0) == (r.Alert != 0) && s.P().PID == r.P().PID {
			alike = i
		}
	}
	return max(first, alike), false
}

// FindTime returns the number of the first step at or after a time in ns since
// 1970; that is how many steps there are when there is none.
func (t *Trail) FindTime(ns int64) int {
	return sort.Search(len(t.Steps), func(i int) bool {
		r := t.Steps[i].Row
		return r.B.Time[r.I] >= ns
	})
}
