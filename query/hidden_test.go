package query

import (
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/test/siem"
)

// As long as no value was too long to be indexed the server decides a filter by
// itself; the request finds one that comes nevertheless, and is seen then.
func TestNothingHidden(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	at := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	index := s.Index(t, "", alert(at, 1), alert(at, 2), alert(at, 3))
	src := openAt(t, s, s.Address(index))
	const expr = `proc.cmdline contains "cmd 2" and alert.rule startswith Rule`
	f, err := filter.Compile(expr, event.Fields)
	if err != nil {
		t.Fatal(err)
	}
	exact := func() bool {
		_, exact := src.Query(source.Request{Filter: f})
		return exact
	}
	if got := lines(t, src, expr, "proc.cmdline"); len(got) != 1 || !exact() {
		t.Errorf("%q, exact: %v", got, exact())
	}
	long := strings.Replace(string(alert(at, 2)), "cmd 2", strings.Repeat("x", 500)+" cmd 2", 1)
	s.Add(t, index, []byte(long))
	if got := lines(t, src, expr, "proc.cmdline"); len(got) != 2 {
		t.Errorf("%q", got)
	}
	src.looks.at = time.Time{}
	src.lookHidden(t.Context(), src.Known().Fields)
	if exact() {
		t.Error("exact, though a value is not indexed")
	}
	f, err = filter.Compile(`alert.rule contains "2"`, event.Fields)
	if err != nil || !exact() {
		t.Errorf("not exact, though it is another field's value that is not indexed: %v", err)
	}
}
