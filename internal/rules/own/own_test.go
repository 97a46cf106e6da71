package own

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/testdata"
)

// load reads the files, which must have neither errors nor warnings.
func load(t *testing.T, files []rules.File) *rules.Set {
	t.Helper()
	set, report := rules.Load(files, rules.Options{})
	for _, p := range report.Errors {
		t.Errorf("error: %v", p)
	}
	for _, p := range report.Warnings {
		t.Errorf("warning: %v", p)
	}
	if t.Failed() {
		t.FailNow()
	}
	return set
}

// item is what rules and sequences have in common.
type item struct {
	name, desc, output string
	priority           event.Priority
	tags               []string
	guide              rules.Guide
	text               string // all that they ask for
}

func items(set *rules.Set) (list []item) {
	for _, r := range set.Rules {
		list = append(list, item{r.Name, r.Desc, r.Output, r.Priority, r.Tags, r.Guide, r.Condition})
	}
	for _, s := range set.Sequences {
		var steps []string
		for _, step := range s.Steps {
			steps = append(steps, step.Says())
		}
		list = append(list, item{s.Name, s.Desc, s.Output, s.Priority, s.Tags, s.Guide, strings.Join(steps, " ")})
	}
	return list
}

var technique = regexp.MustCompile(`^(T[0-9]{4}([.][0-9]{3})?|TA[0-9]{4})$`)

// TestEachHelps wants all that an analyst is promised of each rule.
func TestEachHelps(t *testing.T) {
	set := load(t, Files())
	if len(set.Rules) < 40 || len(set.Sequences) < 8 {
		t.Fatalf("%d rules and %d sequences: some are missing", len(set.Rules), len(set.Sequences))
	}
	for _, it := range items(set) {
		has := func(is func(string) bool) bool { return slices.ContainsFunc(it.tags, is) }
		for what, ok := range map[string]bool{
			"a description":           len(it.desc) > 40,
			"an output":               it.output != "",
			"a tactic":                has(func(s string) bool { return strings.HasPrefix(s, "mitre_") }),
			"a technique":             has(technique.MatchString),
			"steps to investigate":    len(it.guide.Investigate) > 0,
			"false positives":         len(it.guide.FalsePositives) > 0,
			"what to do":              len(it.guide.Respond) > 0,
			"its container or object": strings.Contains(it.output, "%container.name") || strings.Contains(it.output, "%ka."),
		} {
			if !ok {
				t.Errorf("%s: lacks %s", it.name, what)
			}
		}
	}
}

// TestNoneKnowsTheDemo: what the demo's incident is called and where it went
// must not be what a rule finds it by.
func TestNoneKnowsTheDemo(t *testing.T) {
	for _, it := range items(load(t, Files())) {
		for _, word := range []string{"127.0.0", "updater", "web-0", "shop", "worker", "4444 -e", "rotate.sh"} {
			if strings.Contains(it.text, word) {
				t.Errorf("%s: its condition names %q", it.name, word)
			}
		}
	}
}

// TestBesideFalco loads Falco's own rules and ours, in both orders: neither
// takes a name from the other.
func TestBesideFalco(t *testing.T) {
	var falco []rules.File
	for _, name := range []string{"rules/falco_rules.yaml", "rules/k8s_audit_rules.yaml"} {
		text, err := os.ReadFile(testdata.Path(t, name))
		if err != nil {
			t.Fatal(err)
		}
		falco = append(falco, rules.File{Name: name, Text: text})
	}
	alone, _ := rules.Load(falco, rules.Options{})
	want := len(alone.Rules) + len(load(t, Files()).Rules)
	for _, files := range [][]rules.File{slices.Concat(falco, Files()), slices.Concat(Files(), falco)} {
		both, report := rules.Load(files, rules.Options{})
		if err := report.Err(); err != nil {
			t.Fatal(err)
		}
		if len(both.Rules) != want {
			t.Errorf("%d rules, want %d", len(both.Rules), want)
		}
		for _, r := range alone.Rules {
			if got := both.Rule(r.Name); got == nil || got.Expr.String() != r.Expr.String() {
				t.Errorf("%s: is not what it is alone", r.Name)
			}
		}
	}
}
