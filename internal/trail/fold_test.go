package trail

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// lines writes a folding, a line each: type ×count bytes, > for a step of an
// unfolded run, … for a pause.
func lines(f *Folding) string {
	var b strings.Builder
	for k := range f.Len() {
		l := f.Line(k)
		s := f.steps[l.Step]
		switch {
		case l.Count == 0:
			fmt.Fprintf(&b, "…%d ", l.Pause/second)
			continue
		case l.Of > 0:
			b.WriteString(">")
		}
		if s.Row.Alert != 0 {
			b.WriteString("!")
		}
		b.WriteString(s.Row.Type.String())
		if l.Count > 1 {
			fmt.Fprintf(&b, "×%d=%d", l.Count, l.Bytes)
		}
		b.WriteString(" ")
	}
	return strings.TrimSpace(b.String())
}

// copying is a program that copies a file, fails once, and ends.
func copying(w *world) (steps []Step, mark int) {
	p := w.process(0, "/bin/cp", "cp a b")
	n := &Node{}
	a := event.ObjID(w.t.Objs.Add(event.Object{Kind: event.ObjFile, Name: w.t.Strings.Add("/a")}))
	b := event.ObjID(w.t.Objs.Add(event.Object{Kind: event.ObjFile, Name: w.t.Strings.Add("/b")}))
	w.execs(p)
	w.does(p, "openat", a, 3, nil)
	w.does(p, "openat", b, 4, nil)
	for i := range 4 {
		w.does(p, "read", a, 100, nil)
		if i == 2 {
			mark = w.b.Len()
		}
		w.does(p, "write", b, 100, nil)
	}
	w.does(p, "read", a, -4, nil)
	w.does(p, "read", a, 50, nil)
	w.later(5 * second)
	w.does(p, "unlink", a, 0, nil)
	w.does(p, "unlink", a, 0, nil)
	w.does(p, "read", a, 7, nil)
	for i := range w.b.Len() {
		steps = append(steps, Step{w.b.Row(i), n})
	}
	return steps, mark
}

func TestFold(t *testing.T) {
	w := newWorld()
	steps, mark := copying(w)
	f := Fold(steps, FoldOptions{Pause: second})
	const folded = "execve openat openat read×5=450 write×4=400 read …5 unlink×2=0 read"
	if got := lines(f); got != folded {
		t.Errorf("folded:\n%s, want\n%s", got, folded)
	}
	if l := f.Line(3); l.Step != 3 || f.steps[l.Last].Row.B.Res[l.Last] != 50 {
		t.Errorf("the run reaches from %d to %d", l.Step, l.Last)
	}
	if k, ok := f.Toggle(4); !ok || k != 4 || !f.Line(4).Open {
		t.Errorf("unfolding: line %d, %v", k, ok)
	}
	const unfolded = "execve openat openat read×5=450 write×4=400 >write >write >write >write read …5 unlink×2=0 read"
	if got := lines(f); got != unfolded {
		t.Errorf("unfolded:\n%s, want\n%s", got, unfolded)
	}
	if k, _ := f.Find(mark); !strings.HasSuffix(strings.Join(strings.Fields(lines(f))[:k+1], " "), ">write >write >write") {
		t.Errorf("the third write is on line %d", k)
	}
	if k, ok := f.Toggle(6); !ok || k != 4 || lines(f) != folded {
		t.Errorf("folding from within: line %d, %v, %s", k, ok, lines(f))
	}
	if _, ok := f.Toggle(0); ok {
		t.Error("a single step was unfolded")
	}
	if got := lines(Fold(steps, FoldOptions{Flat: true})); strings.Contains(got, "×") {
		t.Errorf("flat: %s", got)
	}
}

// What must be seen has a line of its own, and nothing goes past it.
func TestFoldHidesNothing(t *testing.T) {
	w := newWorld()
	steps, mark := copying(w)
	marked := Fold(steps, FoldOptions{Marked: func(s Step) bool { return s.Row.I == mark }})
	if got, want := lines(marked), "execve openat openat read×3=300 write×2=200 write read×2=150 write read unlink×2=0 read"; got != want {
		t.Errorf("a mark:\n%s, want\n%s", got, want)
	}
	alert := w.alert(mark, "Rule")
	with := append(append(append([]Step{}, steps[:mark+1]...), Step{alert, steps[0].Node}), steps[mark+1:]...)
	if got, want := lines(Fold(with, FoldOptions{})), "execve openat openat read×3=300 write×3=300 !write read×2=150 write read unlink×2=0 read"; got != want {
		t.Errorf("an alert:\n%s, want\n%s", got, want)
	}
}

