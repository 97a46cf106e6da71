package trail

import (
	"fmt"
	"iter"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// world is a node with one container, in which a test has things happen.
type world struct {
	t    *event.Tables
	b    *event.Batch
	now  int64
	cont event.ContID
	pids int32
}

const second = int64(1e9)

func newWorld() *world {
	w := &world{t: event.NewTables(), now: 1000 * second, pids: 100}
	str := w.t.Strings.Add
	w.cont = event.ContID(w.t.Conts.Add(event.Container{ID: str("6cf4be7b2388"), Name: str("web"), Pod: str("web-0"), Namespace: str("shop"), InitPID: 101}))
	w.b = event.NewBatch(w.t, 1, 64)
	return w
}

// later lets time pass.
func (w *world) later(ns int64) { w.now += ns }

// process makes a process with a program; parent 0 comes from outside.
func (w *world) process(parent event.ProcID, exe, line string) event.ProcID {
	w.pids++
	str := w.t.Strings.Add
	name := exe[len(exe)-min(len(exe), 15):]
	for i := len(exe) - 1; i >= 0; i-- {
		if exe[i] == '/' {
			name = exe[i+1:]
			break
		}
	}
	return event.ProcID(w.t.Procs.Add(event.Proc{
		PID: w.pids, VPID: w.pids - 100, Start: w.now, Parent: parent, Cont: w.cont, Name: str(name), ExePath: str(exe), Line: str(line),
		Known: event.KnowPID | event.KnowVPID | event.KnowStart,
	}))
}

// does appends an event.
func (w *world) does(p event.ProcID, typ string, obj event.ObjID, res int64, args func(*event.ArgWriter)) int {
	t, ok := event.TypeOf(typ)
	if !ok {
		panic(typ)
	}
	w.now += 1e6
	var a event.ArgWriter
	if args != nil {
		args(&a)
	}
	bits := event.HasRes
	if t == event.TypeProcExit {
		bits = 0
	}
	w.b.Append(event.Event{
		Time: w.now, Type: t, Proc: p, TID: uint32(w.t.Proc(p).PID), FD: -1, Obj: obj, Res: res, Bits: bits, Dur: -1,
	}, a.Payload())
	return w.b.Len() - 1
}

func (w *world) execs(p event.ProcID) int { return w.does(p, "execve", 0, 0, nil) }

// alert returns an alert on an event, as a row of its own.
func (w *world) alert(i int, rule string) event.Row {
	b := event.NewBatch(w.t, 1000, 1)
	e := w.b.At(i)
	e.Alert = event.AlertID(w.t.Alerts.Add(event.Alert{Rule: w.t.Strings.Add(rule), Priority: event.PriorityCritical}))
	b.Append(e, nil)
	return b.Row(0)
}

// rows are all events, and alerts after those that they are of.
func (w *world) rows(alerts ...event.Row) iter.Seq[event.Row] {
	return func(yield func(event.Row) bool) {
		for i := range w.b.Len() {
			if !yield(w.b.Row(i)) {
				return
			}
			for _, a := range alerts {
				if a.B.Time[a.I] == w.b.Time[i] && !yield(a) {
					return
				}
			}
		}
	}
}

// attack has a service, which is asked by a client, run a shell that starts a
// program.
func attack(w *world) (service, shell, tool event.ProcID, fired int) {
	service = w.process(0, "/usr/bin/service", "service --port 80")
	w.execs(service)
	w.later(60 * second)
	conn := event.ObjID(w.t.Objs.Add(event.Object{Kind: event.ObjIPv4, L4: event.L4TCP, Role: event.RoleServer}))
	w.does(service, "accept4", conn, 5, nil)
	shell = w.process(service, "/bin/sh", "sh -c tool")
	w.does(service, "clone", 0, int64(w.t.Proc(shell).VPID), nil)
	w.execs(shell)
	tool = w.process(shell, "/tmp/tool", "tool")
	fired = w.execs(tool)
	return service, shell, tool, fired
}

func names(nodes []*Node) (s string) {
	for _, n := range nodes {
		s += fmt.Sprintf("%s ", n.Name())
	}
	return s
}

func build(t *testing.T, w *world, fired int) *Trail {
	t.Helper()
	a := w.alert(fired, "Tool")
	return Build(a, w.rows(a))
}
