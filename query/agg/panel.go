package agg

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/query/dsl"
	"github.com/stoop-project/stoop/query/mapping"
)

// ErrNotIndexed is returned for a panel that the index cannot count.
var ErrNotIndexed = errors.New("the index cannot tell its values apart")

// Target is the documents that are counted.
type Target struct {
	Binding *profile.Binding
	Fields  mapping.Fields
	Query   json.RawMessage // that finds them, the panel's filter included
	Several bool            // what is counted is going to be added to other documents'
}

// Count is a panel on its way through a server: [Count.Body] is to be sent to
// _search, and [Count.Take] is given the answer, until that says that it has all.
type Count struct {
	q      dashboard.Query
	t      Target
	fields []fieldGroups
	time   string // path of the date; "" when the panel needs none
	after  json.RawMessage
	pages  int
	sum    *sums
}

// fieldGroups is where a field's values are.
type fieldGroups struct {
	name   string
	groups []dsl.Group
}

// The bounds of a table.
const (
	pageSize = 1000
	maxPages = 50
)

// precision is up to how many different values a server's count of them is
// nearly exact (cardinality's precision_threshold, 40,000 at most).
const precision = 40000

// New prepares a panel. An error wraps [ErrNotIndexed].
func New(q dashboard.Query, t Target) (*Count, error) {
	c := &Count{q: q, t: t, sum: newSums(q)}
	for i, r := range q.Panel.Fields() {
		groups, ok := dsl.Groups(t.Binding, t.Fields, r.Field, r.Arg)
		if !ok {
			return nil, fmt.Errorf("%s: %w", q.Panel.By[i], ErrNotIndexed)
		}
		if q.Panel.Kind == dashboard.Table && len(told(groups)) > 1 {
			return nil, fmt.Errorf("%s: %w: it lies in several places", q.Panel.By[i], ErrNotIndexed)
		}
		c.fields = append(c.fields, fieldGroups{q.Panel.By[i], groups})
	}
	path, ok := dsl.TimePath(t.Binding, t.Fields)
	if !ok && q.Panel.Timed() {
		return nil, fmt.Errorf("evt.time: %w", ErrNotIndexed)
	}
	if ok {
		c.time = path
	}
	return c, nil
}

// told are the places at which the index tells values.
func told(groups []dsl.Group) []dsl.Group {
	return slices.DeleteFunc(slices.Clone(groups), func(g dsl.Group) bool { return g.Form == profile.FormDerived })
}

// Untold is how many documents may have a value that the index does not tell: it
// follows from something else in them. They are counted among the others.
func (c *Count) Untold() int64 { return c.sum.untold }

// Body is the request.
func (c *Count) Body() []byte {
	body := object{"size": 0, "track_total_hits": true, "query": c.t.Query}
	if aggs := c.aggs(); len(aggs) > 0 {
		body["aggs"] = aggs
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // made of texts, numbers and what was JSON
	}
	return text
}

type object = map[string]any

// aggs are the panel's aggregations.
func (c *Count) aggs() object {
	p := c.q.Panel
	switch {
	case p.Kind == dashboard.Table:
		aggs := object{}
		if rows := c.composite(); rows != nil {
			aggs["rows"] = rows
		}
		if some := c.derived(); len(some) > 0 {
			aggs["untold"] = object{"filter": object{"bool": object{"should": some, "minimum_should_match": 1}}}
		}
		return aggs
	case len(c.fields) == 0 && p.Timed():
		return object{"trend": c.histogram(), "untimed": c.untimed()}
	case len(c.fields) == 0:
		return nil
	}
	aggs := object{}
	some := []any{} // documents with a value, wherever
	for i, g := range c.fields[0].groups {
		where := c.shown(g, g.Where)
		some = append(some, c.shown(g, g.There))
		inner := object{}
		if g.Form == profile.FormDerived {
			aggs[placeName(i)] = object{"filter": where}
			continue
		}
		if g.Path != "" {
			inner["values"] = c.terms(g)
			inner["count"] = object{"cardinality": object{"field": g.Path, "precision_threshold": precision}}
			if g.Hidden != nil {
				inner["hidden"] = object{"filter": g.Hidden}
			}
		} else if p.Timed() {
			inner["time"] = c.histogram()
		}
		aggs[placeName(i)] = aggregation(object{"filter": where}, inner)
	}
	if p.Timed() {
		aggs["trend"], aggs["untimed"] = c.histogram(), c.untimed()
	}
	aggs["none"] = object{"filter": object{"bool": object{"must_not": some}}}
	return aggs
}

