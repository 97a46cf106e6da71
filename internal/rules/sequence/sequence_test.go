package sequence

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/rules"
)

// A case is a line of time: each word is an event, the steps that it is and
// its second. What fires is told by the steps and their seconds.
func TestTypes(t *testing.T) {
	count := func(typ rules.SequenceType, c rules.Count) *rules.Sequence {
		s := sequenceOf(typ, 10*time.Second, "a")
		s.Count, s.Field = c, "fd.rport"
		return s
	}
	least := func(n int) rules.Count { return rules.Count{Min: n, Max: rules.NoMax} }
	most := func(n int) rules.Count { return rules.Count{Max: n} }
	ordered := func(steps ...string) *rules.Sequence { return sequenceOf(rules.Ordered, 10*time.Second, steps...) }
	temporal := func(steps ...string) *rules.Sequence { return sequenceOf(rules.Temporal, 10*time.Second, steps...) }
	tests := []struct {
		seq  *rules.Sequence
		time string
		want string
	}{
		{ordered("a", "b"), "a1 b2", "a1 b2"},
		{ordered("a", "b"), "b1 a2", ""},
		{ordered("a", "b"), "a1 b11", "a1 b11"},
		{ordered("a", "b"), "a1 b12", ""},
		{ordered("a", "b"), "a1 a5 b12", "a5 b12"},
		{ordered("a", "b"), "a1 b2 b3 a4 b5", "a1 b2, a4 b5"},
		{ordered("a", "b"), "ab1", ""},
		{ordered("a", "b"), "ab1 ab2 ab3", "a1 b2"},
		{ordered("a", "b"), "a1/x b2/y b3/x", "a1 b3"},
		{ordered("a", "b"), "a1/- b2/-", ""},
		{ordered("a", "b?", "c"), "a1 c2", "a1 c2"},
		{ordered("a", "b?", "c"), "a1 b2 c3", "a1 b2 c3"},
		{ordered("a", "b?", "c"), "a1 b2 a3 c4", "a1 b2 c4"},
		{ordered("a", "b?", "c"), "a1 b2 a3 c12", "a3 c12"},
		{ordered("a?", "b", "c"), "a1 b2 c3", "a1 b2 c3"},
		{ordered("a?", "b", "c"), "a1 b9 c12", "b9 c12"},
		{ordered("a", "n!", "b"), "a1 n2 b3", ""},
		{ordered("a", "n!", "b"), "a1 n2 a3 b4", "a3 b4"},
		{ordered("a", "n!", "b"), "a1 b2 n3", "a1 b2"},
		{ordered("n!", "a", "b"), "n1 a2 b3", ""},
		{ordered("n!", "a", "b"), "n1 a12 b13", "a12 b13"},
		{ordered("a", "b", "n!"), "a1 b2 n3 z20", ""},
		{ordered("a", "b", "n!"), "a1 b2 z11", ""},
		{ordered("a", "b", "n!"), "a1 b2 z12", "a1 b2"},
		{ordered("a", "n!"), "a1 z12", "a1"},
		{ordered("a", "n!"), "a1 n11 z12", ""},
		{ordered("a", "n!"), "a1 n12", "a1"},
		{ordered("a", "b?", "n!"), "a1 b2 z12", "a1 b2"},
		{temporal("a", "b"), "b1 a2", "b1 a2"},
		{temporal("a", "b"), "ab1", "a1 b1"},
		{temporal("a", "b"), "a1 b12 a13", "b12 a13"},
		{temporal("a", "b", "n!"), "a1 n2 b3", ""},
		{temporal("a", "b", "n!"), "a1 n2 b3 a4", "b3 a4"},
		{temporal("a", "b", "n!"), "n1 a2 b3 n4", "a2 b3"},
		{temporal("a", "b", "c?"), "c1 a2 b3", "c1 a2 b3"},
		{temporal("a", "b", "c?"), "a2 b3 c4", "a2 b3"},
		{count(rules.EventCount, least(3)), "a1 a2 a3 a4 a5 a6 a7", "a1 a2 a3, a4 a5 a6"},
		{count(rules.EventCount, least(3)), "a1 a2 a12 a12", "a2 a12 a12"},
		{count(rules.EventCount, least(1)), "a1 a2", "a1, a2"},
		{count(rules.EventCount, most(2)), "a1 a2 z12", "a1 a2"},
		{count(rules.EventCount, most(2)), "a1 a2 a3 z12", ""},
		{count(rules.EventCount, most(2)), "a1 a2 z11", ""},
		{count(rules.EventCount, rules.Count{Min: 2, Max: 2}), "a1 a2 a12 z99", "a1 a2"},
		{count(rules.ValueCount, least(2)), "a1:7 a2:7 a3:8", "a2 a3"},
		{count(rules.ValueCount, least(2)), "a1:7 a2:7 a3", ""},
		{count(rules.ValueCount, least(2)), "a1:7 a12:8 a13:7", "a12 a13"},
		{count(rules.ValueCount, most(1)), "a1:7 a2:7 z12", "a2"},
		{count(rules.ValueCount, most(1)), "a1:7 a2:8 z12", ""},
	}
	for _, tt := range tests {
		var steps []string
		for _, s := range tt.seq.Steps {
			steps = append(steps, s.Name)
		}
		t.Run(fmt.Sprint(tt.seq.Type, steps, tt.time), func(t *testing.T) {
			w, c := newWorld(), mustNew(t, Options{}, tt.seq)
			var got []string
			tell := func(f *Fired) { got = append(got, told(f.Progress)) }
			for word := range strings.FieldsSeq(tt.time) {
				c.Feed(w.batch(parseDeed(word)), nil, nil, tell)
			}
			c.End(tell)
			if all := strings.Join(got, ", "); all != tt.want {
				t.Errorf("got  %q\nwant %q", all, tt.want)
			}
		})
	}
}

