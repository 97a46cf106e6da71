//go:build linux

package proc

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/bpf"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/live/clock"
)

// hostOnly is a node without containers.
type hostOnly struct{}

func (hostOnly) Of(uint64, uint32) (event.ContID, event.Str) { return 1, event.NoStr }
func (hostOnly) Key(uint32) uint64                           { return 9 }

func newTable() (*Table, *event.Tables) {
	tables := event.NewTables()
	tables.Conts.Add(event.Container{Flags: event.ContHost})
	return New(tables, clock.New(), hostOnly{}, Options{}), tables
}

// sleeper starts a process that we know everything about.
func sleeper(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("/bin/sleep", "1000")
	cmd.Dir, cmd.Env = "/usr", []string{"A=1", "B=two"}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for { // until it has called exec
		link, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", cmd.Process.Pid))
		if strings.HasSuffix(link, "sleep") || strings.Contains(link, "coreutils") {
			return cmd
		}
		time.Sleep(time.Millisecond)
	}
}

// statStart reads the start of a process in ticks, the oracle.
func statStart(t *testing.T, pid int) uint64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+2:]))
	n, _ := strconv.ParseUint(f[19], 10, 64)
	return n
}

// Every process of this machine is in the table as /proc has it.
func TestSeedAgainstProc(t *testing.T) {
	cmd := sleeper(t)
	table, tables := newTable()
	begin := time.Now()
	if err := table.Seed(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d processes in %v", table.Counts().Processes, time.Since(begin))
	checked := 0
	for pid, p := range table.byPID {
		f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			continue // gone meanwhile
		}
		row := tables.Proc(table.Row(p))
		for lines := bufio.NewScanner(f); lines.Scan(); {
			key, val, _ := strings.Cut(lines.Text(), ":\t")
			words := strings.Fields(val)
			var have, want string
			switch key {
			case "PPid":
				have, want = strconv.Itoa(int(row.PPID)), words[0]
			case "Uid":
				have, want = strconv.Itoa(int(row.UID)), words[1]
			case "Gid":
				have, want = strconv.Itoa(int(row.GID)), words[1]
			case "CapEff":
				have, want = fmt.Sprintf("%016x", row.CapEff), words[0]
			case "NSpid":
				have, want = strconv.Itoa(int(row.VPID)), words[len(words)-1]
			}
			if have != want {
				t.Errorf("pid %d: %s is %s, want %s", pid, key, have, want)
			}
		}
		f.Close()
		if parent := tables.Proc(row.Parent); row.PPID != 0 && parent.PID != row.PPID {
			t.Errorf("pid %d: parent's row is of %d, want %d", pid, parent.PID, row.PPID)
		}
		checked++
	}
	if checked < 3 {
		t.Fatalf("only %d processes", checked)
	}

	p := tables.Proc(table.Row(table.Peek(uint32(cmd.Process.Pid))))
	for _, f := range []struct{ name, have, want string }{
		{"name", tables.Text(p.Name), "sleep"},
		{"exe", tables.Text(p.Exe), "/bin/sleep"},
		{"args", tables.Text(p.Args), "1000\x00"},
		{"env", tables.Text(p.Env), "A=1\x00B=two\x00"},
		{"cwd", tables.Text(p.Cwd), "/usr/"},
		{"user", tables.Text(p.User), currentUser(t)},
	} {
		if f.have != f.want {
			t.Errorf("%s is %q, want %q", f.name, f.have, f.want)
		}
	}
	var st unix.Stat_t
	if err := unix.Stat("/bin/sleep", &st); err != nil {
		t.Fatal(err)
	}
	if p.ExeIno != st.Ino || p.ExeMtime != st.Mtim.Nano() || !p.Knows(event.KnowExeIno|event.KnowPidns|event.KnowSession) {
		t.Errorf("executable %d of %d, known %b; want %d of %d", p.ExeIno, p.ExeMtime, p.Known, st.Ino, st.Mtim.Nano())
	}
	if d := time.Since(time.Unix(0, p.Start)); d < 0 || d > time.Minute {
		t.Errorf("started %v ago", d)
	}
	if p.Flags&event.Seeded == 0 {
		t.Error("not marked as read from /proc")
	}
	if int(tables.Proc(p.Parent).PID) != os.Getpid() {
		t.Errorf("its parent is %d, want us, %d", tables.Proc(p.Parent).PID, os.Getpid())
	}
	if kind := tables.Obj(p.Stdin).Kind; kind == event.ObjUnknown {
		t.Error("standard input is not known")
	}
}

