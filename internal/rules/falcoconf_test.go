package rules

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// falcoIs has Falco's configuration be in a folder, {} in the texts being that
// folder.
func falcoIs(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "{}", dir)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config, others := FalcoConfig, FalcoFiles
	FalcoConfig, FalcoFiles = filepath.Join(dir, "falco.yaml"), []string{filepath.Join(dir, "usual.yaml")}
	t.Cleanup(func() { FalcoConfig, FalcoFiles = config, others })
	return dir
}

const aRule = `
- rule: R
  desc: a rule
  condition: evt.type = execve
  output: ran
  priority: NOTICE
  tags: [container]
`

// What falco.yaml and the files that it includes say of rules and outputs holds
// for -r falco, and for nothing else.
func TestFalcoConfig(t *testing.T) {
	t.Setenv("STOOP_SITE", "berlin")
	falcoIs(t, map[string]string{
		"falco.yaml": `
rules_files: ["{}/mine.yaml", "{}/missing.yaml"]
config_files: ["{}/config.d", {path: "{}/last.yaml", strategy: add-only}]
json_output: true
append_output:
  - match: {source: syscall, tags: [container], rule: R}
    extra_output: "site=${STOOP_SITE} pid=%proc.pid"
    extra_fields: [proc.name, {where: "${STOOP_SITE}/%container.id"}]
  - match: {rule: another}
    extra_output: never
`,
		"config.d/10.yaml": "append_output: [{suggested_output: true}]\nrule_matching: all\nrules_files: ['{}/more.yaml']\n",
		"last.yaml":        "rule_matching: first\nrules_files: ['{}/usual.yaml']\n",
		"mine.yaml":        aRule,
		"more.yaml":        strings.Replace(aRule, "rule: R", "rule: S", 1),
		"usual.yaml":       strings.Replace(aRule, "rule: R", "rule: usual", 1),
	})
	files, err := Find([]string{FalcoWord})
	if err != nil {
		t.Fatal(err)
	}
	settings, err := ReadFalcoSettings([]string{FalcoWord})
	if err != nil {
		t.Fatal(err)
	}
	if !settings.AllMatch {
		t.Error("rule_matching of the included file does not hold")
	}
	set, report := Load(files, Options{Append: settings.Outputs})
	if err := report.Err(); err != nil {
		t.Fatal(err)
	}
	if len(set.Rules) != 2 || set.Rule("R") == nil || set.Rule("S") == nil {
		t.Fatalf("rules are %v", set.Rules)
	}
	var names []string
	for _, x := range set.Rule("R").Extra {
		names = append(names, x.Key)
	}
	if want := []string{"container.id", "container.image.repository", "container.image.tag", "container.name", "k8s.ns.name", "k8s.pod.name", "proc.name", "where"}; !slices.Equal(names, want) {
		t.Errorf("extra fields are %v, want %v", names, want)
	}
	b := event.NewBatch(event.NewTables(), 1, 1)
	b.Append(event.Event{}, nil)
	if text := set.Rule("R").Format.String(b.Row(0)); !strings.HasPrefix(text, "ran site=berlin pid=<NA> container_id=<NA> container_name=<NA>") || strings.Contains(text, "never") {
		t.Errorf("the output is %q", text)
	}
	if others, err := ReadFalcoSettings([]string{OwnWord}); others.Outputs != nil || others.AllMatch || err != nil {
		t.Errorf("without Falco's rules there is %+v, %v", others, err)
	}
}

func TestNoFalcoConfig(t *testing.T) {
	falcoIs(t, map[string]string{"usual.yaml": aRule})
	files, err := Find([]string{FalcoWord})
	if settings, more := ReadFalcoSettings([]string{FalcoWord}); err != nil || more != nil || settings.Outputs != nil || len(files) != 1 {
		t.Errorf("%d files, settings %+v, errors %v, %v", len(files), settings, err, more)
	}
	for name, text := range map[string]string{
		"is no list": "rules_files: {a: b}\n", "is no YAML": "rules_files: [\n", "matches otherwise": "rule_matching: last\n", "has fields that are none": "append_output: [{extra_fields: [{a: b, c: d}]}]\n",
	} {
		falcoIs(t, map[string]string{"falco.yaml": text})
		_, err := Find([]string{FalcoWord})
		if _, more := ReadFalcoSettings([]string{FalcoWord}); err == nil && more == nil {
			t.Errorf("a configuration that %s was read", name)
		}
	}
}

func FuzzFalcoConfig(f *testing.F) {
	f.Add([]byte("rules_files: [a]\nappend_output: [{match: {tags: [x]}, extra_output: \"${A} %evt.type\", extra_fields: [a, {b: c}]}, {suggested_output: true}]\nconfig_files: [b, {path: c, strategy: d}]\nrules: [{disable: {rule: 'n*t*'}}, {enable: {tag: network}}]\npriority: notice\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := parseFalcoConfig("x", text)
		if err != nil {
			return
		}
		for i := range c.AppendOutput {
			for j := range c.AppendOutput[i].Fields {
				if f, err := extraField(&c.AppendOutput[i].Fields[j]); err == nil && f.Key == "" && f.Format == "" {
					continue
				}
			}
		}
		c.merge(c, "")
		if choice, err := c.choice(); err == nil {
			r := &Rule{Name: "net-a", Tags: []string{"network"}, Enabled: true, Priority: event.PriorityNotice}
			if choice.apply(r); r.Enabled != (r.Off == "") {
				t.Errorf("enabled is %v by %q", r.Enabled, r.Off)
			}
		}
	})
}
