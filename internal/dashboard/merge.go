package dashboard

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// Merge adds up what several sources, or kinds of documents, counted for one
// panel, each best asked for more values than it shows ([Query.Wide]). Values
// that one counted among its others cannot be told apart any more: a note says
// what a count may lack for it.
func Merge(p *Panel, results []*Result) *Result {
	if some := slices.DeleteFunc(slices.Clone(results), func(r *Result) bool { return r.Total == 0 && len(r.Notes) == 0 }); len(some) > 0 {
		results = some
	}
	if len(results) == 1 {
		results[0].cut(p.Rows())
		return results[0]
	}
	sum, untold := &Result{}, int64(0)
	groups := map[string]*Group{}
	for _, r := range results {
		sum.add(r)
		untold += r.least()
		for i := range r.Groups {
			addGroup(groups, &r.Groups[i])
		}
	}
	for _, g := range groups {
		sum.Groups = append(sum.Groups, *g)
	}
	sortGroups(sum.Groups)
	if sum.Other == 0 && sum.Values >= 0 {
		sum.Values = int64(len(sum.Groups))
	} else if len(p.By) > 0 {
		sum.Values = -1
		if untold > 0 {
			sum.Notes = append(sum.Notes, fmt.Sprintf("counted in %d parts, of each its most frequent values: a count may lack up to %d", len(results), untold))
		}
	}
	sum.cut(p.Rows())
	return sum
}

// least is how many events at most have a value that the result counts among the
// others: as many as the rarest of those that it tells.
func (r *Result) least() int64 {
	if r.Other == 0 || len(r.Groups) == 0 {
		return r.Other
	}
	return min(r.Other, r.Groups[len(r.Groups)-1].Count)
}

func (r *Result) add(o *Result) {
	r.Total += o.Total
	r.Other += o.Other
	r.None += o.None
	if o.Values < 0 {
		r.Values = -1
	}
	if o.Span.Buckets > 0 {
		r.Span = o.Span
	}
	r.Trend = addBuckets(r.Trend, o.Trend)
	for _, n := range o.Notes {
		if !slices.Contains(r.Notes, n) {
			r.Notes = append(r.Notes, n)
		}
	}
}

func addGroup(groups map[string]*Group, g *Group) {
	name := strings.Join(g.Keys, "\x00")
	old := groups[name]
	if old == nil {
		groups[name] = &Group{Keys: g.Keys, Count: g.Count, Last: g.Last, Buckets: slices.Clone(g.Buckets)}
		return
	}
	old.Count += g.Count
	old.Last = max(old.Last, g.Last)
	old.Buckets = addBuckets(old.Buckets, g.Buckets)
}

func addBuckets(sum, more []int64) []int64 {
	if len(sum) < len(more) {
		sum = append(sum, make([]int64, len(more)-len(sum))...)
	}
	for i, n := range more {
		sum[i] += n
	}
	return sum
}

// sortGroups puts the most first, and those of one count in the order of their
// keys.
func sortGroups(groups []Group) {
	sort.Slice(groups, func(i, j int) bool {
		a, b := &groups[i], &groups[j]
		if a.Count != b.Count {
			return a.Count > b.Count
		}
		return slices.Compare(a.Keys, b.Keys) < 0
	})
}

// cut leaves the first n groups.
func (r *Result) cut(n int) {
	if len(r.Groups) <= n {
		return
	}
	for _, g := range r.Groups[n:] {
		r.Other += g.Count
	}
	r.Groups = r.Groups[:n]
}

// Rank makes the groups of a result of those that were counted: the most
// first, as many as the panel shows, the rest added up.
func (r *Result) Rank(p *Panel, groups []Group) {
	sortGroups(groups)
	r.Groups, r.Values = groups, int64(len(groups))
	r.cut(p.Rows())
}
