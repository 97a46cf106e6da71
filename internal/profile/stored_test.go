package profile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// storedAt returns the values at a path of a decoded document as an index holds
// them: through objects, dots in names and arrays.
func storedAt(v any, path string) (all []any) {
	switch v := v.(type) {
	case []any:
		for _, m := range v {
			all = append(all, storedAt(m, path)...)
		}
	case map[string]any:
		for name, m := range v {
			if name == path {
				all = append(all, leaves(m)...)
			} else if rest, ok := strings.CutPrefix(path, name+"."); ok {
				all = append(all, storedAt(m, rest)...)
			}
		}
	}
	return all
}

func leaves(v any) (all []any) {
	switch v := v.(type) {
	case nil:
	case []any:
		for _, m := range v {
			all = append(all, leaves(m)...)
		}
	case map[string]any:
		if len(v) > 0 {
			all = append(all, v)
		}
	default:
		all = append(all, v)
	}
	return all
}

// fromStored says what a field is by what [Binding.Stored] says alone: "?" when
// that says only that there is something.
func fromStored(doc any, places []Stored) (value string, ok bool) {
	for _, s := range places {
		if s.Path == "" {
			for name := range s.Values {
				return name, true
			}
		}
		all := storedAt(doc, s.Path)
		if len(all) == 0 {
			continue
		}
		_, isObject := all[0].(map[string]any)
		if s.Form == FormTable {
			for name, texts := range s.Values {
				if texts == nil || slices.Contains(texts, fmt.Sprint(all[0])) {
					return name, true
				}
			}
			continue
		}
		switch {
		case len(all) > 1 || isObject || s.Form == FormDerived || s.Form == FormTime || s.Form == FormUnix:
			return "?", true
		case s.Form == FormID:
			id := fmt.Sprint(all[0])
			id = id[strings.LastIndexByte(id, '/')+1:]
			if isHex(id) && len(id) > 12 {
				id = id[:12]
			}
			return id, true
		}
		return fmt.Sprint(all[0]), true
	}
	return "", false
}

// What Stored says of a field holds for every document: where it gives a value,
// the field has that, and where it says that there is none, the field is missing.
func TestStoredIsHonest(t *testing.T) {
	decided := map[string]int{}
	for _, name := range []string{
		"siem/falco-raw/lab.ndjson", "siem/falco-raw/alerts.ndjson", "siem/falco-filebeat/json-target.derived.ndjson", "siem/falco-fluentbit/merge_log.derived.ndjson",
		"siem/falco-logzio/type-falco.derived.ndjson", "siem/falcosidekick/dotted.derived.ndjson", "siem/falcosidekick/flattened.derived.ndjson",
		"siem/falco-elastic/pipeline.derived.ndjson", "siem/falco-elastic/sample_event.ndjson", "siem/cloud-defend/alerts.ndjson", "siem/endpoint-session/session_view.ndjson",
		"siem/k8s-audit-elastic/pipeline.derived.ndjson", "siem/tetragon-raw/events.ndjson", "siem/tetragon-elastic/pipeline.derived.ndjson", "siem/wazuh/docker.ndjson",
		"siem/zeek-elastic/connection.ndjson", "audit/falco-k8s_audit.ndjson",
	} {
		c := builtIn().Choose(event.NewTables)
		for n, doc := range documents(t, name) {
			m, _, err := c.Map(doc)
			if err != nil {
				continue
			}
			b := m.binding()
			b.Derived = true
			alone := NewMapper(m.p, event.NewTables())
			alone.Alone = true
			e, err := alone.Map(doc)
			if err != nil {
				t.Fatal(err)
			}
			batch := event.NewBatch(alone.t, 1, 1)
			batch.Append(e, doc)
			var decoded any
			dec := json.NewDecoder(bytes.NewReader(doc))
			dec.UseNumber()
			if err := dec.Decode(&decoded); err != nil {
				t.Fatal(err)
			}
			for _, f := range event.Fields.All() {
				if f.Arg&event.ArgRequired != 0 || f.Flags.Has(event.TableOnly) {
					continue
				}
				args := []event.Arg{{}}
				if strings.HasPrefix(f.Name, "proc.a") && f.Arg&event.ArgIndex != 0 && f.Name != "proc.args" && f.Name != "proc.aargs" {
					args = []event.Arg{{Set: true, Index: 0}, {Set: true, Index: 1, Key: "1"}, {Set: true, Index: 3, Key: "3"}}
				}
				for _, a := range args {
					places, ok := b.Stored(f, a)
					if !ok {
						continue // the client decides
					}
					want, has := fromStored(decoded, places)
					got, is := f.Get(batch.Row(0), a)
					switch {
					case want == "?":
					case has != is || has && !equal(got, want):
						t.Errorf("%s:%d: %s%s is %q (%v) but stored is %q (%v) by %v", name, n+1, f.Name, a.Key, got.String(), is, want, has, places)
					default:
						decided[m.p.Name]++
					}
				}
			}
			if t.Failed() {
				break
			}
		}
	}
	if len(decided) < 9 {
		t.Errorf("decided of %v", decided)
	}
}
