package query

import (
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query/dsl"
	"github.com/stoop-project/stoop/query/page"
)

var _ source.Explainer = (*SIEM)(nil)

// Support implements [source.Explainer].
func (s *SIEM) Support(f *filter.Filter) func(*filter.Check) filter.Support {
	plans := s.Known().plans(f)
	return func(c *filter.Check) filter.Support {
		if len(plans) == 0 {
			return filter.Ignores
		}
		least := filter.Decides
		for _, p := range plans {
			least = min(least, p.Support(c))
		}
		return least
	}
}

// Answer is how the server answers a filter for one kind of documents.
type Answer struct {
	Kind string // the profile's name, and where the documents lie
	Plan *dsl.Plan
}

// Answers translates a filter for each kind of documents.
func (s *SIEM) Answers(f *filter.Filter) []Answer {
	k := s.Known()
	all := make([]Answer, len(k.Bindings))
	for i, p := range k.plans(f) {
		all[i] = Answer{kindText(&k.Bindings[i]), p}
	}
	return all
}

// Curl returns what a shell can send the request of a first page with, oldest
// first, at most n documents (0 for as many as a page has); and what whoever
// pastes it must know, one sentence each.
func (s *SIEM) Curl(req source.Request, n int) (command string, hints []string) {
	k := s.Known()
	query, exact := s.query(k, req)
	q := s.pages(k, query, req.Newest)
	if n > 0 {
		q.Size = min(n, q.Size)
	}
	command, hints = s.Conn.Curl(page.First(s.Conn, q))
	if !exact {
		hints = append(hints, "the server finds more than the filter holds for: stoop evaluates the rest")
	}
	if k.Time != nil && !k.Time.Own && (!req.Since.IsZero() || !req.Until.IsZero()) {
		hints = append(hints, "the server goes by "+k.Time.String()+", and the span is wider by five minutes: stoop cuts it by the events' own time")
	}
	return command, hints
}
