package pivot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
)

var start = time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC).UnixNano()

// world makes events up: who, in which container, how many seconds after start.
type world struct{ t *event.Tables }

func newWorld() *world { return &world{event.NewTables()} }

type deed struct {
	at         float64
	name, cont string
}

func (w *world) batch(deeds ...deed) *event.Batch {
	b := event.NewBatch(w.t, 1, len(deeds))
	for _, d := range deeds {
		cont := event.ContID(w.t.Conts.Intern(event.Container{ID: w.t.Strings.Add(d.cont)}))
		proc := w.t.Procs.Intern(event.Proc{Name: w.t.Strings.Add(d.name), Cont: cont})
		b.Append(event.Event{Time: start + int64(d.at*1e9), Proc: event.ProcID(proc), Dur: -1}, []byte(d.name))
	}
	return b
}

// index is a source that finds, and hands nothing on by itself.
type index struct {
	source.Source
	batch *event.Batch
	err   error

	mu    sync.Mutex
	asked []string
}

func (x *index) Info() source.Info         { return source.Info{Name: "index"} }
func (x *index) Owns(t *event.Tables) bool { return x.batch.Tables == t }

func (x *index) Find(_ context.Context, req source.Request, n int, sink source.Sink) (more bool, err error) {
	x.mu.Lock()
	x.asked = append(x.asked, req.Filter.String())
	x.mu.Unlock()
	var rows []int
	for i := range x.batch.Len() {
		if at := x.batch.Time[i]; at >= req.Since.UnixNano() && at <= req.Until.UnixNano() && req.Filter.Match(x.batch, i) {
			rows = append(rows, i)
		}
	}
	if len(rows) > n {
		more = true
		if req.Newest {
			rows = rows[len(rows)-n:]
		} else {
			rows = rows[:n]
		}
	}
	for _, i := range rows {
		sink.Batch(x.batch.Slice(i, i+1))
	}
	return more, x.err
}

func pivotOf(t *testing.T, text string) *Pivot {
	t.Helper()
	table, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return table.All()[0]
}

const sameProcess = `
- name: process
  title: the same process
  find:
    - container.id = %container.id and proc.name = %proc.name
    - proc.name = %proc.name
  within: [-10s +5s, -1m +1m]
`

// said lists what was found, as seconds after the start.
func said(a *Answer) string {
	var words []string
	for _, f := range a.Found {
		words = append(words, fmt.Sprintf("%s@%g", f.B.Payload(f.I), float64(f.Time()-start)/1e9))
	}
	return strings.Join(words, " ")
}

// The tightest condition within the narrowest span that finds something counts;
// what was tried before is said.
func TestWiden(t *testing.T) {
	tests := []struct {
		name   string
		others []deed
		found  string
		say    string
	}{
		{
			"at once",
			[]deed{{95, "sh", "c1"}, {104.9, "sh", "c1"}, {101, "sh", "c2"}, {80, "sh", "c1"}},
			"sh@95 sh@104.9",
			`-10s +5s  container.id = c1 and proc.name = sh`,
		},
		{
			"a wider span",
			[]deed{{110, "sh", "c1"}, {101, "sh", "c2"}},
			"sh@110",
			`-1m +1m  container.id = c1 and proc.name = sh (nothing within -10s +5s)`,
		},
		{
			"a looser key",
			[]deed{{110, "sh", "c2"}},
			"sh@110",
			`-1m +1m  proc.name = sh (nothing within -10s +5s, nor for container.id = c1 and proc.name = sh)`,
		},
		{
			"nothing",
			[]deed{{110, "cat", "c1"}, {300, "sh", "c1"}},
			"",
			`nothing: container.id = c1 and proc.name = sh within -10s +5s, then -1m +1m; then proc.name = sh, up to -1m +1m`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld()
			deeds := append(slices.Clone(tt.others), deed{100, "sh", "c1"})
			slices.SortFunc(deeds, func(a, b deed) int { return int(a.at*10 - b.at*10) })
			b := w.batch(deeds...)
			st := store.New(0)
			st.Batch(b)
			q := pivotOf(t, sameProcess).Ask(Hit{b, slices.Index(deeds, deed{100, "sh", "c1"})})
			a := Find(t.Context(), q, Places(st, nil))
			if said(&a) != tt.found || a.Say() != tt.say || a.Err != nil {
				t.Errorf("found %q, %v\nsays  %s\nwant  %s", said(&a), a.Err, a.Say(), tt.say)
			}
		})
	}
}

// A SIEM is asked beside the store; what that holds of it already is there
// once, and equal events that it does not hold are kept.
func TestPlaces(t *testing.T) {
	w := newWorld()
	all := w.batch(deed{95, "sh", "c1"}, deed{98, "sh", "c1"}, deed{98, "sh", "c1"}, deed{100, "sh", "c1"}, deed{102, "sh", "c1"}, deed{103, "sh", "c2"})
	file := newWorld().batch(deed{95, "sh", "c1"})
	siem := &index{batch: all}
	st := store.New(0)
	st.Batch(all.Slice(2, 4)) // one of the twins, and the event itself
	st.Batch(file)            // another source's event that looks the same
	a := Find(t.Context(), pivotOf(t, sameProcess).Ask(Hit{all, 3}), Places(st, []source.Source{siem}))
	if got := said(&a); got != "sh@95 sh@95 sh@98 sh@98 sh@102" || a.More || a.Err != nil {
		t.Errorf("found %q, more %v: %v", got, a.More, a.Err)
	}
	held := 0
	for _, f := range a.Found {
		if f.Held {
			held++
		}
	}
	if held != 2 {
		t.Errorf("%d are held: %v", held, a.Found)
	}
	siem.err = errors.New("away")
	a = Find(t.Context(), pivotOf(t, sameProcess).Ask(Hit{all, 3}), Places(st, []source.Source{siem}))
	if said(&a) == "" || !strings.Contains(a.Say(), "index: away") {
		t.Errorf("of a source that failed it says %q", a.Say())
	}
}

