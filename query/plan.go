package query

import (
	"encoding/json"

	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query/dsl"
	"github.com/stoop-project/stoop/query/page"
)

// Plans translates a filter for each kind of documents, in the order of
// Bindings; none when no kind is known.
func (s *SIEM) Plans(f *filter.Filter) []*dsl.Plan {
	plans := make([]*dsl.Plan, len(s.Bindings))
	for i := range s.Bindings {
		plans[i] = dsl.Compile(f, &s.Bindings[i], s.Fields)
	}
	return plans
}

// Query is the Query DSL of a request: at least the documents of its events.
// exact says that the filter's part of it finds no others.
func (s *SIEM) Query(req source.Request) (query json.RawMessage, exact bool) {
	var parts []any
	exact = true
	if req.Filter != nil {
		var kinds []any
		for _, p := range s.Plans(req.Filter) {
			kinds = append(kinds, p.Query)
			exact = exact && p.Exact
		}
		switch len(kinds) {
		case 0:
			exact = false
		case 1:
			parts = append(parts, kinds[0])
		default:
			parts = append(parts, dsl.Query{"bool": dsl.Query{"should": kinds, "minimum_should_match": 1}})
		}
	}
	if s.Time != nil && (!req.Since.IsZero() || !req.Until.IsZero()) {
		parts = append(parts, s.Time.within(req.Since, req.Until))
	}
	return all(parts), exact
}

// all is a query that holds where all parts do.
func all(parts []any) json.RawMessage {
	if len(parts) == 0 {
		return json.RawMessage(`{"match_all":{}}`)
	}
	text, err := json.Marshal(dsl.Query{"bool": dsl.Query{"filter": parts}})
	if err != nil {
		panic(err) // queries are made of texts, numbers and booleans
	}
	return text
}

// pages is what to read for a query.
func (s *SIEM) pages(query json.RawMessage, newest bool) page.Query {
	q := page.Query{Index: s.Index, Query: query, Desc: newest, Size: s.page, Columns: s.apart.ask}
	if s.Time != nil {
		q.Field, q.Mixed = s.Time.Path, s.Time.Mixed
	}
	return q
}
