//go:build linux

package proc

import (
	"bytes"

	"github.com/stoop-project/stoop/bpf"
	"github.com/stoop-project/stoop/internal/event"
)

// Fork notes that parent made a process. It returns the child; a thread, which
// has its maker's pid, is the maker itself.
func (t *Table) Fork(parent *Process, c bpf.Child, task bpf.Task, time uint64) *Process {
	if c.Pid == parent.PID {
		return parent
	}
	old := t.byPID[c.Pid]
	if old != nil && old.is(c.Start) {
		return old // seeded meanwhile
	}
	if t.past != nil {
		if p := t.past.begun(t, parent, Key{PID: c.Pid, Start: c.Start, ExecID: c.ExecID, Cgroup: c.Cgroup}); p != nil {
			t.attach(p, parent)
			parent.shareFDs(p)
			t.put(p, old)
			return p
		}
	}
	p := &Process{
		PID: c.Pid, Start: c.Start, exact: true, execID: c.ExecID, execKnown: true,
		cgroup: parent.cgroup, ns: parent.ns, row: parent.row, seeded: parent.seeded,
	}
	p.ns.pid = c.PidNS
	r := &p.row
	r.PID, r.PPID, r.VPID = int32(c.Pid), parent.row.PID, int32(c.VPid)
	r.Start, r.ExecTime, r.ExecGen = t.clk.Wall(c.Start), 0, c.ExecID
	r.Flags &^= event.Seeded
	r.Known |= event.KnowPID | event.KnowPPID | event.KnowVPID | event.KnowStart
	if task.PPid != 0 {
		t.setTask(p, task)
		if task.PPid != parent.PID { // CLONE_PARENT
			if q := t.byPID[task.PPid]; q != nil && q.is(task.ParentStart) {
				parent = q
			}
		}
	}
	t.attach(p, parent)
	parent.shareFDs(p)
	t.put(p, old)
	if c.Cgroup != 0 && c.Cgroup != p.cgroup {
		t.moved(p, c.Cgroup)
	}
	t.setPidns(p)
	return p
}

// Image is what the kernel tells of a new image.
type Image struct {
	Task             bpf.Task
	Creds            bpf.Creds
	Caps             bpf.Caps
	NS               bpf.NS
	Exe              bpf.Exe
	File             bpf.File
	HasTask          bool
	HasCreds         bool
	HasCaps          bool
	HasNS            bool
	HasExe, HasFile  bool
	Path, Cwd        []byte         // absolute; empty when not known
	Argv, Env        []byte         // NUL-separated
	Cut              bool           // Argv or Env are longer
	Std              [3]event.ObjID // standard descriptors; 0 when closed or not known
	HasArgv, HasEnv  bool
	ExecID           uint32
	Time             uint64 // ns, CLOCK_BOOTTIME
	PathUnreachable  bool
	PathIsIncomplete bool
}

// Exec notes that a process runs another image.
func (t *Table) Exec(p *Process, im *Image) {
	r := &p.row
	r.ExecTime, r.ExecGen = t.clk.Wall(im.Time), im.ExecID
	p.execID, p.execKnown, p.joined = im.ExecID, true, false
	if im.HasTask {
		t.setTask(p, im.Task)
		t.reparent(p, im.Task)
	}
	if im.HasNS {
		t.SetNS(p, im.NS)
	}
	if im.HasCreds {
		t.SetCreds(p, im.Creds)
	}
	if im.HasCaps {
		t.SetCaps(p, im.Caps)
	}
	if im.HasArgv {
		r.Exe, r.Args = t.argv(im.Argv)
	}
	if im.HasEnv {
		r.Env = t.terminated(im.Env)
	}
	r.Flags &^= event.ArgsTruncated | event.Seeded | event.ExeWritable | event.ExeUpperLayer | event.ExeLowerLayer | event.ExeFromMemfd
	if im.Cut {
		r.Flags |= event.ArgsTruncated
	}
	if len(im.Path) > 0 {
		r.ExePath = t.bytes(im.Path)
	}
	if len(im.Cwd) > 0 {
		t.SetCwd(p, im.Cwd)
	}
	if im.HasFile {
		f := exeFacts{
			known: true, ino: im.File.Ino, uid: im.File.UID, gid: im.File.GID, mode: uint32(im.File.Mode),
			upper: im.File.Marks&bpf.FileUpper != 0, lower: im.File.Marks&bpf.FileLower != 0, memfd: im.File.Marks&bpf.FileMemfd != 0,
			ctime: im.Exe.Ctime, mtime: im.Exe.Mtime,
		}
		t.setExe(p, f, im.Creds.FSUID, im.Creds.FSGID)
	}
	p.execFDs()
	for fd, std := range [...]*event.ObjID{&r.Stdin, &r.Stdout, &r.Stderr} {
		if im.Std[fd] != 0 {
			p.SeeFD(int32(fd), im.Std[fd])
		}
		*std = p.FD(int32(fd))
	}
	p.id = 0
}

