package trail

import (
	"sort"

	"github.com/stoop-project/stoop/internal/event"
)

// Folding is some steps of a trail as lines: a run of like calls is one line
// that can be unfolded, a pause between two steps a line of its own. A step with
// an alert or a mark, and a call that failed, has always its own line.
//
// Making one takes a look at each step; a line is found without looking at
// those before it.
type Folding struct {
	steps []Step
	pick  []int32 // the steps that are shown, in order; nil: all
	runs  []run
	gaps  []Gap
	next  []int32 // by place among the steps shown: the next one of its run, -1 at the end
	at    []int32 // by place: the run that it is in

	open  []opened // in the order of their runs
	lines int

	dialed map[int]*Dialed // by the first step of the runs that were asked for
}

// run is a line as long as nothing is unfolded. Without any steps it is a pause
// before the next run, or a gap in what was recorded.
type run struct {
	first, last int32 // places among the steps shown
	n           int32
	gap         int32 // the how-manieth, from 1; 0: none
	bytes       int64 // of a pause its ns
}

// opened is a run that is unfolded.
type opened struct {
	run     int
	members []int32 // places
}

// Line is one line of a [Folding].
type Line struct {
	Step  int   // number of the step in the trail; of a run the first, of a pause the one behind it
	Last  int   // number of the last step
	Count int   // how many steps the line stands for; 0: a pause, or a gap
	Bytes int64 // that they read and wrote, together
	Pause int64 // ns without any step
	Gap   *Gap  // within which events were lost, from here on; nil: none
	Open  bool  // the run's steps stand below
	Of    int   // the how-manieth of an unfolded run, from 1; 0: a line of its own
}

// FoldOptions say what is folded.
type FoldOptions struct {
	Pick   []int32         // numbers of the steps that are shown, in order; nil: all
	Marked func(Step) bool // steps with a mark; may be nil
	Pause  int64           // ns without steps that get a line; 0: none do
	Flat   bool            // nothing is folded
	Gaps   []Gap           // within which events were lost, in order
}

// likeness is what the calls of a run have in common.
type likeness struct {
	node *Node
	t    *event.Tables
	typ  event.Type
	obj  event.ObjID
	fd   int32
	res  int64 // of a connection: how it went
}

// like is what other calls must have in common with a step to be folded with it.
// Connections are alike wherever they go, if they went the same.
func like(s *Step, m manner) likeness {
	r := &s.Row
	l := likeness{node: s.Node, t: r.T, typ: r.Type, obj: r.Obj, fd: -1}
	switch {
	case m == dialling:
		l.obj = 0
		if dials(r) {
			l.res = r.B.Res[r.I]
		}
	case r.Obj == 0:
		l.fd = r.B.FD[r.I]
	}
	return l
}

// openRuns bounds how many kinds of calls may alternate and still be folded:
// read, write, poll, ….
const openRuns = 12

// Fold makes lines of steps. Calls are like that one process made, of one type
// and on one file or socket. What moves data, waits or asks for memory is
// folded though calls of other kinds of that sort stand between; connections of
// the internet that one process tried and that went alike, to wherever, though
// it made sockets and waited between; any other deed only with those of its like
// right before it. So no deed, alert or mark ever changes its place relative to
// another of another kind.
func Fold(steps []Step, opt FoldOptions) *Folding {
	f := &Folding{steps: steps, pick: opt.Pick, gaps: opt.Gaps}
	n := len(steps)
	if f.pick != nil {
		n = len(f.pick)
	}
	f.next, f.at, f.runs = make([]int32, n), make([]int32, n), make([]run, 0, n/4)
	var kinds []likeness // of the runs that may go on, with runs beside it
	var runs []int
	now := idling              // the manner of the runs that may go on
	before, gap := int64(0), 0 // the gaps before have their lines
	for p := range n {
		s := &steps[f.step(p)]
		f.next[p] = -1
		r := &s.Row
		at := r.B.Time[r.I]
		if opt.Pause > 0 && p > 0 && at-before >= opt.Pause {
			f.runs = append(f.runs, run{first: int32(p), last: int32(p), bytes: at - before})
			kinds, runs = kinds[:0], runs[:0]
		}
		before = at
		for gap < len(f.gaps) && f.gaps[gap].From <= at {
			gap++
			f.runs = append(f.runs, run{first: int32(p), last: int32(p), gap: int32(gap)})
			kinds, runs = kinds[:0], runs[:0]
		}
		if r.Alert != 0 || opt.Flat || opt.Marked != nil && opt.Marked(*s) {
			kinds, runs = kinds[:0], runs[:0]
			f.begin(p, r)
			continue
		}
		m := mannerOf(r)
		if fails(r) && !dials(r) {
			f.begin(p, r)
			continue
		}
		is := like(s, m)
		if k := indexOf(kinds, &is); k >= 0 {
			f.add(runs[k], p, r)
			continue
		}
		after, ok := now.goesOn(m)
		if len(kinds) == 0 || !ok || len(kinds) == openRuns {
			kinds, runs, after = kinds[:0], runs[:0], m
		}
		now = after
		kinds, runs = append(kinds, is), append(runs, len(f.runs))
		f.begin(p, r)
	}
	for n > 0 && gap < len(f.gaps) {
		gap++
		f.runs = append(f.runs, run{first: int32(n - 1), last: int32(n - 1), gap: int32(gap)})
	}
	f.lines = len(f.runs)
	return f
}

func indexOf(kinds []likeness, like *likeness) int {
	for i := len(kinds) - 1; i >= 0; i-- {
		// What tells most kinds apart is looked at first.
		if k := &kinds[i]; k.typ == like.typ && k.obj == like.obj && k.node == like.node && *k == *like {
			return i
		}
	}
	return -1
}

