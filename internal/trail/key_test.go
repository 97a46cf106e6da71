package trail

import (
	"iter"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// named makes an alert of the tool's rule about a process of which only some is
// known; its tables are its own.
func alertSaying(p event.Proc, at int64) event.Row {
	t := event.NewTables()
	p.Cont = event.ContID(t.Conts.Add(event.Container{ID: t.Strings.Add("6cf4be7b2388")}))
	b := event.NewBatch(t, 1, 1)
	b.Append(event.Event{
		Time: at, Proc: event.ProcID(t.Procs.Add(p)), FD: -1, Dur: -1,
		Alert: event.AlertID(t.Alerts.Add(event.Alert{Rule: t.Strings.Add("Tool")})),
	}, nil)
	return b.Row(0)
}

func both(rows iter.Seq[event.Row], alert event.Row) iter.Seq[event.Row] {
	return func(yield func(event.Row) bool) {
		for r := range rows {
			if !yield(r) {
				return
			}
		}
		yield(alert)
	}
}

// A start that a shipper has cut to milliseconds is that of the same process; a
// pid alone is that of the process that lived then; a process that nobody else
// has seen is no trail, and all of the container is told.
func TestKeysOfOtherSources(t *testing.T) {
	w := newWorld()
	_, _, tool, fired := attack(w)
	is := w.t.Proc(tool)
	w.later(1234567)
	w.does(tool, "procexit", 0, 0, nil)
	at := w.b.Time[fired]
	// The same pid, an hour later.
	w.later(3600 * second)
	again := event.ProcID(w.t.Procs.Add(event.Proc{PID: is.PID, Start: w.now, Cont: w.cont, Name: w.t.Strings.Add("later"), Line: w.t.Strings.Add("later"), Known: event.KnowPID | event.KnowStart}))
	w.execs(again)
	for name, test := range map[string]struct {
		alert event.Row
		key   Key
		self  string
	}{
		"start in ms":         {alertSaying(event.Proc{PID: is.PID, Start: is.Start / 1e6 * 1e6, Known: event.KnowPID | event.KnowStart}, at), ByStart, "tool"},
		"pid":                 {alertSaying(event.Proc{PID: is.PID, Known: event.KnowPID}, at), ByPID, "tool"},
		"the same pid, later": {alertSaying(event.Proc{PID: is.PID, Known: event.KnowPID}, w.now), ByPID, "later"},
		"a pid of nobody":     {alertSaying(event.Proc{PID: 9999, Start: at, Known: event.KnowPID | event.KnowStart}, at), ByStart, ""},
	} {
		x := Build(test.alert, both(w.rows(), test.alert))
		self := ""
		if x.Self != nil {
			self = x.Self.Name()
		}
		if x.Subject.Key != test.key || self != test.self || x.Subject.Choices != 1 {
			t.Errorf("%s: %q by %s of %d", name, self, x.Subject.Key, x.Subject.Choices)
		}
		if test.self == "tool" && (x.Root == nil || x.Root.Name() != "sh" || len(x.Self.Children) != 0) {
			t.Errorf("%s: the root is %v", name, x.Root)
		}
	}
}

// Ids are known by 12 hex digits, whatever stands before them.
func TestContainerID(t *testing.T) {
	for _, tt := range [][2]string{
		{"containerd://6CF4BE7B2388aaaa", "6cf4be7b2388"},
		{"6cf4be7b", "6cf4be7b"},
		{"host", "host"},
		{"", ""},
		{" 6cf4be7b2388 ", "6cf4be7b2388"},
		{"b781c8e5-8bf9-445e-aef2-25020af698df", "b781c8e5-8bf9-445e-aef2-25020af698df"},
	} {
		if got := ContainerID(tt[0]); got != tt[1] {
			t.Errorf("%q is %q, want %q", tt[0], got, tt[1])
		}
	}
}
