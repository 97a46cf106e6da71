package rules

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// ruleText writes a rule with a condition, and further keys, a line each.
func ruleText(name, condition string, more ...string) string {
	text := "- rule: " + name + "\n  desc: d\n  condition: " + condition + "\n  output: o\n  priority: INFO\n"
	for _, m := range more {
		text += "  " + m + "\n"
	}
	return text
}

func load(t *testing.T, opt Options, texts ...string) (*Set, *Report) {
	t.Helper()
	var files []File
	for i, text := range texts {
		files = append(files, File{Name: fmt.Sprintf("%d.yaml", i+1), Text: []byte(text)})
	}
	return Load(files, opt)
}

// What is evaluated: lists replaced, macros resolved, exceptions joined.
func TestConditions(t *testing.T) {
	for _, tt := range []struct{ name, files, want string }{
		{"a list", "- list: a\n  items: [x, y z]\n" + ruleText("R", "proc.name in (a)"), `proc.name in (x, "y z")`},
		{"a list in a list", "- list: a\n  items: [x, y]\n- list: b\n  items: [a, z]\n- list: c\n  items: [b, b]\n" + ruleText("R", "proc.name in (c)"), "proc.name in (x, y, z, x, y, z)"},
		{"a list below", ruleText("R", "proc.name in (a)") + "- list: a\n  items: [b]\n- list: b\n  items: [x]\n", "proc.name in (x)"},
		{"a list that holds its name", "- list: a\n  items: [a, x]\n" + ruleText("R", "proc.name in (a)"), "proc.name in (a, x)"},
		{"lists that hold each other", "- list: a\n  items: [b, x]\n- list: b\n  items: [a, y]\n" + ruleText("R", "proc.name in (a)"), "proc.name in (a, y, x)"},
		{"a list of two files", "- list: a\n  items: [x]\n|- list: a\n  items: [y]\n  append: true\n" + ruleText("R", "proc.name in (a)"), "proc.name in (x, y)"},
		{"a list defined again", "- list: a\n  items: [x]\n|- list: a\n  items: [y]\n" + ruleText("R", "proc.name in (a)"), "proc.name in (y)"},
		{"an empty list", "- list: a\n  items: []\n" + ruleText("R", "proc.name in (a, x)"), "proc.name in (x)"},
		{"macros", "- macro: a\n  condition: proc.name = x or b\n- macro: b\n  condition: proc.pid = 1\n", ""},
		{"a macro of a macro", "- macro: b\n  condition: proc.pid = 1\n- macro: a\n  condition: proc.name = x or b\n" + ruleText("R", "a and not b"), "((proc.name = x or proc.pid = 1) and not proc.pid = 1)"},
		{"a macro that is appended to", "- macro: a\n  condition: proc.name = x\n" + ruleText("R", "a") + "- macro: a\n  condition: or proc.pid = 1\n  override: {condition: append}\n", "(proc.name = x or proc.pid = 1)"},
		{"a macro made anew of one below it", "- macro: a\n  condition: proc.name = x\n- macro: b\n  condition: proc.pid = 1\n" + ruleText("R", "a") + "|- macro: a\n  condition: b\n", "proc.pid = 1"},
		{"a condition that is appended to", ruleText("R", "proc.name = x") + "- rule: R\n  condition: and proc.pid = 1\n  append: true\n", "(proc.name = x and proc.pid = 1)"},
		{"a condition that is replaced", ruleText("R", "proc.name = x") + "|- rule: R\n  condition: proc.pid = 1\n  override: {condition: replace}\n", "proc.pid = 1"},
		{"a rule defined again", ruleText("R", "proc.name = x") + "|" + ruleText("R", "proc.pid = 1"), "proc.pid = 1"},
		{
			"one exception of one field", ruleText("R", "proc.name = x or proc.pid = 1", "exceptions: [{name: e, fields: fd.name, values: [/a, /b c]}]"),
			`((proc.name = x or proc.pid = 1) and not fd.name in (/a, "/b c"))`,
		},
		{
			"an exception of two fields", ruleText("R", "proc.name = x", "exceptions: [{name: e, fields: [proc.pname, fd.name], comps: [in, startswith], values: [[[a, b], /c], [d, /e]]}]"),
			"(proc.name = x and not ((proc.pname in (a, b) and fd.name startswith /c) or (proc.pname in (d) and fd.name startswith /e)))",
		},
		{
			"an exception without values", ruleText("R", "proc.name = x", "exceptions: [{name: e, fields: [proc.pname]}]"), "proc.name = x",
		},
		{
			"values that are appended", ruleText("R", "proc.name = x", "exceptions: [{name: e, fields: [proc.pname], comps: ['!='], values: [[a]]}]") +
				"- rule: R\n  exceptions: [{name: e, values: [[b]]}, {name: f, fields: fd.name, comps: pmatch, values: [/a]}]\n  override: {exceptions: append}\n",
			"(proc.name = x and not (proc.pname != a or proc.pname != b) and not fd.name pmatch (/a))",
		},
		{
			"a list as a value", "- list: l\n  items: [p, q]\n" + ruleText("R", "proc.name = x", "exceptions: [{name: e, fields: [proc.pname], comps: [in], values: [[l]]}]"),
			"(proc.name = x and not proc.pname in (p, q))",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			set, report := load(t, Options{}, strings.Split(tt.files, "|")...)
			if tt.want == "" {
				if report.Err() == nil {
					t.Error("loads")
				}
				return
			}
			if err := report.Err(); err != nil {
				t.Fatal(err)
			}
			if got := filter.Source(set.Rule("R").Expr); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// The other keys of a rule, and what changes them.
func TestRuleKeys(t *testing.T) {
	set, report := load(t, Options{}, ruleText("R", "evt.type = open", "source: syscall", "enabled: NO", "tags: [a, b, a]", "capture: yes", "capture_duration: 500",
		"guide: {investigate: [Look.], false_positives: [Backups.], respond: [Stop it., Tell.]}"),
		"- rule: R\n  tags: [c, a]\n  desc: more\n  output: of it\n  override: {tags: append, desc: append, output: append}\n",
		"- rule: R\n  enabled: true\n",
		"- rule: R\n  priority: emergency\n  override: {priority: replace}\n")
	if err := report.Err(); err != nil {
		t.Fatal(err)
	}
	r := set.Rule("R")
	got := []any{r.Source, r.Enabled, r.Tags, r.Desc, r.Output, r.Priority, r.Capture, r.CaptureDuration, r.Guide, r.At}
	want := []any{
		event.SourceSyscall, true,
		[]string{"a", "b", "c"},
		"d more", "o of it", event.PriorityEmergency, true, 500,
		Guide{[]string{"Look."}, []string{"Backups."}, []string{"Stop it.", "Tell."}},
		Place{"1.yaml", 1, 3},
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("got %v, want %v", got[i], want[i])
		}
	}
}

// append_output adds to outputs and fields of the rules that it speaks of.
func TestAppendOutput(t *testing.T) {
	opt := Options{Append: []AppendOutput{
		{Output: "all %evt.type"},
		{Tags: []string{"a"}, Output: "tagged", Fields: []Field{{Key: "evt.num"}, {Key: "who", Format: "%proc.name!"}}},
		{Rule: "S", Output: "named %toupper(evt.type)"},
		{Source: "k8s_audit", Output: "audit"},
	}}
	set, report := load(t, opt, ruleText("R", "evt.type = open", "tags: [a, b]")+ruleText("S", "evt.type = close"))
	if err := report.Err(); err != nil {
		t.Fatal(err)
	}
	tab := event.NewTables()
	b := event.NewBatch(tab, 1, 1)
	typ, _ := event.TypeOf("open")
	b.Append(event.Event{Type: typ, FD: -1, Dur: -1}, nil)
	for name, want := range map[string]string{"R": "o all open tagged", "S": "o all open named OPEN"} {
		if got := set.Rule(name).Format.String(b.Row(0)); got != want {
			t.Errorf("%s says %q, want %q", name, got, want)
		}
	}
	extra := set.Rule("R").Extra
	if len(extra) != 2 || extra[0].Key != "evt.num" || !extra[0].Raw || extra[1].Key != "who" || extra[1].Raw || extra[1].Format.String(b.Row(0)) != "<NA>!" {
		t.Errorf("extra fields: %+v", extra)
	}
	if n := len(set.Rule("S").Extra); n != 0 {
		t.Errorf("S has %d extra fields", n)
	}
	_, report = load(t, Options{Append: []AppendOutput{{Fields: []Field{{Key: "no.such"}}}}}, ruleText("R", "evt.type = open"))
	if err := report.Err(); err == nil || !strings.Contains(err.Error(), "field no.such of append_output") {
		t.Errorf("an unknown field: %v", err)
	}
}

// Every code, with its place.
func TestReports(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"no YAML", "- rule: [\n", "LOAD_ERR_YAML_PARSE 1.yaml:1:1"},
		{"bytes that are no text", "- list: \xff\n", "LOAD_ERR_YAML_PARSE 1.yaml"},
		{"no list", "rule: x\n", "LOAD_ERR_YAML_VALIDATE 1.yaml:1:1 array of objects"},
		{"a text", "hello\n", "LOAD_ERR_YAML_VALIDATE 1.yaml:1:1 Rules content is not yaml"},
		{"an item that is no mapping", "- x\n", "LOAD_ERR_YAML_VALIDATE 1.yaml:1:3 associative array"},
		{"a second document", "---\n[]\n---\n- x\n", "LOAD_ERR_YAML_VALIDATE 1.yaml:4:3"},
		{"an unknown item", "- ruel: x\n", "LOAD_UNKNOWN_ITEM 1.yaml:1:3 did you mean 'rule'?"},
		{"no items", "- list: a\n", "LOAD_ERR_YAML_VALIDATE 1.yaml:1:3 Item has no mapping for key 'items'"},
		{"an empty key", "- macro: a\n  condition:\n", "LOAD_ERR_YAML_VALIDATE 1.yaml:2:13 Mapping for key 'condition' is empty"},
		{"a key that stands twice", "- list: a\n  items: []\n  items: [x]\n", "LOAD_DUPLICATE_KEY 1.yaml:3:3"},
		{"a priority", ruleText("R", "evt.type = open", "override: {priority: replace}"), "LOAD_ERR_YAML_VALIDATE 1.yaml:2:3 Unexpected key 'desc'"},
		{"an unknown macro in a folded text", "- rule: R\n  desc: d\n  output: o\n  priority: INFO\n  condition: >\n    evt.type = open and\n      (proc.pid = 1 or nosuch)\n", "LOAD_ERR_VALIDATE 1.yaml:7:24 Undefined macro 'nosuch'"},
		{"a field in a quoted text", "- rule: R\n  desc: d\n  output: o\n  priority: INFO\n  condition: \"proc.name = \\\"x\\\" and\n    proc.nam = y\"\n", "LOAD_ERR_COMPILE_CONDITION 1.yaml:6:5 nonexistent field proc.nam"},
		{"what is behind a list", "- list: l\n  items: [aaaaaaaaaaa, b]\n" + ruleText("R", "proc.name in (l) and proc.nam = y"), "LOAD_ERR_COMPILE_CONDITION 1.yaml:5:35"},
		{"a field in a macro", "- macro: m\n  condition: proc.nam = x\n" + ruleText("R", "m"), "LOAD_ERR_COMPILE_CONDITION 1.yaml:2:14 rule 'R', in macro 'm'"},
		{"a field in an appended text", ruleText("R", "evt.type = open") + "- rule: R\n  condition: and proc.nam = y\n  override: {condition: append}\n", "LOAD_ERR_COMPILE_CONDITION 1.yaml:7:18"},
		{"a value of an exception", ruleText("R", "evt.type = open", "exceptions: [{name: e, fields: [proc.pid], comps: [=], values: [[x]]}]"), "LOAD_ERR_COMPILE_CONDITION 1.yaml:6:16"},
		{"a macro with an error", "- macro: m\n  condition: (\n" + ruleText("R", "m"), "LOAD_ERR_VALIDATE 1.yaml:5:14 its definition at 1.yaml:1:3 has an error itself"},
		{"a macro below", "- macro: a\n  condition: b\n- macro: b\n  condition: proc.pid = 1\n", "LOAD_ERR_VALIDATE 1.yaml:2:14 a macro sees what stands above it"},
		{"macros in a loop", "- macro: a\n  condition: proc.pid = 1\n- macro: b\n  condition: a\n- macro: a\n  condition: b\n", "LOAD_ERR_VALIDATE 1.yaml:4:14 reference loop in macro 'a'"},
		{"an output", strings.Replace(ruleText("R", "evt.type = open"), "output: o", "output: a %proc.nam", 1), "LOAD_ERR_COMPILE_OUTPUT 1.yaml:4:11"},
		{"an unknown field that is allowed", ruleText("R", "a.b = 1", "skip-if-unknown-filter: true"), "LOAD_UNKNOWN_FILTER 1.yaml:3:14"},
		{"an unknown source", ruleText("R", "evt.type = open", "source: okta"), "LOAD_UNKNOWN_SOURCE 1.yaml:1:3"},
		{"a field of another source", ruleText("R", "ka.verb = get"), "LOAD_UNAVAILABLE_FIELD 1.yaml:3:14"},
		{"a missing value", ruleText("R", "ka.verb = <NA>", "source: k8s_audit"), "LOAD_UNSAFE_NA_CHECK 1.yaml:3:14"},
		{"many types", ruleText("R", "proc.name = x"), "LOAD_NO_EVTTYPE 1.yaml:1:3"},
		{"an unused macro", "- macro: a\n  condition: proc.pid = 1\n", "LOAD_UNUSED_MACRO 1.yaml:1:3"},
		{"an unused list", "- list: a\n  items: []\n", "LOAD_UNUSED_LIST 1.yaml:1:3"},
		{"append: true", ruleText("R", "evt.type = open") + "- rule: R\n  condition: and proc.pid = 1\n  append: true\n", "LOAD_DEPRECATED_ITEM 1.yaml:6:3"},
		{"container.info", strings.Replace(ruleText("R", "evt.type = open"), "output: o", "output: o %container.info", 1), "LOAD_DEPRECATED_ITEM 1.yaml:4:11"},
		{"an old engine", "- required_engine_version: 0.99.0\n", "LOAD_ERR_VALIDATE 1.yaml:1:28 engine version is " + Engine.String()},
		{"no version", "- required_engine_version: new\n", "LOAD_ERR_YAML_VALIDATE 1.yaml:1:28"},
		{"a plugin", "- required_plugin_versions: [{name: okta, version: 0.1.0}]\n", "LOAD_ERR_VALIDATE 1.yaml:1:30 okta"},
		{"a plugin's version", "- required_plugin_versions: [{name: json, version: x}]\n", "LOAD_ERR_VALIDATE 1.yaml:1:30 Invalid required version"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, report := load(t, Options{}, tt.text)
			parts := strings.SplitN(tt.want, " ", 3)
			for _, p := range append(report.Errors, report.Warnings...) {
				all := p.Error()
				if string(p.Code) == parts[0] && strings.HasPrefix(p.At.String(), parts[1]) && (len(parts) < 3 || strings.Contains(all, parts[2])) {
					return
				}
			}
			t.Errorf("want %s, got %q", tt.want, messages(report))
		})
	}
}

func TestLenient(t *testing.T) {
	text := ruleText("Good", "evt.type = open") + ruleText("Bad", "nosuch") + "- required_plugin_versions: [{name: k8saudit-none, version: 0.1.0, alternatives: [{name: json, version: 0.8.0}]}]\n"
	set, report := load(t, Options{}, text)
	if len(set.Rules) != 0 || report.NumErrors() != 1 {
		t.Errorf("%d rules, %q", len(set.Rules), messages(report))
	}
	set, _ = load(t, Options{Lenient: true}, text)
	if len(set.Rules) != 1 || set.Rule("Good") == nil || set.Rule("Bad") != nil {
		t.Errorf("%d rules", len(set.Rules))
	}
	if _, report := load(t, Options{Falco: true}, ruleText("R", "ka.verb = get")); report.Err() == nil || report.Errors[0].Code != ErrCompileCondition {
		t.Errorf("what Falco refuses: %q", messages(report))
	}
}
