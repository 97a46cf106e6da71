package query

import (
	"fmt"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/test/siem"
)

// The window of a server's documents is where most of them are in time, with
// and without a filter, though nothing was fetched and one is decades away.
func TestWindowOfServer(t *testing.T) {
	siem.Each(t, func(t *testing.T, s *siem.Server) {
		noon := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
		alert := func(at time.Time, rule string) []byte {
			return fmt.Appendf(nil, `{"time":%q,"rule":%q,"priority":"Notice","source":"syscall","output":"o","output_fields":{"container.id":"0123456789ab"}}`,
				at.Format(time.RFC3339Nano), rule)
		}
		docs := [][]byte{alert(time.Unix(3, 0).UTC(), "a")}
		for i := range 300 {
			docs = append(docs, alert(noon.Add(time.Duration(i)*time.Second), []string{"a", "b"}[i%2]))
		}
		index := s.Index(t, "", docs...)
		src := openAt(t, s, s.Address(index))
		b, err := filter.Compile("alert.rule = b", event.Fields)
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			f      *filter.Filter
			before int64
		}{"all": {nil, 1}, "of one rule": {b, 0}} {
			m, ok, err := source.Window(t.Context(), c.f, []source.Source{src}, store.New(0))
			if err != nil || !ok {
				t.Fatal(name, ok, err)
			}
			first, last := time.Unix(0, m.First).UTC(), time.Unix(0, m.Last).UTC()
			if m.Before != c.before || m.After != 0 || first.After(noon.Add(time.Second)) || first.Before(noon.Add(-time.Minute)) ||
				last.Before(noon.Add(298*time.Second)) || last.After(noon.Add(6*time.Minute)) {
				t.Errorf("%s: from %s to %s, %d before, %d after", name, first, last, m.Before, m.After)
			}
		}
	})
}
