package pivot

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// A file that changes is read again; while it is wrong, all is as it was.
func TestFolderChanges(t *testing.T) {
	dir := t.TempDir()
	f := NewFolder(dir)
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const good = "- {name: mine, title: t, find: [proc.pid = %proc.pid], within: [-1m +1m]}\n"
	builtin := len(builtIn().pivots)
	step := func(what string, more int, changes, wrong bool) {
		t.Helper()
		table, changed, err := f.Table()
		if len(table.All()) != builtin+more || changed != changes || (err != nil) != wrong {
			t.Errorf("%s: %d pivots more, changed %v, %v", what, len(table.All())-builtin, changed, err)
		}
	}
	step("an empty folder", 0, false, false)
	write("a.yaml", good)
	step("a file", 1, true, false)
	step("the same", 1, false, false)
	write("b.yaml", "- {name: two}\n")
	step("a wrong one beside it", 1, false, true)
	step("still wrong", 1, false, true)
	write("b.yaml", strings.Replace(good, "mine", "two", 1))
	step("mended", 2, true, false)
	if err := os.Remove(filepath.Join(dir, "a.yaml")); err != nil {
		t.Fatal(err)
	}
	step("one is gone", 1, true, false)
}

// The schema takes what Parse takes, and refuses what is wrong in form.
func TestSchema(t *testing.T) {
	var doc any
	if err := json.Unmarshal(Schema, &doc); err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("pivots.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("pivots.json")
	if err != nil {
		t.Fatal(err)
	}
	validate := func(text []byte) error {
		t.Helper()
		var v any
		if err := yaml.Unmarshal(text, &v); err != nil {
			t.Fatal(err)
		}
		asJSON, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if v, err = jsonschema.UnmarshalJSON(bytes.NewReader(asJSON)); err != nil {
			t.Fatal(err)
		}
		return schema.Validate(v)
	}
	text, err := files.ReadFile("builtin/pivots.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := validate(text); err != nil {
		t.Errorf("those built in: %v", err)
	}
	long := "[" + strings.Join(slices.Repeat([]string{"proc.pid = 1"}, 11), ", ") + "]"
	for _, wrong := range []string{
		"[]", "{name: a}", "- {name: a, title: t, find: [proc.pid = 1]}", "- {title: t, find: [proc.pid = 1], within: [-1m +1m]}",
		"- {name: A b, title: t, find: [proc.pid = 1], within: [-1m +1m]}", "- {name: a, title: '', find: [proc.pid = 1], within: [-1m +1m]}",
		"- {name: a, title: t, find: [], within: [-1m +1m]}", "- {name: a, title: t, find: [proc.pid = 1], within: [1m]}",
		"- {name: a, title: t, find: [proc.pid = 1], within: [-1m +1m], more: x}", "- {name: a, title: t, find: " + long + ", within: [-1m +1m]}",
	} {
		if err := validate([]byte(wrong)); err == nil {
			t.Errorf("the schema takes %s", wrong)
		}
		if tab, err := Parse([]byte(wrong)); err == nil && len(tab.pivots) > 0 {
			t.Errorf("Parse takes %s", wrong)
		}
	}
}
