package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/testdata"
	"github.com/stoop-project/stoop/test/siem"
)

// shadow is a rule that the demo's incident makes fire once.
const shadow = `
- rule: Password hashes read
  desc: somebody reads /etc/shadow
  condition: evt.type in (open, openat, openat2) and evt.is_open_read = true and fd.name = /etc/shadow and container.id != host
  output: read by %proc.cmdline
  priority: ERROR
  tags: [container, T1003.008]
- rule: Never
  desc: nothing
  condition: evt.num = 0
  output: o
  priority: DEBUG
  enabled: false
`

func ruleFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRulesTest(t *testing.T) {
	file := ruleFile(t, shadow)
	for _, c := range []struct {
		args string // words, separated by |
		code int
		out  string
		errs string
	}{
		{"-r|" + file, exitOK, "1      Error     Password hashes read", ""},
		{"-r|" + file + "|--expect|Password hashes read=1|--expect|Never=0", exitOK, "Password hashes read\n", ""},
		{"-r|" + file + "|--expect|Password hashes read=2", exitFailed, "(expected 2)", `"Password hashes read" fired 1 times, not 2`},
		{"-r|" + file + "|-f|evt.type = execve", exitOK, "no rule fired", ""},
		{"-r|" + file + "|--stats", exitOK, "NS/EVENT", "rules: 1 alerts of"},
		{"-r|" + file + "|-o|json", exitOK, `[{"rule":"Password hashes read","priority":"Error","source":"syscall","fired":1}]`, ""},
		{"-r|" + file + "|--expect|Password hashes=1", exitUsage, "", `there is no rule "Password hashes"`},
		{"-r|" + file + "|--expect|Never=1", exitUsage, "", "is disabled"},
		{"-r|" + file + "|--expect|Never", exitUsage, "", "how often it fires"},
		{"-r|none", exitUsage, "", "no rules to test"},
		{"-r|nowhere.yaml", exitUsage, "", "nowhere.yaml"},
		{"-r|" + ruleFile(t, "- rule: x\n  desc: d\n  condition: evt.tipe = x\n  output: o\n  priority: INFO\n"), exitUsage, "", "evt.tipe"},
	} {
		code, out, errs := stoop(t, append([]string{"rules", "test", "demo"}, strings.Split(c.args, "|")...)...)
		if code != c.code || !strings.Contains(out, c.out) || !strings.Contains(errs, c.errs) {
			t.Errorf("%s: code %d, out %q, errs %q; want %d, %q, %q", c.args, code, out, errs, c.code, c.out, c.errs)
		}
	}
}

