package profile

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/testdata"
	"go.yaml.in/yaml/v3"
)

// auditRules compiles the conditions of the Kubernetes audit rules, by name.
func auditRules(t *testing.T) map[string]*filter.Filter {
	t.Helper()
	data, err := os.ReadFile(testdata.Path(t, "rules/k8s_audit_rules.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Rule, Macro, List, Condition string
		Items                        []string
		Enabled                      *bool
	}
	if err := yaml.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	opts := filter.Options{Falco: true, Lists: filter.Lists{}, Macros: filter.Macros{}}
	for _, e := range all {
		if e.List != "" {
			opts.Lists[e.List] = e.Items
		}
	}
	for _, e := range all {
		if e.Macro == "" {
			continue
		}
		if opts.Macros[e.Macro], err = filter.Parse(opts.Lists.Expand(e.Condition).Text); err != nil {
			t.Fatalf("macro %s: %v", e.Macro, err)
		}
	}
	rules := make(map[string]*filter.Filter)
	for _, e := range all {
		if e.Rule == "" || e.Enabled != nil && !*e.Enabled {
			continue
		}
		f, err := opts.Compile(e.Condition, event.Fields)
		if err != nil {
			t.Fatalf("rule %s: %v", e.Rule, err)
		}
		rules[e.Rule] = f
	}
	return rules
}

// matches counts on how many documents a filter holds.
func matches(t *testing.T, f *filter.Filter, docs [][]byte) (n int) {
	t.Helper()
	for _, doc := range docs {
		tab := event.NewTables()
		m := NewMapper(ByName("k8s-audit"), tab)
		e, err := m.Map(doc)
		if err != nil {
			t.Fatal(err)
		}
		b := event.NewBatch(tab, 1, 1)
		b.Append(e, doc)
		if f.Match(b, 0) {
			n++
		}
	}
	return n
}

// auditCase is one of Falco's own tests of its Kubernetes audit rules.
type auditCase struct {
	Test            string
	Captures, Rules []string
	Expect          []struct {
		Count int
		Rule  string
	}
}

// The rules of Falco fire on the audit records that it tests them with as often
// as in Falco, on the records as the API server writes them.
func TestAuditOracle(t *testing.T) {
	rules := auditRules(t)
	docs := documents(t, "audit/falco-k8s_audit.ndjson")
	var index map[string][]int
	data, err := os.ReadFile(testdata.Path(t, "audit/falco-k8s_audit.index.json"))
	if err == nil {
		err = json.Unmarshal(data, &index)
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string][]int{}
	for name, at := range index {
		lines[strings.NewReplacer("_", "", "-", "", ".json", "").Replace(strings.ToLower(name))] = at
	}
	n := 0
	for _, c := range testdata.Lines[auditCase](t, "audit/oracle.jsonl") {
		if fmt.Sprint(c.Rules) != "[LegacyFalcoRules_v1_0_1 K8SAuditRules]" {
			continue // needs rule files that are not here
		}
		capture := strings.ToLower(strings.TrimPrefix(c.Captures[0], "K8SAudit"))
		at := lines[capture]
		if at == nil {
			t.Errorf("%s: no capture %s", c.Test, capture)
			continue
		}
		n++
		var seen [][]byte
		for _, line := range at {
			seen = append(seen, docs[line-1])
		}
		for _, want := range c.Expect {
			f := rules[want.Rule]
			if f == nil {
				t.Errorf("%s: no rule %q", c.Test, want.Rule)
				continue
			}
			if got := matches(t, f, seen); got != want.Count {
				t.Errorf("%s: %q fires %d times, want %d", c.Test, want.Rule, got, want.Count)
			}
		}
	}
	if n < 15 {
		t.Errorf("only %d cases", n)
	}
}

// Elastic's integration stores the same records with other names for some
// annotations, and without most of the answer: every field is the same, but the
// one that it does not store.
func TestAuditThroughElastic(t *testing.T) {
	raw, stored := documents(t, "audit/falco-k8s_audit.ndjson"), documents(t, "siem/k8s-audit-elastic/pipeline.derived.ndjson")
	raw = append(raw[:48:48], raw[49:]...) // line 49 is no record
	if len(raw) != len(stored) {
		t.Fatalf("%d and %d records", len(raw), len(stored))
	}
	n := 0
	for i := range raw {
		want, got := fieldsOf(t, raw[i]), fieldsOf(t, stored[i])
		for name, v := range want {
			if !strings.HasPrefix(name, "ka.") || name == "ka.resp.name" {
				continue
			}
			if n++; got[name] != v {
				t.Errorf("record %d: %s is %q, want %q", i+1, name, got[name], v)
			}
		}
	}
	if n < 500 {
		t.Errorf("%d fields compared", n)
	}
}
