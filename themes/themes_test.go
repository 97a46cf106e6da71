package themes

import (
	"errors"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lucasb-eyer/go-colorful"
)

func TestContrast(t *testing.T) {
	black, white, grey := color.Gray{0}, color.Gray{0xff}, color.RGBA{0x76, 0x76, 0x76, 0xff}
	for _, tt := range []struct {
		a, b color.Color
		want float64
	}{{black, white, 21}, {white, white, 1}, {grey, white, 4.54}} {
		if got := Contrast(tt.a, tt.b); got < tt.want-0.005 || got > tt.want+0.005 {
			t.Errorf("Contrast(%v, %v) = %.3f, want %.2f", tt.a, tt.b, got, tt.want)
		}
	}
}

// What is read must be readable: each key on its ground, and text on every
// ground that rows can have.
func TestBuiltinContrast(t *testing.T) {
	for _, name := range []string{Dark, Light} {
		th, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		check := func(key, on string, least float64) {
			if got := Contrast(th.Color(key), th.Color(on)); got < least {
				t.Errorf("%s: %s on %s has %.2f, want %.1f", name, key, on, got, least)
			}
		}
		for _, k := range Keys {
			if k.On != "" {
				check(k.Name, k.On, k.Min)
			}
		}
		for _, ground := range []string{"tone.raised", "tone.select", "tone.select2", "tone.cell", "tone.alarmbed"} {
			check("tone.text", ground, 4.5)
			check("tone.dim", ground, 3)
		}
		for _, k := range Keys {
			if strings.HasPrefix(k.Name, "priority.") || strings.HasPrefix(k.Name, "category.") {
				check(k.Name, "tone.select", 3)
				check(k.Name, "tone.alarmbed", 2.5)
			}
		}
		check("tone.alarm", "tone.alarmbed", 4.5)
	}
}

// Alerts must be what the eye meets first: nothing that is not one may be as
// strong in colour as those of the higher priorities.
func TestAlertsStandOut(t *testing.T) {
	for _, dark := range []bool{true, false} {
		th := Default(dark)
		chroma := func(key string) float64 {
			c, _ := colorful.MakeColor(th.Color(key))
			_, chroma, _ := c.Hcl()
			return chroma
		}
		weakest := 10.0
		for _, key := range []string{"tone.alarm", "priority.emergency", "priority.alert", "priority.critical", "priority.error", "chart.alert"} {
			weakest = min(weakest, chroma(key))
		}
		for _, k := range Keys {
			table, name, _ := strings.Cut(k.Name, ".")
			calm := table == "category" || table == "badge" || k.Name == "chart.bar" || k.Name == "chart.shown" ||
				table == "filter" && name != "error" ||
				table == "tone" && name != "alarm" && name != "warn" && name != "alarmbed"
			if calm && chroma(k.Name) > 0.8*weakest {
				t.Errorf("%s: %s has chroma %.2f, alerts begin at %.2f", th.Name, k.Name, chroma(k.Name), weakest)
			}
		}
		// The lower the priority, the quieter.
		order := []string{"critical", "warning", "notice", "informational", "debug"}
		for i := 1; i < len(order); i++ {
			if hi, lo := chroma("priority."+order[i-1]), chroma("priority."+order[i]); hi <= lo {
				t.Errorf("%s: %s is no stronger than %s", th.Name, order[i-1], order[i])
			}
		}
	}
}

func TestRampRises(t *testing.T) {
	for _, dark := range []bool{true, false} {
		th := Default(dark)
		last := 1.0
		for i, c := range th.Ramp {
			got := Contrast(c, th.Color("tone.base"))
			if got <= last {
				t.Errorf("%s: step %d of the ramp stands out no more than the one before", th.Name, i)
			}
			last = got
		}
	}
}

func TestLookups(t *testing.T) {
	th := Default(true)
	for _, tt := range []struct {
		name string
		got  color.Color
		key  string
	}{
		{"Falco's spelling of a priority", th.Priority("Critical"), "priority.critical"},
		{"unknown priority", th.Priority(""), "priority.debug"},
		{"Falco's spelling of a category", th.Category("IPC"), "category.ipc"},
		{"category that shares a colour", th.Category("sleep"), "category.wait"},
		{"unknown category", th.Category("scheduler"), "category.other"},
	} {
		if tt.got != th.Color(tt.key) {
			t.Errorf("%s: %v, want that of %s", tt.name, tt.got, tt.key)
		}
	}
	if !th.Dark || Default(false).Dark || th.Name != "peregrine" || th.Summary == "" {
		t.Errorf("defaults are mixed up: %+v", th)
	}
	defer func() {
		if recover() == nil {
			t.Error("an unknown key does not panic")
		}
	}()
	th.Color("tone.txet")
}

// write puts theme files into a folder of the test's own.
func write(t *testing.T, files map[string]string) Folder {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name+".toml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Folder(dir)
}

