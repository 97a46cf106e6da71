package sequence

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/rules"
)

// reference says when a sequence fires over all events of one group, in the
// order of time, by trying everything. It returns a line a firing: the second,
// how many optional steps there were, and for how long it went on; the last two
// are left out for counts.
type reference struct {
	seq   *rules.Sequence
	recs  []deed
	end   int64 // time of the last event of all groups
	from  int   // events before it were used up
	fired []string
}

func (r *reference) span() int64 { return int64(r.seq.Timespan / time.Second) }

func (r *reference) is(k, step int) bool {
	return strings.Contains(r.recs[k].name, r.seq.Steps[step].Name)
}

func (r *reference) run() []string {
	switch {
	case r.seq.Type == rules.Ordered:
		r.ordered()
	case r.seq.Type == rules.Temporal:
		r.temporal()
	case r.seq.Count.Bounded():
		r.windows()
	default:
		r.slide()
	}
	return r.fired
}

// try is a choice of events for steps.
type try struct {
	first, last int
	may         uint32
}

// better is the order in which choices are told.
func (r *reference) better(a, b try) bool {
	if n, m := bits.OnesCount32(a.may), bits.OnesCount32(b.may); n != m {
		return n > m
	}
	return r.recs[a.first].time > r.recs[b.first].time
}

// chains calls yield with every way to take the steps from step on with events
// from k on; prev is the event before, gap the one of the last step that must
// happen, with the steps that must not happen since.
func (r *reference) chains(step, k, gap int, never []int, c try, yield func(try)) {
	if step == len(r.seq.Steps) {
		yield(c)
		return
	}
	s := r.seq.Steps[step]
	switch {
	case s.Not:
		r.chains(step+1, k, gap, append(slices.Clip(never), step), c, yield)
		return
	case s.Optional:
		r.chains(step+1, k, gap, never, c, yield)
	}
	for ; k < len(r.recs); k++ {
		if !r.is(k, step) {
			continue
		}
		next := c
		if next.first < 0 {
			next.first = k
		}
		if next.last = k; r.recs[k].time-r.recs[next.first].time > r.span() {
			break
		}
		if s.Optional {
			next.may |= 1 << step
			r.chains(step+1, k+1, gap, never, next, yield)
			continue
		}
		if !r.barred(gap, k, never) {
			r.chains(step+1, k+1, k, nil, next, yield)
		}
	}
}

// barred reports whether something that must not happen lies between two
// events; before the first one, within the time span before it.
func (r *reference) barred(gap, k int, never []int) bool {
	for j := gap + 1; j < k; j++ {
		for _, n := range never {
			if r.is(j, n) && (gap >= 0 || r.recs[k].time-r.recs[j].time <= r.span()) {
				return true
			}
		}
	}
	return false
}

func (r *reference) ordered() {
	steps := r.seq.Steps
	must := 0 // where the last step that must happen is
	for i, s := range steps {
		if !s.Optional && !s.Not {
			must = i
		}
	}
	var after []int
	for i := must + 1; i < len(steps); i++ {
		if steps[i].Not {
			after = append(after, i)
		}
	}
	var wait *try
	for k := 0; k <= len(r.recs); k++ {
		if wait != nil {
			due := r.recs[wait.first].time + r.span()
			if k == len(r.recs) && due < r.end || k < len(r.recs) && due < r.recs[k].time {
				r.fired = append(r.fired, fmt.Sprint(due, " ", bits.OnesCount32(wait.may)))
				r.from, wait = k, nil
			}
		}
		if k == len(r.recs) {
			return
		}
		if wait != nil {
			for i := must + 1; i < len(steps); i++ {
				// What comes last in the steps is looked at first: an event that
				// must not come does away with the others.
				if steps[i].Optional && r.is(k, i) && wait.may>>i == 0 && !slices.ContainsFunc(after, func(n int) bool { return r.is(k, n) }) {
					wait.may |= 1 << i
					break
				}
			}
			if slices.ContainsFunc(after, func(n int) bool { return r.is(k, n) }) {
				wait = nil
			}
		}
		if wait != nil || !r.is(k, must) {
			continue
		}
		var best *try
		all := &reference{seq: &rules.Sequence{Steps: steps[:must+1], Timespan: r.seq.Timespan}, recs: r.recs[:k+1]}
		all.chains(0, r.from, -1, nil, try{first: -1}, func(c try) {
			if c.last == k && (best == nil || r.better(c, *best)) {
				best = &c
			}
		})
		switch {
		case best == nil:
		case len(after) > 0:
			wait = best
		default:
			took := r.recs[k].time - r.recs[best.first].time
			r.fired = append(r.fired, fmt.Sprint(r.recs[k].time, " ", bits.OnesCount32(best.may), " ", took))
			r.from = k + 1
		}
	}
}