// The nearest are kept of very many.
func TestNearest(t *testing.T) {
	w := newWorld()
	var deeds []deed
	for i := range 3 * MaxHits {
		deeds = append(deeds, deed{99 + float64(i)/(1.5*MaxHits), "sh", "c1"})
	}
	b := w.batch(deeds...)
	middle := 3 * MaxHits / 2
	for name, places := range map[string][]Place{
		"store": Places(filled(b), nil),
		"SIEM":  Places(store.New(0), []source.Source{&index{batch: b}}),
		"both":  Places(filled(b), []source.Source{&index{batch: b}}),
	} {
		a := Find(t.Context(), pivotOf(t, sameProcess).Ask(Hit{b, middle}), places)
		if !a.More || len(a.Found) != 2*MaxHits || a.Found[0].Time() != b.Time[middle-MaxHits] || a.Found[len(a.Found)-1].Time() != b.Time[middle+MaxHits] {
			t.Errorf("%s: %d found, more %v", name, len(a.Found), a.More)
		}
	}
}

func filled(b *event.Batch) *store.Store {
	st := store.New(0)
	st.Batch(b)
	return st
}

// What several pivots find is one timeline around the event.
func TestMerge(t *testing.T) {
	w := newWorld()
	b := w.batch(deed{95, "sh", "c1"}, deed{96, "cat", "c1"}, deed{100, "sh", "c1"}, deed{101, "sh", "c2"})
	container := pivotOf(t, "- name: container\n  title: t\n  find: [container.id = %container.id]\n  within: [-10s +10s]\n")
	places := Places(filled(b), []source.Source{&index{batch: b}})
	var answers []Answer
	for _, p := range []*Pivot{pivotOf(t, sameProcess), container} {
		answers = append(answers, Find(t.Context(), p.Ask(Hit{b, 2}), places))
	}
	var got []string
	for _, r := range Merge(answers) {
		got = append(got, fmt.Sprint(string(r.B.Payload(r.I)), r.Pivots))
	}
	if want := "sh[process container] cat[container] sh[]"; strings.Join(got, " ") != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
}

// What an event lacks is said, and nothing is looked for.
func TestMissing(t *testing.T) {
	w := newWorld()
	b := w.batch(deed{1, "sh", ""})
	siem := &index{batch: b}
	q := pivotOf(t, "- name: a\n  title: t\n  find: [container.id = %container.id, k8s.pod.name = %k8s.pod.name]\n  within: [-1s +1s]\n").Ask(Hit{b, 0})
	a := Find(t.Context(), q, Places(store.New(0), []source.Source{siem}))
	if got := a.Say(); got != "not asked: the event has no container.id or k8s.pod.name" || len(siem.asked) > 0 {
		t.Errorf("says %q, asked %v", got, siem.asked)
	}
	off := pivotOf(t, "- name: a\n  title: t\n  when: proc.name = cat\n  find: [proc.name = %proc.name]\n  within: [-1s +1s]\n").Ask(Hit{b, 0})
	if a := Find(t.Context(), off, nil); !strings.Contains(a.Say(), "other events") {
		t.Errorf("says %q", a.Say())
	}
}

// Whatever an event's values are, what is looked for is that value, and nothing
// that it says.
func FuzzAsk(f *testing.F) {
	for _, seed := range []string{"sh", `x" or proc.name exists or proc.name = "`, "%proc.name", "a) or (b", "\x00\xff\"\\", "(", "oneof (a)", "val(proc.name)", " ", "'"} {
		f.Add(seed, "c1")
	}
	table, err := Parse([]byte("- name: a\n  title: t\n  find:\n    - container.id = %container.id and proc.name in (%proc.name, other) and proc.name startswith %proc.name\n  within: [-1s +1s]\n"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name, cont string) {
		w := newWorld()
		b := w.batch(deed{1, name, cont}, deed{1, name + "x", cont}, deed{1, "y", cont}, deed{1, name, cont + "x"})
		q := table.All()[0].Ask(Hit{b, 0})
		if len(q.Keys) == 0 {
			if len(q.Missing) == 0 {
				t.Error("nothing is looked for, and nothing is missing")
			}
			return
		}
		again, err := filter.Compile(q.Keys[0].String(), event.Fields)
		if err != nil {
			t.Fatalf("%s: %v", q.Keys[0], err)
		}
		for i, want := range []bool{true, false, name == "y", false} {
			if got := again.Match(b, i); got != want {
				t.Errorf("%s: event %d is %v", q.Keys[0], i, got)
			}
		}
	})
}
