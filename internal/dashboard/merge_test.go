package dashboard

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestMerge(t *testing.T) {
	p := &Panel{Kind: Trend, By: []string{"evt.type"}, Limit: 2}
	a := &Result{Total: 10, Values: 2, None: 1, Trend: []int64{4, 6}, Groups: []Group{
		{Keys: []string{"open"}, Count: 6, Last: 5, Buckets: []int64{2, 4}}, {Keys: []string{"read"}, Count: 3, Last: 9, Buckets: []int64{2, 1}},
	}}
	b := &Result{Total: 5, Values: 2, Trend: []int64{5, 0}, Groups: []Group{
		{Keys: []string{"read"}, Count: 4, Last: 2, Buckets: []int64{4, 0}}, {Keys: []string{"exec"}, Count: 1, Buckets: []int64{1, 0}},
	}}
	got := Merge(p, []*Result{a, {}, b})
	want := &Result{Total: 15, Values: 3, None: 1, Other: 1, Trend: []int64{9, 6}, Groups: []Group{
		{Keys: []string{"read"}, Count: 7, Last: 9, Buckets: []int64{6, 1}}, {Keys: []string{"open"}, Count: 6, Last: 5, Buckets: []int64{2, 4}},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if a.Groups[1].Count != 3 || a.Groups[1].Buckets[0] != 2 {
		t.Error("what was merged has changed")
	}

	// Among the others of one source may be the values of another.
	a.Other = 4
	if got := Merge(p, []*Result{a, b}); got.Values != -1 || len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "a count may lack up to 3") {
		t.Errorf("got %d values, notes %v", got.Values, got.Notes)
	}
}

// Each of two servers has the same rules in another order: asked for no more
// than is shown, both would leave out the one that is the most frequent in all.
func TestWide(t *testing.T) {
	p := &Panel{Kind: Terms, By: []string{"alert.rule"}, Limit: 1}
	count := func(q Query, counts map[string]int64) *Result {
		r, groups := &Result{}, []Group(nil)
		for rule, n := range counts {
			groups = append(groups, Group{Keys: []string{rule}, Count: n})
			r.Total += n
		}
		r.Rank(q.Panel, groups)
		return r
	}
	one, other := map[string]int64{"a": 5, "b": 4}, map[string]int64{"c": 5, "b": 4}
	for q, want := range map[Query]string{{Panel: p}: "a 5, 3 values -1", (Query{Panel: p}).Wide(): "b 8, 1 values 3"} {
		got := Merge(p, []*Result{count(q, one), count(q, other)})
		if text := fmt.Sprintf("%s %d, %d values %d", got.Groups[0].Keys[0], got.Groups[0].Count, len(got.Groups)+2*len(got.Notes), got.Values); text != want {
			t.Errorf("%s, want %s: %v", text, want, got.Notes)
		}
	}
	timed := Query{Panel: &Panel{Kind: Heat, By: []string{"alert.rule"}}, Span: Span{To: 1, Buckets: 400}}
	if n := timed.Wide().Panel.Rows(); n != 50 {
		t.Errorf("a heat map of 400 buckets asks for %d values", n)
	}
}

// What is printed ends where the events do.
func TestUntil(t *testing.T) {
	s := Span{From: 100, To: 200, Buckets: 10}
	if got, want := s.Until(154), (Span{From: 100, To: 160, Buckets: 6}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := s.Until(300); got != s {
		t.Errorf("a time behind it made %v of it", got)
	}
}
