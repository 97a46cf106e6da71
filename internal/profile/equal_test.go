package profile

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// fieldsOf returns all that fields show of a document, read by the profile that
// knows it: those of the event, and those that the document holds by name.
func fieldsOf(t *testing.T, doc []byte) map[string]string {
	t.Helper()
	m, e, err := builtIn().Choose(event.NewTables).Map(doc)
	if err != nil {
		t.Fatalf("%v: %s", err, doc)
	}
	b := event.NewBatch(m.t, 1, 1)
	b.Append(e, doc)
	all := map[string]string{}
	for _, f := range event.Fields.All() {
		if f.Arg&event.ArgRequired == 0 && f.Class != "json" {
			if v, ok := f.Get(b.Row(0), event.Arg{}); ok {
				all[f.Name] = v.String()
			}
		}
	}
	m.t.Docs.Each(doc, func(name string, value fmt.Stringer) bool {
		if f, a := fieldNamed(name); f != nil && a.Set {
			all[fullName(f.Name, a)] = value.String()
		}
		return true
	})
	return all
}

// alertKey tells the alerts of the test data apart.
func alertKey(fields map[string]string) string {
	return fields["evt.rawtime"] + " " + fields["alert.rule"] + " " + fields["alert.output"][:min(40, len(fields["alert.output"]))]
}

// shapes are the ways in which the same alerts are stored, how many of them,
// which fields each does not store, and which it adds.
var shapes = []struct {
	file      string
	n         int
	notStored string
	adds      string
}{
	{"siem/falco-filebeat/json-target.derived.ndjson", 18, "", ""},
	{"siem/falco-filebeat/keys_under_root.derived.ndjson", 18, "", ""},
	{"siem/falco-filebeat/message-unparsed.derived.ndjson", 18, "", ""},
	{"siem/falco-fluentbit/merge_log.derived.ndjson", 18, "", ""},
	{"siem/falco-logzio/type-falco.derived.ndjson", 18, "", ""},
	{"siem/falcosidekick/dotted.derived.ndjson", 18, "", "alert.id alert.source evt.source"},
	{"siem/falcosidekick/flattened.derived.ndjson", 18, "", "alert.id alert.source evt.source"},
	// Elastic's integration has places for some of Falco's fields only.
	{"siem/falco-elastic/pipeline.derived.ndjson", 10, "container.image evt.arg proc.aname proc.acmdline", "alert.id alert.severity alert.mitre stoop.not_stored"},
}

// The same alerts give the same fields in every shape, where the shape still
// holds them.
func TestShapesAreEqual(t *testing.T) {
	raw := map[string]map[string]string{}
	for _, doc := range documents(t, "siem/falco-raw/alerts.ndjson") {
		f := fieldsOf(t, doc)
		raw[alertKey(f)] = f
	}
	for _, s := range shapes {
		n := 0
		for _, doc := range documents(t, s.file) {
			got := fieldsOf(t, doc)
			want := raw[alertKey(got)]
			if want == nil {
				t.Errorf("%s: no alert %s", s.file, alertKey(got))
				continue
			}
			n++
			for name, v := range want {
				base, _, _ := strings.Cut(name, "[")
				if !same(got[name], v) && !slices.Contains(strings.Fields(s.notStored), base) {
					t.Errorf("%s: %s of %s is %q, want %q", s.file, name, want["alert.rule"], got[name], v)
				}
			}
			for name, v := range got {
				if _, ok := want[name]; !ok && !slices.Contains(strings.Fields(s.adds), name) {
					t.Errorf("%s: %s of %s is %q, want none", s.file, name, want["alert.rule"], v)
				}
			}
		}
		if n != s.n {
			t.Errorf("%s: %d alerts, want %d", s.file, n, s.n)
		}
	}
}

// same compares two values; the order in a list does not count.
func same(a, b string) bool {
	sorted := func(s string) []string {
		words := strings.Split(strings.Trim(s, "()"), ",")
		slices.Sort(words)
		return words
	}
	return a == b || strings.HasPrefix(a, "(") && slices.Equal(sorted(a), sorted(b))
}

// A text that falcosidekick cut is said to be cut.
func TestCut(t *testing.T) {
	long := strings.Repeat("x", 507) + "[...]"
	got := fieldsOf(t, []byte(`{"uuid":"u","rule":"r","priority":"Notice","time":1,"output":"o","output_fields":{"proc.cmdline":"`+long+`"}}`))
	if got["proc.cmdline"] != long || got["stoop.cut"] != "true" {
		t.Errorf("%v", got)
	}
}
