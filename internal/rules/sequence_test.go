package rules_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/rules"
)

// shell is a rule that the sequences of the tests take as a step.
const shell = `
# Two lines,
# to begin with.
- rule: Shell
  desc: A shell
  condition: evt.type = execve and proc.name = sh
  output: shell
  priority: NOTICE
`

func loadSequences(t *testing.T, text string) (*rules.Set, *rules.Report) {
	t.Helper()
	return rules.Load([]rules.File{{Name: "rules.yaml", Text: []byte(shell + text)}}, rules.Options{})
}

func TestSequence(t *testing.T) {
	set, report := loadSequences(t, `
- macro: in_container
  condition: container.id != host
- sequence: Shell, then traces removed
  desc: What an intruder does last.
  type: temporal_ordered
  steps:
    - {name: shell, rule: Shell}
    - {name: scan, condition: evt.type = connect, optional: true}
    - {name: backup, condition: proc.name = backup, not: true}
    - name: wiped
      condition: in_container and evt.type in (unlink, unlinkat)
  group-by: [container.id, who]
  aliases: {who: {shell: proc.pname, scan: proc.name, backup: proc.name, wiped: "proc.aname[2]"}}
  timespan: 15m
  suppress: 1d
  priority: critical
  output: "%step.shell.proc.cmdline, then %evt.type of %fd.name in %container.id. 100%%"
  tags: [container, T1070, container]
  guide: {investigate: [Look at the shell.], respond: [Stop it.]}
`)
	if report.Err() != nil || len(report.Warnings) > 0 {
		t.Fatalf("%v %v", report.Errors, report.Warnings)
	}
	s := set.Sequences[0]
	if s.Type != rules.Ordered || s.Timespan != 15*time.Minute || s.Suppress != 24*time.Hour || s.Priority != event.PriorityCritical || !s.Enabled || s.At.Line != 12 {
		t.Errorf("%+v", s)
	}
	if got := strings.Join(s.Tags, " "); got != "container T1070" {
		t.Errorf("tags %q", got)
	}
	if got := s.Steps[3].Expr.String(); !strings.Contains(got, "container.id") {
		t.Errorf("the macro is not resolved: %s", got)
	}
	if !s.Steps[1].Optional || !s.Steps[2].Not || s.Steps[0].Rule != "Shell" {
		t.Errorf("steps %+v", s.Steps)
	}
	if got := s.GroupField("who", &s.Steps[3]); got != "proc.aname[2]" {
		t.Errorf("wiped is grouped by %s", got)
	}
	if len(s.Guide.Investigate) != 1 || len(s.Guide.Respond) != 1 {
		t.Errorf("guide %+v", s.Guide)
	}
}