// parseDeed reads NAMEsecond[:port][/container]; the container - is none.
func parseDeed(word string) deed {
	d := deed{cont: "c"}
	if left, cont, ok := strings.Cut(word, "/"); ok {
		word, d.cont = left, strings.Trim(cont, "-")
	}
	if left, port, ok := strings.Cut(word, ":"); ok {
		word = left
		fmt.Sscan(port, &d.port)
	}
	n := strings.IndexAny(word, "0123456789")
	d.name = word[:n]
	fmt.Sscan(word[n:], &d.time)
	return d
}

func TestSuppress(t *testing.T) {
	s := sequenceOf(rules.EventCount, time.Second, "a")
	s.Count.Min, s.Suppress = 1, 10*time.Second
	w, c := newWorld(), mustNew(t, Options{}, s)
	var got []string
	c.Feed(w.batch(deed{1, "a", "x", 0}, deed{2, "a", "x", 0}, deed{3, "a", "y", 0}, deed{11, "a", "x", 0}, deed{12, "a", "x", 0}), nil, nil, func(f *Fired) {
		got = append(got, f.Group[0].Text+" "+told(f.Progress))
	})
	if want := []string{"x a1", "y a3", "x a12"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := c.Stats().Silenced; n != 2 {
		t.Errorf("%d silenced, want 2", n)
	}
}

// Steps may find what they have in common in different fields.
func TestAliases(t *testing.T) {
	s := sequenceOf(rules.Ordered, time.Minute, "a", "b")
	s.GroupBy = []string{"who"}
	s.Aliases = map[string]map[string]string{"who": {"a": "container.id", "b": "proc.name"}}
	w, c := newWorld(), mustNew(t, Options{}, s)
	var got []string
	c.Feed(w.batch(deed{1, "a", "bob", 0}, deed{2, "a", "eve", 0}, deed{3, "bob", "", 0}), nil, nil, func(f *Fired) {
		got = append(got, fmt.Sprint(f.Group, told(f.Progress)))
	})
	if want := []string{"[{who bob}]a1 b3"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Steps that are rules take alerts, those that were just made of the batch's
// events and those that came in it, and come behind the event itself.
func TestAlerts(t *testing.T) {
	s := sequenceOf(rules.Ordered, time.Minute, "a", "b", "c")
	s.Steps[1] = rules.Step{Name: "b", Rule: "Rule of ours"}
	s.Steps[2] = rules.Step{Name: "c", Rule: "Rule of others"}
	w, c := newWorld(), mustNew(t, Options{}, s)
	alert := func(rule string, d deed) *event.Batch {
		b := w.batch(d)
		b.Alert = []event.AlertID{event.AlertID(w.t.Alerts.Add(event.Alert{Rule: w.t.Strings.Add(rule)}))}
		return b
	}
	var got []string
	tell := func(f *Fired) { got = append(got, told(f.Progress)) }
	c.Feed(w.batch(deed{1, "z", "c", 0}, deed{2, "a", "c", 0}), alert("Rule of ours", deed{2, "z", "c", 0}), []int{1}, tell)
	c.Feed(alert("Rule of others", deed{3, "z", "c", 0}), nil, nil, tell)
	if want := []string{"a2 b2 c3"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPartial(t *testing.T) {
	w, c := newWorld(), mustNew(t, Options{}, sequenceOf(rules.Ordered, time.Minute, "a", "b?", "c"))
	c.Feed(w.batch(deed{1, "a", "x", 0}, deed{2, "a", "y", 0}, deed{3, "b", "x", 0}), nil, nil, nil)
	var got []string
	for _, p := range c.Partial(10) {
		var missing []string
		for _, s := range p.Missing {
			missing = append(missing, s.Name)
		}
		got = append(got, fmt.Sprint(p.Group[0].Text, ": ", told(p), " without ", missing))
	}
	if want := []string{"x: a1 b3 without [c]", "y: a2 without [b c]"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := len(c.Partial(1)); n != 1 {
		t.Errorf("%d of 1", n)
	}
}

// The same events have the same id, whatever their numbers are where they are
// read; others have another one.
func TestID(t *testing.T) {
	ids := map[[16]byte]int{}
	for i, from := range []int64{1, 1, 2} {
		w, c := newWorld(), mustNew(t, Options{}, sequenceOf(rules.Ordered, time.Minute, "a", "b"))
		w.t.Run, w.seq = fmt.Sprint("run ", i), uint64(1+1000*i)
		c.Feed(w.batch(deed{from, "a", "x", 0}, deed{3, "b", "x", 0}), nil, nil, func(f *Fired) { ids[f.ID]++ })
	}
	if len(ids) != 2 {
		t.Errorf("%d ids, want 2: %v", len(ids), ids)
	}
}