// Exit notes that a process is over. It is kept a while for events that come
// late and for the lineage of its children, who will have another parent.
func (t *Table) Exit(p *Process, time uint64) {
	if p.ended != 0 {
		return
	}
	p.ended = time
	for c := p.child; c != nil; {
		next := c.next
		c.next, c.previous = nil, nil
		c.orphan = true
		c = next
	}
	p.child = nil
	p.detach()
	p.dropFDs()
	t.dead = append(t.dead, p)
	t.bury(time)
}

// bury forgets processes whose end is long ago, or sooner when there are too
// many.
func (t *Table) bury(now uint64) {
	n := 0
	for n < len(t.dead) && (t.dead[n].ended+keepDead < now || len(t.byPID) > maxProcesses) {
		p := t.dead[n]
		if t.byPID[p.PID] == p {
			delete(t.byPID, p.PID)
		}
		if p.row.VPID == 1 && t.pidns[p.ns.pid] == p.Start {
			delete(t.pidns, p.ns.pid)
		}
		p.keepRow(t)
		t.dead[n] = nil
		n++
	}
	if t.dead = t.dead[n:]; len(t.dead) == 0 {
		t.dead = nil
	}
}

// keepRow cuts a process off its ancestors, so that they can be forgotten. Its
// row names them, which is made for the sake of its children if it had any, and
// for the flight recorder's if no exec in a container's ring tells its image.
func (p *Process) keepRow(t *Table) {
	if p.forked || (p.joined || p.row.Flags&event.Seeded != 0) && !t.tables.Cont(p.row.Cont).IsHost() {
		t.Row(p)
	}
	p.parent = nil
}

func (t *Table) put(p, old *Process) {
	if old != nil && old.ended == 0 {
		t.counts.Reused++
		t.Exit(old, p.Start)
	}
	t.byPID[p.PID] = p
}

func (t *Table) attach(p, parent *Process) {
	p.parent, p.orphan = parent, false
	if parent == nil || parent.ended != 0 || parent == p {
		if parent == p {
			p.parent = nil
		}
		return
	}
	parent.forked = true
	p.next, p.previous = parent.child, nil
	if parent.child != nil {
		parent.child.previous = p
	}
	parent.child = p
}

func (p *Process) detach() {
	if p.previous != nil {
		p.previous.next = p.next
	} else if p.parent != nil && p.parent.child == p {
		p.parent.child = p.next
	}
	if p.next != nil {
		p.next.previous = p.previous
	}
	p.next, p.previous = nil, nil
}

// reparent follows the kernel when it says that a process has another parent
// than the one that made it.
func (t *Table) reparent(p *Process, task bpf.Task) {
	p.orphan = false
	if q := p.parent; q != nil && q.PID == task.PPid && q.is(task.ParentStart) {
		return
	}
	if task.PPid == 0 {
		return
	}
	q := t.byPID[task.PPid]
	if q == nil || !q.is(task.ParentStart) {
		q = t.missed(Key{PID: task.PPid, Start: task.ParentStart}, q)
	}
	t.setParent(p, q)
}

// adopt asks /proc for the parent of a process whose parent ended.
func (t *Table) adopt(p *Process) {
	p.orphan = false
	if p.ended != 0 {
		return
	}
	d, err := openPid(t.opt.Proc, p.PID, t.buf)
	if err != nil {
		return
	}
	text, _, err := d.read("stat", maxText)
	d.close()
	if err != nil {
		return
	}
	s, err := parseStat(text)
	if err != nil || s.startTicks != p.Start/tickNS || s.ppid <= 0 || s.ppid == p.row.PPID {
		return
	}
	q := t.byPID[uint32(s.ppid)]
	if q == nil || q.ended != 0 {
		return
	}
	t.setParent(p, q)
}

func (t *Table) setParent(p, parent *Process) {
	for q, n := parent, 0; q != nil && n < event.MaxAncestors; q, n = q.parent, n+1 {
		if q == p {
			return // a lie, or a pid used again
		}
	}
	p.detach()
	t.attach(p, parent)
	p.row.PPID = parent.row.PID
	p.row.Known |= event.KnowPPID
	t.setPVPID(p)
	p.id = 0
}

// argv splits an argument vector: the program's name, and the rest with each
// argument ended by a NUL.
func (t *Table) argv(argv []byte) (exe, args event.Str) {
	name, rest, more := bytes.Cut(argv, []byte{0})
	exe = t.tables.Strings.AddBytes(name)
	if !more || len(rest) == 0 {
		return exe, event.EmptyStr
	}
	return exe, t.terminated(rest)
}

// terminated interns a list of which each member ends with a NUL, the last
// too.
func (t *Table) terminated(list []byte) event.Str {
	if len(list) == 0 {
		return event.EmptyStr
	}
	if list[len(list)-1] != 0 {
		t.text = append(append(t.text[:0], list...), 0)
		list = t.text
	}
	return t.tables.Strings.AddBytes(list)
}
