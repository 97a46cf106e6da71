package store

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// feed makes batches of made-up events: a few processes in two containers.
type feed struct {
	t     *event.Tables
	procs []event.ProcID
	seq   uint64
	rng   *rand.Rand
}

func newFeed(seed uint64) *feed {
	f := &feed{t: event.NewTables(), seq: 1, rng: rand.New(rand.NewPCG(seed, 1))}
	for i := range 6 {
		id := f.t.Conts.Intern(event.Container{ID: f.t.Strings.Add([]string{"host", "6cf4be7b2388"}[i%2])})
		f.procs = append(f.procs, event.ProcID(f.t.Procs.Add(event.Proc{
			PID: int32(i), Name: f.t.Strings.Add(fmt.Sprint("p", i)), Cont: event.ContID(id),
		})))
	}
	return f
}

// batch returns n events from time at on, a step of up to 2 ns between them so
// that equal times occur.
func (f *feed) batch(at int64, n int) *event.Batch {
	b := event.NewBatch(f.t, f.seq, n)
	for range n {
		e := event.Event{
			Time: at, Type: event.Type(f.rng.IntN(4)), Proc: f.procs[f.rng.IntN(len(f.procs))],
			FD: int32(f.rng.IntN(8)), Dur: -1,
		}
		if f.rng.IntN(50) == 0 {
			e.Alert = event.AlertID(f.t.Alerts.Intern(event.Alert{Rule: f.t.Strings.Add("r"), Priority: event.PriorityNotice}))
		}
		b.Append(e, fmt.Appendf(nil, "%d", f.seq))
		f.seq++
		at += int64(f.rng.IntN(3))
	}
	return b
}

