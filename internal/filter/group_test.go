package filter

import (
	"runtime"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// TestGroupAgainstMatch asks groups of random conditions that have parts in
// common, and compares with each condition's Match: with and without documents,
// over several tables in turn, while dimensions grow and containers change.
func TestGroupAgainstMatch(t *testing.T) {
	held := 0
	for seed := range uint64(60) {
		worlds := []*world{newWorld(seed, seed%3 == 0), newWorld(seed+1000, false)}
		filters := someFilters(t, worlds[0])
		g := NewGroup(filters)
		for round := range 8 {
			for _, w := range worlds {
				w.grow(3 + w.rng.IntN(80))
				if id := uint32(w.rng.IntN(w.t.Conts.Len())); w.rng.IntN(2) == 0 {
					w.t.Conts.Set(id, event.Container{ID: w.str(conts), Name: w.str(names)})
				}
				held += compareGroup(t, w, g, filters, w.batch(1+w.rng.IntN(300)), seed, round)
			}
		}
	}
	if held == 0 {
		t.Error("no condition ever held")
	}
}

// someFilters compiles conditions whose parts stand in several of them.
func someFilters(t *testing.T, w *world) (filters []*Filter) {
	t.Helper()
	macros := make([]string, 6)
	for i := range macros {
		macros[i] = "(" + w.expr(1+w.rng.IntN(2)) + ")"
	}
	for range 12 {
		src := pick(w, macros) + " and " + pick(w, macros)
		switch w.rng.IntN(4) {
		case 0:
			src = "not " + pick(w, macros) + " and " + w.check()
		case 1:
			src = pick(w, macros) + " or (" + pick(w, macros) + " and " + w.check() + ")"
		case 2:
			src = pick(w, macros)
		}
		f, err := Compile(src, w.reg)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		filters = append(filters, f)
	}
	return filters
}

func compareGroup(t *testing.T, w *world, g *Group, filters []*Filter, b *event.Batch, seed uint64, round int) (held int) {
	t.Helper()
	sel := make([]uint64, (b.Len()+63)/64)
	g.Begin(b)
	defer g.End()
	for k, f := range filters {
		types := f.Types()
		for i := range b.Len() {
			if w.rng.IntN(5) > 0 { // which of the others are asked about differs from filter to filter
				sel[i>>6] |= 1 << (i & 63)
			}
		}
		before := append([]uint64(nil), sel...)
		g.Select(k, sel)
		for i := range b.Len() {
			want := f.Match(b, i)
			if want && b.Bits[i]&event.HasDoc == 0 && !types.Has(b.Type[i]) {
				t.Fatalf("seed %d: %s holds for a %s, which its types leave out", seed, f, b.Type[i])
			}
			want = want && before[i>>6]>>(i&63)&1 == 1
			if got := sel[i>>6]>>(i&63)&1 == 1; got != want {
				t.Fatalf("seed %d round %d: %s: event %d of %d selected %v, Match says %v", seed, round, f, i, b.Len(), got, want)
			}
			if want {
				held++
			}
		}
		clear(sel)
	}
	return held
}

// TestGroupSharesParts holds that equal parts become one, whatever brackets
// stand around them and whichever filter they are of.
func TestGroupSharesParts(t *testing.T) {
	reg := testFields()
	compile := func(src string) *Filter {
		f, err := Compile(src, reg)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	g := NewGroup([]*Filter{
		compile("evt.type = execve and (evt.arg.x = one or fd.num > 3)"),
		compile("proc.name = sh and (evt.arg.x = one or fd.num > 3)"),
		compile("((evt.arg.x = 'one') or fd.num > 3) and evt.cpu = 1"),
	})
	if g.shares != 2 { // the or, and the check of evt.arg.x in it
		t.Errorf("%d steps are shared, want 2", g.shares)
	}
	if g.plans[0].kids[1] != g.plans[1].kids[1] {
		t.Error("the same part of two conditions is two steps")
	}
}

// TestTypesOfNever holds that what Falco's rules write for never and always is
// taken as that.
func TestTypesOfNever(t *testing.T) {
	for src, want := range map[string]int{
		"evt.num = 0": 0, "not evt.num >= 0": 0, "evt.type = execve and evt.num = 0": 0, "evt.type = execve and not evt.num = 0": 1,
		"evt.type = execve or evt.num = 0": 1, "evt.type = execve and evt.num >= 0": 1, "evt.type = execve and not evt.num = 5": 1,
	} {
		f, err := Compile(src, event.Fields)
		if err != nil {
			t.Fatal(err)
		}
		types, scope := f.Types(), f.Scope()
		if types.Len() != want || scope.Types.Len() != want {
			t.Errorf("%s: holds for %d types, its scope for %d, want %d", src, types.Len(), scope.Types.Len(), want)
		}
	}
}

func TestTypes(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"evt.type in (execve, openat) and proc.name = sh", "evt.type in (execve, openat)"},
		{"evt.type = execve or fd.num = 3", "everything"},
		{"not (evt.type != execve or not evt.type exists or proc.name = sh)", "evt.type in (execve)"},
		{"evt.type = execve and alert.rule = x or evt.type = close", "evt.type in (close, execve)"},
	} {
		f, err := Compile(c.src, testFields())
		if err != nil {
			t.Fatal(err)
		}
		s := AnyScope()
		if s.Types = f.Types(); s.String() != c.want {
			t.Errorf("%s: %s, want %s", c.src, s, c.want)
		}
	}
}

