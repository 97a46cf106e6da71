//go:build linux

package proc

import (
	"testing"

	"github.com/stoop-project/stoop/bpf"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/live/clock"
)

// lived makes a table in which a shell (exec id 3) made a child that ran touch
// (exec id 4), both with a start of their pid in ns, in ticks of their own.
func lived(t *testing.T) *Table {
	t.Helper()
	table, _ := newTable()
	root := table.Find(Key{PID: 4_000_000, Start: 1 * tickNS, Cgroup: 9})
	shell := table.Fork(root, bpf.Child{Pid: 4_000_001, Tid: 4_000_001, Start: 5*tickNS + 7, ExecID: 2, Cgroup: 9}, bpf.Task{}, 5*tickNS+7)
	table.Exec(shell, &Image{Argv: []byte("sh\x00"), HasArgv: true, ExecID: 3, Task: bpf.Task{Comm: [16]byte{'s', 'h'}, PPid: 4_000_000, ParentStart: tickNS}, HasTask: true})
	child := table.Fork(shell, bpf.Child{Pid: 4_000_002, Tid: 4_000_002, Start: 6*tickNS + 7, ExecID: 3, Cgroup: 9}, bpf.Task{}, 6*tickNS+7)
	table.Exec(child, &Image{Argv: []byte("touch\x00x\x00"), HasArgv: true, ExecID: 4, Task: bpf.Task{Comm: [16]byte{'t', 'o', 'u', 'c', 'h'}, PPid: 4_000_001, ParentStart: 5*tickNS + 7}, HasTask: true})
	table.Row(child)
	table.Exit(child, 7*tickNS)
	table.Exit(shell, 8*tickNS)
	return table
}

// checkPast asks a table of the past about the processes of lived.
func checkPast(t *testing.T, past *Table, tables *event.Tables) {
	t.Helper()
	for _, test := range []struct {
		what         string
		k            Key
		name, parent string
	}{
		{"the shell", Key{PID: 4_000_001, Start: 5*tickNS + 7, ExecID: 3}, "sh", ""},
		{"touch", Key{PID: 4_000_002, Start: 6*tickNS + 7, ExecID: 4}, "touch", "sh"},
		{"the same before its exec", Key{PID: 4_000_002, Start: 6*tickNS + 7, ExecID: 3}, "sh", "sh"},
		{"an image that nobody saw", Key{PID: 4_000_002, Start: 6*tickNS + 7, ExecID: 9}, "", "sh"},
		{"another of the same pid", Key{PID: 4_000_002, Start: 9*tickNS + 7, ExecID: 4}, "", ""},
	} {
		test.k.Cgroup, test.k.Time = 9, test.k.Start
		row := tables.Proc(past.Row(past.Find(test.k)))
		name, parent := tables.Text(row.Name), tables.Text(tables.Proc(row.Parent).Name)
		if name != test.name || parent != test.parent {
			t.Errorf("%s is %q of %q, want %q of %q", test.what, name, parent, test.name, test.parent)
		}
	}
}

func sameConts(c event.ContID) event.ContID { return c }

func nextTables() *event.Tables {
	next := event.NewTables()
	next.Strings.Add("numbers differ from the old ones")
	next.Conts.Add(event.Container{Flags: event.ContHost})
	return next
}

// Processes that have ended are found by pid, start and image.
func TestPast(t *testing.T) {
	next := nextTables()
	checkPast(t, lived(t).Past(next, sameConts), next)
}

// Another table finds them when it was told of them, though its wall clock
// differs a little.
func TestKnownElsewhere(t *testing.T) {
	table := lived(t)
	list := table.Export(map[ID]bool{{4_000_002, 6*tickNS + 9}: true}) // in the same tick
	tables := event.NewTables()
	tables.Conts.Add(event.Container{Flags: event.ContHost})
	other := New(tables, clock.Fixed(table.clk.Wall(0)+tickNS/2), hostOnly{}, Options{})
	lie := list[len(list)-1]
	lie.Row.PID, lie.Row.Parent = 4_000_009, event.ProcID(len(list)+5)
	short := list[0]
	short.Texts = short.Texts[1:]
	other.Import(append(list, lie, short), func(string) event.ContID { return 1 })
	next := nextTables()
	past := other.Past(next, sameConts)
	checkPast(t, past, next)
	row := next.Proc(past.Row(past.Find(Key{PID: 4_000_009, Start: lie.Start, ExecID: 4, Cgroup: 9})))
	if next.Text(row.Name) != "touch" || row.Parent != 0 {
		t.Errorf("a row that names what comes later is %+v", row)
	}
}

// A process that was there before us has one image as long as no exec is seen.
func TestPastOfSeeded(t *testing.T) {
	table, tables := newTable()
	p := &Process{PID: 4_000_000, Start: 5 * tickNS, row: event.Proc{
		PID: 4_000_000, Start: table.clk.Wall(5 * tickNS), Name: tables.Strings.Add("nginx"), Flags: event.Seeded,
	}}
	table.byPID[p.PID] = p
	next := nextTables()
	past := table.Past(next, sameConts)
	if got := next.Text(next.Proc(past.Row(past.Find(Key{PID: p.PID, Start: 5*tickNS + 99, ExecID: 12, Cgroup: 9}))).Name); got != "nginx" {
		t.Errorf("it is %q", got)
	}
}

// A process of the past that is known by the record of its making alone has its
// maker's image and directory; one that is known otherwise too keeps its own name.
func TestPastBegun(t *testing.T) {
	table := lived(t)
	worker := table.Fork(table.Peek(4_000_000), bpf.Child{Pid: 4_000_005, Tid: 4_000_005, Start: 9*tickNS + 7, ExecID: 2, Cgroup: 9}, bpf.Task{}, 9*tickNS+7)
	table.SetName(worker, []byte("worker"))
	table.Row(worker)
	next := nextTables()
	past := table.Past(next, sameConts)
	maker := past.Find(Key{PID: 4_000_000, Start: 1 * tickNS, ExecID: 2, Cgroup: 9})
	past.Exec(maker, &Image{Argv: []byte("init\x00"), HasArgv: true, Path: []byte("/sbin/init"), Cwd: []byte("/srv"), ExecID: 2, Task: bpf.Task{Comm: [16]byte{'i', 'n', 'i', 't'}}, HasTask: true})
	for _, test := range []struct {
		pid  uint32
		name string
	}{{4_000_004, "init"}, {4_000_005, "worker"}} {
		p := past.Fork(maker, bpf.Child{Pid: test.pid, Tid: test.pid, Start: 9*tickNS + 7, ExecID: 2, Cgroup: 9}, bpf.Task{}, 9*tickNS+7)
		r := next.Proc(past.Row(p))
		name, path, dir, parent := next.Text(r.Name), next.Text(r.ExePath), next.Text(r.Cwd), next.Proc(r.Parent).PID
		if name != test.name || path != "/sbin/init" || dir != "/srv/" || parent != 4_000_000 {
			t.Errorf("%d is %q, %q in %q, child of %d", test.pid, name, path, dir, parent)
		}
	}
}
