package rules

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/filter"
)

// Files that were made to hang or to fill the memory: an error or a bound.
func TestHostileFiles(t *testing.T) {
	var many, chain, doubles, rules, laughs strings.Builder
	many.WriteString("- list: many\n  items: [")
	for i := range 10_000 {
		fmt.Fprintf(&many, "item%d, ", i)
	}
	many.WriteString("]\n" + ruleText("R", "evt.type = open and proc.name in (many)"))
	chain.WriteString("- macro: m0\n  condition: proc.pid = 0\n")
	doubles.WriteString("- list: l0\n  items: [a]\n- macro: d0\n  condition: proc.pid = 0\n")
	for i := range 2200 {
		fmt.Fprintf(&chain, "- macro: m%d\n  condition: (m%d or proc.pid = %d)\n", i+1, i, i+1)
	}
	for i := range 60 {
		fmt.Fprintf(&doubles, "- list: l%d\n  items: [l%d, l%d]\n- macro: d%d\n  condition: d%d and d%d\n", i+1, i, i, i+1, i, i)
	}
	rules.WriteString("- macro: big\n  condition: " + strings.Repeat("proc.pid = 1 or ", 60_000) + "proc.pid = 2\n")
	for i := range 20 {
		rules.WriteString(ruleText(fmt.Sprint("R", i), "evt.type = open and big"))
	}
	laughs.WriteString("- list: a\n  items: &a [x, x, x, x, x, x, x, x, x, x]\n")
	for i := range 24 {
		fmt.Fprintf(&laughs, "- x: &%c [*%c, *%c, *%c, *%c]\n", 'b'+i, 'a'+i, 'a'+i, 'a'+i, 'a'+i)
	}
	laughs.WriteString(ruleText("R", "evt.type = open", "exceptions: [{name: e, fields: [proc.name], values: *y}]"))
	for _, tt := range []struct{ name, text, want string }{
		{"10,000 items", many.String(), ""},
		{"a chain of macros", chain.String() + ruleText("R", "m2200"), "too deep"},
		{"lists and macros that double", doubles.String(), "more than"},
		{"1,000 parentheses", ruleText("R", strings.Repeat("(", 1000)+"evt.type = open"+strings.Repeat(")", 1000)), ""},
		{"100,000 parentheses", ruleText("R", strings.Repeat("(", 100_000)+"evt.type = open"+strings.Repeat(")", 100_000)), "exceeded max depth"},
		{"100,000 brackets", "- list: a\n  items: " + strings.Repeat("[", 100_000), "LOAD_ERR_YAML_PARSE"},
		{"aliases of aliases", laughs.String(), "neither a text nor a list"},
		{"an alias of itself", "- list: a\n  items: &i [*i]\n" + ruleText("R", "evt.type = open", "exceptions: &e [{name: e, fields: &f [*f], values: [[*e]]}]"), "LOAD_ERR"},
		{"long lists by aliases", "- list: a\n  items: &a [" + strings.Repeat("x,", 50_000) + "]\n" + strings.Repeat("- {list: b, items: *a}\n", 1000), "aliases included"},
		{"a long list in many rules", many.String() + func() string {
			var b strings.Builder
			for i := range 100 {
				b.WriteString(ruleText(fmt.Sprint("L", i), "evt.type = open and proc.name in (many)"))
			}
			return b.String()
		}(), "MiB with their lists"},
		{"a large macro in many rules", rules.String(), "parts with their macros"},
		{"a regex that backtracks", ruleText("R", `evt.type = open and fd.name regex "(a+)+(b|c?)+$"`), ""},
		{"a regex that is large", ruleText("R", `evt.type = open and fd.name regex "((a{1000}){1000}){1000}"`), "LOAD_ERR_COMPILE_CONDITION"},
		{"a file of 50 MiB", strings.Repeat("# nothing\n", 5<<20), "LOAD_ERR_FILE_READ"},
		{"items that nobody knows", strings.Repeat("- x: y\n", 100_000), ""},
		{"keys that nobody knows", "- list: a\n  items: []\n" + strings.Repeat("  k: v\n", 100_000), ""},
		{"NULs", "- list: \x00\n", "LOAD_ERR_YAML_PARSE"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, report := load(t, Options{}, tt.text)
			said := strings.Join(messages(report), "\n")
			switch err := report.Err(); {
			case tt.want == "" && err != nil:
				t.Errorf("%.300v", err)
			case !strings.Contains(said, tt.want):
				t.Errorf("want %q, got %.300s", tt.want, said)
			}
			if len(report.Errors) > maxProblems || len(report.Warnings) > maxProblems {
				t.Errorf("%d errors and %d warnings are kept", len(report.Errors), len(report.Warnings))
			}
		})
	}
}

