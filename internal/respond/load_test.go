package respond

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

const mine = `
- name: ask-owner
  title: ask who owns the pod
  when: fd.name startswith /tmp
  text: |
    owner {k8s.ns.name:dns}/{k8s.pod.name:dns} --file {fd.name:path}
- name: cordon
  title: our own way
  text: drain {evt.hostname:dns}
`

// A user's own responses stand beside the built-in ones or in their place, and
// are read again when their file changes; while it is wrong, all is as it was.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "mine.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := NewFolder(dir)
	if all, err := f.Table(); err != nil || len(all.All()) != len(BuiltIn.All()) {
		t.Fatalf("%d, %v", len(all.All()), err)
	}
	write(mine)
	all, err := f.Table()
	if err != nil || len(all.All()) != len(BuiltIn.All())+1 {
		t.Fatalf("%d, %v", len(all.All()), err)
	}
	got := all.Propose(row("web-0", "/tmp/it's here"))
	if p := named(t, got, "ask-owner"); p.Text != `owner shop/web-0 --file '/tmp/it'\''s here'`+"\n" {
		t.Errorf("%q", p.Text)
	}
	if p := named(t, got, "cordon"); p.Text != "drain node-1" {
		t.Errorf("%q", p.Text)
	}
	got = all.Propose(row("web-0", "/etc/x"))
	if slices.ContainsFunc(got, func(p Proposal) bool { return p.Response.Name == "ask-owner" }) {
		t.Error("it is proposed for what it is not about")
	}
	write(strings.Replace(mine, ":path}", ":pat}", 1))
	if again, err := f.Table(); again != all || err == nil || !strings.HasPrefix(err.Error(), file+":2: response \"ask-owner\": ") {
		t.Errorf("%v", err)
	}
	write(strings.Replace(mine, "ask-owner", "ask", 1) + "\n")
	if again, err := f.Table(); err != nil || named(t, again.Propose(row("web-0", "/tmp/x")), "ask").Text == "" {
		t.Errorf("%v", err)
	}
}