func (r *reference) temporal() {
	for k := range r.recs {
		var must []int
		mine := false
		for i, s := range r.seq.Steps {
			if !s.Optional && !s.Not {
				must = append(must, i)
				mine = mine || r.is(k, i)
			}
		}
		if mine && r.choose(must, k, k, k) {
			r.fired = append(r.fired, fmt.Sprint(r.recs[k].time))
			r.from = k + 1
		}
	}
}

// choose reports whether there is an event for each step, between first and
// last so far, the last being the one at hand.
func (r *reference) choose(must []int, first, last, at int) bool {
	if len(must) == 0 {
		for j := first + 1; j < last; j++ {
			for i, s := range r.seq.Steps {
				if s.Not && r.is(j, i) {
					return false
				}
			}
		}
		return true
	}
	for j := r.from; j <= at; j++ {
		if r.is(j, must[0]) && r.recs[at].time-r.recs[j].time <= r.span() && r.choose(must[1:], min(first, j), last, at) {
			return true
		}
	}
	return false
}

func (r *reference) counted(from, to int) int {
	if r.seq.Type == rules.EventCount {
		n := 0
		for k := from; k < to; k++ {
			if r.is(k, 0) {
				n++
			}
		}
		return n
	}
	ports := map[uint16]bool{}
	for k := from; k < to; k++ {
		if r.is(k, 0) && r.recs[k].port != 0 {
			ports[r.recs[k].port] = true
		}
	}
	return len(ports)
}

func (r *reference) counts(k int) bool {
	return r.is(k, 0) && (r.seq.Type == rules.EventCount || r.recs[k].port != 0)
}

func (r *reference) slide() {
	for k := range r.recs {
		from := r.from
		for r.recs[k].time-r.recs[from].time > r.span() {
			from++
		}
		if r.counts(k) && r.counted(from, k+1) >= r.seq.Count.Min {
			r.fired = append(r.fired, fmt.Sprint(r.recs[k].time))
			r.from = k + 1
		}
	}
}

func (r *reference) windows() {
	for k := 0; k < len(r.recs); k++ {
		if !r.counts(k) {
			continue
		}
		due, to := r.recs[k].time+r.span(), k
		for to < len(r.recs) && r.recs[to].time <= due {
			to++
		}
		if n := r.counted(k, to); due < r.end && n >= r.seq.Count.Min && n <= r.seq.Count.Max {
			r.fired = append(r.fired, fmt.Sprint(due))
		}
		k = to - 1
	}
}

// randomSequence is a sequence of a few steps a, b, c, d.
func randomSequence(rng *rand.Rand) *rules.Sequence {
	typ := rules.SequenceType(rng.IntN(4))
	s := sequenceOf(typ, time.Duration(1+rng.IntN(12))*time.Second)
	if rng.IntN(4) == 0 {
		s.Suppress = time.Duration(1+rng.IntN(20)) * time.Second
	}
	if typ.Counts() {
		s.Steps = []rules.Step{stepOf("a")}
		s.Field = "fd.rport"
		s.Count = rules.Count{Min: 1 + rng.IntN(4), Max: rules.NoMax}
		if rng.IntN(2) == 0 {
			s.Count.Max = s.Count.Min + rng.IntN(3)
			s.Count.Min = rng.IntN(2) * s.Count.Min
		}
		return s
	}
	for must := false; !must; {
		s.Steps = nil
		for _, name := range []string{"a", "b", "c", "d"}[:2+rng.IntN(3)] {
			spec := name + []string{"", "", "?", "!"}[rng.IntN(4)]
			s.Steps = append(s.Steps, stepOf(spec))
			must = must || len(spec) == 1
		}
	}
	return s
}

func randomDeeds(rng *rand.Rand, steps int) []deed {
	deeds := make([]deed, 1+rng.IntN(24))
	now := int64(100)
	for i := range deeds {
		now += int64(rng.IntN(3))
		d := deed{time: now, cont: []string{"x", "x", "y", ""}[rng.IntN(4)], port: uint16(rng.IntN(4))}
		for d.name == "" || rng.IntN(6) == 0 {
			d.name += string(rune('a' + rng.IntN(steps+1))) // one more than there are: it is no step
		}
		deeds[i] = d
	}
	return deeds
}

