package sequence

import (
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/rules"
)

// deed is an event of the tests: a process whose name has a letter for each of
// the steps that it is, in a container, on a terminal whose number is counted.
type deed struct {
	time int64 // s
	name string
	cont string // "": of no container
	port uint16
}

// world makes batches of deeds.
type world struct {
	t    *event.Tables
	seq  uint64
	open event.Type
	ids  map[string]event.ContID
}

func newWorld() *world {
	w := &world{t: event.NewTables(), seq: 1, ids: map[string]event.ContID{"": 0}}
	w.open, _ = event.TypeOf("connect")
	return w
}

func (w *world) batch(deeds ...deed) *event.Batch {
	b := event.NewBatch(w.t, w.seq, len(deeds))
	str := w.t.Strings.Add
	for _, d := range deeds {
		id, ok := w.ids[d.cont]
		if !ok {
			id = event.ContID(w.t.Conts.Add(event.Container{ID: str(d.cont)}))
			w.ids[d.cont] = id
		}
		p := event.ProcID(w.t.Procs.Add(event.Proc{Name: str(d.name), Cont: id}))
		e := event.Event{Time: d.time * int64(time.Second), Type: w.open, Proc: p, FD: -1, Dur: -1}
		if d.port != 0 {
			e.Obj = event.ObjID(w.t.Objs.Add(event.Object{
				Kind: event.ObjIPv4, Role: event.RoleClient, Flags: event.ObjConnected,
				Remote: event.Endpoint{IP: [16]byte{10: 0xff, 11: 0xff, 12: 10}, Port: d.port, Known: true},
			}))
		}
		b.Append(e, nil)
	}
	w.seq += uint64(len(deeds))
	return b
}

// step is a step named by a letter; behind it ? makes it optional, ! one that
// must not happen.
func stepOf(spec string) rules.Step {
	name := spec[:1]
	return rules.Step{
		Name: name, Condition: "proc.name contains " + name, Expr: filter.MustParse("proc.name contains " + name),
		Optional: spec[1:] == "?", Not: spec[1:] == "!",
	}
}

func sequenceOf(typ rules.SequenceType, span time.Duration, steps ...string) *rules.Sequence {
	s := &rules.Sequence{Name: "S", Type: typ, Enabled: true, GroupBy: []string{"container.id"}, Timespan: span, Count: rules.Count{Max: rules.NoMax}}
	for _, spec := range steps {
		s.Steps = append(s.Steps, stepOf(spec))
	}
	return s
}

func mustNew(t testing.TB, opt Options, seqs ...*rules.Sequence) *Correlator {
	t.Helper()
	c, err := New(seqs, event.Fields, opt)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// names returns which steps an event took part in, in the order of time, each
// with the second at which it did.
func told(p Progress) (text string) {
	for i, s := range p.Steps {
		if i > 0 {
			text += " "
		}
		text += s.Step.Name + time.Unix(0, s.Event.Time).UTC().Format("5")
	}
	return text
}
