package event_test

import (
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// node is two containers' worth of processes; the second one's are secret.
func node() (t *event.Tables, web, other event.ProcID) {
	t = event.NewTables()
	str := t.Strings.Add
	t.Host = str("node-1")
	cont := func(id string) event.ContID {
		return event.ContID(t.Conts.Add(event.Container{ID: str(id), Labels: str("app=" + id + "\x00")}))
	}
	init := event.ProcID(t.Procs.Add(event.Proc{PID: 1, Name: str("init"), Env: str("HOST_SECRET=1\x00"), Known: event.KnowPID}))
	entry := event.ProcID(t.Procs.Add(event.Proc{PID: 10, Name: str("python3"), Parent: init, Cont: cont("web"), Known: event.KnowPID}))
	web = event.ProcID(t.Procs.Add(event.Proc{
		PID: 11, Name: str("sh"), Args: str("-c\x00id\x00"), Parent: entry, SidLeader: entry, Cont: t.Proc(entry).Cont, Known: event.KnowPID,
	}))
	other = event.ProcID(t.Procs.Add(event.Proc{PID: 20, Name: str("vault"), Env: str("TOKEN=abc\x00"), Cont: cont("vault"), Known: event.KnowPID}))
	return t, web, other
}

func TestCopierTakesOnlyWhatEventsReferTo(t *testing.T) {
	from, web, _ := node()
	file := event.ObjID(from.Objs.Add(event.Object{Kind: event.ObjFile, Name: from.Strings.Add("/etc/shadow")}))
	rule := event.AlertID(from.Alerts.Add(event.Alert{Rule: from.Strings.Add("Shell"), Priority: event.PriorityNotice}))
	open, _ := event.TypeOf("openat")
	b := event.NewBatch(from, 7, 2)
	var w event.ArgWriter
	w.Int(3)
	w.Skip()
	w.Str(from.Strings.Add("shadow"))
	w.Uint(0x241)
	w.Obj(file)
	w.Bytes([]byte("root:x"), true)
	b.Append(event.Event{Time: 5, Type: open, Proc: web, Obj: file, Alert: rule, Res: 3, Bits: event.HasRes, Dur: 9}, w.Payload())
	b.Append(event.Event{Time: 6, Type: open, Proc: web, Bits: event.HasDoc, Dur: -1}, []byte(`{"a":1}`))

	c := event.NewCopier(from)
	got := c.Batch(b)
	to := c.Tables()
	for i := range b.Len() {
		want, have := string(event.NewJSON(nil).Append(nil, b.Row(i))), string(event.NewJSON(nil).Append(nil, got.Row(i)))
		if have != want {
			t.Errorf("event %d reads\n%s\nwant\n%s", i, have, want)
		}
	}
	for id := range to.Strings.Len() {
		if text := to.Text(event.Str(id)); strings.Contains(text, "TOKEN") || strings.Contains(text, "vault") {
			t.Errorf("%q of another container came along", text)
		}
	}
	if n := to.Procs.Len(); n != 4 {
		t.Errorf("%d rows of processes, want none, sh, python3 and init", n)
	}
	again := c.Batch(b)
	if to.Procs.Len() != 4 || again.Proc[0] != got.Proc[0] {
		t.Error("a second batch copies the same rows again")
	}
}

func TestCopierFollowsLateMetadata(t *testing.T) {
	from, web, _ := node()
	b := event.NewBatch(from, 1, 1)
	b.Append(event.Event{Time: 1, Proc: web, Dur: -1}, nil)
	c := event.NewCopier(from)
	got := c.Batch(b)
	id := from.Proc(web).Cont
	row := *from.Cont(id)
	row.Pod = from.Strings.Add("web-0")
	from.Conts.Set(uint32(id), row)
	c.Batch(b)
	if pod := c.Tables().Text(got.Row(0).C().Pod); pod != "web-0" {
		t.Errorf("the copied container's pod is %q", pod)
	}
}

func TestCopierEditsAndStopsAtCircles(t *testing.T) {
	from, web, other := node()
	row := *from.Proc(other)
	row.Parent = web
	from.Procs.Set(uint32(other), row)
	row = *from.Proc(web)
	row.Parent = other // a lie: each is the other's parent
	from.Procs.Set(uint32(web), row)
	b := event.NewBatch(from, 1, 1)
	b.Append(event.Event{Time: 1, Proc: web, Dur: -1}, nil)
	c := event.NewCopier(from)
	c.Edit = func(_ *event.Tables, p *event.Proc) { p.Env = event.NoStr }
	got := c.Batch(b)
	seen := 0
	for id := got.Proc[0]; id != 0 && seen < 10; id = c.Tables().Proc(id).Parent {
		seen++
		if c.Tables().Proc(id).Env != event.NoStr {
			t.Error("the edit was not made")
		}
	}
	for id := range c.Tables().Strings.Len() {
		if text := c.Tables().Text(event.Str(id)); strings.Contains(text, "TOKEN") {
			t.Errorf("%q was taken off and came along all the same", text)
		}
	}
	if seen != 2 {
		t.Errorf("a circle of two reads as a lineage of %d", seen)
	}
}
