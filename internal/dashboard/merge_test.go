package dashboard

import (
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
	if got := Merge(p, []*Result{a, b}); got.Values != -1 || len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "each source") {
		t.Errorf("got %d values, notes %v", got.Values, got.Notes)
	}
}
