package rules

import (
	"fmt"
	"strings"
	"testing"
)

// rulesOf is a file of rules, each with a priority and tags.
func rulesOf(specs ...string) string {
	var b strings.Builder
	for _, spec := range specs {
		f := strings.Fields(spec)
		fmt.Fprintf(&b, "- {rule: %s, desc: d, condition: evt.type = execve, output: o, priority: %s, tags: [%s], enabled: %v}\n", f[0], f[1], f[2], f[3])
	}
	return b.String()
}

// What falco.yaml says of rules holds for those of Falco's files: selections in
// their order, by name, wildcard and tag, and the least priority in the end.
func TestFalcoChoosesRules(t *testing.T) {
	falco := rulesOf("net-a critical network true", "net-b warning network true", "file-a error filesystem true", "sleeping critical maturity false", "quiet debug network true")
	own := rulesOf("own debug network true")
	for _, tt := range []struct{ name, config, on string }{
		{"nothing", "json_output: true", "net-a net-b file-a quiet own"},
		{"a tag", "rules: [{disable: {tag: network}}]", "file-a own"},
		{"a name", "rules: [{disable: {rule: net-b}}]", "net-a file-a quiet own"},
		{"a part of a name is none", "rules: [{disable: {rule: net}}]", "net-a net-b file-a quiet own"},
		{"wildcards", "rules: [{disable: {rule: 'n*-*'}}, {disable: {rule: '*iet'}}]", "file-a own"},
		{"all but a tag", "rules: [{disable: {rule: '*'}}, {enable: {tag: filesystem}}]", "file-a own"},
		{"the last counts", "rules: [{enable: {rule: net-a}}, {disable: {tag: network}}, {enable: {rule: net-b}}]", "net-b file-a own"},
		{"what its file has off", "rules: [{enable: {tag: maturity}}]", "net-a net-b file-a sleeping quiet own"},
		{"a priority", "priority: Warning", "net-a net-b file-a own"},
		{"a priority against a selection", "priority: error\nrules: [{enable: {rule: '*'}}]", "net-a file-a sleeping own"},
		{"an included file", "priority: debug\nconfig_files: ['{}/more.yaml']", "net-a own"},
	} {
		dir := falcoIs(t, map[string]string{
			"falco.yaml": "rules_files: ['{}/falco_rules.yaml']\n" + tt.config, "falco_rules.yaml": falco, "own.yaml": own,
			"more.yaml": "priority: critical\nrules: [{disable: {tag: filesystem}}]\n",
		})
		files, err := Find([]string{FalcoWord, dir + "/own.yaml"})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		set, report := Load(files, Options{})
		if err := report.Err(); err != nil {
			t.Fatal(err)
		}
		var on []string
		for _, r := range set.Rules {
			if r.Enabled {
				on = append(on, r.Name)
			}
			if said := r.Off != ""; said != (!r.Enabled && r.Name != "sleeping") || said && !strings.HasPrefix(r.Off, dir+"/falco.yaml: ") {
				t.Errorf("%s: %s is off since %q", tt.name, r.Name, r.Off)
			}
		}
		if got := strings.Join(on, " "); got != tt.on {
			t.Errorf("%s: %s are on, want %s", tt.name, got, tt.on)
		}
	}
}

func TestFalcoChoiceIsWrong(t *testing.T) {
	for config, want := range map[string]string{
		"rules: [{disable: {rule: ''}}]":    "line 1: an item of rules enables or disables",
		"rules: [{forget: {rule: a}}]":      "line 1: an item of rules enables or disables",
		"rules: [{enable: yes}]":            "cannot unmarshal",
		"priority: high":                    `priority: "high" is none: emergency, alert, critical,`,
		"rules: {disable: {rule: network}}": "cannot unmarshal",
	} {
		falcoIs(t, map[string]string{"falco.yaml": config})
		if _, err := Find([]string{FalcoWord}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", config, err)
		}
	}
}