func currentUser(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("/etc/passwd")
	if err != nil {
		t.Fatal(err)
	}
	return parsePasswd(b)[uint32(os.Geteuid())].name
}

// A record may name a process before anybody has told of it.
func TestMissedFork(t *testing.T) {
	table, tables := newTable()
	cmd := sleeper(t)
	pid := uint32(cmd.Process.Pid)
	start := statStart(t, cmd.Process.Pid)*tickNS + 1234
	now := clock.Now()
	p := table.Find(Key{PID: pid, Start: start, ExecID: 3, Cgroup: 9, UID: uint32(os.Geteuid()), Time: now})
	if !p.Late(now) {
		t.Error("not marked as late")
	}
	if p.Late(clock.Now()) {
		t.Error("events from now on count as late too")
	}
	row := tables.Proc(table.Row(p))
	if tables.Text(row.Name) != "sleep" || int(tables.Proc(row.Parent).PID) != os.Getpid() {
		t.Errorf("it is %q, child of %d", tables.Text(row.Name), tables.Proc(row.Parent).PID)
	}
	if got := table.Counts(); got.Late != 1 || got.Gone != 0 {
		t.Errorf("counts %+v", got)
	}
	if again := table.Find(Key{PID: pid, Start: start, ExecID: 3, Cgroup: 9, UID: uint32(os.Geteuid()), Time: clock.Now()}); again != p {
		t.Error("the same process is found as another")
	}
}

func TestGone(t *testing.T) {
	table, tables := newTable()
	p := table.Find(Key{PID: 4_000_000, Start: 77, ExecID: 1, Cgroup: 9, UID: 12, Time: 100})
	row := tables.Proc(table.Row(p))
	if row.PID != 4_000_000 || row.UID != 12 || row.Name != event.NoStr || table.Counts().Gone != 1 {
		t.Errorf("row %+v", row)
	}
}

// One pid, two processes: the start time tells them apart.
func TestPidReuse(t *testing.T) {
	table, _ := newTable()
	a := table.Find(Key{PID: 4_000_000, Start: 5 * tickNS, Cgroup: 9})
	b := table.Find(Key{PID: 4_000_000, Start: 9 * tickNS, Cgroup: 9})
	if a == b || !a.Ended() || b.Ended() || table.Counts().Reused != 1 {
		t.Errorf("reuse is not seen: %+v", table.Counts())
	}
	seeded := &Process{Start: 5 * tickNS}
	if !seeded.is(5*tickNS+999) || seeded.Start != 5*tickNS+999 {
		t.Error("a start of /proc does not agree with the kernel's in the same tick")
	}
	if seeded.is(5*tickNS + 1000) {
		t.Error("an exact start agrees with another in the same tick")
	}
}

// forked makes a child of p, as a fork record would.
func forked(t *Table, p *Process, pid uint32) *Process {
	return t.Fork(p, bpf.Child{Pid: pid, Tid: pid, VPid: pid, Start: uint64(pid), Cgroup: 9}, bpf.Task{}, uint64(pid))
}

func TestLineage(t *testing.T) {
	table, tables := newTable()
	root := table.Find(Key{PID: 4_000_000, Start: 1, Cgroup: 9})
	shell := forked(table, root, 4_000_001)
	table.Exec(shell, &Image{Argv: []byte("sh\x00"), HasArgv: true, ExecID: 1, Task: bpf.Task{Comm: [16]byte{'s', 'h'}, PPid: 4_000_000, ParentStart: 1}, HasTask: true})
	child := forked(table, shell, 4_000_002)
	before := table.Row(child)
	table.Exec(child, &Image{Argv: []byte("id\x00-u\x00"), HasArgv: true, ExecID: 2})
	after := table.Row(child)
	if before == after {
		t.Fatal("another image is the same row")
	}
	if n := tables.Ancestor(after, 2); tables.Proc(n).PID != 4_000_000 {
		t.Errorf("grandparent is %d", tables.Proc(n).PID)
	}
	if got := tables.Text(tables.Proc(tables.Proc(after).Parent).Name); got != "sh" {
		t.Errorf("parent is %q", got)
	}
	if table.Row(child) != after {
		t.Error("a row without a change")
	}
	table.Exit(shell, 100)
	table.Row(child)
	if tables.Proc(tables.Proc(table.Row(child)).Parent).PID != 4_000_001 {
		t.Error("the lineage is gone with the parent")
	}
	thread := table.Fork(child, bpf.Child{Pid: child.PID, Tid: 4_000_009}, bpf.Task{}, 1)
	if thread != child {
		t.Error("a thread is a process of its own")
	}
}

