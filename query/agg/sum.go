package agg

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stoop-project/stoop/internal/dashboard"
)

// sums adds up what answers say.
type sums struct {
	q       dashboard.Query
	res     dashboard.Result
	groups  map[string]*dashboard.Group
	order   []string
	values  int64 // different values at all places, as the server counts them
	untold  int64 // documents whose value may follow from something else in them
	hidden  int64 // documents whose value is too long to be indexed
	partial bool
}

func newSums(q dashboard.Query) *sums {
	s := &sums{q: q, groups: make(map[string]*dashboard.Group)}
	if q.Panel.Timed() {
		s.res.Span = q.Span
	}
	return s
}

func (s *sums) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(s.res.Notes, text) {
		s.res.Notes = append(s.res.Notes, text)
	}
}

// trouble notes what the server did not answer.
func (s *sums) trouble(a *answer) {
	if a.TimedOut {
		s.note("The server ran out of time: its counts are of what it had seen by then.")
	}
	if a.Shards.Failed > 0 {
		s.note("%d of %d shards did not answer: their documents are not counted.", a.Shards.Failed, a.Shards.Total)
	}
}

func (s *sums) add(keys []string, count, last int64, buckets []int64) {
	name := strings.Join(keys, "\x00")
	g := s.groups[name]
	if g == nil {
		g = &dashboard.Group{Keys: keys}
		s.groups[name] = g
		s.order = append(s.order, name)
	}
	g.Count += count
	g.Last = max(g.Last, last)
	if g.Buckets == nil {
		g.Buckets = buckets
		return
	}
	for i, n := range buckets {
		g.Buckets[i] += n
	}
}

// result ranks the groups. counted says that the server has counted the
// different values.
func (s *sums) result(counted bool) *dashboard.Result {
	p := s.q.Panel
	if s.hidden > 0 {
		s.note("%d events have a value that is too long for the index to tell; they are among the others.", s.hidden)
		s.res.Other += s.hidden
	}
	if s.untold > 0 {
		s.note("%d events may have a value that follows from something else in them, which the index does not tell; they are among the others.", s.untold)
		s.res.Other += s.untold
	}
	if len(p.Fields()) == 0 {
		return &s.res
	}
	groups := make([]dashboard.Group, 0, len(s.order))
	for _, name := range s.order {
		if g := s.groups[name]; g.Count > 0 {
			groups = append(groups, *g)
		}
	}
	other := s.res.Other
	s.res.Rank(p, groups)
	switch {
	case s.partial:
		s.res.Values = -1
	case p.Kind != dashboard.Table && !counted && other > 0:
		s.res.Values = -1
	case p.Kind != dashboard.Table && counted && other > 0:
		s.res.Values = s.values
		if s.values > precision {
			s.note("The number of different values is the server's estimate.")
		}
	}
	return &s.res
}