// Whatever the steps are: each is on one line, lines are in order, alerts and
// marks and errors alone, and every line is found again.
func TestFoldKeepsEverything(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		w := newWorld()
		p := w.process(0, "/bin/x", "x")
		nodes := []*Node{{}, {}}
		types := []string{"read", "write", "openat", "futex", "unlink"}
		var steps []Step
		for range rng.IntN(60) {
			w.later(rng.Int64N(2) * rng.Int64N(3) * second)
			i := w.does(p, types[rng.IntN(len(types))], event.ObjID(rng.IntN(2)), int64(rng.IntN(5)-1), nil)
			r := w.b.Row(i)
			if rng.IntN(8) == 0 {
				r = w.alert(i, "Rule")
			}
			steps = append(steps, Step{r, nodes[rng.IntN(2)]})
		}
		var pick []int32
		for i := range steps {
			if rng.IntN(4) > 0 {
				pick = append(pick, int32(i))
			}
		}
		marked := func(s Step) bool { return s.Row.I%7 == 3 }
		f := Fold(steps, FoldOptions{Pick: pick, Pause: second, Marked: marked})
		for range rng.IntN(4) {
			if f.Len() > 0 {
				f.Toggle(rng.IntN(f.Len()))
			}
		}
		checkFolding(t, f, steps, pick, marked)
	}
}

func checkFolding(t *testing.T, f *Folding, steps []Step, pick []int32, marked func(Step) bool) {
	t.Helper()
	shown, before := 0, -1
	for k := range f.Len() {
		l := f.Line(k)
		if l.Count == 0 {
			continue
		}
		if l.Of == 0 {
			shown += l.Count
			if l.Step < before {
				t.Fatalf("line %d is earlier than the one above", k)
			}
			before = l.Step
		}
		if s := steps[l.Step]; l.Count > 1 && (s.Row.Alert != 0 || fails(&s.Row) && !dials(&s.Row) || marked(s)) {
			t.Fatalf("line %d hides what must be seen", k)
		}
		at, ok := f.Find(l.Step)
		if !ok || f.Line(at).Step != l.Step {
			t.Fatalf("step %d of line %d is found on line %d", l.Step, k, at)
		}
	}
	for k := range f.runs { // whatever stands within a run, not its first alone
		if r := &f.runs[k]; r.n > 1 {
			for p := r.first; p >= 0; p = f.next[p] {
				if s := steps[f.step(int(p))]; s.Row.Alert != 0 || fails(&s.Row) && !dials(&s.Row) || marked(s) {
					t.Fatalf("run %d hides step %d", k, f.step(int(p)))
				}
			}
		}
	}
	if shown != len(pick) || f.Steps() != len(pick) {
		t.Fatalf("%d steps are shown of %d", shown, len(pick))
	}
}

// A scan is a line for each way in which its connections went, whatever the
// scanner does to wait for them; a line says where they went. What was read
// between two connections keeps them apart, and so do an alert and a pause.
func TestFoldScan(t *testing.T) {
	w := newWorld()
	p := w.process(0, "/bin/scan", "scan")
	n := &Node{}
	scan := func(ip string, from, to uint16, res int64) {
		for port := from; port <= to; port++ {
			w.does(p, "socket", 0, 7, nil)
			w.does(p, "connect", w.socket("10.0.0.9:0", fmt.Sprintf("%s:%d", ip, port), event.RoleClient), res, nil)
			w.does(p, "ppoll", 0, 1, nil)
			w.does(p, "close", 0, 0, nil)
		}
	}
	refused, begun := errnoOf("ECONNREFUSED"), errnoOf("EINPROGRESS")
	scan("10.0.0.5", 1, 1000, refused)
	scan("10.0.0.5", 22, 22, 0)
	scan("10.0.0.5", 80, 80, 0)
	scan("10.0.0.6", 1, 3, refused)
	scan("10.0.0.7", 443, 443, begun)
	w.does(p, "read", w.socket("10.0.0.9:5", "10.0.0.5:22", event.RoleClient), 20, nil)
	scan("10.0.0.5", 22, 22, 0)
	w.later(5 * second)
	scan("10.0.0.5", 22, 22, 0)
	var steps []Step
	for i := range w.b.Len() {
		steps = append(steps, Step{w.b.Row(i), n})
	}
	f := Fold(steps, FoldOptions{Pause: second})
	const want = "socket×1006=0 connect×1003=0 ppoll×1006=0 close×1006=0 connect×2=0 connect read socket connect ppoll close …5 socket connect ppoll close"
	if got := lines(f); got != want {
		t.Errorf("folded:\n%s, want\n%s", got, want)
	}
	for k, want := range map[int]string{
		1: "10.0.0.5, 10.0.0.6, 1,000 ports 1–1000 ECONNREFUSED",
		4: "10.0.0.5, ports 22, 80 ",
	} {
		if d := f.Dialed(k); d == nil || d.String()+" "+d.Error != want {
			t.Errorf("line %d goes to %v, want %s", k, d, want)
		}
	}
	if f.Dialed(0) != nil || f.Dialed(5) != nil {
		t.Error("what is no run of connections goes somewhere")
	}
	awaited := w.b.Row(4*1005 + 1)
	if fails(&steps[len(steps)-3].Row) || !fails(&steps[1].Row) || fails(&awaited) {
		t.Error("a connection that nobody waits for has failed, or one that was refused has not")
	}
	mark := Fold(steps[:40], FoldOptions{Marked: func(s Step) bool { return s.Row.I == 21 }})
	if got, want := lines(mark), "socket×6=0 connect×5=0 ppoll×5=0 close×5=0 connect ppoll×5=0 close×5=0 socket×4=0 connect×4=0"; got != want {
		t.Errorf("with a mark:\n%s, want\n%s", got, want)
	}
}
