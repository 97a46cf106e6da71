package casefile

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const hostile = "x | y\n# title `code` <script>alert(1)</script> \x1b[2J\u202e [l](javascript:a) ![p](http://e/) "

// exported exports a case with something of everything.
func exported(t *testing.T, opt Options) (dir string, read func(string) string) {
	t.Helper()
	c := begin(t)
	add(t, c, Entry{Kind: Begun, Title: "Case of " + hostile})
	f, err := c.Keep("mark.stoop", func(path string) error { return os.WriteFile(path, []byte("recording"), 0o600) })
	if err != nil {
		t.Fatal(err)
	}
	m := MarkOf(row("shadow"+hostile), "curl --password hunter2hunter2 "+hostile)
	m.Files = []File{f}
	mark := add(t, c, m)
	add(t, c, Entry{Kind: Note, Of: mark.ID, Text: "password=hunter2hunter2\n" + hostile})
	add(t, c, Entry{Kind: Note, Text: "alone"})
	add(t, c, Entry{Kind: Filter, Title: "curl", Filter: "proc.name = curl"})
	add(t, c, Entry{Kind: Trail, Title: "the shell", Text: "one\ntwo " + hostile, Filter: "container.id = 6cf4be7b2388"})
	p, _ := c.Keep("screen.svg", func(path string) error { return os.WriteFile(path, []byte("<svg/>"), 0o600) })
	add(t, c, Entry{Kind: Picture, Title: "the screen", Files: []File{p}})
	dir = filepath.Join(t.TempDir(), "out")
	opt.Now = at
	opt.Merge = func(from []string, to string, show bool) (int, error) {
		return len(from), os.WriteFile(to, fmt.Append(nil, len(from), show), 0o600)
	}
	if _, err := c.Export(dir, opt); err != nil {
		t.Fatal(err)
	}
	return dir, func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

// The sums hold, secrets are masked unless asked for, and no text from outside
// is more than text.
func TestExport(t *testing.T) {
	for _, show := range []bool{false, true} {
		dir, read := exported(t, Options{ShowSecrets: show})
		sum := exec.Command("sha256sum", "--strict", "-c", sumsFile)
		sum.Dir = dir
		if out, err := sum.CombinedOutput(); err != nil || strings.Count(string(out), ": OK") != 5 {
			t.Errorf("%v: %s", err, out)
		}
		for _, name := range []string{markdownFile, jsonFile, stixFile} {
			text := read(name)
			if strings.Contains(text, "hunter2") != show {
				t.Errorf("%s, secrets asked for %v:\n%s", name, show, text)
			}
			if strings.ContainsAny(text, "\x1b\u202e") {
				t.Errorf("%s has a control character", name)
			}
		}
		if got := read(recordingFile); got != fmt.Sprint(1, show) {
			t.Errorf("the recording was made of %s", got)
		}
	}
}

func TestMarkdown(t *testing.T) {
	_, read := exported(t, Options{})
	text := read(markdownFile)
	for _, want := range []string{"# Case of x \\|", "| proc.name | curl |", "> alone — ann", "    proc.name = curl", "![the screen](pictures/screen-", "Secrets are masked, and what was read or written is left out."} {
		if !strings.Contains(strings.ReplaceAll(text, "> alone\n\n", "> alone — ann"), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for _, bad := range []string{"<script", "\n# title", "](javascript", "](http"} {
		code := regexp.MustCompile("(?m)^    .*$") // where nothing is markup
		if strings.Contains(strings.ReplaceAll(code.ReplaceAllString(text, ""), `\](`, ""), bad) {
			t.Errorf("%q in\n%s", bad, text)
		}
	}
}

var stixID = regexp.MustCompile(`^[a-z0-9-]+--[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// Every object of the bundle has what STIX asks of its type, and every reference
// leads to one.
func TestSTIX(t *testing.T) {
	_, read := exported(t, Options{})
	var bundle struct {
		Type, ID string
		Objects  []map[string]any
	}
	if err := json.Unmarshal([]byte(read(stixFile)), &bundle); err != nil {
		t.Fatal(err)
	}
	needs := map[string][]string{
		"identity": {"created", "modified", "name"}, "report": {"created", "modified", "name", "published", "object_refs"},
		"observed-data": {"created", "modified", "first_observed", "last_observed", "number_observed", "object_refs"},
		"note":          {"created", "modified", "content", "object_refs"}, "process": {"command_line"}, "file": {"name"}, "directory": {"path"},
		"user-account": {"account_login"},
	}
	have, seen := map[any]bool{}, map[string]int{}
	for _, o := range bundle.Objects {
		have[o["id"]] = true
		typ := o["type"].(string)
		seen[typ]++
		if id, _ := o["id"].(string); !stixID.MatchString(id) || !strings.HasPrefix(id, typ+"--") || o["spec_version"] != "2.1" {
			t.Errorf("%v", o)
		}
		for _, name := range append(needs[typ], "type") {
			if o[name] == nil {
				t.Errorf("%s has no %s: %v", typ, name, o)
			}
		}
	}
	if bundle.Type != "bundle" || !stixID.MatchString(bundle.ID) || seen["note"] != 3 || seen["observed-data"] != 1 || seen["process"] != 1 || seen["file"] < 2 || seen["report"] != 1 {
		t.Errorf("%s %s: %v", bundle.Type, bundle.ID, seen)
	}
	for _, o := range bundle.Objects {
		if o["type"] == "observed-data" { // observables alone may be observed
			for _, ref := range o["object_refs"].([]any) {
				if typ, _, _ := strings.Cut(ref.(string), "--"); contributing[typ] == nil && typ != "process" && typ != "x-stoop-event" {
					t.Errorf("%s observes %s", o["id"], ref)
				}
			}
		}
		for name, v := range o {
			var refs []any
			if strings.HasSuffix(name, "_ref") {
				refs = []any{v}
			} else if strings.HasSuffix(name, "_refs") {
				refs = v.([]any)
			}
			for _, ref := range refs {
				if !have[ref] {
					t.Errorf("%s of %s leads to %v, which is not there", name, o["id"], ref)
				}
			}
		}
	}
}

// Observables have the ids that every other tool gives them: the first is that of
// the specification's examples (STIX 2.1, 6.7).
func TestSTIXIDs(t *testing.T) {
	for want, o := range map[string]object{
		"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4": object{"value": "198.51.100.3"}.id("ipv4-addr", ""),
		"ipv6-addr--6469e3a9-b053-5e34-a025-9396ae051d26": object{"value": "2001:db8::1"}.id("ipv6-addr", ""),
	} {
		if o["id"] != want {
			t.Errorf("%v, want %s", o, want)
		}
	}
	a, b := object{"pid": 7}.id("process", "x"), object{"pid": 7}.id("process", "y")
	if a["id"] == b["id"] || !strings.HasPrefix(a["id"].(string)[len("process--"):][14:], "4") {
		t.Errorf("%v, %v", a, b)
	}
}

// An export does not mix with what is there, and says when evidence is not what
// it was.
func TestExportFaults(t *testing.T) {
	c := begin(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Export(dir, Options{}); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("error %v", err)
	}
	f, _ := c.Keep("a.stoop", func(path string) error { return os.WriteFile(path, []byte("a"), 0o600) })
	add(t, c, Entry{Kind: Mark, Title: "m", Files: []File{f}})
	if err := os.WriteFile(filepath.Join(c.Folder(), f.Name), []byte("b"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	if _, err := c.Export(out, Options{}); err == nil || !strings.Contains(err.Error(), "is not what was kept") {
		t.Errorf("error %v", err)
	}
	text, _ := os.ReadFile(filepath.Join(out, markdownFile))
	if !strings.Contains(string(text), "**Evidence: "+f.Name) {
		t.Errorf("%s", text)
	}
}
