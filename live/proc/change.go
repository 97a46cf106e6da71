//go:build linux

package proc

import (
	"bytes"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/bpf"
	"github.com/stoop-project/stoop/internal/event"
)

// SetCreds notes the credentials that a process has now.
func (t *Table) SetCreds(p *Process, c bpf.Creds) {
	r := &p.row
	old := *r
	r.UID, r.GID, r.LoginUID = c.EUID, c.EGID, c.LoginUID
	r.Known |= event.KnowUID | event.KnowGID | event.KnowLoginUID
	if *r != old || r.User == event.NoStr {
		t.name(p)
	}
	if *r != old {
		p.id = 0
	}
}

// SetCaps notes the capabilities that a process has now.
func (t *Table) SetCaps(p *Process, c bpf.Caps) {
	r := &p.row
	if r.CapEff == c.Effective && r.CapPerm == c.Permitted && r.CapInh == c.Inheritable && r.Known&event.KnowCaps != 0 {
		return
	}
	r.CapEff, r.CapPerm, r.CapInh = c.Effective, c.Permitted, c.Inheritable
	r.Known |= event.KnowCaps
	p.id = 0
}

// setUID follows the user id that every record carries: the call that changed
// it was not seen. The group may have changed with it.
func (t *Table) setUID(p *Process, uid uint32) {
	r := &p.row
	r.UID = uid
	r.Known |= event.KnowUID
	if p.ended == 0 {
		if d, err := openPid(t.opt.Proc, p.PID, t.buf); err == nil {
			if text, _, err := d.read("status", maxText); err == nil {
				if s := parseStatus(text); s.uid[1] == uid && s.hasCaps {
					r.GID, r.CapEff, r.CapPerm, r.CapInh = s.gid[1], s.capEff, s.capPrm, s.capInh
					r.Known |= event.KnowGID | event.KnowCaps
				}
			}
			d.close()
		}
	}
	t.name(p)
	p.id = 0
}

// name looks the names of the process's user and groups up in its own root.
func (t *Table) name(p *Process) {
	r, db := &p.row, t.users.of(p.ns.mnt, p.PID, t.livingIn(p.ns.mnt))
	r.User, r.Group, r.LoginUser, r.Home, r.Shell = event.NoStr, event.NoStr, event.NoStr, event.NoStr, event.NoStr
	if a, ok := db.users[r.UID]; ok && r.Known&event.KnowUID != 0 {
		r.User, r.Home, r.Shell = t.str(a.name), t.str(a.home), t.str(a.shell)
	}
	if g, ok := db.groups[r.GID]; ok && r.Known&event.KnowGID != 0 {
		r.Group = t.str(g)
	}
	if a, ok := db.users[r.LoginUID]; ok && r.Known&event.KnowLoginUID != 0 {
		r.LoginUser = t.str(a.name)
	}
}

// livingIn yields some processes of a mount namespace that seem to live: a
// container's init does longest, and has the least number there.
func (t *Table) livingIn(mntns uint32) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		var pids []uint32
		for pid, p := range t.byPID {
			if mntns != 0 && p.ns.mnt == mntns && p.ended == 0 {
				pids = append(pids, pid)
			}
		}
		slices.Sort(pids)
		for _, pid := range pids[:min(len(pids), maxAsked)] {
			if !yield(pid) {
				return
			}
		}
	}
}

// SetCwd notes the working directory, an absolute path.
func (t *Table) SetCwd(p *Process, dir []byte) {
	if len(dir) == 0 {
		return
	}
	if dir[len(dir)-1] != '/' {
		t.text = append(append(t.text[:0], dir...), '/')
		dir = t.text
	}
	if s := t.tables.Strings.AddBytes(dir); s != p.row.Cwd {
		p.row.Cwd = s
		p.id = 0
	}
}

