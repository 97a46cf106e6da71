package places

import (
	"context"
	"fmt"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/internal/trail"
)

const second = int64(1e9)

// start is when things begin to happen in a test.
const start = 1_000_000 * second

// node is what one source has seen of a node.
type node struct {
	t     *event.Tables
	b     *event.Batch
	now   int64
	clock int64 // by how much its clock is ahead
	conts map[string]event.ContID
}

func newNode() *node {
	n := &node{t: event.NewTables(), now: start, conts: map[string]event.ContID{}}
	n.b = event.NewBatch(n.t, 1, 64)
	return n
}

func (n *node) container(id, name, pod string) event.ContID {
	if c, ok := n.conts[id]; ok {
		return c
	}
	str := n.t.Strings.Add
	c := event.ContID(n.t.Conts.Add(event.Container{ID: str(id), Name: str(name), Pod: str(pod), Namespace: str("shop"), InitPID: 101}))
	n.conts[id] = c
	return c
}

// runs has a process start a program in a container; parent 0 comes from
// outside.
func (n *node) runs(c event.ContID, pid int32, parent event.ProcID, line string) event.ProcID {
	n.now += second
	at := n.now + n.clock
	str := n.t.Strings.Add
	p := event.ProcID(n.t.Procs.Add(event.Proc{
		PID: pid, Start: at, Parent: parent, Cont: c, Name: str(line), ExePath: str("/bin/" + line), Line: str(line), Known: event.KnowPID | event.KnowStart,
	}))
	n.does(p, "execve")
	return p
}

func (n *node) does(p event.ProcID, what string) {
	typ, ok := event.TypeOf(what)
	if !ok {
		panic(what)
	}
	n.b.Append(event.Event{Time: n.now + n.clock, Type: typ, Proc: p, TID: uint32(n.t.Proc(p).PID), FD: -1, Bits: event.HasRes, Dur: -1}, nil)
}

// attack has a service whose shell runs a tool, in a container.
func (n *node) attack(id string) {
	c := n.container(id, "web", "web-0")
	service := n.runs(c, 101, 0, "service")
	n.now += 60 * second
	shell := n.runs(c, 110, service, "shell")
	n.runs(c, 111, shell, "tool")
	n.runs(c, 112, shell, "cleaner")
}

func (n *node) place(name string) Place {
	st := store.New(0)
	st.Batch(n.b)
	return Store(name, File, st)
}

// said is what an alert says; what it does not say is zero.
type said struct {
	id, container, name, pod, line string
	at                             int64
}

// toolAt is when the tool of attack runs.
const toolAt = start + 63*second

func (s said) alert() event.Row {
	t := event.NewTables()
	str := t.Strings.Add
	b := event.NewBatch(t, 1, 1)
	c := event.ContID(t.Conts.Add(event.Container{ID: str(s.container), Name: str(s.name), Pod: str(s.pod), Namespace: str(map[bool]string{true: "shop"}[s.pod != ""])}))
	p := event.ProcID(t.Procs.Add(event.Proc{Line: str(s.line), Cont: c}))
	typ, _ := event.TypeOf("execve")
	b.Append(event.Event{Time: s.at, Type: typ, Proc: p, Alert: event.AlertID(t.Alerts.Add(event.Alert{Rule: str("Tool")})), FD: -1, Dur: -1}, nil)
	return b.Row(0)
}

func find(t *testing.T, alert event.Row, in ...Place) *Found {
	t.Helper()
	x, err := Find(t.Context(), alert, in, Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// story is the lineage from the root on.
func story(n *trail.Node) (s string) {
	if n == nil {
		return "nobody"
	}
	s = n.Line()
	for _, c := range n.Children {
		s += fmt.Sprintf("(%s)", story(c))
	}
	return s
}

// broken is a place that cannot be asked.
type broken struct{}

func (broken) Name() string { return "es://away" }
func (broken) Kind() Kind   { return Index }
func (broken) Look(context.Context, Question, int) (Looked, error) {
	return Looked{}, fmt.Errorf("connection refused")
}
