package tui

import (
	"os"
	"path/filepath"
	"testing"
)

// ofViews says which golden screens show what a level may be, each cover with keys
// of its own, and each overlay that a case opens again.
var ofViews = map[string]string{
	"table": "first-120x40-colour", "containers": "containers", "histogram": "histogram", "details": "views/details-120x40-plain",
	"process tree": "views/tree-120x40-plain", "dashboard": "views/dashboard-120x40-plain", "trail": "views/trail-120x40-plain",
}

var ofCovers = map[string]string{
	"queue": "queue", "verdict": "queue-verdict", "case": "case", "take along": "take-along", "only here": "compare",
	"what else is known": "around", "exception": "except", "columns": "columns",
}

var ofOvers = map[string]string{
	"queue": "queue", "decide": "queue-alert", "case": "case", "around": "around", "compare": "compare", "take along": "take-along",
	"exception": "except", "help": "help", "sources": "sources", "columns": "columns",
}

// Every view and every cover has a golden screen: a new one must get one.
func TestGoldenForEverything(t *testing.T) {
	has := func(what, name string) {
		t.Helper()
		if name == "" {
			t.Errorf("%s has no golden screen: take one, and name it here", what)
		} else if _, err := os.Stat(filepath.Join("testdata", "golden", name+".txt")); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, b := range keyMap() {
		for place := everywhere << 1; place != 0; place <<= 1 {
			if b.where&place != 0 {
				has("the place "+place.String(), ofViews[place.String()])
			}
		}
	}
	for _, c := range covers {
		has("the cover "+c.name, ofCovers[c.name])
	}
	for name := range overs {
		has("the overlay "+name, ofOvers[name])
	}
	for name := range views {
		for _, look := range looks {
			has("the view "+name, "views/"+name+"-"+look.name)
		}
	}
}
