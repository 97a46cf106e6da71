package filter

import (
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

func TestScope(t *testing.T) {
	for src, want := range map[string]string{
		"evt.type = execve": "evt.type in (execve)",
		"evt.type in (execve, openat) and proc.name = sh": "evt.type in (execve, openat), proc.name in (sh)",
		"evt.type startswith execv":                       "evt.type in (execve, execveat)",
		"container.id != host":                            "container.id not in (host)",
		"not container.id = host and proc.pid = 3":        "container.id not in (host)",
		"container.id = a or container.id in (b, c)":      "container.id in (a, b, c)",
		"container.id = a or proc.name = sh":              "everything",
		"user.uid in (0, 7) and not user.uid = 7":         "user.uid in (0)",
		"user.uid != 0 or user.uid != 1":                  "everything",
		"user.uid > 0 and proc.name != sh":                "proc.name not in (sh)",
		"not (container.id = a or proc.name = sh)":        "container.id not in (a), proc.name not in (sh)",
		"not (container.id = a and proc.name = sh)":       "everything",
		"proc.name in (a, b) and proc.name in (b, c)":     "proc.name in (b)",
		"proc.name in (a, b) and proc.name != b":          "proc.name in (a)",
		"proc.name = anyof (a, b)":                        "proc.name in (a, b)",
		"proc.name startswith a":                          "everything",
		"tolower(proc.name) = a":                          "everything",
		"fd.name contains x":                              "everything",
		"(evt.type = execve and proc.name = a) or (evt.type = openat and proc.name = b)": "evt.type in (execve, openat), proc.name in (a, b)",
	} {
		f, err := Compile(src, testFields())
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if got := f.Scope().String(); got != want {
			t.Errorf("%s: %s, want %s", src, got, want)
		}
	}
}

// TestScopeHolds checks on random conditions and events that a condition holds
// for no event outside of its scope.
func TestScopeHolds(t *testing.T) {
	outside := 0
	for seed := range uint64(30) {
		w := newWorld(seed, false)
		w.grow(30)
		b := w.batch(300)
		for range 20 {
			f, err := Compile(w.expr(3), w.reg)
			if err != nil {
				t.Fatal(err)
			}
			s := f.Scope()
			for i := range b.Len() {
				r := b.Row(i)
				in := s.Types.Has(r.Type) && (r.C().ID == event.NoStr || s.Containers.Has(w.t.Text(r.C().ID))) &&
					(r.P().Name == event.NoStr || s.Names.Has(w.t.Text(r.P().Name))) && (!r.P().Knows(event.KnowUID) || s.UIDs.Has(r.P().UID))
				if !in {
					outside++
					if f.Match(b, i) {
						t.Fatalf("seed %d: %s holds for event %d, outside of its scope %s", seed, f, i, s)
					}
				}
			}
		}
	}
	if outside == 0 {
		t.Error("no event was ever outside of a scope")
	}
}

// TestScopeOfOthersFields checks that fields which no kernel event has ask
// nothing of the kernel, and that alerts, which rules make of kernel events,
// ask for everything.
func TestScopeOfOthersFields(t *testing.T) {
	for src, none := range map[string]bool{
		"ka.verb = create":                                    true,
		"ka.verb = create and evt.type = execve":              true,
		"proc.name = val(ka.verb)":                            true,
		"not ka.verb = create":                                false,
		"ka.verb = create or proc.name = sh":                  false,
		"alert.rule = 'Terminal shell' and proc.name = sh":    false,
		"ka.verb exists and not (ka.verb = x or fd.name = y)": true,
	} {
		f, err := Compile(src, event.Fields)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if s := f.Scope(); (s.Types.Len() == 0) != none {
			t.Errorf("%s: %s", src, s)
		}
	}
}

func TestScopeUnion(t *testing.T) {
	compile := func(src string) Scope {
		f, err := Compile(src, testFields())
		if err != nil {
			t.Fatal(err)
		}
		return f.Scope()
	}
	got := compile("evt.type = execve and container.id != host").Union(compile("evt.type = openat and container.id = a"))
	if want := "evt.type in (execve, openat), container.id not in (host)"; got.String() != want {
		t.Errorf("%s, want %s", got, want)
	}
	if !compile("proc.pid = 1").Any() || !AnyScope().Any() || got.Any() {
		t.Error("Any is wrong")
	}
}

// canName stands for a backend that decides checks of proc.name by = and in,
// and narrows those by contains.
func canName(c *Check) Support {
	f, ok := c.Left.(*Field)
	switch {
	case !ok || f.Name != "proc.name":
		return Ignores
	case c.Op == OpEq || c.Op == OpIn:
		return Decides
	case c.Op == OpContains:
		return Narrows
	}
	return Ignores
}

func TestSplit(t *testing.T) {
	text := func(e Expr) string {
		if e == nil {
			return "-"
		}
		return e.String()
	}
	for _, c := range []struct{ src, pushed, rest string }{
		{"proc.name = a", "proc.name = a", "-"},
		{"proc.pid = 1", "-", "proc.pid = 1"},
		{"proc.name = a and proc.pid = 1", "proc.name = a", "proc.pid = 1"},
		{"proc.name = a or proc.pid = 1", "-", "(proc.name = a or proc.pid = 1)"},
		{"proc.name = a or (proc.name = b and proc.pid = 1)", "(proc.name = a or proc.name = b)", "(proc.name = a or (proc.name = b and proc.pid = 1))"},
		{"proc.name contains a", "proc.name contains a", "proc.name contains a"},
		{"not proc.name contains a", "-", "not proc.name contains a"},
		{"not (proc.name = a or proc.name in (b))", "not (proc.name = a or proc.name in (b))", "-"},
		{"not (proc.name = a and proc.pid = 1)", "-", "not (proc.name = a and proc.pid = 1)"},
		{"(proc.name = a and (proc.pid = 1 and proc.name = b))", "(proc.name = a and proc.name = b)", "proc.pid = 1"},
	} {
		pushed, rest := Split(MustParse(c.src), canName)
		if text(pushed) != c.pushed || text(rest) != c.rest {
			t.Errorf("%s: pushed %s, rest %s; want %s, %s", c.src, text(pushed), text(rest), c.pushed, c.rest)
		}
	}
}

// TestSplitHolds checks that pushed and rest together are the condition, and
// that pushed leaves out nothing that it holds for.
func TestSplitHolds(t *testing.T) {
	w := newWorld(11, false)
	w.grow(40)
	b := w.batch(200)
	all := func(*Check) Support { return Support(w.rng.IntN(3)) }
	compile := func(e Expr) *Filter {
		f, err := Options{}.CompileExpr(e, w.reg)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	for range 200 {
		f := compile(MustParse(w.expr(3)))
		pushed, rest := Split(f.Expr(), all)
		for i := range b.Len() {
			p := pushed == nil || compile(pushed).Match(b, i)
			r := rest == nil || compile(rest).Match(b, i)
			if f.Match(b, i) != (p && r) {
				t.Fatalf("%s: split into %v and %v", f, pushed, rest)
			}
			if i > 20 {
				break
			}
		}
	}
}

func TestExplain(t *testing.T) {
	f, err := Compile("evt.type = execve and (container.id != host and proc.name = a) and fd.name contains x and (proc.name = b or proc.pid = 1)", testFields())
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		expr         string
		kernel, siem Support
	}{
		{"evt.type = execve", Decides, Ignores},
		{"container.id != host", Decides, Ignores},
		{"proc.name = a", Decides, Decides},
		{"fd.name contains x", Ignores, Ignores},
		{"(proc.name = b or proc.pid = 1)", Ignores, Ignores},
	}
	got := f.Explain(canName)
	if len(got) != len(want) {
		t.Fatalf("%d conjuncts, want %d", len(got), len(want))
	}
	for i, w := range want {
		g := got[i]
		if g.Expr.String() != w.expr || g.Kernel != w.kernel || g.SIEM != w.siem {
			t.Errorf("%s: kernel %s, siem %s; want %s: %s, %s", g.Expr, g.Kernel, g.SIEM, w.expr, w.kernel, w.siem)
		}
	}
	if homes := f.Homes(); homes&(1<<event.HomeType) == 0 || homes&(1<<event.HomeAlert) != 0 {
		t.Errorf("homes %b", homes)
	}
}

// TestScopeCondition holds that the condition of a scope holds wherever the
// scoped condition does, and has a scope as narrow.
func TestScopeCondition(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"proc.name = sh and evt.type in (execve, openat)", "evt.type in (execve, openat)"},
		{"evt.type = execve and container.id != host and not proc.name in (a, 'b c')", "evt.type in (execve) and not container.id in (host) and not proc.name in (a, \"b c\")"},
		{"fd.num = 3", ""},
	} {
		f, err := Compile(c.src, testFields())
		if err != nil {
			t.Fatal(err)
		}
		got := f.Scope().Condition()
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.src, got, c.want)
		}
	}
	for seed := range uint64(60) {
		w := newWorld(seed, false)
		w.grow(30)
		f, err := Compile(w.expr(3), w.reg)
		if err != nil {
			t.Fatal(err)
		}
		scope := f.Scope()
		text := scope.Condition()
		if text == "" || scope.Types.Len() == 0 {
			continue
		}
		inside, err := Compile(text, w.reg)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		b := w.batch(300)
		for i := range b.Len() {
			if b.Type[i] != event.TypeUnknown && b.Bits[i]&event.HasDoc == 0 && f.Match(b, i) && !inside.Match(b, i) {
				t.Fatalf("seed %d: %s holds for an event that %s does not", seed, f, text)
			}
		}
	}
}
