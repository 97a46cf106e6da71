package filter

import (
	"math/bits"
	"net/netip"
	"path"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// oracle evaluates a tree on one event the slow way: no binding, no plan, no
// memo, each value read and each constant parsed anew.
type oracle struct {
	reg *event.Registry
	row event.Row
}

func (o *oracle) holds(e Expr) bool {
	switch e := e.(type) {
	case *And:
		all := true
		for _, x := range e.X {
			all = o.holds(x) && all
		}
		return all
	case *Or:
		one := false
		for _, x := range e.X {
			one = o.holds(x) || one
		}
		return one
	case *Not:
		return !o.holds(e.X)
	case *Check:
		return o.check(e)
	}
	panic("unexpected node")
}

func (o *oracle) read(x Operand) (v event.Value, f *event.Field, ok bool) {
	switch x := x.(type) {
	case *Field:
		f, rest := o.reg.Lookup(x.Name)
		arg := event.Arg{Set: x.HasArg, Key: x.Arg}
		arg.Index, _ = strconv.Atoi(x.Arg)
		if rest != "" {
			arg = event.Arg{Set: true, Key: rest}
		}
		v, ok := f.Get(o.row, arg)
		return v, f, ok
	case *Transform:
		v, f, ok := o.read(x.Args[0])
		switch x.Name {
		case "tolower":
			v.Str = strings.ToLower(v.Str)
		case "len":
			v = event.UintValue(uint64(len(v.Str)))
		}
		return v, f, ok
	}
	panic("unexpected operand")
}

func (o *oracle) check(c *Check) bool {
	v, f, ok := o.read(c.Left)
	if !ok {
		return false
	}
	if c.Op == OpExists {
		return true
	}
	var want []string
	switch r := c.Right.(type) {
	case *Value:
		want = []string{r.Text}
	case *List:
		for _, item := range r.Items {
			want = append(want, item.Text)
		}
	default:
		rv, _, ok := o.read(r)
		return ok && compare(c.Op, v, rv.String())
	}
	if v.List == nil {
		return compareAny(c, v, want)
	}
	all := f.Flags.Has(event.IsList) && c.Op == OpIn || c.Op == OpNE && f.Flags.Has(event.FilterOnly)
	for _, m := range v.List {
		if compareAny(c, m, want) != all {
			return !all
		}
	}
	return all
}

func compareAny(c *Check, v event.Value, want []string) bool {
	n := 0
	for _, w := range want {
		if compare(c.Op, v, w) {
			n++
		}
	}
	switch c.Mod {
	case ModOneOf:
		return n == 1
	case ModAllOf:
		return n == len(want) && n > 0
	}
	return n > 0
}

func compare(op Op, v event.Value, want string) bool {
	cmp := 0
	switch v.Kind {
	case event.Int, event.Uint, event.Time, event.Duration, event.Port:
		n, err := strconv.ParseInt(want, 0, 64)
		if err != nil {
			panic(err)
		}
		cmp = min(1, max(-1, int(v.Int64()-n)))
	case event.Bool:
		cmp = strings.Compare(v.String(), want)
	case event.IP:
		cmp = v.Addr.Compare(netip.MustParseAddr(want))
	case event.Net:
		if !netip.MustParsePrefix(want).Contains(v.Addr) {
			cmp = 1
		}
	default:
		cmp = strings.Compare(v.Str, want)
	}
	switch op {
	case OpEq, OpIn, OpIntersects:
		return cmp == 0
	case OpNE:
		return cmp != 0
	case OpLT:
		return cmp < 0
	case OpLE:
		return cmp <= 0
	case OpGT:
		return cmp > 0
	case OpGE:
		return cmp >= 0
	case OpContains:
		return strings.Contains(v.Str, want)
	case OpStartsWith:
		return strings.HasPrefix(v.Str, want)
	case OpEndsWith:
		return strings.HasSuffix(v.Str, want)
	case OpGlob:
		ok, err := path.Match(strings.ReplaceAll(want, "/", "\x01"), strings.ReplaceAll(v.Str, "/", "\x01"))
		return ok && err == nil
	case OpPMatch:
		return v.Str == want || strings.HasPrefix(v.Str, want+"/")
	}
	panic("unexpected operator " + op.String())
}

// TestSelectAgainstOracle compares the vectorised evaluation, and Match, with
// the oracle on random expressions and events: with and without documents,
// while dimensions grow and containers change.
func TestSelectAgainstOracle(t *testing.T) {
	for seed := range uint64(40) {
		w := newWorld(seed, seed%3 == 0)
		w.grow(5)
		held := 0
		for round := range 12 {
			src := w.expr(3)
			f, err := Compile(src, w.reg)
			if err != nil {
				t.Fatalf("%s: %v", src, err)
			}
			for range 3 {
				b := w.batch(1 + w.rng.IntN(300))
				held += compareSelect(t, w, f, b, seed, round)
				w.grow(w.rng.IntN(40))
				if id := uint32(w.rng.IntN(w.t.Conts.Len())); w.rng.IntN(2) == 0 {
					w.t.Conts.Set(id, event.Container{ID: w.str(conts), Name: w.str(names)})
				}
				held += compareSelect(t, w, f, b, seed, round)
			}
		}
		if held == 0 {
			t.Errorf("seed %d: no expression ever held", seed)
		}
	}
}

func compareSelect(t *testing.T, w *world, f *Filter, b *event.Batch, seed uint64, round int) (held int) {
	t.Helper()
	n := b.Len()
	sel := make([]uint64, (n+63)/64+1)
	for i := range sel {
		if sel[i] = ^uint64(0); w.rng.IntN(3) == 0 {
			sel[i] = w.rng.Uint64()
		}
	}
	before := append([]uint64(nil), sel...)
	f.Select(b, sel)
	o := &oracle{reg: w.reg}
	for i := range len(sel) * 64 {
		got := sel[i>>6]>>(i&63)&1 == 1
		want := false
		if i < n {
			o.row = b.Row(i)
			want = o.holds(f.Expr())
			if m := f.Match(b, i); m != want {
				t.Fatalf("seed %d round %d: %s: match of event %d is %v, oracle says %v", seed, round, f, i, m, want)
			}
			want = want && before[i>>6]>>(i&63)&1 == 1
		}
		if got != want {
			t.Fatalf("seed %d round %d: %s: event %d of %d selected %v, oracle says %v", seed, round, f, i, n, got, want)
		}
		if want {
			held++
		}
	}
	return held
}

// TestSelectWhileGrowing filters from several goroutines while their tables
// grow and containers change; run with -race it also holds that nothing is
// shared without care.
func TestSelectWhileGrowing(t *testing.T) {
	w := newWorld(3, false)
	w.grow(50)
	f, err := Compile("proc.name = sh and container.id != host or fd.name startswith /etc and evt.type = openat", w.reg)
	if err != nil {
		t.Fatal(err)
	}
	batches := make([]*event.Batch, 20)
	for i := range batches {
		batches[i] = w.batch(200)
	}
	done := make(chan int)
	for range 4 {
		go func() {
			held := 0
			for range 20 {
				for _, b := range batches {
					sel := []uint64{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}
					f.Select(b, sel)
					held += bits.OnesCount64(sel[0])
				}
			}
			done <- held
		}()
	}
	for range 30 {
		w.grow(20)
		w.t.Conts.Set(uint32(1+w.rng.IntN(40)), event.Container{ID: w.str(conts)})
	}
	for range 4 {
		if <-done == 0 {
			t.Error("nothing was ever selected")
		}
	}
	for i, b := range batches {
		compareSelect(t, w, f, b, 3, i)
	}
}

// TestMemosLetGo checks that a filter does not keep the tables of a source
// that is gone.
func TestMemosLetGo(t *testing.T) {
	f, err := Compile("proc.name = sh", testFields())
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(50) {
		w := newWorld(seed, false)
		w.grow(10)
		f.Select(w.batch(10), []uint64{^uint64(0)})
		runtime.GC()
	}
	if n := len(*f.memos.by.Load()); n > 10 {
		t.Errorf("answers about %d tables are kept after 49 of 50 are gone", n)
	}
}