// SetTask notes a process's name, session and group.
func (t *Table) SetTask(p *Process, task bpf.Task) {
	old := p.row
	t.setTask(p, task)
	if p.row != old {
		p.id = 0
	}
}

func (t *Table) setTask(p *Process, task bpf.Task) {
	r := &p.row
	r.Name = t.tables.Strings.AddBytes(cString(task.Comm[:]))
	r.PPID = int32(task.PPid)
	r.PGID, r.SID, r.TTY = int32(task.Pgid), int32(task.Sid), userDev(task.TTY)
	r.VPID, r.VPGID, r.VSID = int32(task.VPid), int32(task.VPgid), int32(task.VSid)
	r.Known |= event.KnowPPID | event.KnowSession | event.KnowVGroup | event.KnowVPID | event.KnowTTY
}

// SetName notes the name of a process (prctl PR_SET_NAME of its main thread).
func (t *Table) SetName(p *Process, name []byte) {
	if name = cString(name); len(name) > 15 {
		name = name[:15]
	}
	if s := t.tables.Strings.AddBytes(name); s != p.row.Name {
		p.row.Name = s
		p.id = 0
	}
}

// SetNS notes the namespaces that a process is in now.
func (t *Table) SetNS(p *Process, n bpf.NS) {
	ns := namespaces{mnt: n.Mnt, pid: n.Pid, net: n.Net, user: n.User, uts: n.Uts, ipc: n.Ipc, cgroup: n.Cgroup}
	if ns == p.ns {
		return
	}
	t.learnNS(ns)
	mnt := p.ns.mnt != ns.mnt
	p.ns = ns
	t.setPidns(p)
	if mnt {
		t.name(p)
	}
	p.id = 0
}

// learnNS notes of which kind namespaces are: their numbers do not tell.
func (t *Table) learnNS(n namespaces) {
	if len(t.nsKinds) > maxNamespaces {
		clear(t.nsKinds)
	}
	for _, k := range [...]struct {
		inum uint32
		kind string
	}{{n.mnt, "mnt"}, {n.pid, "pid"}, {n.net, "net"}, {n.user, "user"}, {n.uts, "uts"}, {n.ipc, "ipc"}, {n.cgroup, "cgroup"}} {
		if k.inum != 0 {
			t.nsKinds[k.inum] = k.kind
		}
	}
}

// Namespace returns the kind of a namespace by its number: mnt, pid, …. One
// that no process was seen in is looked up by a descriptor that refers to it;
// "ns" when that is gone.
func (t *Table) Namespace(inum, pid uint32, fd int32) string {
	if k := t.nsKinds[inum]; k != "" {
		return k
	}
	link, err := os.Readlink(fmt.Sprintf("%s/%d/fd/%d", t.opt.Proc, pid, fd))
	kind, number, _ := strings.Cut(link, ":")
	if err != nil || number != fmt.Sprintf("[%d]", inum) {
		return "ns"
	}
	t.nsKinds[inum] = kind
	return kind
}

// moved puts a process into another cgroup, and so maybe into a container.
func (t *Table) moved(p *Process, cgroup uint64) {
	p.cgroup = cgroup
	c, list := t.conts.Of(cgroup, p.PID)
	p.joined = p.joined || c != p.row.Cont
	if c != p.row.Cont || (list != p.row.Cgroups && list != event.NoStr) {
		p.row.Cont = c
		if list != event.NoStr {
			p.row.Cgroups = list
		}
		p.id = 0
	}
}

// setPidns finds the start of the init of the process's pid namespace, and
// what its parent is called there.
func (t *Table) setPidns(p *Process) {
	r := &p.row
	if p.ns.pid == 0 {
		return
	}
	if r.VPID == 1 {
		if len(t.pidns) > maxProcesses {
			clear(t.pidns)
		}
		t.pidns[p.ns.pid] = p.Start
	}
	if start, ok := t.pidns[p.ns.pid]; ok {
		r.PidnsStart = t.clk.Wall(start)
		r.Known |= event.KnowPidns
	} else {
		r.Known &^= event.KnowPidns
	}
	t.setPVPID(p)
}

