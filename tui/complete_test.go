package tui

import (
	"slices"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// What fields were seen to have is remembered between characters; rows that came
// meanwhile are looked through, and their values are offered first.
func TestSeenValues(t *testing.T) {
	tables := event.NewTables()
	name, _ := event.Fields.Lookup("proc.name")
	add := func(names ...string) {
		for _, n := range names {
			tables.Procs.Add(event.Proc{Name: tables.Strings.Add(n)})
		}
	}
	var seen seenValues
	look := func(prefix string, want ...string) {
		t.Helper()
		if got := seen.of([]*event.Tables{tables}, name, prefix); !slices.Equal(got, want) {
			t.Errorf("values that begin with %q: %q, want %q", prefix, got, want)
		}
	}
	add("bash", "curl", "bash", "cat")
	look("", "cat", "bash", "curl")
	look("c", "cat", "curl")
	add("cron", "curl")
	look("c", "curl", "cron", "cat")
	look("x")
	if in := seen[seenKey{tables, name}]; in.rows != tables.Procs.Len() {
		t.Errorf("%d rows were looked through, want all %d", in.rows, tables.Procs.Len())
	}
}
