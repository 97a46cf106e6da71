package query

import (
	"encoding/json"

	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query/dsl"
	"github.com/stoop-project/stoop/query/page"
)

// plans translates a filter for each kind of documents, in the order of
// Bindings; none when no kind is known.
func (k *Known) plans(f *filter.Filter) []*dsl.Plan {
	plans := make([]*dsl.Plan, len(k.Bindings))
	for i := range k.Bindings {
		plans[i] = dsl.Compile(f, &k.Bindings[i], k.Fields)
	}
	return plans
}

// Query is the Query DSL of a request: at least the documents of its events.
// exact says that the filter's part of it finds no others.
func (s *SIEM) Query(req source.Request) (query json.RawMessage, exact bool) {
	return s.query(s.Known(), req)
}

func (s *SIEM) query(k *Known, req source.Request) (query json.RawMessage, exact bool) {
	parts, exact := k.parts(req)
	return all(append(parts, s.here(k)...)), exact
}

// parts are queries for what a request wants, all of which hold for it.
func (k *Known) parts(req source.Request) (parts []any, exact bool) {
	exact = true
	if req.Filter != nil {
		var kinds []any
		for _, p := range k.plans(req.Filter) {
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
	if k.Time != nil && (!req.Since.IsZero() || !req.Until.IsZero()) {
		parts = append(parts, k.Time.within(req.Since, req.Until))
	}
	return parts, exact
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
func (s *SIEM) pages(k *Known, query json.RawMessage, newest bool) page.Query {
	q := page.Query{Index: s.Index, Query: query, Desc: newest, Size: s.page, Columns: k.apart.ask}
	if k.Time != nil {
		q.Field, q.Mixed = k.Time.Path, k.Time.Mixed
	}
	return q
}
