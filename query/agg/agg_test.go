package agg

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/query/mapping"
)

// fields is a mapping of Falco's alerts by hand.
type fields map[string][]mapping.Field

func (f fields) Lookup(path string) []mapping.Field { return f[path] }

func (f fields) Below(string) []mapping.Field { return nil }

func index() fields {
	f := fields{"time": {{Path: "time", Type: "date", Indexed: true, Aggregatable: true}}, "output": {{Path: "output", Type: "text", Indexed: true}}}
	for _, path := range []string{"priority", "tags", "output_fields.container.id", "output_fields.k8s.ns.name", "output_fields.proc.name", "source", "output_fields.evt.type"} {
		f[path] = []mapping.Field{{Path: path, Type: "keyword", Indexed: true, Aggregatable: true}}
	}
	f["rule"] = []mapping.Field{
		{Path: "rule", Type: "text", Indexed: true},
		{Path: "rule.keyword", Parent: "rule", Type: "keyword", IgnoreAbove: 256, Indexed: true, Aggregatable: true},
	}
	return f
}

// ask has a panel counted by a server that answers with these texts.
func ask(t *testing.T, p dashboard.Panel, span dashboard.Span, answers ...string) (bodies []map[string]any, result *dashboard.Result) {
	t.Helper()
	panel, err := dashboard.Of(p)
	if err != nil {
		t.Fatal(err)
	}
	b := &profile.Binding{Profile: profile.ByName("falco")}
	c, err := New(dashboard.Query{Panel: panel, Span: span}, Target{Binding: b, Fields: index(), Query: json.RawMessage(`{"match_all":{}}`)})
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range answers {
		var body map[string]any
		if err := json.Unmarshal(c.Body(), &body); err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, body)
		done, err := c.Take([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if done != (i == len(answers)-1) {
			t.Fatalf("after answer %d of %d: done is %v", i+1, len(answers), done)
		}
	}
	return bodies, c.Result()
}

func at(t *testing.T, from any, path ...string) any {
	t.Helper()
	for _, name := range path {
		m, ok := from.(map[string]any)
		if !ok || m[name] == nil {
			t.Fatalf("there is no %s of %v", name, path)
		}
		from = m[name]
	}
	return from
}

// What is stored in several spellings is one value, and what stands for none is
// counted as that.
func TestTermsOfATable(t *testing.T) {
	bodies, got := ask(t, dashboard.Panel{Kind: dashboard.Terms, By: []string{"alert.priority"}}, dashboard.Span{}, `{
		"hits":{"total":{"value":12}}, "_shards":{"total":1,"failed":0}, "aggregations":{
			"place0":{"doc_count":11,"count":{"value":4},"values":{"sum_other_doc_count":0,"buckets":[
				{"key":"Warning","doc_count":5,"last":{"value":1700000000000}},{"key":"warning","doc_count":2,"last":{"value":1700000000500}},
				{"key":"Error","doc_count":3},{"key":"odd","doc_count":1}]}},
			"none":{"doc_count":1}}}`)
	if at(t, bodies[0], "aggs", "place0", "aggs", "values", "terms", "field") != "priority" {
		t.Errorf("asked %v", bodies[0])
	}
	want := []dashboard.Group{{Keys: []string{"Warning"}, Count: 7, Last: 1700000000500_000000}, {Keys: []string{"Error"}, Count: 3}}
	if !reflect.DeepEqual(got.Groups, want) || got.Total != 12 || got.None != 2 || got.Values != 2 || len(got.Notes) > 0 {
		t.Errorf("got %+v", got)
	}
}

// Values that are too long to be indexed, and what shards did not send, are
// said.
func TestTermsThatAreHidden(t *testing.T) {
	bodies, got := ask(t, dashboard.Panel{Kind: dashboard.Terms, By: []string{"alert.rule"}, Limit: 1}, dashboard.Span{}, `{
		"timed_out":true, "hits":{"total":{"value":20}}, "_shards":{"total":5,"failed":2}, "aggregations":{
			"place0":{"doc_count":20,"count":{"value":9},"hidden":{"doc_count":3},
				"values":{"doc_count_error_upper_bound":2,"sum_other_doc_count":7,"buckets":[{"key":"a","doc_count":10}]}},
			"none":{"doc_count":0}}}`)
	if at(t, bodies[0], "aggs", "place0", "aggs", "values", "terms", "field") != "rule.keyword" {
		t.Errorf("asked %v", bodies[0])
	}
	notes := strings.Join(got.Notes, "\n")
	for _, want := range []string{"ran out of time", "2 of 5 shards", "off by up to 2", "3 events have a value that is too long"} {
		if !strings.Contains(notes, want) {
			t.Errorf("the notes lack %q: %s", want, notes)
		}
	}
	if got.Other != 10 || got.Values != 9 {
		t.Errorf("got %+v", got)
	}
}

// Buckets of time begin where the panel's do.
func TestTrend(t *testing.T) {
	span := dashboard.Span{From: 1_700_000_000_500_000_000, To: 1_700_000_004_500_000_000, Buckets: 4}
	bodies, got := ask(t, dashboard.Panel{Kind: dashboard.Trend, By: []string{"k8s.ns.name"}}, span, `{
		"hits":{"total":{"value":6}}, "_shards":{}, "aggregations":{
			"trend":{"buckets":[{"key":1700000000500,"doc_count":4},{"key":1700000003500,"doc_count":2}]},
			"place0":{"doc_count":5,"count":{"value":1},"values":{"buckets":[
				{"key":"shop","doc_count":5,"time":{"buckets":[{"key":1700000000500,"doc_count":4},{"key":1700000003500,"doc_count":1}]}}]}},
			"none":{"doc_count":1},"untimed":{"doc_count":2}}}`)
	h := at(t, bodies[0], "aggs", "trend", "date_histogram").(map[string]any)
	if h["fixed_interval"] != "1000ms" || h["offset"] != "500ms" || h["field"] != "time" {
		t.Errorf("asked %v", h)
	}
	if !reflect.DeepEqual(got.Trend, []int64{4, 0, 0, 2}) || !reflect.DeepEqual(got.Groups[0].Buckets, []int64{4, 0, 0, 1}) || got.Span != span || len(got.Notes) != 1 {
		t.Errorf("got %+v", got)
	}
}

// A table is paged through, and rows of several pages that are one are added up.
func TestTable(t *testing.T) {
	var page strings.Builder
	for i := range pageSize - 1 {
		page.WriteString(`{"key":{"k0":"p` + strings.Repeat("x", i%3) + `","k1":null},"doc_count":1},`)
	}
	bodies, got := ask(t, dashboard.Panel{Kind: dashboard.Table, By: []string{"proc.name", "container.id"}, Limit: 2}, dashboard.Span{},
		`{"hits":{"total":{"value":1003}},"aggregations":{"rows":{"after_key":{"k0":"a","k1":"b"},"buckets":[`+page.String()+
			`{"key":{"k0":null,"k1":"0123456789ab"},"doc_count":1}]}}}`,
		`{"hits":{"total":{"value":1003}},"aggregations":{"rows":{"buckets":[{"key":{"k0":null,"k1":"0123456789ab"},"doc_count":400},{"key":{"k0":null,"k1":null},"doc_count":3}]}}}`)
	if at(t, bodies[1], "aggs", "rows", "composite", "after", "k0") != "a" {
		t.Errorf("asked %v", bodies[1])
	}
	want := []dashboard.Group{{Keys: []string{"", "0123456789ab"}, Count: 401}, {Keys: []string{"p", ""}, Count: 333}}
	if !reflect.DeepEqual(got.Groups, want) || got.Values != 4 || got.Other != 666 || got.None != 3 {
		t.Errorf("got %d values, %d others, %d without, %+v", got.Values, got.Other, got.None, got.Groups)
	}
}

// What the index cannot tell is refused, for others to count.
func TestNotIndexed(t *testing.T) {
	panel, err := dashboard.Of(dashboard.Panel{Kind: dashboard.Terms, By: []string{"alert.rule"}})
	if err != nil {
		t.Fatal(err)
	}
	b := &profile.Binding{Profile: profile.ByName("falco")}
	texts := index()
	texts["rule"] = texts["rule"][:1] // without its multi-field
	if _, err := New(dashboard.Query{Panel: panel}, Target{Binding: b, Fields: texts}); !errors.Is(err, ErrNotIndexed) || !strings.Contains(err.Error(), "alert.rule") {
		t.Errorf("%v", err)
	}
}

// A process's name follows from its command line where it stands nowhere. The
// server counts the names that there are, and how many documents have only the
// command line.
func TestValuesThatFollow(t *testing.T) {
	panel, err := dashboard.Of(dashboard.Panel{Kind: dashboard.Terms, By: []string{"proc.name"}})
	if err != nil {
		t.Fatal(err)
	}
	f := index()
	f["output_fields.proc.cmdline"] = []mapping.Field{{Path: "output_fields.proc.cmdline", Type: "keyword", Indexed: true, Aggregatable: true}}
	for lines, note := range map[int]string{0: "", 3: "3 events may have a value that follows from something else"} {
		c, err := New(dashboard.Query{Panel: panel}, Target{Binding: &profile.Binding{Profile: profile.ByName("falco")}, Fields: f, Query: json.RawMessage(`{"match_all":{}}`)})
		if err != nil {
			t.Fatal(err)
		}
		answer := fmt.Sprintf(`{"hits":{"total":{"value":10}},"aggregations":{"none":{"doc_count":0},
			"place0":{"doc_count":7,"count":{"value":1},"values":{"buckets":[{"key":"sh","doc_count":7}]}},"place1":{"doc_count":%d}}}`, lines)
		if done, err := c.Take([]byte(answer)); !done || err != nil {
			t.Fatalf("done is %v: %v", done, err)
		}
		got := c.Result()
		if c.Untold() != int64(lines) || got.Groups[0].Count != 7 || !strings.Contains(strings.Join(got.Notes, ""), note) || len(got.Notes) > lines {
			t.Errorf("%d command lines: %d untold, %+v", lines, c.Untold(), got)
		}
	}
}

// FuzzTake: no answer makes it panic, or count what is less than nothing.
func FuzzTake(f *testing.F) {
	f.Add(`{"hits":{"total":{"value":1}},"aggregations":{"place0":{"values":{"buckets":[{"key":5,"doc_count":1,"time":{"buckets":[{"key":1}]}}]}},"none":{},"trend":{}}}`)
	f.Add(`{"aggregations":{"rows":{"after_key":{},"buckets":[{"key":{"k0":[1]},"doc_count":1}]}}}`)
	f.Add(`[]`)
	var kinds []*dashboard.Panel
	for _, p := range []dashboard.Panel{
		{Kind: dashboard.Stat}, {Kind: dashboard.Heat, By: []string{"container.id"}}, {Kind: dashboard.Table, By: []string{"alert.priority", "k8s.ns.name"}},
	} {
		panel, err := dashboard.Of(p)
		if err != nil {
			f.Fatal(err)
		}
		kinds = append(kinds, panel)
	}
	b := &profile.Binding{Profile: profile.ByName("falco")}
	f.Fuzz(func(_ *testing.T, text string) {
		for _, p := range kinds {
			c, err := New(dashboard.Query{Panel: p, Span: dashboard.Span{To: 10, Buckets: 5}}, Target{Binding: b, Fields: index()})
			if err != nil {
				continue
			}
			_, _ = c.Take([]byte(text))
			c.Result()
		}
	})
}