// quiet are the types of calls that are no deeds.
var quiet = func() (set [event.NumTypes]bool) {
	set = typesOf("futex", "close", "lseek", "fstat", "fcntl", "getpid", "getppid", "gettid", "rt_sigaction", "rt_sigprocmask")
	for i := range set {
		switch event.Type(i).Info().Category {
		case "io-read", "io-write", "io-other", "wait", "sleep", "time", "memory", "scheduler":
			set[i] = true
		}
	}
	return set
}()

// fails reports whether a call ended with an error. A connection that nobody
// waits for has not failed.
func fails(r *event.Row) bool {
	return r.B.Bits[r.I]&event.HasRes != 0 && event.Failed(r.B.Res[r.I]) && !(connects[r.Type] && r.B.Res[r.I] == einprog)
}

// moved returns how many bytes a call read or wrote.
func moved(r *event.Row) int64 {
	if !carries[r.Type] || r.B.Bits[r.I]&event.HasRes == 0 {
		return 0
	}
	return max(r.B.Res[r.I], 0)
}

// carries are the types of calls that move data.
var carries = func() (set [event.NumTypes]bool) {
	for i := range set {
		c := event.Type(i).Info().Category
		set[i] = c == "io-read" || c == "io-write"
	}
	return set
}()

func (f *Folding) step(p int) int {
	if f.pick == nil {
		return p
	}
	return int(f.pick[p])
}

func (f *Folding) begin(p int, r *event.Row) {
	f.at[p] = int32(len(f.runs))
	f.runs = append(f.runs, run{first: int32(p), last: int32(p), n: 1, bytes: moved(r)})
}

func (f *Folding) add(k, p int, r *event.Row) {
	to := &f.runs[k]
	f.at[p] = int32(k)
	f.next[to.last], to.last = int32(p), int32(p)
	to.n++
	to.bytes += moved(r)
}

// Nth returns the number of the i-th step that is shown, 0 ≤ i < Steps.
func (f *Folding) Nth(i int) int { return f.step(i) }

// Place returns the how-manieth a step is among those shown, or the first shown
// behind it is.
func (f *Folding) Place(step int) int {
	if f.pick == nil {
		return min(step, len(f.at))
	}
	return sort.Search(len(f.pick), func(i int) bool { return int(f.pick[i]) >= step })
}

// Len returns how many lines there are.
func (f *Folding) Len() int { return f.lines }

// Steps returns how many steps are shown.
func (f *Folding) Steps() int { return len(f.next) }

// Line returns line k, 0 ≤ k < Len.
func (f *Folding) Line(k int) Line {
	before := 0 // lines of unfolded runs above
	for _, o := range f.open {
		if o.run+before >= k {
			break
		}
		if i := k - before - o.run; i <= len(o.members) {
			p := int(o.members[i-1])
			s := f.step(p)
			return Line{Step: s, Last: s, Count: 1, Bytes: moved(&f.steps[s].Row), Of: i}
		}
		before += len(o.members)
	}
	i := k - before
	r := f.runs[i]
	l := Line{Step: f.step(int(r.first)), Last: f.step(int(r.last)), Count: int(r.n), Bytes: r.bytes}
	if r.n == 0 {
		l.Pause, l.Bytes = r.bytes, 0
		if r.gap > 0 {
			l.Gap = &f.gaps[r.gap-1]
		}
	}
	_, l.Open = f.opened(i)
	return l
}

// opened returns where a run is among those that are unfolded, or would be.
func (f *Folding) opened(run int) (i int, ok bool) {
	i = sort.Search(len(f.open), func(i int) bool { return f.open[i].run >= run })
	return i, i < len(f.open) && f.open[i].run == run
}

// Find returns the line that shows a step, by its number in the trail: of a
// folded run the run's. ok is false when it is not shown; then the line is that
// of the first step shown behind it.
func (f *Folding) Find(step int) (k int, ok bool) {
	p := f.Place(step)
	if p >= len(f.at) {
		return max(f.lines-1, 0), false
	}
	ok = f.step(p) == step
	r := int(f.at[p])
	k = r
	for _, o := range f.open {
		switch {
		case o.run < r:
			k += len(o.members)
		case o.run == r:
			return k + 1 + sort.Search(len(o.members), func(i int) bool { return int(o.members[i]) >= p }), ok
		}
	}
	return k, ok
}

// Toggle unfolds the run of line k, or folds it again; it returns the line of
// the run and false when there is nothing to fold.
func (f *Folding) Toggle(k int) (line int, ok bool) {
	before := 0
	for i, o := range f.open {
		if o.run+before >= k {
			break
		}
		if k-before-o.run <= len(o.members) { // within an unfolded one
			f.fold(i)
			return o.run + before, true
		}
		before += len(o.members)
	}
	r := k - before
	if i, open := f.opened(r); open {
		f.fold(i)
		return k, true
	}
	if f.runs[r].n < 2 {
		return k, false
	}
	f.unfold(r)
	return k, true
}

func (f *Folding) fold(i int) {
	f.lines -= len(f.open[i].members)
	f.open = append(f.open[:i], f.open[i+1:]...)
}

func (f *Folding) unfold(r int) {
	members := make([]int32, 0, f.runs[r].n)
	for p := f.runs[r].first; p >= 0; p = f.next[p] {
		members = append(members, p)
	}
	i, _ := f.opened(r)
	f.open = append(f.open, opened{})
	copy(f.open[i+1:], f.open[i:])
	f.open[i] = opened{r, members}
	f.lines += len(members)
}

// Unfolded returns the first steps of the runs that are unfolded.
func (f *Folding) Unfolded() (steps []int) {
	for _, o := range f.open {
		steps = append(steps, f.step(int(f.runs[o.run].first)))
	}
	return steps
}
