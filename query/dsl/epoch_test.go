package dsl

import (
	"testing"

	"github.com/stoop-project/stoop/internal/filter"
)

// A number's size says which unit since 1970 it has, and the server is asked for
// all of them; what is no whole number of a unit lies within one.
func TestEpochs(t *testing.T) {
	v := view{path: "at", kind: viewInteger, least: -1 << 63, most: 1<<63 - 1}
	for _, tt := range []struct {
		op           filter.Op
		ns           int64
		at           int64 // stored, as profiles read it
		upper, lower bool
	}{
		{filter.OpGE, 1795633200000000000, 1795633200, true, true},
		{filter.OpGE, 1795633200000000000, 1795633199, false, false},
		{filter.OpGE, 1795633200000000000, 1795633200000, true, true},
		{filter.OpGE, 1795633200000000000, 1795633199999999, false, false},
		{filter.OpGE, 1795633200000000000, 1795633200000000000, true, true},
		{filter.OpGE, 1795633200000000001, 1795633200000000000, false, false},
		{filter.OpGE, 1795633200500000000, 1795633200, true, false}, // it may have been …200.7
		{filter.OpLT, 1795633200000000000, 1795633199, true, true},
		{filter.OpLT, 1795633200000000000, 1795633200000000, false, false},
		{filter.OpLT, 1795633200000000000, -5, false, false},
		{filter.OpLT, 1795633200000000000, 9223372036854775807, false, false},
	} {
		b := epochs(tt.op, tt.ns, v)
		if up, low := matches(t, b.upper.query(), tt.at), matches(t, b.lower.query(), tt.at); up != tt.upper || low != tt.lower {
			t.Errorf("%v %d of %d: at most %v, at least %v; want %v, %v", tt.op, tt.ns, tt.at, up, low, tt.upper, tt.lower)
		}
	}
}

// matches evaluates a query of ranges on a number.
func matches(t *testing.T, q Query, n int64) bool {
	t.Helper()
	for name, body := range q {
		switch name {
		case "match_none":
			return false
		case "range":
			bounds := body.(Query)["at"].(Query)
			least, bounded := bounds["gte"].(int64)
			most, above := bounds["lte"].(int64)
			return (!bounded || n >= least) && (!above || n <= most)
		case "bool":
			for _, one := range body.(Query)["should"].([]Query) {
				if matches(t, one, n) {
					return true
				}
			}
			return false
		}
		t.Fatalf("a query of %s: %v", name, q)
	}
	return false
}