// FuzzLoad checks that no file makes the loader crash, that places lie in the
// file, and that what was loaded is whole.
func FuzzLoad(f *testing.F) {
	f.Add([]byte("- list: l\n  items: [a, b c]\n- macro: m\n  condition: proc.name in (l)\n" +
		ruleText("R", "evt.type = open and m", "tags: [x]", "exceptions: [{name: e, fields: [proc.name, fd.name], comps: [in, startswith oneof], values: [[[a], [b, c]]]}]") +
		"- rule: R\n  exceptions: [{name: e, values: [[a, b]]}]\n  override: {exceptions: append}\n"))
	f.Add([]byte("- required_engine_version: 0.1.0\n- required_plugin_versions: [{name: json, version: 0.1.0, alternatives: [{name: x, version: 1.0.0}]}]\n"))
	f.Add([]byte("- rule: R\n  enabled: false\n---\n- &a {macro: m, condition: \"a.b = 'it''s'\", append: yes}\n- *a\n- list: 'x y'\n  items: &i [*i]\n"))
	f.Add([]byte("\r\r0"))
	f.Add([]byte("- sequence: S\n  type: temporal_ordered\n  steps: [{name: a, rule: R}, {name: b, condition: evt.type = open}]\n  timespan: 5m\n  output: '%step.a.proc.name %10proc.name %toupper(fd.name)'\n  priority: INFO\n"))
	f.Add([]byte("- rule: R\n  desc: |\n    d\n  condition: >-\n    proc.nam = x\n    or (m\n  output: \"%evt.\\x61rg[a] %container.info\"\n  priority: INFO\n  source: k8s_audit\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		set, report := Load([]File{{Name: "f", Text: text}}, Options{Lenient: true})
		lines := len((&file{text: text}).lineStarts()) + 1
		for _, p := range append(report.Errors, report.Warnings...) {
			if p.At.Line < 0 || p.At.Line > lines || p.Msg == "" {
				t.Fatalf("%d lines: %v", lines, p)
			}
		}
		for _, r := range set.Rules {
			if r.Expr == nil || r.Filter == nil || r.Format == nil || set.Rule(r.Name) != r {
				t.Fatalf("%+v is not whole", r)
			}
			if _, err := filter.ParseRule(filter.Source(r.Expr), 0); err != nil {
				t.Fatalf("%s: %v", filter.Source(r.Expr), err)
			}
		}
	})
}

// manyRules writes a file of n rules with as many macros and lists.
func manyRules(n int) []byte {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "- list: list_%d\n  items: [bin%d, tool%d, \"a name %d\"]\n", i, i, i, i)
		fmt.Fprintf(&b, "- macro: macro_%d\n  condition: (proc.name in (list_%d) or proc.pname in (list_%d))\n", i, i, i/2)
		fmt.Fprintf(&b, "- rule: Rule %d\n  desc: Something that was done %d times.\n  condition: >\n    evt.type in (open, openat, openat2) and macro_%d\n    and not macro_%d and fd.name startswith /etc/%d\n", i, i, i, i/3, i)
		b.WriteString("  output: It was done (user=%user.name command=%proc.cmdline parent=%proc.pname file=%fd.name container=%container.id image=%container.image.repository)\n")
		b.WriteString("  priority: WARNING\n  tags: [container, mitre_execution, T1059]\n  exceptions:\n    - name: known\n      fields: [proc.name, fd.name]\n      comps: [=, startswith]\n      values:\n        - [backup, /etc/backup]\n")
	}
	return []byte(b.String())
}

// BenchmarkLoad loads a file of 1,000 rules, 1,000 macros and 1,000 lists.
func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{100, 1000, 4000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			text := manyRules(n)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				set, report := Load([]File{{Name: "many.yaml", Text: text}}, Options{})
				if err := report.Err(); err != nil || len(set.Rules) != n {
					b.Fatalf("%d rules: %v", len(set.Rules), err)
				}
			}
		})
	}
}