// setPVPID fills the parent's pid as the process itself would be told: 0 when
// the parent is in another pid namespace (getppid(2)).
func (t *Table) setPVPID(p *Process) {
	r := &p.row
	r.Known &^= event.KnowPVPID
	r.PVPID = 0
	switch q := p.parent; {
	case q == nil || q.ns.pid == 0 || p.ns.pid == 0:
	case q.ns.pid == p.ns.pid:
		r.PVPID = q.row.VPID
		r.Known |= event.KnowPVPID
	default:
		r.Known |= event.KnowPVPID
	}
}

// setExe notes the facts of the executable's inode. Whether the process may
// write it follows the kernel's order of checks (fs/namei.c generic_permission)
// as far as owner, group, mode and capabilities decide.
func (t *Table) setExe(p *Process, f exeFacts, fsuid, fsgid uint32) {
	r := &p.row
	r.ExeIno, r.ExeCtime, r.ExeMtime = f.ino, f.ctime, f.mtime
	r.Known |= event.KnowExeIno | event.KnowExeFlags
	r.Flags &^= event.ExeWritable | event.ExeUpperLayer | event.ExeLowerLayer | event.ExeFromMemfd
	if r.CapEff&(1<<unix.CAP_DAC_OVERRIDE|1<<unix.CAP_FOWNER) != 0 || mayWrite(f, fsuid, fsgid) {
		r.Flags |= event.ExeWritable
	}
	for _, m := range [...]struct {
		on   bool
		flag event.ProcFlags
	}{{f.upper, event.ExeUpperLayer}, {f.lower, event.ExeLowerLayer}, {f.memfd, event.ExeFromMemfd}} {
		if m.on {
			r.Flags |= m.flag
		}
	}
}

func mayWrite(f exeFacts, uid, gid uint32) bool {
	switch {
	case f.uid == uid:
		return f.mode&unix.S_IWUSR != 0
	case f.gid == gid:
		return f.mode&unix.S_IWGRP != 0
	}
	return f.mode&unix.S_IWOTH != 0
}

// userDev turns the kernel's device number (major<<20 | minor) into the one
// that user space sees (linux/kdev_t.h new_encode_dev).
func userDev(dev uint32) int32 {
	major, minor := dev>>20, dev&0xfffff
	return int32(minor&0xff | major<<8 | (minor&^0xff)<<12)
}

func cString(b []byte) []byte {
	if n := bytes.IndexByte(b, 0); n >= 0 {
		return b[:n]
	}
	return b
}

// ReadName asks /proc for the name of a process, after a call that changed it
// without telling how.
func (t *Table) ReadName(p *Process) {
	d, err := openPid(t.opt.Proc, p.PID, t.buf)
	if err != nil {
		return
	}
	defer d.close()
	if text, _, err := d.read("comm", 64); err == nil {
		t.SetName(p, bytes.TrimSuffix(text, []byte{'\n'}))
	}
}

// SetGroup notes that a process put one of its children into a process group;
// both are named as the caller names them. pgid 0 is the child's own.
func (t *Table) SetGroup(p *Process, vpid, vpgid int32) {
	for c := p.child; c != nil; c = c.next {
		if c.row.VPID != vpid {
			continue
		}
		switch {
		case vpgid == 0 || vpgid == vpid:
			c.row.PGID, c.row.VPGID = c.row.PID, c.row.VPID
		case vpgid == p.row.VPGID:
			c.row.PGID, c.row.VPGID = p.row.PGID, p.row.VPGID
		default:
			for s := p.child; s != nil; s = s.next {
				if s.row.VPID == vpgid {
					c.row.PGID, c.row.VPGID = s.row.PID, s.row.VPID
				}
			}
		}
		c.id = 0
		return
	}
}