func TestSequenceOutput(t *testing.T) {
	set, report := loadSequences(t, `
- sequence: S
  type: temporal
  steps: [{name: a, rule: Shell}, {name: b, condition: evt.type = open, optional: true}]
  timespan: 1s
  priority: INFO
  output: "%%step.a.proc.name %step.a.proc.name. %proc.name %step.b.proc.name!"
`)
	if report.Err() != nil {
		t.Fatal(report.Err())
	}
	tables := event.NewTables()
	row := func(name string) event.Row {
		b := event.NewBatch(tables, 1, 1)
		p := tables.Procs.Add(event.Proc{Name: tables.Strings.Add(name)})
		b.Append(event.Event{Proc: event.ProcID(p)}, nil)
		return b.Row(0)
	}
	rows := map[string]event.Row{"a": row("sh"), "": row("rm")}
	of := func(step string) (event.Row, bool) { r, ok := rows[step]; return r, ok }
	format := set.Sequences[0].Format
	if got, want := format.String(of), "%step.a.proc.name sh. rm <NA>!"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	var fields []string
	format.Each(of, func(name string, v event.Value, ok bool) {
		if !ok {
			v = event.StringValue("-")
		}
		fields = append(fields, name+"="+v.String())
	})
	if got, want := strings.Join(fields, " "), "step.a.proc.name=sh proc.name=rm step.b.proc.name=-"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestSequenceCount(t *testing.T) {
	tests := []struct {
		count string
		want  rules.Count
		text  string
	}{
		{"{gte: 10}", rules.Count{Min: 10, Max: rules.NoMax}, "at least 10"},
		{"{gt: 10}", rules.Count{Min: 11, Max: rules.NoMax}, "at least 11"},
		{"{lt: 10}", rules.Count{Min: 0, Max: 9}, "at most 9"},
		{"{lte: 10}", rules.Count{Min: 0, Max: 10}, "at most 10"},
		{"{eq: 3}", rules.Count{Min: 3, Max: 3}, "exactly 3"},
		{"{gt: 2, lte: 5}", rules.Count{Min: 3, Max: 5}, "3 to 5"},
	}
	for _, tt := range tests {
		set, report := loadSequences(t, "\n- {sequence: S, type: event_count, steps: [{name: a, rule: Shell}], count: "+tt.count+", timespan: 1m, priority: INFO}")
		if report.Err() != nil {
			t.Errorf("%s: %v", tt.count, report.Err())
			continue
		}
		if got := set.Sequences[0].Count; got != tt.want || got.String() != tt.text {
			t.Errorf("%s: got %+v, %s", tt.count, got, got)
		}
	}
}

func TestSequenceOverride(t *testing.T) {
	set, report := loadSequences(t, `
- sequence: S
  desc: One.
  type: temporal
  steps: [{name: a, rule: Shell}, {name: b, condition: evt.type = open}]
  timespan: 1m
  priority: INFO
  tags: [one]
- sequence: S
  desc: Two.
  tags: [two, one]
  enabled: false
  timespan: 2m
  override: {desc: append, tags: append, enabled: replace, timespan: replace}
`)
	if report.Err() != nil || len(report.Warnings) > 0 {
		t.Fatal(report.Errors, report.Warnings)
	}
	s := set.Sequences[0]
	if len(set.Sequences) != 1 || s.Desc != "One. Two." || !reflect.DeepEqual(s.Tags, []string{"one", "two"}) || s.Enabled || s.Timespan != 2*time.Minute {
		t.Errorf("%+v", s)
	}
}

// What is wrong is said with its place, what is odd is a warning.
func TestSequenceReports(t *testing.T) {
	const base = `
- sequence: S
  type: temporal_ordered
  steps:
    - {name: a, rule: Shell}
    - {name: b, condition: evt.type = open}
  group-by: [container.id]
  timespan: 1m
  priority: INFO
`
	tests := []struct {
		name, from, to string
		want           string // code, place, what
	}{
		{"no type", "  type: temporal_ordered\n", "", "LOAD_ERR_YAML_VALIDATE rules.yaml:10:3 no mapping for key 'type'"},
		{"type", "temporal_ordered", "sorted", "LOAD_ERR_YAML_VALIDATE rules.yaml:11:9 one of temporal,"},
		{"no steps", "  steps:\n    - {name: a, rule: Shell}\n    - {name: b, condition: evt.type = open}\n", "", "LOAD_ERR_YAML_VALIDATE rules.yaml:10:3 'steps' property"},
		{"steps are no list", "steps:\n    - {name: a, rule: Shell}\n    - {name: b, condition: evt.type = open}", "steps: 3", "LOAD_ERR_YAML_VALIDATE rules.yaml:12:10 'steps' property"},
		{"a step is no mapping", "{name: a, rule: Shell}", "Shell", "LOAD_ERR_YAML_VALIDATE rules.yaml:13:7 not a mapping"},
		{"a step without a name", "{name: a, rule", "{rule", "LOAD_ERR_YAML_VALIDATE rules.yaml:13:7 no mapping for key 'name'"},
		{"the name of a step", "name: a,", "name: a.b,", "LOAD_ERR_YAML_VALIDATE rules.yaml:13:14 letters, digits"},
		{"two steps of a name", "name: b", "name: a", "LOAD_ERR_YAML_VALIDATE rules.yaml:14:7 Two steps have the name 'a'"},
		{"neither rule nor condition", ", rule: Shell", "", "LOAD_ERR_YAML_VALIDATE rules.yaml:13:7 one of 'rule' and 'condition'"},
		{"rule and condition", "rule: Shell", "rule: Shell, condition: evt.type = open", "LOAD_ERR_YAML_VALIDATE rules.yaml:13:7 one of 'rule' and 'condition'"},
		{"optional and not", "rule: Shell", "rule: Shell, optional: true, not: true", "LOAD_ERR_YAML_VALIDATE rules.yaml:13:7 both 'optional' and 'not'"},
		{"an unknown key of a step", "rule: Shell", "rule: Shell, optinal: true", "LOAD_UNKNOWN_KEY rules.yaml:13:30 did you mean 'optional'?"},
		{"a condition", "evt.type = open", "evt.type = ", "LOAD_ERR_COMPILE_CONDITION rules.yaml:14:38 expected"},
		{"a field of a condition", "evt.type = open", "evt.tipe = open", "LOAD_ERR_COMPILE_CONDITION rules.yaml:14:28 evt.tipe"},
		{"a macro", "evt.type = open", "in_a_container", "LOAD_ERR_VALIDATE rules.yaml:14:28 in_a_container"},
		{"an unknown rule", "rule: Shell", "rule: Shel", "LOAD_UNKNOWN_RULE rules.yaml:13:23 did you mean 'Shell'?"},
		{"a sequence as a step", "rule: Shell", "rule: S", "LOAD_ERR_VALIDATE rules.yaml:13:23 is a sequence"},
		{"the name of a rule", "sequence: S", "sequence: Shell", "LOAD_ERR_VALIDATE rules.yaml:10:3 same name"},
		{"one step", "    - {name: b, condition: evt.type = open}\n", "", "LOAD_ERR_VALIDATE rules.yaml:13:5 more than one step"},
		{"nothing must happen", "rule: Shell}\n    - {name: b, condition: evt.type = open", "rule: Shell, optional: true}\n    - {name: b, condition: evt.type = open, not: true", "LOAD_ERR_VALIDATE rules.yaml:13:5 No step"},
		{"an idle step", "= open}", "= open, optional: true}", "LOAD_IDLE_STEP rules.yaml:13:5 'b' is never waited for"},
		{"time span", "timespan: 1m", "timespan: soon", "LOAD_ERR_YAML_VALIDATE rules.yaml:16:13 not a time span"},
		{"time span of nothing", "timespan: 1m", "timespan: 0s", "LOAD_ERR_YAML_VALIDATE rules.yaml:16:13 not a time span"},
		{"time span without end", "timespan: 1m", "timespan: 32d", "LOAD_ERR_YAML_VALIDATE rules.yaml:16:13 not a time span"},
		{"time span of not a number", "timespan: 1m", "timespan: NaNd", "LOAD_ERR_YAML_VALIDATE rules.yaml:16:13 not a time span"},
		{"priority", "priority: INFO", "priority: LOUD", "LOAD_ERR_YAML_VALIDATE rules.yaml:17:13 Invalid priority"},
		{"a field to group by", "container.id]", "container.ip_]", "LOAD_ERR_VALIDATE rules.yaml:15:13 container.ip_"},
		{"a field that has no value", "container.id]", "fd.ip]", "LOAD_ERR_VALIDATE rules.yaml:15:13 no value of its own"},
		{"an alias of an unknown step", "[container.id]", "[x]\n  aliases: {x: {a: fd.sip, b: fd.cip, d: fd.sip}}", "LOAD_ERR_VALIDATE rules.yaml:16:12 a step 'd'"},
		{"an alias without a step", "[container.id]", "[x]\n  aliases: {x: {a: fd.sip}}", "LOAD_ERR_VALIDATE rules.yaml:16:12 says nothing of step 'b'"},
		{"an alias of an unknown field", "[container.id]", "[x]\n  aliases: {x: {a: fd.sipp, b: fd.sip}}", "LOAD_ERR_VALIDATE rules.yaml:16:12 fd.sipp"},
		{"an unused alias", "[container.id]", "[container.id]\n  aliases: {x: {a: fd.sip}}", "LOAD_UNUSED_ALIAS rules.yaml:16:12 not in 'group-by'"},
		{"count", "timespan", "count: {gte: 3}\n  timespan", "LOAD_ERR_VALIDATE rules.yaml:16:10 has no 'count'"},
		{"count of two steps", "temporal_ordered", "event_count", "LOAD_ERR_VALIDATE rules.yaml:13:5 has one step, not 2"},
		{"an output's field", "timespan", "output: '%proc.nam'\n  timespan", "LOAD_ERR_COMPILE_OUTPUT rules.yaml:16:11 proc.nam"},
		{"an output's step", "timespan", "output: '%step.c.proc.name'\n  timespan", "LOAD_ERR_COMPILE_OUTPUT rules.yaml:16:11 a step 'c'"},
		{"an override of nothing", "priority: INFO", "override: {priority: replace}\n  priority: INFO", "LOAD_ERR_VALIDATE rules.yaml:10:3 no sequence by that name"},
		{"an unknown key", "priority: INFO", "priority: INFO\n  group_by: [proc.name]", "LOAD_UNKNOWN_KEY rules.yaml:18:3 did you mean 'group-by'?"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(base, tt.from, tt.to, 1)
			if text == base {
				t.Fatal("nothing was changed")
			}
			_, report := loadSequences(t, text)
			all := append(report.Errors, report.Warnings...)
			if len(all) != 1 {
				t.Fatalf("%d problems: %v", len(all), all)
			}
			p := all[0]
			code, rest, _ := strings.Cut(tt.want, " ")
			place, what, _ := strings.Cut(rest, " ")
			if string(p.Code) != code || p.At.String() != place || !strings.Contains(p.Error(), what) {
				t.Errorf("got  %v\nwant %s", p, tt.want)
			}
		})
	}
}

// A count needs what it counts.
func TestSequenceCountReports(t *testing.T) {
	for text, want := range map[string]string{
		"type: event_count":                              "needs 'count'",
		"type: value_count, count: {gte: 3}":             "needs 'field'",
		"type: event_count, count: {gte: 3}, field: x.y": "has no 'field'",
		"type: event_count, count: 3":                    "count: {gte: 10}",
		"type: event_count, count: {at_least: 3}":        "gt, gte, lt, lte or eq",
		"type: event_count, count: {gte: -1}":            "from 0 to 100000",
		"type: event_count, count: {gte: 1000000}":       "from 0 to 100000",
		"type: event_count, count: {gt: 5, lt: 6}":       "No count is like that",
		"type: event_count, count: {lt: 1}":              "No count is like that",
		"type: value_count, count: {gte: 3}, field: p.x": "p.x",
	} {
		_, report := loadSequences(t, "\n- {sequence: S, "+text+", steps: [{name: a, rule: Shell}], timespan: 1m, priority: INFO}")
		if len(report.Errors) != 1 || !strings.Contains(report.Errors[0].Error(), want) {
			t.Errorf("%s: got %v, want %s", text, report.Errors, want)
		}
	}
}
