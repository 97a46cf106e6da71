package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const someRules = `- list: shells
  items: [sh, bash]
- macro: started
  condition: evt.type in (execve, execveat)
- rule: Shell started
  desc: A shell was started.
  condition: started and proc.name in (shells)
  output: a shell (cmd=%proc.cmdline)
  priority: NOTICE
  tags: [mitre_execution, T1059]
  exceptions:
    - name: builders
      fields: [proc.pname]
      comps: [=]
      values: [[make]]
  guide:
    investigate: [Look at its parent.]
- rule: File opened
  desc: d
  condition: evt.type = openat
  output: o
  priority: DEBUG
  enabled: false
- sequence: Shell and file
  type: temporal_ordered
  steps:
    - {name: shell, rule: Shell started}
    - {name: file, condition: evt.type = openat}
  timespan: 5m
  priority: CRITICAL
  output: both
`

const brokenRules = `- rule: Broken
  desc: d
  condition: >
    evt.type = openat and
    strated
  output: o
  priority: NOTICE
- macro: started
  condition: evt.type = execve
  colour: red
`

func TestRules(t *testing.T) {
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "good.yaml"), filepath.Join(dir, "bad.yaml")
	for name, text := range map[string]string{good: someRules, bad: brokenRules} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		args string
		code int
		want []string
	}{
		{"rules|check|" + good, exitOK, []string{"1 file: 2 rules, 1 sequence, 1 macro, 1 list; 0 errors"}},
		{"rules|check|" + bad, exitFailed, []string{
			bad + ":5:5: error: rule 'Broken': Undefined macro 'strated' used in filter. [LOAD_ERR_VALIDATE]\n      strated\n      ^\n  did you mean 'started'?",
			bad + ":10:3: warning: macro 'started': Unknown key 'colour'. The key will be ignored. [LOAD_UNKNOWN_KEY]\n",
			"[LOAD_UNUSED_MACRO]", "1 error, 2 warnings",
		}},
		{"rules|check|" + dir, exitFailed, []string{"2 files: 2 rules"}},
		{"rules|check|nowhere", exitUsage, []string{"nowhere"}},
		{"rules|list|" + good, exitOK, []string{"Shell started", "Notice", "Execution, T1059", "Debug, disabled", "Shell and file", "sequence"}},
		{"rules|list|--tag|T1059|-o|names|" + good, exitOK, []string{"Shell started\n"}},
		{"rules|list|" + bad, exitFailed, []string{"Undefined macro", "--lenient"}},
		{"rules|list|--lenient|" + bad + "|" + good, exitOK, []string{"Undefined macro", "File opened"}},
		{"rules|show|shell st|" + good, exitOK, []string{
			"Shell started\nfrom       " + good + ":5:3", "condition  started and proc.name in (shells)",
			"evaluated  ((evt.type in (execve, execveat) and proc.name in (sh, bash)) and not proc.pname = make)", "except     builders: proc.pname = [[make]]",
			"look at    - Look at its parent.",
		}},
		{"rules|show|Shell and|" + good, exitOK, []string{"step       shell: rule Shell started", "within     5m0s"}},
		{"rules|show|File opend|" + good, exitUsage, []string{`did you mean "File opened"?`}},
		{"rules|show|Shell|" + good, exitUsage, []string{`2 rules have "Shell" in their name`}},
		{"rules|explain|File|" + good, exitOK, []string{"evt.type = openat\n  live   the kernel evaluates it"}},
	} {
		code, out, errs := stoop(t, strings.Split(tt.args, "|")...)
		if code != tt.code {
			t.Errorf("%s: exit code %d\n%s", tt.args, code, errs)
		}
		for _, want := range tt.want {
			if !strings.Contains(out+errs, want) {
				t.Errorf("%s: there is no %q in\n%s%s", tt.args, want, out, errs)
			}
		}
	}
}

func TestRulesJSON(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte(brokenRules), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, _ := stoop(t, "rules", "check", "-o", "json", bad)
	var doc struct {
		Successful       bool
		Errors, Warnings []problemJSON
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if code != exitFailed || doc.Successful || len(doc.Errors) != 1 || len(doc.Warnings) != 2 {
		t.Fatalf("exit code %d, %+v", code, doc)
	}
	if e := doc.Errors[0]; e.Code != "LOAD_ERR_VALIDATE" || e.Line != 5 || e.Column != 5 || e.Item != "rule 'Broken'" {
		t.Errorf("%+v", e)
	}
}

const shadowAlerts = `{"rule":"Shadow read","priority":"Warning","source":"syscall","time":"2026-11-25T10:00:00Z","output":"o","output_fields":{"container.id":"aaaaaaaaaaaa","proc.name":"cat","proc.pname":"sh","fd.name":"/etc/shadow"}}
{"rule":"Shadow read","priority":"Warning","source":"syscall","time":"2026-11-25T10:00:01Z","output":"o","output_fields":{"container.id":"bbbbbbbbbbbb","proc.name":"cat","proc.pname":"cron","fd.name":"/etc/shadow"}}
{"rule":"Another","priority":"Warning","source":"syscall","time":"2026-11-25T10:00:02Z","output":"o","output_fields":{"proc.name":"cat"}}
`

func TestRulesExcept(t *testing.T) {
	dir := t.TempDir()
	alerts, own, local := filepath.Join(dir, "alerts.json"), filepath.Join(dir, "rules.yaml"), filepath.Join(dir, "local.yaml")
	for name, text := range map[string]string{
		alerts: shadowAlerts,
		own:    "- rule: Shadow read\n  desc: d\n  condition: evt.type = openat and fd.name = /etc/shadow\n  output: o\n  priority: WARNING\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		args string
		code int
		want []string
	}{
		{alerts, exitOK, []string{`silences 1 of the 2 alerts of "Shadow read", and 1 of all 3`, "fields: [proc.name, proc.pname, fd.name]", "- [cat, sh, /etc/shadow]"}},
		{alerts + "|--fields|proc.name,fd.name", exitOK, []string{"silences 2 of the 2", "not compared (--fields picks): proc.pname"}},
		{alerts + "|-f|proc.pname = cron|--write|" + local, exitOK, []string{local + ": written"}},
		{alerts + "|--alert|3|--fields|user.name", exitUsage, []string{`no field "user.name"`}},
		{alerts + "|--alert|4", exitUsage, []string{"3 alerts were read, and none is that"}},
		{"", exitUsage, []string{"name a source"}},
	} {
		args := append([]string{"rules", "except", "-r", own}, strings.FieldsFunc(tt.args, func(r rune) bool { return r == '|' })...)
		code, out, errs := stoop(t, args...)
		if code != tt.code {
			t.Errorf("%s: exit code %d\n%s", tt.args, code, errs)
		}
		for _, want := range tt.want {
			if !strings.Contains(out+errs, want) {
				t.Errorf("%s: there is no %q in\n%s%s", tt.args, want, out, errs)
			}
		}
	}
	code, out, errs := stoop(t, "rules", "show", "Shadow read", own, local)
	if code != exitOK || !strings.Contains(out, "not (proc.name = cat and proc.pname = cron and fd.name = /etc/shadow)") {
		t.Errorf("the rule with what was written: %s%s", out, errs)
	}
}