func TestCredentials(t *testing.T) {
	table, tables := newTable()
	p := table.Find(Key{PID: 4_000_000, Start: 1, Cgroup: 9, UID: 0})
	a := table.Row(p)
	table.SetCreds(p, bpf.Creds{EUID: 1000, EGID: 100, LoginUID: ^uint32(0)})
	b := table.Row(p)
	table.SetCreds(p, bpf.Creds{EUID: 1000, EGID: 100, LoginUID: ^uint32(0)})
	if a == b || table.Row(p) != b || tables.Proc(b).UID != 1000 || tables.Proc(a).UID != 0 {
		t.Errorf("rows %d and %d, user %d", a, b, tables.Proc(b).UID)
	}
	// A change that was not seen shows in the next record.
	table.Find(Key{PID: 4_000_000, Start: 1, Cgroup: 9, UID: 0})
	if got := tables.Proc(table.Row(p)).UID; got != 0 {
		t.Errorf("user is %d after a record of root", got)
	}
}

func TestForksAreBounded(t *testing.T) {
	table, tables := newTable()
	root := table.Find(Key{PID: 4_000_000, Start: 1, Cgroup: 9})
	for i := range uint32(maxProcesses + 5000) {
		table.Exit(forked(table, root, 5_000_000+i), uint64(i))
	}
	if n := table.Counts().Processes; n > maxProcesses+1 {
		t.Errorf("%d processes are kept", n)
	}
	if n := tables.Procs.Len(); n > 10 {
		t.Errorf("%d rows of processes that no event is of", n)
	}
}

func TestDescriptorsAreCopiedOnWrite(t *testing.T) {
	table, _ := newTable()
	p := table.Find(Key{PID: 4_000_000, Start: 1, Cgroup: 9})
	p.SetFD(3, 30, false)
	p.SetFD(4, 40, true)
	c := forked(table, p, 4_000_001)
	c.SetFD(3, 31, false)
	if p.FD(3) != 30 || c.FD(3) != 31 || c.FD(4) != 40 {
		t.Errorf("parent has %d, child %d and %d", p.FD(3), c.FD(3), c.FD(4))
	}
	table.Exec(c, &Image{})
	if c.FD(3) != 31 || c.FD(4) != 0 || p.FD(4) != 40 {
		t.Errorf("after exec: %d and %d, parent %d", c.FD(3), c.FD(4), p.FD(4))
	}
	p.CloseRange(3, ^uint32(0), false)
	if p.FD(3) != 0 || p.FD(4) != 0 {
		t.Error("close_range left some open")
	}
}

func TestRotate(t *testing.T) {
	table, old := newTable()
	root := table.Find(Key{PID: 4_000_000, Start: 1, Cgroup: 9})
	table.Exec(root, &Image{Argv: []byte("sh\x00"), HasArgv: true, ExecID: 1, Path: []byte("/bin/sh")})
	child := forked(table, root, 4_000_001)
	child.SetFD(5, event.ObjID(old.Objs.Intern(event.Object{Kind: event.ObjFile, Name: old.Strings.Add("/x")})), false)
	table.Row(child)
	next := event.NewTables()
	next.Conts.Add(event.Container{Flags: event.ContHost})
	for range 3 {
		next.Strings.Add(fmt.Sprint("other ", next.Strings.Len())) // numbers differ from the old ones
	}
	table.Rotate(next, func(c event.ContID) event.ContID { return c })
	row := next.Proc(table.Row(child))
	if row.PID != 4_000_001 || next.Text(row.ExePath) != "/bin/sh" || next.Proc(row.Parent).PID != 4_000_000 {
		t.Errorf("row %+v", row)
	}
	if o := next.Obj(child.FD(5)); next.Text(o.Name) != "/x" {
		t.Errorf("descriptor is %+v", o)
	}
}