// line is what the reference says of a firing.
func line(f *Fired) string {
	text := fmt.Sprint(f.Time / int64(time.Second))
	if f.Sequence.Type != rules.Ordered {
		return text
	}
	may := 0
	for _, s := range f.Steps {
		if s.Step.Optional {
			may++
		}
	}
	text += fmt.Sprint(" ", may)
	if p, _ := newPlan(f.Sequence, event.Fields); !p.trailing() {
		text += fmt.Sprint(" ", (f.Time-f.Since)/int64(time.Second))
	}
	return text
}

// What fires is what trying everything says, however the events are cut into
// batches, and however late they come within what is allowed.
func TestReference(t *testing.T) {
	const rounds = 400
	fired := map[rules.SequenceType]int{}
	for round := range rounds {
		rng := rand.New(rand.NewPCG(uint64(round), 7))
		seq := randomSequence(rng)
		deeds := randomDeeds(rng, len(seq.Steps))
		want := expected(seq, deeds)
		for _, late := range []int64{0, 3} {
			got := played(t, rng, seq, deeds, late)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("round %d, late by %d s: %v %+v suppress %v\n%v\ngot  %v\nwant %v", round, late, seq.Type, specs(seq), seq.Suppress, deeds, got, want)
			}
		}
		fired[seq.Type] += len(want["x"]) + len(want["y"])
	}
	for typ := range rules.SequenceType(4) {
		if fired[typ] < rounds/50 {
			t.Errorf("%s fired %d times in %d rounds: the events say little", typ, fired[typ], rounds)
		}
	}
}

func specs(s *rules.Sequence) (all []string) {
	for _, step := range s.Steps {
		all = append(all, fmt.Sprintf("%s optional=%v not=%v", step.Name, step.Optional, step.Not))
	}
	return append(all, fmt.Sprint(s.Count, s.Timespan))
}

// expected returns the lines of the reference by group.
func expected(seq *rules.Sequence, deeds []deed) map[string][]string {
	want := map[string][]string{}
	for _, cont := range []string{"x", "y"} {
		r := reference{seq: seq, end: deeds[len(deeds)-1].time}
		for _, d := range deeds {
			if d.cont == cont {
				r.recs = append(r.recs, d)
			}
		}
		silent := int64(-1)
		for _, l := range r.run() {
			var at int64
			fmt.Sscan(l, &at)
			if at <= silent {
				continue
			}
			want[cont] = append(want[cont], l)
			if seq.Suppress > 0 {
				silent = at + int64(seq.Suppress/time.Second)
			}
		}
	}
	return want
}

// played returns the lines of what fires by group.
func played(t *testing.T, rng *rand.Rand, seq *rules.Sequence, deeds []deed, late int64) map[string][]string {
	got := map[string][]string{}
	tell := func(f *Fired) {
		checkFired(t, f)
		got[f.Group[0].Text] = append(got[f.Group[0].Text], line(f))
	}
	w, c := newWorld(), mustNew(t, Options{Lateness: time.Duration(late) * time.Second}, seq)
	come := slices.Clone(deeds)
	if late > 0 { // events of one time keep their order
		when := map[int64]int64{}
		for _, d := range come {
			when[d.time] = d.time + rng.Int64N(late+1)
		}
		slices.SortStableFunc(come, func(a, b deed) int { return int(when[a.time] - when[b.time]) })
	}
	for len(come) > 0 {
		n := 1 + rng.IntN(len(come))
		c.Feed(w.batch(come[:n]...), nil, nil, tell)
		come = come[n:]
		if rng.IntN(8) == 0 {
			c.sweep() // changes nothing
		}
	}
	c.End(tell)
	if n := c.Stats().Late; n != 0 {
		t.Fatalf("%d events came too late", n)
	}
	return got
}

// checkFired sees to it that what is told of fulfils its own conditions.
func checkFired(t *testing.T, f *Fired) {
	t.Helper()
	for i, s := range f.Steps {
		v, _ := f.Steps[i].Event.Row().Str(s.Event.Row().P().Name)
		if !strings.Contains(v.Str, s.Step.Name) || s.Step.Not {
			t.Errorf("step %s took %s", s.Step.Name, v.Str)
		}
		if i > 0 && s.Event.Time < f.Steps[i-1].Event.Time {
			t.Errorf("%s is not in the order of time", told(f.Progress))
		}
	}
	if len(f.Steps) == 0 || time.Duration(f.Last().Time-f.Since) > f.Sequence.Timespan {
		t.Errorf("%s goes on for longer than %s", told(f.Progress), f.Sequence.Timespan)
	}
}
