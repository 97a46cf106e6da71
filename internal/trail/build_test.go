package trail

import (
	"slices"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// The root is the first other program below the service, and the entry is the
// connection that the service's thread was spoken to on.
func TestBuildFindsWhereItBegan(t *testing.T) {
	w := newWorld()
	_, _, tool, fired := attack(w)
	w.does(tool, "procexit", 0, 0, nil)
	x := build(t, w, fired)
	if x.Subject.Key != ByStart || x.Self == nil || x.Self.Name() != "tool" {
		t.Fatalf("subject %+v", x.Subject)
	}
	if x.Root.Name() != "sh" || !x.RootInferred || names(x.Above) != "service " {
		t.Errorf("root %s (inferred %v) below %s", x.Root.Name(), x.RootInferred, names(x.Above))
	}
	if x.Entry.B == nil || x.Entry.Type.String() != "accept4" || x.EntryInferred {
		t.Errorf("entry %v, inferred %v", x.Entry.Type, x.EntryInferred)
	}
	for _, s := range x.Steps {
		if s.Node.Name() == "service" {
			t.Errorf("%s of the service is in the trail", s.Row.Type)
		}
	}
	if x.Self.Ended == 0 {
		t.Error("the end was not seen")
	}
}

// A process that nothing in the container made came by an exec: it is the root
// for sure.
func TestBuildFindsAnExec(t *testing.T) {
	w := newWorld()
	w.execs(w.process(0, "/usr/bin/service", "service"))
	w.later(60 * second)
	shell := w.process(0, "/bin/sh", "sh")
	w.execs(shell)
	x := build(t, w, w.execs(w.process(shell, "/bin/cat", "cat /etc/shadow")))
	if x.Root.Name() != "sh" || x.RootInferred {
		t.Errorf("root %s, inferred %v", x.Root.Name(), x.RootInferred)
	}
	if got := x.Story()[0].Text; got != "the runtime brought sh into the container" {
		t.Errorf("it begins with: %s", got)
	}
}

// The entry's own first processes, and what accepts connections below them, are
// the service.
func TestBuildPassesTheServiceOver(t *testing.T) {
	w := newWorld()
	start := w.process(0, "/bin/sh", "sh /start.sh")
	w.execs(start)
	w.later(20 * second)
	worker := w.process(start, "/usr/bin/worker", "worker")
	w.execs(worker)
	conn := event.ObjID(w.t.Objs.Add(event.Object{Kind: event.ObjIPv4, L4: event.L4TCP, Role: event.RoleServer}))
	w.does(worker, "accept4", conn, 5, nil)
	w.later(60 * second)
	shell := w.process(worker, "/bin/sh", "sh -c id")
	x := build(t, w, w.execs(shell))
	if x.Root.Name() != "sh" || names(x.Above) != "worker sh " {
		t.Errorf("root %s below %s", x.Root.Line(), names(x.Above))
	}
}

// An alert without pid is joined by its command line; where several fit, it
// says so.
func TestBuildJoinsByCommandLine(t *testing.T) {
	w := newWorld()
	_, shell, tool, fired := attack(w)
	a := w.alert(fired, "Tool")
	a.B.Proc[a.I] = event.ProcID(w.t.Procs.Add(event.Proc{Cont: w.cont, Line: w.t.Strings.Add("tool"), Name: w.t.Strings.Add("tool")}))
	a.Proc = a.B.Proc[a.I]
	x := Build(a, w.rows())
	if x.Subject.Key != ByLine || x.Subject.Choices != 1 || x.Self.Process.PID != w.t.Proc(tool).PID {
		t.Errorf("%+v", x.Subject)
	}
	w.execs(w.process(shell, "/tmp/tool", "tool"))
	if x = Build(a, w.rows()); x.Subject.Choices != 2 {
		t.Errorf("two fit, but %+v", x.Subject)
	}
	a.P().Line = w.t.Strings.Add("something else")
	if x = Build(a, w.rows()); x.Subject.Key != ByContainer || x.Root != nil || len(x.Steps) != w.b.Len() {
		t.Errorf("none fits, but %+v with %d steps", x.Subject, len(x.Steps))
	}
}

// A number that is used again within the events names another process.
func TestBuildTellsReusedPidsApart(t *testing.T) {
	w := newWorld()
	_, shell, tool, fired := attack(w)
	w.does(tool, "procexit", 0, 0, nil)
	w.later(second)
	w.pids = w.t.Proc(tool).PID - 1
	again := w.process(shell, "/bin/other", "other")
	w.execs(again)
	x := build(t, w, fired)
	if x.Self.Line() != "tool" || len(x.Root.Children) != 2 {
		t.Errorf("self %s among %s", x.Self.Line(), names(x.Root.Children))
	}
}

// A lineage that claims a circle ends.
func TestBuildSurvivesACircle(t *testing.T) {
	w := newWorld()
	one := w.process(0, "/bin/one", "one")
	two := w.process(one, "/bin/two", "two")
	first := *w.t.Proc(one)
	first.Parent = two
	back := event.ProcID(w.t.Procs.Add(first))
	w.execs(back)
	x := build(t, w, w.execs(two))
	if x.Self == nil || len(x.Steps) == 0 {
		t.Errorf("%+v", x)
	}
}

// Without a single event the trail says so.
func TestBuildOfNothing(t *testing.T) {
	w := newWorld()
	_, _, _, fired := attack(w)
	x := Build(w.alert(fired, "Tool"), func(func(event.Row) bool) {})
	if len(x.Unknown()) != 1 || len(x.Story()) > 1 {
		t.Errorf("%q, %v", x.Unknown(), x.Story())
	}
}

// reported is a row about a process that another program made a document of.
func reported(p event.Proc, container string, at int64, rule string) event.Row {
	t := event.NewTables()
	t.Strings.Add("tool")
	p.Cont = event.ContID(t.Conts.Add(event.Container{ID: t.Strings.Add(container)}))
	typ, _ := event.TypeOf("execve")
	e := event.Event{Time: at, Type: typ, Proc: event.ProcID(t.Procs.Add(p)), FD: -1, Dur: -1}
	if rule != "" {
		e.Alert = event.AlertID(t.Alerts.Add(event.Alert{Rule: t.Strings.Add(rule)}))
	}
	b := event.NewBatch(t, 1, 1)
	b.Append(e, nil)
	return b.Row(0)
}

// What is opened from elsewhere is the event that the recording has, or stands at
// it: an exec that is no alert is not told twice; an alert whose time is cut, that
// comes first among those of its time, or says no container, is the sentence's.
func TestBuildOfWhatIsElsewhere(t *testing.T) {
	w := newWorld()
	_, _, tool, fired := attack(w)
	w.later(second)
	w.does(tool, "procexit", 0, 0, nil)
	is, at := *w.t.Proc(tool), w.b.Time[fired]
	name := event.NewTables().Strings.Add("tool") // what reported gives its tables first
	who := event.Proc{PID: is.PID, Start: is.Start, Name: name, Known: event.KnowPID | event.KnowStart}
	pid := event.Proc{PID: is.PID, Name: name, Known: event.KnowPID}
	const web = "6cf4be7b2388"
	for name, test := range map[string]struct {
		row   event.Row
		steps int
		key   Key
	}{
		"an exec":                    {reported(who, web, at, ""), 3, ByStart},
		"an exec, a little off":      {reported(who, web, at-9e5, ""), 3, ByStart},
		"an alert, of the same time": {reported(who, web, at, "Tool"), 4, ByStart},
		"an alert, its time is cut":  {reported(who, web, at-9e5, "Tool"), 4, ByStart},
		"an alert, no container":     {reported(who, "", at-9e5, "Tool"), 4, ByStart},
		"an alert, its pid alone":    {reported(pid, "", at, "Tool"), 4, ByPID},
	} {
		var rows []event.Row // the row is the first of its time
		for r := range w.rows() {
			if len(rows) > 0 && test.row.B != nil && r.B.Time[r.I] >= test.row.B.Time[test.row.I] && rows[len(rows)-1].B.Time[rows[len(rows)-1].I] < test.row.B.Time[test.row.I] {
				rows = append(rows, test.row)
			}
			rows = append(rows, r)
		}
		s := SubjectOf(test.row)
		s.Container = web // as was found out
		x := BuildFor(s, test.row, slices.Values(rows))
		told := x.Story()
		if x.Self == nil || x.Self.Outer || x.Subject.Key != test.key || len(x.Steps) != test.steps {
			t.Errorf("%s: %d steps, by %s", name, len(x.Steps), x.Subject.Key)
			continue
		}
		if got, want := strings.Join(texts(told), "\n"), "service took a request, then made sh\nservice ran sh -c tool\nsh ran tool"; got != want {
			t.Errorf("%s: told\n%s", name, got)
		}
		if alerts := told[len(told)-1].Alerts; (len(alerts) == 1) != (test.row.Alert != 0) {
			t.Errorf("%s: alerts %q", name, alerts)
		}
	}
}
