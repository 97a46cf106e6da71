package queue

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
)

func closedAs(verdict string) func(*Record) {
	return func(r *Record) { r.State, r.Verdict = Closed, verdict }
}

// What comes after a group was closed opens it again or not, as the verdict
// says, and is counted either way.
func TestClosed(t *testing.T) {
	for _, v := range append(Verdicts, Verdict{}) {
		q, s := New(), newScene()
		q.Batch(s.add(shell(0, "web-0"), shell(time.Minute, "web-0")))
		g := groups(q)[0]
		q.Apply(g.Change("ann", start.Add(2*time.Minute), closedAs(v.Name)))
		if now := groups(q)[0]; now.State != Closed || now.Since != 0 || now.Record.By != "ann" {
			t.Errorf("%s: closed is %+v", v.Name, now)
		}
		q.Batch(s.add(shell(3*time.Minute, "web-0")))
		now := groups(q)[0]
		if want := map[bool]State{true: Closed, false: Open}[v.Stays]; now.State != want || now.Since != 1 || now.Again == v.Stays {
			t.Errorf("%q: after another alert it is %s (again %v), %d since; want %s, 1", v.Name, now.State, now.Again, now.Since, want)
		}
	}
}

// Records may come before the alerts that they are about, and out of order.
func TestRecordsFirst(t *testing.T) {
	q, s := New(), newScene()
	k := Kind{Rule: "Terminal shell", Workload: "shop/web", Parent: "runc", Image: "shop/web:2.4.1"}
	later := Record{ID: k.ID(), State: Acknowledged, At: start.Add(time.Hour), Owner: "ann", By: "ann"}
	q.Apply(later, Record{ID: k.ID(), State: Open, At: start, By: "bob"})
	q.Apply(Record{ID: "x", Group: k.ID(), State: Closed, At: start, By: "bob"})
	q.Batch(s.add(shell(0, "web-0"), shell(1, "web-0")))
	if g := groups(q)[0]; g.State != Acknowledged || g.Record.Owner != "ann" || g.Alerts[Closed] != 1 {
		t.Errorf("%+v", g)
	}
}

// A bad record is refused, and says why; nothing of it is taken in.
func TestCheck(t *testing.T) {
	for want, r := range map[string]Record{
		`"shut" is no state`:      {ID: "x", State: "shut"},
		`"bad" is no verdict`:     {ID: "x", State: Open, Verdict: "bad"},
		"a note has at most 4096": {ID: "x", State: Open, Note: strings.Repeat("n", 4097)},
		"an id has 1 to 512":      {State: Open},
		"a name has at most 256":  {ID: "x", State: Open, Owner: strings.Repeat("n", 257)},
	} {
		if err := r.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", r, err)
		}
		q := New()
		q.Apply(r)
		if _, ok := q.Record(r.ID); ok {
			t.Errorf("%s was taken", want)
		}
	}
}

// docs answers for documents of the form id=status.
type docs struct{}

func (docs) Lookup(doc []byte, f *event.Field, _ event.Arg) (event.Value, bool) {
	id, status, _ := strings.Cut(string(doc), "=")
	switch f.Name {
	case "alert.id":
		return event.StringValue(id), true
	case "alert.status":
		return event.StringValue(status), true
	case "alert.building_block":
		return event.BoolValue(status == "block"), true
	}
	return event.Value{}, false
}

func (docs) Each([]byte, func(string, fmt.Stringer) bool) {}
func (docs) Holds(f *event.Field) bool                    { return strings.HasPrefix(f.Name, "alert.") }

// Alerts that have a state by their SIEM speak for their group until somebody
// decides about it; building blocks are counted, and are no alerts.
func TestElastic(t *testing.T) {
	q, s := New(), newScene()
	s.t.Docs = docs{}
	one := func(doc string) alert {
		return alert{rule: "r", cont: "a", origin: "elastic", document: doc}
	}
	q.Batch(s.add(one("a=closed"), one("b=acknowledged"), one("c=open"), one("d=block")))
	all, sum := q.Groups()
	if len(all) != 1 || all[0].State != Open || all[0].Count != 3 || sum.Blocks != 1 || all[0].Alerts[Closed] != 1 {
		t.Fatalf("%+v, %+v", all, sum)
	}
	q.Heard([]string{"c", "nobody"}, Closed)
	if g := groups(q)[0]; g.State != Acknowledged || g.Alerts[Closed] != 2 {
		t.Errorf("after c was closed: %+v", g)
	}
	q.Apply(Record{ID: "b", State: Closed, At: start})
	if g := groups(q)[0]; g.State != Closed || g.Alerts[Closed] != 3 {
		t.Errorf("after b was closed: %+v", g)
	}
	q.Apply(groups(q)[0].Change("ann", start, func(r *Record) { r.State = Open }))
	if g := groups(q)[0]; g.State != Open {
		t.Errorf("what somebody decided does not hold: %+v", g)
	}
}

// An alert has one name, wherever it is read.
func TestAlertID(t *testing.T) {
	s := newScene()
	b := s.add(shell(0, "web-0"), shell(1, "web-0"))
	c := newScene().add(shell(0, "web-0"))
	if AlertID(b.Row(0)) != AlertID(c.Row(0)) || AlertID(b.Row(0)) == AlertID(b.Row(1)) || IsGroup(AlertID(b.Row(0))) {
		t.Errorf("%s, %s, %s", AlertID(b.Row(0)), AlertID(b.Row(1)), AlertID(c.Row(0)))
	}
}