func compile(t *testing.T, text string) *filter.Filter {
	t.Helper()
	if text == "" {
		return nil
	}
	f, err := filter.Compile(text, event.Fields)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// expect lists the payloads of all events that a filter holds for, in the
// order of time.
func expect(f *filter.Filter, all []*event.Batch) (want []string) {
	type row struct {
		time int64
		text string
	}
	var rows []row
	for _, b := range all {
		for i := range b.Len() {
			if f == nil || f.Match(b, i) {
				rows = append(rows, row{b.Time[i], string(b.Payload(i))})
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a.time, b.time) })
	for _, r := range rows {
		want = append(want, r.text)
	}
	return want
}

func TestViewAgreesWithASortedList(t *testing.T) {
	filters := []string{"", "evt.type = write", "proc.name = p3 and evt.type in (read, open)", "container.id = host", "proc.name = nobody"}
	for seed := range uint64(6) {
		s := New(0)
		feeds := []*feed{newFeed(seed)}
		if seed%2 == 1 {
			feeds = append(feeds, newFeed(seed+100)) // two sources side by side
		}
		views := make([]*View, len(filters))
		for i, text := range filters {
			views[i] = s.View(compile(t, text))
		}
		var all []*event.Batch
		rng := rand.New(rand.NewPCG(seed, 2))
		at := int64(1000)
		for range 30 {
			f := feeds[rng.IntN(len(feeds))]
			start := at
			if rng.IntN(10) == 0 {
				start = at / 2 // time runs back: a drained recorder
			}
			b := f.batch(start, 1+rng.IntN(3000))
			at = max(at, b.Time[b.Len()-1])
			all = append(all, b)
			s.Batch(b)
			if rng.IntN(3) == 0 {
				views[rng.IntN(len(views))].Update(context.Background(), time.Minute)
			}
		}
		for i, v := range views {
			if !v.Update(context.Background(), time.Minute) {
				t.Fatal("Update did not finish")
			}
			check(t, fmt.Sprintf("seed %d, filter %q", seed, filters[i]), v, expect(v.Filter(), all))
		}
	}
}

// Pages that are read back, newest first, stay in order, however many there are.
func TestReadingBack(t *testing.T) {
	s, f := New(0), newFeed(1)
	v := s.View(compile(t, "evt.type = write"))
	var all []*event.Batch
	for page := range 3 * maxLanes {
		b := f.batch(int64(1e9-page*3000), 1000) // 1,000 steps of up to 2 ns
		all = append(all, b)
		s.Batch(b)
		if page%10 == 0 {
			newest := f.batch(int64(2e9+page*3000), 10)
			all = append(all, newest)
			s.Batch(newest)
			v.Update(context.Background(), time.Minute)
		}
	}
	v.Update(context.Background(), time.Minute)
	check(t, "read back", v, expect(v.Filter(), all))
	if n := len(s.lanes); n != 1 {
		t.Errorf("%d lanes", n)
	}
}

func check(t *testing.T, name string, v *View, want []string) {
	t.Helper()
	if v.Len() != len(want) {
		t.Fatalf("%s: Len is %d, want %d", name, v.Len(), len(want))
	}
	refs := v.Range(0, len(want)+10)
	got := make([]string, len(refs))
	for i, r := range refs {
		got[i] = string(r.B.Payload(r.I))
		if i > 0 && refs[i-1].Time() > r.Time() {
			t.Fatalf("%s: time runs back at %d", name, i)
		}
	}
	// Events of one time may stand in another order than they came in, when
	// they came in different lanes.
	slices.Sort(got)
	sortedWant := slices.Sorted(slices.Values(want))
	if !slices.Equal(got, sortedWant) {
		t.Fatalf("%s: the view shows other events than the list", name)
	}
	for k := 0; k < len(refs); k += 1 + len(refs)/97 {
		if r, ok := v.At(k); !ok || r.ID != refs[k].ID {
			t.Fatalf("%s: At(%d) is %v, Range says %v", name, k, r.ID, refs[k].ID)
		}
		if back, ok := v.Find(refs[k].ID); !ok || back != k {
			t.Fatalf("%s: Find(At(%d)) = %d, %v", name, k, back, ok)
		}
		first := v.FindTime(refs[k].Time())
		if first > k || refs[first].Time() != refs[k].Time() || first > 0 && refs[first-1].Time() == refs[k].Time() {
			t.Fatalf("%s: FindTime of event %d is %d", name, k, first)
		}
	}
	checkHistogram(t, name, v, refs)
}

func checkHistogram(t *testing.T, name string, v *View, refs []Ref) {
	t.Helper()
	from, to, ok := v.Span()
	if ok != (len(refs) > 0) {
		t.Fatalf("%s: Span says %v of %d events", name, ok, len(refs))
	}
	if !ok {
		return
	}
	if from != refs[0].Time() || to != refs[len(refs)-1].Time() {
		t.Fatalf("%s: Span is %d-%d, want %d-%d", name, from, to, refs[0].Time(), refs[len(refs)-1].Time())
	}
	const buckets = 13
	lo, hi := from+(to-from)/10, to-(to-from)/10+1
	want := make([]int, buckets)
	for _, r := range refs {
		if r.Time() < lo || r.Time() >= hi {
			continue
		}
		i := 0
		for lo+(hi-lo)*int64(i+1)/buckets <= r.Time() {
			i++
		}
		want[i]++
	}
	if got := v.Histogram(lo, hi, buckets); !slices.Equal(got, want) {
		t.Fatalf("%s: Histogram is %v, want %v", name, got, want)
	}
}

func TestPausedViewStandsStill(t *testing.T) {
	s, f := New(0), newFeed(1)
	v := s.View(nil)
	s.Batch(f.batch(1000, 500))
	v.Update(context.Background(), time.Minute)
	v.Pause(true)
	for range 40 {
		s.Batch(f.batch(100_000, 2000))
	}
	v.Update(context.Background(), time.Minute)
	if v.Len() != 500 || v.New() != 80_000 {
		t.Errorf("paused: shows %d, new %d; want 500 and 80000", v.Len(), v.New())
	}
	v.Pause(false)
	if v.Len() != 80_500 || v.New() != 0 {
		t.Errorf("going on: shows %d, new %d; want 80500 and 0", v.Len(), v.New())
	}
}

func TestOldestGoFirst(t *testing.T) {
	const budget = 24 << 20
	s, f := New(budget), newFeed(1)
	made := 0
	for at := int64(1); at < 100; at++ {
		s.Batch(f.batch(at*1_000_000, adoptRows))
		made += adoptRows
	}
	st := s.Stats()
	if st.Bytes > budget {
		t.Errorf("holds %d bytes, over the bound of %d", st.Bytes, budget)
	}
	if st.Evicted == 0 || st.Events+st.Evicted != int64(made) {
		t.Errorf("held %d + evicted %d is not the %d events made", st.Events, st.Evicted, made)
	}
	if st.Newest < 99_000_000 || st.Oldest < 2_000_000 {
		t.Errorf("span is %d-%d: the newest should be there and the oldest gone", st.Oldest, st.Newest)
	}
}

func TestLateContainerMetadataIsSeen(t *testing.T) {
	s, f := New(0), newFeed(3)
	s.Batch(f.batch(1, 1000))
	v := s.View(compile(t, "container.id = 0123456789ab"))
	v.Update(context.Background(), time.Minute)
	if v.Len() != 0 {
		t.Fatalf("%d events before the container is known", v.Len())
	}
	for id := range f.t.Conts.Len() {
		row := *f.t.Conts.At(uint32(id))
		if f.t.Text(row.ID) == "6cf4be7b2388" {
			row.ID = f.t.Strings.Add("0123456789ab")
			f.t.Conts.Set(uint32(id), row)
		}
	}
	v.Update(context.Background(), time.Minute)
	if v.Len() == 0 {
		t.Error("events of a container that was named late are not found")
	}
}

func TestContainersAndRates(t *testing.T) {
	s := New(0)
	f := newFeed(5)
	c := s.Containers()
	want := map[string]int{}
	alerts := 0
	for i := range 20 {
		b := f.batch(int64(1+i)*10_000, 1500)
		for j := range b.Len() {
			want[f.t.Text(f.t.Cont(f.t.Proc(b.Proc[j]).Cont).ID)]++
			if b.AlertAt(j) != 0 {
				alerts++
			}
		}
		s.Batch(b)
		c.Update(context.Background())
	}
	got := c.Update(context.Background())
	for _, row := range got {
		if row.Events != want[row.ID] {
			t.Errorf("%s: %d events, want %d", row.ID, row.Events, want[row.ID])
		}
		alerts -= row.Alerts
	}
	if len(got) != 2 || alerts != 0 {
		t.Errorf("%d containers, %d alerts not counted", len(got), alerts)
	}
}

// Rates are the same whether chunks were counted before or not, and what a look
// at every single event finds.
func TestRates(t *testing.T) {
	s, f := New(0), newFeed(5)
	var all []*event.Batch
	for i := range 8 {
		all = append(all, f.batch(int64(1+i)*1_000_000, 20_000)) // a chunk each
		s.Batch(all[i])
	}
	st := s.Stats()
	for _, span := range [][2]int64{{st.Oldest, st.Newest + 1}, {st.Oldest + 1500, st.Newest - 700_000}, {st.Oldest, st.Oldest + 1}, {5, 5}} {
		for _, buckets := range []int{1, 3, 50, 0} {
			want := map[string][]int{}
			for _, b := range all {
				for i, at := range b.Time {
					if at < span[0] || at >= span[1] || buckets == 0 {
						continue
					}
					id := f.t.Text(f.t.Cont(f.t.Proc(b.Proc[i]).Cont).ID)
					if want[id] == nil {
						want[id] = make([]int, buckets)
					}
					width := float64(span[1]-span[0]) / float64(buckets)
					want[id][min(int(float64(at-span[0])/width), buckets-1)]++
				}
			}
			for _, when := range []string{"before", "after"} {
				if got := s.Rates(span[0], span[1], buckets); !reflect.DeepEqual(got, want) {
					t.Errorf("%v in %d, %s Update: %v, want %v", span, buckets, when, got, want)
				}
				s.Containers().Update(context.Background())
			}
		}
	}
}

func TestGroupBy(t *testing.T) {
	s, f := New(0), newFeed(9)
	want := map[string]int{}
	for i := range 5 {
		b := f.batch(int64(1+i)*10_000, 3000)
		for j := range b.Len() {
			want[b.Type[j].String()]++
		}
		s.Batch(b)
	}
	v := s.View(nil)
	v.Update(context.Background(), time.Minute)
	groups := v.GroupBy(context.Background(), event.HomeType, func(r event.Row) (string, bool) { return r.Type.String(), true })
	if len(groups) != len(want) {
		t.Fatalf("%d groups, want %d", len(groups), len(want))
	}
	for i, g := range groups {
		if g.Count != want[g.Value] {
			t.Errorf("%s: %d, want %d", g.Value, g.Count, want[g.Value])
		}
		if i > 0 && groups[i-1].Count < g.Count {
			t.Error("groups are not in order")
		}
	}
}

func TestUpdateWhileEventsArrive(t *testing.T) {
	s, f := New(8<<20), newFeed(2)
	v := s.View(nil)
	c := s.Containers()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for at := int64(1); at < 400; at++ {
			s.Batch(f.batch(at*10_000, 700))
		}
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		v.Update(context.Background(), time.Millisecond)
		c.Update(context.Background())
		n := v.Len()
		for _, r := range v.Range(n-20, 20) {
			if len(r.B.Payload(r.I)) == 0 {
				t.Fatal("an event without its payload")
			}
		}
	}
	v.Update(context.Background(), time.Minute)
	if got, want := int64(v.Len()), s.Stats().Events; got != want {
		t.Errorf("the view shows %d of %d events", got, want)
	}
}
