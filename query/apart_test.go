package query

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/query/mapping"
	"github.com/stoop-project/stoop/query/page"
	"github.com/stoop-project/stoop/test/siem"
)

// lines are fields of each event that a source finds.
func lines(t *testing.T, src *SIEM, text string, names ...string) (all []string) {
	t.Helper()
	f, err := filter.Compile(text, event.Fields)
	if err != nil {
		t.Fatal(err)
	}
	err = src.Run(t.Context(), source.Request{Filter: f}, source.SinkFunc(func(b *event.Batch) {
		for i := range b.Len() {
			if !f.Match(b, i) {
				continue
			}
			var line []string
			for _, name := range names {
				field, arg, _ := event.Fields.Parse(name)
				v, _ := field.Get(b.Row(i), arg)
				line = append(line, v.String())
			}
			all = append(all, strings.Join(line, " "))
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Where indices do not keep their documents, or not whole, what profiles read is
// taken from the columns, and filters find the same as where documents are kept.
func TestPartsOfDocuments(t *testing.T) {
	const fields = `"properties":{"rule":{"type":"text","fields":{"keyword":{"type":"keyword"}}},"priority":{"type":"keyword"},"source":{"type":"keyword"},
		"output":{"type":"text"},"hostname":{"type":"keyword"},"tags":{"type":"keyword"},"time":{"type":"date_nanos"},"uuid":{"type":"keyword"},
		"output_fields":{"properties":{"container":{"properties":{"id":{"type":"keyword"}}},"proc":{"properties":{"cmdline":{"type":"keyword"}}}}}}`
	var docs [][]byte
	for n := range 20 {
		doc := alert(time.Date(2026, 5, 1, 0, 0, n, 123456789, time.UTC), n)
		docs = append(docs, []byte(strings.Replace(string(doc), `"hostname":"n",`, fmt.Sprintf(`"hostname":"n","uuid":"u-%d",`, n), 1)))
	}
	siem.Each(t, func(t *testing.T, s *siem.Server) {
		whole := openAt(t, s, s.Address(s.Index(t, `{"mappings":{`+fields+`}}`, docs...)))
		const expr = `alert.rule = "Rule 3" and proc.cmdline startswith "cmd" and alert.tags intersects (a)`
		names := []string{"evt.rawtime", "alert.rule", "alert.priority", "container.id", "proc.cmdline", "alert.tags"}
		want := lines(t, whole, expr, names...)
		if len(want) != 3 {
			t.Fatalf("%q", want)
		}
		for _, kept := range []string{`{"enabled":false}`, `{"excludes":["rule","output_fields.*"]}`, `{"includes":["output","ti*","tags"]}`} {
			part := openAt(t, s, s.Address(s.Index(t, `{"mappings":{"_source":`+kept+`,`+fields+`}}`, docs...)))
			got := lines(t, part, expr, names...)
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("%s: %q, want %q", kept, got, want)
			}
			if notes := fmt.Sprint(part.Stats().Notes); !strings.Contains(notes, "do not keep documents whole") {
				t.Errorf("%s: %s", kept, notes)
			}
		}
	})
}

// What is a constant of the mapping stands in the documents that lack it, and
// in no others.
func TestConstantsOfTheMapping(t *testing.T) {
	var a apart
	a.learn([]mapping.Apart{{Path: "data_stream.dataset", Ask: "data_stream.dataset"}, {Path: "rule", Ask: "rule.keyword"}, {Path: "not.read", Ask: "not.read"}})
	if len(a.ask) != 2 {
		t.Fatalf("%q", a.ask)
	}
	const columns = `{"data_stream.dataset":["falco.alerts"],"rule.keyword":["a","b"],"not.read":[1]}`
	for doc, want := range map[string]string{
		`{"x":1}`:                           `{"data_stream.dataset":"falco.alerts","rule":["a","b"],"x":1}`,
		"\n{}\n":                            `{"data_stream.dataset":"falco.alerts","rule":["a","b"]}`,
		`{"data_stream":{"dataset":"own"}}`: `{"rule":["a","b"],"data_stream":{"dataset":"own"}}`,
		`{"rule":"r","data_stream.dataset":"own"}`:     `{"rule":"r","data_stream.dataset":"own"}`,
		`{"data_stream":{"type":"logs"},"rule":false}`: `{"data_stream.dataset":"falco.alerts","data_stream":{"type":"logs"},"rule":false}`,
		``: `{"data_stream":{"dataset":"falco.alerts"},"rule":["a","b"]}`,
	} {
		h := page.Hit{Columns: []byte(columns)}
		if doc != "" {
			h.Source = []byte(doc)
		}
		got := a.document(&h)
		if string(got) != want || !json.Valid(got) {
			t.Errorf("%s: %s", doc, got)
		}
	}
}
