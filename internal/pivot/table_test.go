package pivot

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBuiltIn(t *testing.T) {
	table, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range table.All() {
		if p.Title == "" || len(p.find) == 0 || len(p.Windows()) == 0 {
			t.Errorf("%+v", p)
		}
	}
	for _, want := range []string{"exec", "process", "container", "pod", "log", "connection", "address", "file", "user", "image", "node"} {
		if _, err := table.Choose([]string{want}); err != nil {
			t.Error(err)
		}
	}
}

// What is wrong is said with its line.
func TestParseErrors(t *testing.T) {
	const head = "- name: a\n  title: t\n"
	tests := []struct{ text, want string }{
		{"", "1: the file is empty"},
		{"name: x\n", "1: cannot unmarshal !!map"},
		{"- x\n", "1: a pivot has members"},
		{"- name: a\n  titel: t\n", `2: "titel"`},
		{"- name: A b\n  title: t\n", `1: name "A b"`},
		{"- name: a\n  find: [x]\n", `1: pivot "a" has no title`},
		{head + "  within: [-1m +1m]\n", "1: pivot \"a\": find has between"},
		{head + "  find: [a]\n", "1: pivot \"a\": within has between"},
		{head + "  find:\n    - proc.pid = %proc.pid\n    - proc.nam = %proc.pid\n  within: [-1m +1m]\n", "5: pivot \"a\": find:"},
		{head + "  find: [proc.name = x]\n  within: [-1m +1m]\n", "3: pivot \"a\": find: nothing of the event is looked for"},
		{head + "  find: [proc.name = %proc.nam]\n  within: [-1m +1m]\n", `unknown field "proc.nam"`},
		{head + "  find: [proc.name regex %proc.name]\n  within: [-1m +1m]\n", "takes no value of an event"},
		{head + "  find: [proc.name = %alert.tags]\n  within: [-1m +1m]\n", "the field is a list"},
		{head + "  find: [fd.ip = %proc.pid]\n  within: [-1m +1m]\n", "3: pivot \"a\": find:"},
		{head + "  find: [proc.pid = %proc.pid]\n  within:\n    - -1m +1m\n    - -10s +2m\n", "6: pivot \"a\": within: -10s +2m does not hold the span before it"},
		{head + "  find: [proc.pid = %proc.pid]\n  within: [1m]\n", "is no span around an event"},
		{head + "  find: [proc.pid = %proc.pid]\n  within: [-0s +0s]\n", "has no length"},
		{head + "  find: [proc.pid = %proc.pid]\n  within: [-1x +1m]\n", "is no length of time"},
		{head + "  when: proc.nam = a\n  find: [proc.pid = %proc.pid]\n  within: [-1m +1m]\n", "3: pivot \"a\": when:"},
		{head + "  find: [proc.pid = %proc.pid]\n  within: [-1m +1m]\n" + head + "  find: [proc.pid = %proc.pid]\n  within: [-1m +1m]\n", `5: there is a pivot "a" above`},
	}
	for _, tt := range tests {
		if _, err := Parse([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q\n is refused with %v\n want %s", tt.text, err, tt.want)
		}
	}
}

// A user's pivot takes the place of the built-in one of its name; others go
// behind. A broken file leaves the rest.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("mine.yaml", "- name: exec\n  title: mine\n  find: [proc.pid = %proc.pid]\n  within: [-1m +1m]\n"+
		"- name: cluster\n  title: same cluster\n  find: [ka.cluster.name = %ka.cluster.name]\n  within: [-1m +1m, -1h +1h]\n")
	write("broken.yaml", "- name: b\n")
	table, err := Load(dir)
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "broken.yaml")+":1: pivot \"b\" has no title") {
		t.Errorf("error is %v", err)
	}
	if got := table.Names(); got[0] != "exec" || table.All()[0].Title != "mine" || got[len(got)-1] != "cluster" {
		t.Errorf("pivots are %v", got)
	}
	if _, err := table.Choose([]string{"exec", "nothing"}); err == nil || !strings.Contains(err.Error(), `"nothing"; there are exec`) {
		t.Errorf("error is %v", err)
	}
}

func FuzzParse(f *testing.F) {
	text, err := files.ReadFile("builtin/pivots.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("- name: a\n  title: t\n  find: [proc.pid = %proc.pid]\n  within: [-1m +1m]\n"))
	f.Add([]byte("- &a {name: a, title: t}\n- *a\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		table, err := Parse(text)
		if err != nil {
			if line, _, ok := strings.Cut(err.Error(), ":"); !ok || strings.Trim(line, "0123456789") != "" {
				t.Errorf("the error does not begin with a line: %v", err)
			}
			return
		}
		for _, p := range table.All() {
			if len(p.find) == 0 || len(p.windows) == 0 {
				t.Errorf("%q is not whole", p.Name)
			}
		}
	})
}

// The page for users has every pivot that is built in, and its example is one.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/pivot.md")
	if err != nil {
		t.Fatal(err)
	}
	table, err := Load("")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range table.Names() {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/pivot.md has no pivot %s", name)
		}
	}
	_, example, _ := strings.Cut(string(page), "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	if own, err := Parse([]byte(example)); err != nil || len(own.All()) != 1 {
		t.Errorf("the example: %v", err)
	}
}