// What is wrong with a file is said, and where.
func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"- {name: x, title: y, text: 'a {proc.nam:dns}'}":                "1: response \"x\": {proc.nam:dns}:",
		"- {name: x, title: y, text: 'a {proc.pid:int}'}":                `there is no form "int": dns, hex, number, path, word`,
		"- {name: x, title: y}":                                          "title and text are needed",
		"- {name: x, title: y, text: z}\n- {nam: x}":                     `2: response "": there is no "nam"`,
		"- {name: X, title: y, text: z}":                                 "a name has",
		"- {name: x, title: y, text: z}\n- {name: x, title: y, text: z}": "two of this name",
		"- {name: x, title: y, text: z, when: proc.name}":                "when: ",
		"- {name: x, title: y, text: \"z\\e[2J\"}":                       "pasted into a terminal",
		"- {name: x, title: y, text: \"z\\u202e\"}":                      "pasted into a terminal",
		"{}":  "a list of responses is needed",
		"[]":  "1 to 100 responses",
		"- 7": "is a mapping",
		"- {name: x, title: y, text: \"a '{fd.name:path}'\"}":                    "stands in quotes",
		"- {name: x, title: y, text: 'sh -c \"ls {fd.name:path}\"'}":             "stands in quotes",
		"- {name: x, title: y, text: 'a \"b\\\"{fd.name:path}\"'}":               "stands in quotes",
		"- {name: x, title: y, text: 'a `b {fd.name:path}`'}":                    "stands in a command of its own",
		"- {name: x, title: y, text: 'a $(b {fd.name:path})'}":                   "stands in a substitution",
		"- {name: x, title: y, text: 'a ${b:-{fd.name:path}}'}":                  "stands in a substitution",
		"- {name: x, title: y, text: 'a # {fd.name:path}'}":                      "stands in a comment",
		"- {name: x, title: y, text: 'a \\{fd.name:path}'}":                      "stands in an escape",
		"- {name: x, title: y, text: \"a <<E\\nb {fd.name:path}\\nE\\n\"}":       "stands in a here-document",
		"- {name: x, title: y, text: \"a <<-'E'\\n\\tb {fd.name:path}\\nE\\n\"}": "stands in a here-document",
		"- {name: x, title: y, text: \"a <<E <<F\\nE\\nb {fd.name:path}\\nF\"}":  "stands in a here-document",
		"- {name: x, title: y, text: \"a 'b\\nc' 'd\\n {fd.name:path}'\"}":       "stands in quotes",
		"- {name: x, title: y, text: z, undo: \"'{fd.name:path}'\"}":             "stands in quotes",
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// Where a value may stand, it is one word of the shell, whatever is in it.
func TestOneWord(t *testing.T) {
	const evil = "/tmp/$(id)`id`'\"; id & | > x # <<E *"
	for _, text := range []string{
		"show {fd.name:path}", "show a'b c'\"d\"{fd.name:path}", "show x#{fd.name:path}", "true <<E; show {fd.name:path}\nnothing\nE\n",
		"true <<'E'\n'\nE\nshow {fd.name:path}", "show \\\n{fd.name:path}", "true # it's\nshow {fd.name:path}", "true 'a\nb'; show {fd.name:path}",
		"true \"a\n'b\"\nshow {fd.name:path}\n", "true <<E <<-F\n'\nE\n\"\n\tF\nshow {fd.name:path}",
	} {
		own, err := parsed(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		p := own.Propose(row("web-0", evil))[0]
		out, err := exec.Command("sh", "-c", "show() { printf '<%s>' \"$@\"; }\n"+p.Text).CombinedOutput()
		if err != nil || !strings.HasSuffix(string(out), evil+">") || strings.Count(string(out), "<") != 1+strings.Count(evil, "<") {
			t.Errorf("%q is to a shell %q (%v)", p.Text, out, err)
		}
	}
}

// parsed reads one response of a text.
func parsed(text string) (*Table, error) {
	doc, err := yaml.Marshal([]map[string]string{{"name": "x", "title": "y", "text": text}})
	if err != nil {
		return nil, err
	}
	return Parse(doc)
}

// The schema takes what Parse takes, and refuses what is wrong in form.
func TestSchema(t *testing.T) {
	var doc any
	if err := json.Unmarshal(Schema, &doc); err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("responses.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("responses.json")
	if err != nil {
		t.Fatal(err)
	}
	for text, ok := range map[string]bool{
		string(builtIn): true, mine: true,
		"[]": false, "- {name: X, title: y, text: z}": false, "- {name: x, title: y}": false, "- {name: x, title: y, text: z, more: 1}": false,
	} {
		var v any
		if err := yaml.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); (err == nil) != ok {
			t.Errorf("%.60s: %v", text, err)
		}
		if _, err := Parse([]byte(text)); (err == nil) != ok {
			t.Errorf("%.60s is read with %v, but the schema says %v", text, err, ok)
		}
	}
}

// Whatever an event says, what is filled in is one word without a control, and
// reads back as what the event says.
func FuzzFill(f *testing.F) {
	for _, s := range []string{"/tmp/x", "/it's", "/a\nb", "/\x1b[2J", "/$(id)", "/\u202e", "'", "/''\\'"} {
		f.Add(s)
	}
	own, err := parsed("show {fd.name:path}")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name string) {
		p := own.Propose(row("web-0", name))[0]
		if p.Text == "" {
			return
		}
		quoted := strings.TrimPrefix(p.Text, "show ")
		var word strings.Builder
		for rest := quoted; rest != ""; { // 'a' or \' (POSIX sh, 2.2)
			if after, ok := strings.CutPrefix(rest, `\'`); ok {
				word.WriteByte('\'')
				rest = after
				continue
			}
			in, after, ok := strings.Cut(strings.TrimPrefix(rest, "'"), "'")
			if rest[0] != '\'' || !ok {
				t.Fatalf("%q is %q to a shell", name, quoted)
			}
			word.WriteString(in)
			rest = after
		}
		if word.String() != name || controls.MatchString(quoted) || strings.Contains(quoted, "\n") {
			t.Errorf("%q becomes %q, which reads %q", name, quoted, word.String())
		}
	})
}

// Whatever a file holds is read or refused; what is read again gives the same.
func FuzzParse(f *testing.F) {
	f.Add(string(builtIn))
	f.Add(mine)
	f.Add("- {name: x, title: y, text: \"a 'b\\nc' <<E <<-'F' {fd.name:path}\\nE\\n`\"}")
	f.Fuzz(func(t *testing.T, text string) {
		table, err := Parse([]byte(text))
		if err != nil {
			return
		}
		for _, r := range table.All() {
			if r.Name == "" || r.Text == "" {
				t.Errorf("%+v was taken", r)
			}
		}
		table.Propose(row("web-0", "/tmp/it's"))
	})
}
