package profile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// folder makes a folder of profiles, name and content in turns.
func folder(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, files[i]), []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const gate = `name: gate
about: records of a gate
needs: [gate]
map:
  evt.rawtime: {path: when, do: s}
  evt.type: {path: did, values: {open: open, shut: close}}
  proc.name: [who.name, {path: who.path, do: basename}]
  container.id: {path: c, do: id}
`

func TestOwnProfile(t *testing.T) {
	s, err := Load(folder(t, "gate.yaml", gate, "note.txt", "not read"))
	if err != nil {
		t.Fatal(err)
	}
	p := s.ByName("gate")
	if p == nil || s.All()[0] != p || !strings.HasSuffix(p.File, "gate.yaml") || len(s.All()) != len(builtIn().profiles)+1 {
		t.Fatalf("profiles %v", s.All())
	}
	doc := []byte(`{"gate":1,"when":"1795464121.5","did":"shut","who":{"path":"/usr/bin/x","name":null},"c":"docker://0123456789abcdef0123"}`)
	if s.Sniff(doc) != p {
		t.Fatal("the profile does not know its document")
	}
	m := NewMapper(p, event.NewTables())
	e, err := m.Map(doc)
	if err != nil {
		t.Fatal(err)
	}
	proc := m.t.Proc(e.Proc)
	if e.Time != 1795464121500000000 || e.Type.String() != "close" || m.t.Text(proc.Name) != "x" || m.t.Text(m.t.Cont(proc.Cont).ID) != "0123456789ab" {
		t.Errorf("%+v %+v", e, proc)
	}
}

// A user's profile takes the place of a built-in one of its name, and may be
// like one.
func TestOwnProfileInPlace(t *testing.T) {
	s, err := Load(folder(t, "a.yaml", "name: zeek\nabout: our Zeek\nlike: ecs\nneeds: [zeek]\nmap:\n  evt.type: {const: log}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if p := s.ByName("zeek"); p.About != "our Zeek" || len(s.All()) != len(builtIn().profiles) || p.places["fd.cip"] == nil {
		t.Errorf("%+v", p)
	}
}

// What is wrong is said with file and line; other files are read all the same.
func TestLoadErrors(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", "x.yaml: there is nothing in it"},
		{"name: [", "x.yaml:1: "},
		{"name: x\nabout: y\nnedes: [a]\n", "x.yaml:3: field nedes not found"},
		{"about: y\nneeds: [a]\n", "x.yaml:1: a profile has a name"},
		{"name: x\nabout: y\n", "x.yaml:1: a profile has needs"},
		{"name: x\nabout: y\nneeds: [a]\nmap:\n  proc.nam: a\n", "x.yaml:5: there is no field proc.nam"},
		{"name: x\nabout: y\nneeds: [a]\nmap:\n  proc.name[2]: a\n", "x.yaml:5: field proc.name takes no argument"},
		{"name: x\nabout: y\nneeds: [a]\nmap:\n  proc.name: {path: a, do: magic}\n", `x.yaml:5: there is nothing "magic" to do`},
		{"name: x\nabout: y\nneeds: [a]\nmap:\n  proc.name: {do: basename}\n", "x.yaml:5: a place has a path"},
		{"name: x\nabout: y\nneeds: [a]\nmap:\n  proc.name:\n    - {path: a, when: b}\n", "x.yaml:6: a place has path"},
		{"name: x\nabout: y\nneeds: [a]\nmap: [a]\n", "x.yaml:4: a table is expected"},
		{"name: x\nabout: y\nneeds: [{path: a, was: b}]\n", "x.yaml:3: a need has"},
		{"name: x\nabout: y\nneeds: [a]\nwithin: [{object: a, text: b}]\n", "x.yaml:1: a place in within"},
		{"name: x\nabout: y\nneeds: [a]\nlike: nobody\n", `x.yaml: it is like "nobody"`},
		{"name: gate\nabout: y\nneeds: [a]\n", "x.yaml: another file has a profile of the name gate"},
	} {
		dir := folder(t, "gate.yaml", gate, "x.yaml", tt.text)
		s, err := Load(dir)
		if err == nil || !strings.HasPrefix(err.Error(), dir) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q\n got %v\nwant %s", tt.text, err, tt.want)
		}
		if s.ByName("gate") == nil {
			t.Errorf("%q: the other file is lost", tt.text)
		}
	}
	if s, err := Load(filepath.Join(t.TempDir(), "nowhere")); err != nil || s != builtIn() {
		t.Errorf("no folder: %v", err)
	}
}

// FuzzLoad reads anything as a profile.
func FuzzLoad(f *testing.F) {
	f.Add(gate)
	f.Add("name: x\nabout: y\nroots: [a, b]\nparts: {of: [c]}\nneeds: [a | b]\nmap:\n  ka.req.pod.{of}s.image: {path: '$.{of}', each: i|j, else: k, missing: '0'}\n")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := parse("x", []byte(text))
		if err != nil {
			return
		}
		if l.finish(nil, builtIn()) == nil {
			_ = l.p.Describe()
			m := NewMapper(l.p, event.NewTables())
			_, _ = m.Map([]byte(`{"a":{"b":[{"c":1}]},"gate":1}`))
		}
	})
}