func TestOwnThemes(t *testing.T) {
	f := write(t, map[string]string{
		"clear":     "extends = \"peregrine\"\n[palette]\nsea = '#0f8'\n[tone]\nbase = \"none\"\naccent = \"sea\"\n",
		"clearer":   "extends = \"clear\"\n[tone]\ntext = \"#ffffff\"\n",
		"peregrine": "extends = \"peregrine\"\nsummary = \"mine\"\n",
	})
	th, err := f.Load("clearer")
	if err != nil {
		t.Fatal(err)
	}
	if th.Color("tone.base") != nil || th.Color("tone.accent") != (color.RGBA{0, 0xff, 0x88, 0xff}) || !th.Dark {
		t.Errorf("what clear changes is not there: %v", th)
	}
	if got, want := th.Color("priority.error"), Default(true).Color("priority.error"); got != want {
		t.Errorf("what peregrine has is not there: %v, want %v", got, want)
	}
	if th, err := f.Load("peregrine"); err != nil || th.Summary != "mine" {
		t.Errorf("a user's peregrine: %v, %v", th, err)
	}
	if th, err := Folder("").Load(filepath.Join(string(f), "clear.toml")); err != nil || th.Name != "clear" {
		t.Errorf("by path: %v, %v", th, err)
	}
	if got := strings.Join(f.Names(), " "); got != "peregrine gyrfalcon clear clearer" {
		t.Errorf("Names() = %s", got)
	}
}

func TestDir(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", "/cfg")
	if got := Dir(); got != Folder(filepath.FromSlash("/cfg/stoop/themes")) {
		t.Errorf("Dir() = %s", got)
	}
	t.Setenv("XDG_CONFIG_HOME", "relative") // the specification says to ignore it
	if got := Dir(); strings.HasPrefix(string(got), "relative") {
		t.Errorf("Dir() = %s", got)
	}
}

func TestErrors(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"no TOML", "summary = \"x\"\ntone = [", "x.toml:2: "},
		{"no appearance", "summary = \"x\"", `x.toml: has no appearance; want appearance = "dark" or "light"`},
		{"wrong appearance", "\nappearance = \"dim\"", `x.toml:2: appearance: is "dim"; want "dark" or "light"`},
		{"unknown table", "extends=\"peregrine\"\n[colors]\na=\"#000\"", "x.toml:2: colors: is not part of a theme; want summary,"},
		{"table that is none", "tone = 1", "x.toml:1: tone: want a table"},
		{"text that is none", "summary = 1", "x.toml:1: summary: want a text"},
		{"unknown key", "extends=\"peregrine\"\n[tone]\ntxet=\"#000\"", "x.toml:3: tone.txet: is not a key of a theme; [tone] has text, dim,"},
		{"no colour", "extends=\"peregrine\"\n[badge]\n\nsiem = \"blue\"", `x.toml:4: badge.siem: "blue" is no colour; want "#rrggbb"`},
		{"no colour, with a palette", "extends=\"peregrine\"\n[palette]\nsea=\"#012345\"\n[tone]\ntext=\"see\"", `x.toml:5: tone.text: "see" is no colour; want "#rrggbb" or a name from [palette]: sea`},
		{"number for a colour", "extends=\"peregrine\"\n[tone]\ntext=7", `x.toml:3: tone.text: want a text`},
		{"bad palette", "extends=\"peregrine\"\n[palette]\nsea=\"#01234g\"", `x.toml:3: palette.sea: want a colour as "#rrggbb"`},
		{"only the ground may be none", "extends=\"peregrine\"\n[tone]\ntext=\"none\"", `x.toml:3: tone.text: "none" is no colour`},
		{"short ramp", "extends=\"peregrine\"\n[chart]\nramp=[\"#000\"]", "x.toml:3: chart.ramp: want a list of 6 colours, quiet to busy"},
		{"incomplete", "appearance=\"dark\"\n[tone]\ntext=\"#fff\"", "x.toml: has no colour for tone.dim, tone.faint,"},
		{"extends nothing there", "extends=\"kite\"", `x.toml:1: extends: no theme "kite"; there are peregrine, gyrfalcon, x`},
		{"extends itself", "extends=\"x\"", "extends: goes round in circles: x extends x"},
		{"too large", "# " + strings.Repeat("x", maxSize), "x.toml: has 65537 bytes, more than the 65536"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := write(t, map[string]string{"x": tt.text}).Load("x")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant … %s", err, tt.want)
			}
			var e *Error
			if !errors.As(err, &e) {
				t.Errorf("%T is no *Error", err)
			}
		})
	}
	if _, err := Folder("").Load("/no/such.toml"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{Dark, Light} {
		text, err := builtin.ReadFile(name + ".toml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("extends=\"peregrine\"\n[tone]\nbase=\"none\"\n[chart]\nramp=[1]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		th, err := parse("fuzz", text, Load)
		if err != nil {
			return
		}
		for _, k := range Keys {
			if th.Color(k.Name) == nil && k.Name != "tone.base" {
				t.Fatalf("accepted without %s", k.Name)
			}
		}
		if len(th.Ramp) != rampSteps {
			t.Fatalf("accepted with %d steps", len(th.Ramp))
		}
	})
}