// TestNamelessTypesAreAlike holds that what a field says of a type depends on
// the type's name alone.
func TestNamelessTypesAreAlike(t *testing.T) {
	none := event.NewTables()
	for _, f := range event.Fields.All() {
		if f.Home != event.HomeType || f.Read == nil {
			continue
		}
		want, wantOK := f.Get(event.Row{T: none, Type: nameless[0]}, event.Arg{})
		for _, n := range nameless {
			if v, ok := f.Get(event.Row{T: none, Type: n}, event.Arg{}); v.String() != want.String() || ok != wantOK {
				t.Errorf("%s is %v for type %d, %v for %d", f.Name, v, n, want, nameless[0])
				break
			}
		}
	}
}

// TestGroupForgetsTables checks that a group does not keep what it knows of
// tables that are gone.
func TestGroupForgetsTables(t *testing.T) {
	f, err := Compile("proc.name = sh", testFields())
	if err != nil {
		t.Fatal(err)
	}
	g := NewGroup([]*Filter{f})
	for seed := range uint64(50) {
		w := newWorld(seed, false)
		w.grow(10)
		g.Begin(w.batch(10))
		g.Select(0, []uint64{1<<10 - 1})
		g.End()
		runtime.GC()
	}
	if n := len(g.state.by); n > 10 {
		t.Errorf("answers about %d tables are kept after 49 of 50 are gone", n)
	}
}

// TestGroupAllocatesNothing holds that events for which nothing holds cost no
// memory once their processes and files are decided.
func TestGroupAllocatesNothing(t *testing.T) {
	w := newWorld(1, false)
	w.grow(100)
	b := w.batch(500)
	var filters []*Filter
	for _, src := range []string{
		"evt.type = execve and proc.name = nobody", "proc.name = nobody and fd.name startswith /etc and evt.arg.x = one",
		"evt.arg.x = none and fd.num > 1", "(evt.arg.x = none or thread.tid = 99) and proc.name = sh",
	} {
		f, err := Compile(src, w.reg)
		if err != nil {
			t.Fatal(err)
		}
		filters = append(filters, f)
	}
	g := NewGroup(filters)
	sel := make([]uint64, (b.Len()+63)/64)
	ask := func() {
		g.Begin(b)
		for k := range filters {
			for i := range b.Len() {
				sel[i>>6] |= 1 << (i & 63)
			}
			g.Select(k, sel)
		}
		g.End()
	}
	ask()
	if n := testing.AllocsPerRun(100, ask); n != 0 {
		t.Errorf("a batch for which nothing holds takes %v allocations", n)
	}
}