// Alerts are printed as events are, filtered as events are, and recorded as
// events are; the same events make the same alerts.
func TestAlertsOnEveryVerb(t *testing.T) {
	file := ruleFile(t, shadow)
	const columns = "alert.rule,alert.id,proc.cmdline,container.id,alert.output"
	printed := func(args ...string) string {
		t.Helper()
		code, out, errs := stoop(t, append([]string{"print", "-o", "csv", "--columns", columns, "-f", "alert.origin = stoop"}, args...)...)
		if code != exitOK {
			t.Fatalf("%v: code %d, %s", args, code, errs)
		}
		return out
	}
	first := printed("demo", "-r", file)
	if n := strings.Count(first, "\n"); n != 2 || !strings.Contains(first, "Password hashes read,") || !strings.Contains(first, "Error read by cat /etc/shadow") {
		t.Fatalf("printed %q, want a head and one alert", first)
	}
	if out := printed("demo"); strings.Count(out, "\n") != 1 {
		t.Errorf("without rules: %q", out)
	}
	to := filepath.Join(t.TempDir(), "alerts.stoop")
	if code, _, errs := stoop(t, "record", "demo", "-r", file, "--to", to, "-f", "alert.rule exists or evt.type = openat"); code != exitOK {
		t.Fatal(errs)
	}
	if out := printed(to); out != first {
		t.Errorf("recorded and read again: %q, want %q", out, first)
	}
	if out := printed(to, "-r", file); strings.Count(out, first[strings.IndexByte(first, 10)+1:]) != 2 {
		t.Errorf("with the rules again: %q, want the recorded alert and the same again", out)
	}
	lines := filepath.Join(t.TempDir(), "trail.ndjson")
	if code, _, errs := stoop(t, "record", "demo", "-r", file, "--to", lines, "-f", "alert.origin = stoop"); code != exitOK {
		t.Fatal(errs)
	}
	if text, err := os.ReadFile(lines); err != nil || !strings.Contains(string(text), `"source":"demo"`) {
		t.Errorf("shipped: %v, %s; want an alert from the demo", err, text)
	}
	if code, out, _ := stoop(t, "print", "demo", "-r", file, "--dashboard", "event-summary"); code != exitOK || !strings.Contains(out, "Password hashes read") {
		t.Errorf("dashboard: code %d, %s", code, out)
	}
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

// Kubernetes audit records make the rules fire as often as in Falco, whether
// they lie as the API server writes them or as a webhook brings them.
func TestAuditRulesFireAsInFalco(t *testing.T) {
	text, err := os.ReadFile(testdata.Path(t, "audit/falco-k8s_audit.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	records := strings.Split(string(text), "\n")
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
	rules, n := testdata.Path(t, "rules/k8s_audit_rules.yaml"), 0
	for _, c := range testdata.Lines[auditCase](t, "audit/oracle.jsonl") {
		if fmt.Sprint(c.Rules) != "[LegacyFalcoRules_v1_0_1 K8SAuditRules]" {
			continue // needs rule files that are not here
		}
		n++
		var seen []string
		for _, line := range lines[strings.ToLower(strings.TrimPrefix(c.Captures[0], "K8SAudit"))] {
			seen = append(seen, records[line-1])
		}
		for shape, content := range map[string]string{
			"lines":     strings.Join(seen, "\n") + "\n",
			"EventList": `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[` + strings.Join(seen, ",\n") + "]}\n",
		} {
			file := filepath.Join(t.TempDir(), "audit.log")
			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			args := []string{"rules", "test", file, "-r", rules, "--rule-matching", "all"}
			for _, want := range c.Expect {
				args = append(args, "--expect", fmt.Sprintf("%s=%d", want.Rule, want.Count))
			}
			if code, out, errs := stoop(t, args...); code != exitOK {
				t.Errorf("%s, %s: code %d, %s\n%s", c.Test, shape, code, errs, out)
			}
		}
	}
	if n < 15 {
		t.Errorf("only %d cases", n)
	}
}

// What a SIEM holds is hunted through: the server is asked for what the rules
// ask for, and the same rules fire as on the file.
func TestHuntThroughSIEM(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	s.Env(t)
	file, rules := testdata.Path(t, "audit/falco-k8s_audit.ndjson"), testdata.Path(t, "rules/k8s_audit_rules.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var docs [][]byte
	for _, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
		if bytes.Contains(line, []byte(`"auditID"`)) {
			docs = append(docs, line)
		}
	}
	index := s.Index(t, `{"mappings":{"properties":{"requestObject":{"type":"object","enabled":false},"responseObject":{"type":"object","enabled":false}}}}`, docs...)
	code, want, errs := stoop(t, "rules", "test", file, "-r", rules, "--rule-matching", "all")
	if code != exitOK {
		t.Fatal(errs)
	}
	code, got, errs := stoop(t, "rules", "test", s.Address(index), "-r", rules, "--rule-matching", "all", "--stats", "-o", "json")
	if code != exitOK {
		t.Fatal(errs)
	}
	var rows []testRow
	if err := json.Unmarshal([]byte(got), &rows); err != nil {
		t.Fatal(err)
	}
	fired := 0
	for _, r := range rows {
		if r.Fired > 0 {
			fired++
			if line := fmt.Sprintf("%-5d  %-13s  %s\n", r.Fired, r.Priority, r.Rule); !strings.Contains(want, line) {
				t.Errorf("the SIEM's %q is not in\n%s", line, want)
			}
		}
	}
	if n := strings.Count(want, "\n") - 1; fired != n {
		t.Errorf("%d rules fired on the SIEM's records, %d on the file's\n%s", fired, n, errs)
	}
	two := ruleFile(t, `
- rule: Secrets read
  desc: d
  source: k8s_audit
  condition: ka.verb = get and ka.target.resource = secrets
  output: o
  priority: NOTICE
- rule: Configmap made
  desc: d
  source: k8s_audit
  condition: ka.verb = create and ka.target.resource = configmaps
  output: o
  priority: NOTICE
`)
	code, command, errs := stoop(t, "print", s.Address(index), "-r", two, "--dsl")
	if code != exitOK || !strings.Contains(command, "configmaps") || !strings.Contains(command, "secrets") {
		t.Errorf("code %d: the request does not ask for what the rules do: %s%s", code, command, errs)
	}
}
