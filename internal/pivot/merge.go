package pivot

import (
	"cmp"
	"slices"
)

// Row is an event of a timeline, and the names of the pivots that found it;
// none for the event that they start from.
type Row struct {
	Found
	Pivots []string
}

// Merge makes one timeline of what several pivots found and of the event that
// they start from. An event that several have found is there once.
func Merge(answers []Answer) (rows []Row) {
	at := make(map[int64][]int) // rows by time
	for i := range answers {
		a := &answers[i]
		if i == 0 && a.Event.B != nil {
			rows = append(rows, Row{Found: Found{Hit: a.Event, Held: true}})
		}
		taken := make(map[int]bool) // rows that this pivot has found already
		for _, f := range a.Found {
			twin := slices.IndexFunc(at[f.Time()], func(k int) bool { return !taken[k] && Same(rows[k].Hit, f.Hit) })
			if twin < 0 {
				at[f.Time()] = append(at[f.Time()], len(rows))
				taken[len(rows)] = true
				rows = append(rows, Row{f, []string{a.Pivot.Name}})
				continue
			}
			k := at[f.Time()][twin]
			taken[k] = true
			rows[k].Pivots = append(rows[k].Pivots, a.Pivot.Name)
		}
	}
	slices.SortStableFunc(rows, func(a, b Row) int { return cmp.Compare(a.Time(), b.Time()) })
	return rows
}
