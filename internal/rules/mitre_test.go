package rules

import (
	"reflect"
	"strings"
	"testing"
)

func TestTechniques(t *testing.T) {
	tags := []string{"container", "mitre_execution", "T1059.004", "mitre_command_and_control", "T1071", "PCI_DSS_10.2.5", "T10"}
	if got, want := Techniques(tags), []string{"T1059.004", "T1071"}; !reflect.DeepEqual(got, want) {
		t.Errorf("techniques %q, want %q", got, want)
	}
}

func TestTechniqueName(t *testing.T) {
	for id, want := range map[string]string{
		"T1611": "Escape to Host", "T1059.004": "Command and Scripting Interpreter: Unix Shell", "T9999": "", "T1059.999": "", "": "",
	} {
		if got := TechniqueName(id); got != want {
			t.Errorf("%s is called %q, want %q", id, got, want)
		}
	}
	for id := range techniqueNames() {
		if !technique.MatchString(id) {
			t.Errorf("%q in the table is no technique", id)
		}
	}
}

func TestCatalogTellsOfTheFirstOfAName(t *testing.T) {
	load := func(text string) *Set {
		s, report := Load([]File{{Name: "x.yaml", Text: []byte(text)}}, Options{})
		if err := report.Err(); err != nil {
			t.Fatal(err)
		}
		return s
	}
	rule := "- rule: R\n  desc: %\n  condition: evt.type = open and fd.name = /x and (proc.name = a or proc.name = b)\n  output: o\n  priority: NOTICE\n  tags: [T1611]\n"
	c := NewCatalog(func() []*Set {
		return []*Set{load(strings.ReplaceAll(rule, "%", "one")), nil, load(strings.ReplaceAll(rule, "%", "two"))}
	})
	e, ok := c.Find("R")
	if !ok || e.Desc != "one" || strings.Join(e.Fields, " ") != "evt.type fd.name proc.name" || len(e.Tags) != 1 {
		t.Errorf("%+v", e)
	}
	if _, ok := c.Find("S"); ok {
		t.Error("a rule that nobody has is known")
	}
	if _, ok := (*Catalog)(nil).Find("R"); ok {
		t.Error("no catalog knows a rule")
	}
}

func TestValueName(t *testing.T) {
	for _, c := range [][3]string{
		{"alert.tags", "mitre_execution", "Execution"},
		{"alert.mitre", "T1059.004", "T1059.004  Command and Scripting Interpreter: Unix Shell"},
		{"alert.tags", "container", "container"},
		{"proc.name", "mitre_execution", "mitre_execution"},
	} {
		if got := ValueName(c[0], c[1]); got != c[2] {
			t.Errorf("%s %s: %q", c[0], c[1], got)
		}
	}
}