// distinct reports whether the server may count the panel's different values
// without naming them: nothing is added to them, there is one place, and each value is stored in one way.
func (c *Count) distinct() bool {
	groups := told(c.fields[0].groups)
	return !c.t.Several && len(groups) == 1 && groups[0].Form == profile.FormSame && c.q.Panel.Only == ""
}

// shown finds those of some documents whose value at a place the panel is about.
func (c *Count) shown(g dsl.Group, among dsl.Query) any {
	expr, ok := c.only(g)
	if !ok {
		return among
	}
	return object{"bool": object{"filter": []any{among, object{"regexp": object{g.Path: object{"value": expr, "flags": "NONE"}}}}}}
}

// only is the expression that the panel's values match, where the server can
// leave others out.
func (c *Count) only(g dsl.Group) (expr string, ok bool) {
	if c.q.Panel.Only == "" || g.Form != profile.FormSame || g.Type != "keyword" {
		return "", false
	}
	return dsl.GlobExpr(c.q.Panel.Only)
}

func placeName(i int) string { return fmt.Sprintf("place%d", i) }

func aggregation(of, inner object) object {
	if len(inner) > 0 {
		of["aggs"] = inner
	}
	return of
}

// terms counts the values at a place, each in its buckets of time. Where
// several stored values are one of the field's, more are asked for.
func (c *Count) terms(g dsl.Group) object {
	size := c.q.Panel.Rows()
	if c.q.Panel.Kind == dashboard.Stat {
		size = dashboard.MaxLimit
	}
	switch g.Form {
	case profile.FormTable:
		size = 0
		for _, from := range g.Values {
			size += len(from)
		}
		size = min(max(size, 1), dashboard.MaxLimit)
	case profile.FormID:
		size *= 2
	}
	terms := object{"field": g.Path, "size": size, "shard_size": max(size*10, 100)}
	if expr, ok := c.only(g); ok {
		terms["include"] = expr
	}
	inner := object{}
	if c.time != "" {
		inner["last"] = object{"max": object{"field": c.time}}
	}
	if c.q.Panel.Timed() {
		inner["time"] = c.histogram()
	}
	return aggregation(object{"terms": terms}, inner)
}

// derived finds the documents in which a field's value follows from something
// else.
func (c *Count) derived() (some []any) {
	for _, f := range c.fields {
		for _, g := range f.groups {
			if g.Form == profile.FormDerived {
				some = append(some, g.Where)
			}
		}
	}
	return some
}

// histogram puts documents into the panel's buckets of time, all of which are
// in the answer.
func (c *Count) histogram() object {
	step := max(c.q.Span.Step()/nsInMilli, 1) // ms
	from := c.q.Span.From / nsInMilli
	bounds := object{"min": from, "max": from + step*int64(max(c.q.Span.Buckets, 1)) - 1}
	return object{"date_histogram": object{
		"field": c.time, "fixed_interval": fmt.Sprintf("%dms", step), "offset": fmt.Sprintf("%dms", from%step),
		"min_doc_count": 1, "hard_bounds": bounds, "format": "epoch_millis",
	}}
}

// untimed counts the documents that have their time elsewhere than in the date.
func (c *Count) untimed() object {
	return object{"filter": object{"bool": object{"must_not": object{"exists": object{"field": c.time}}}}}
}

// composite pages through the combinations of a table; nil when all documents
// are of one.
func (c *Count) composite() object {
	var sources []any
	for i, f := range c.fields {
		if len(f.groups) == 0 || f.groups[0].Path == "" {
			continue // no value, or always the same one
		}
		sources = append(sources, object{fmt.Sprint("k", i): object{"terms": object{"field": f.groups[0].Path, "missing_bucket": true}}})
	}
	if len(sources) == 0 {
		return nil
	}
	body := object{"size": pageSize, "sources": sources}
	if c.after != nil {
		body["after"] = c.after
	}
	inner := object{}
	if c.time != "" {
		inner["last"] = object{"max": object{"field": c.time}}
	}
	return aggregation(object{"composite": body}, inner)
}
