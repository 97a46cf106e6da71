package dashboard

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestBuiltIn(t *testing.T) {
	for _, name := range []string{"event-summary", "log-summary"} {
		d, err := Folder("").Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if d.Name != name || d.Title == "" || d.About == "" {
			t.Errorf("%s is %q, %q, %q", name, d.Name, d.Title, d.About)
		}
		for _, p := range d.Panels {
			if len(p.Fields()) != len(p.By) {
				t.Errorf("%s, %s: fields %v of %v", name, p.Title, p.Fields(), p.By)
			}
		}
	}
}

// A user's dashboard of the same name takes the place of a built-in one, and
// is never written over.
func TestFolder(t *testing.T) {
	f := Folder(filepath.Join(t.TempDir(), "dashboards"))
	d, err := f.Load("log-summary")
	if err != nil {
		t.Fatal(err)
	}
	file, err := f.Save(d)
	if err != nil {
		t.Fatal(err)
	}
	again, err := f.Load("log-summary")
	if err != nil || len(again.Panels) != len(d.Panels) {
		t.Fatalf("read back: %v, %v", again, err)
	}
	for i, p := range again.Panels {
		if q := d.Panels[i]; p.Title != q.Title || p.Kind != q.Kind || !reflect.DeepEqual(p.By, q.By) || p.Limit != q.Limit {
			t.Errorf("panel %d is %+v, was %+v", i, p, q)
		}
	}
	if _, err := f.Save(d); !errors.Is(err, os.ErrExist) {
		t.Errorf("saved over a file: %v", err)
	}
	if err := os.WriteFile(file, []byte("title: mine\npanels: [{title: t, kind: stat}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if d, err = f.Load("log-summary"); err != nil || d.Title != "mine" {
		t.Errorf("got %v, %v", d, err)
	}
	if names := f.Names(); !slices.Equal(names, []string{"event-summary", "log-summary"}) {
		t.Errorf("names %v", names)
	}
	for _, name := range []string{"none", "../log-summary", ""} {
		if _, err := f.Load(name); !errors.Is(err, ErrNone) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// An error says in which line what is wrong.
func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"title: x\n": "1: a dashboard has panels",
		"title: x\npanels:\n  - title: a\n    kind: pie\n":                   `3: panel "a": kind "pie": there are stat, terms, trend, heat, table`,
		"panels:\n  - {title: a, kind: stat}\n  - {title: b, kind: terms}\n": `3: panel "b": by: a panel of the kind terms has one field, this one has 0`,
		"panels:\n  - {title: a, kind: terms, by: [proc.nam]}\n":             `2: panel "a": by:`,
		"panels:\n  - {title: a, kind: stat, filter: proc.name = }\n":        `2: panel "a": filter:`,
		"filter: proc.pid = x\npanels:\n  - {title: a, kind: stat}\n":        `1: filter:`,
		"panels:\n  - {title: a, kind: stat, widht: 3}\n":                    `2: field widht not found`,
		"panels:\n  - {title: a, kind: stat, limit: 100000}\n":               `2: panel "a": limit 100000`,
		"panels:\n  -\n": `2: the panel is empty`,
		"panels: [":      `1: `,
	} {
		_, err := Parse([]byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestSpan(t *testing.T) {
	s := Span{From: 100, To: 200, Buckets: 10}
	for ns, want := range map[int64]int{99: -1, 100: 0, 109: 0, 110: 1, 199: 9, 200: -1} {
		if got := s.Bucket(ns); got != want || s.Has(ns) != (want >= 0) {
			t.Errorf("%d is in bucket %d, want %d", ns, got, want)
		}
	}
	if got := (Span{From: 0, To: 3, Buckets: 10}).Bucket(2); got != 2 {
		t.Errorf("a span shorter than its buckets: %d", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"event-summary", "log-summary"} {
		text, err := builtIn.ReadFile("builtin/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := Parse(text)
		if err != nil {
			return
		}
		for _, p := range d.Panels {
			if len(p.Fields()) != len(p.By) {
				t.Fatalf("%+v has %d fields", p, len(p.Fields()))
			}
		}
	})
}

func TestStepText(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Second: "1s", 90 * time.Second: "1m30s", time.Minute: "1m", time.Hour: "1h", 36 * time.Hour: "1d12h", 365 * 24 * time.Hour: "365d",
		20 * time.Microsecond: "20 µs", 1500 * time.Millisecond: "1.5s", 2*time.Hour + time.Minute: "2h1m", 25*time.Hour + time.Minute: "25h1m",
	} {
		if got := StepText(d); got != want {
			t.Errorf("%v is written %q, not %q", d, got, want)
		}
	}
}
