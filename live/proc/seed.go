//go:build linux

package proc

import (
	"sort"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/live/clock"
)

// Seed reads all processes there are. Those that are known already stay.
func (t *Table) Seed() error {
	list, err := pids(t.opt.Proc)
	if err != nil {
		return err
	}
	type found struct {
		p    *Process
		ppid int32
	}
	var all []found
	for _, pid := range list {
		if t.byPID[pid] != nil || len(t.byPID) >= maxProcesses {
			continue
		}
		if p, ppid := t.load(pid, 0); p != nil {
			t.byPID[pid] = p
			all = append(all, found{p, ppid})
		}
	}
	// A parent's row must be there before its child's.
	sort.Slice(all, func(i, j int) bool { return all[i].p.Start < all[j].p.Start })
	for _, f := range all {
		if q := t.byPID[uint32(f.ppid)]; q != nil && q != f.p {
			t.attach(f.p, q)
		}
	}
	for _, f := range all {
		t.setPidns(f.p)
		t.seedFDs(f.p)
		f.p.id = 0
	}
	return nil
}

// missed makes up for a process that a record names and the table does not
// have: its fork was lost, or came before we did. old is the process that had
// the pid.
func (t *Table) missed(k Key, old *Process) *Process {
	if t.past != nil {
		if p := t.past.find(t, k); p != nil {
			t.put(p, old)
			return p
		}
	}
	t.counts.Late++
	p, ppid := t.load(k.PID, k.Start)
	if p == nil {
		t.counts.Gone++
		p = t.unknown(k)
	} else {
		p.until = clock.Now()
	}
	t.put(p, old)
	if ppid > 0 && uint32(ppid) != p.PID {
		q := t.byPID[uint32(ppid)]
		if q == nil && ppid != 0 {
			q = t.ancestor(uint32(ppid), event.MaxAncestors)
		}
		if q != nil {
			t.attach(p, q)
		}
	}
	t.setPidns(p)
	t.seedFDs(p)
	p.id = 0
	return p
}

// ancestor reads a process that is only known as somebody's parent, and its
// parents in turn.
func (t *Table) ancestor(pid uint32, depth int) *Process {
	p, ppid := t.load(pid, 0)
	if p == nil || depth == 0 {
		return nil
	}
	t.byPID[pid] = p
	if q := t.byPID[uint32(ppid)]; q != nil {
		t.attach(p, q)
	} else if ppid > 0 {
		if q := t.ancestor(uint32(ppid), depth-1); q != nil {
			t.attach(p, q)
		}
	}
	t.setPidns(p)
	return p
}

// unknown is a process of which only a record is left.
func (t *Table) unknown(k Key) *Process {
	p := &Process{PID: k.PID, Start: k.Start, exact: k.Start != 0, execID: k.ExecID, execKnown: k.ExecID != 0, seeded: true}
	r := &p.row
	r.PID, r.UID, r.ExecGen = int32(k.PID), k.UID, k.ExecID
	r.Known = event.KnowPID | event.KnowUID
	if k.Start != 0 {
		r.Start = t.clk.Wall(k.Start)
		r.Known |= event.KnowStart
	}
	t.moved(p, k.Cgroup)
	return p
}

// load reads a process from /proc. It returns nil when it is gone, or when the
// pid has gone to another by then.
func (t *Table) load(pid uint32, start uint64) (p *Process, ppid int32) {
	d, err := openPid(t.opt.Proc, pid, t.buf)
	if err != nil {
		return nil, 0
	}
	defer d.close()
	im, err := d.readImage()
	if err != nil || (start != 0 && start/tickNS != im.startTicks) {
		return nil, 0
	}
	if im.tgid != 0 && uint32(im.tgid) != pid {
		return nil, 0 // a thread: readable by number, but no process
	}
	p = &Process{PID: pid, Start: im.startTicks * tickNS, ns: im.ns}
	if start != 0 {
		p.Start, p.exact = start, true
	}
	t.fill(p, &im)
	return p, im.ppid
}

// fill writes what /proc says into a process's row.
func (t *Table) fill(p *Process, im *image) {
	r := &p.row
	r.PID, r.PPID, r.SID, r.PGID, r.TTY = int32(p.PID), im.ppid, im.sid, im.pgid, im.tty
	r.Start = t.clk.Wall(p.Start)
	r.Known |= event.KnowPID | event.KnowPPID | event.KnowSession | event.KnowTTY | event.KnowStart
	if im.hasNSpids {
		r.VPID, r.VPGID, r.VSID = im.nspid, im.nspgid, im.nssid
		r.Known |= event.KnowVPID | event.KnowVGroup
	}
	r.Name = t.bytes(im.comm)
	if im.flags&pfKthread != 0 {
		r.Flags |= event.KernelThread
	} else {
		r.Exe, r.Args = t.argv(im.argv)
		r.Env = t.terminated(im.env)
	}
	r.ExePath = t.str(im.exePath)
	r.Flags |= event.Seeded
	if im.argsCut {
		r.Flags |= event.ArgsTruncated
	}
	if im.cwd != "" {
		t.SetCwd(p, []byte(im.cwd))
	}
	if im.hasCaps {
		r.UID, r.GID = im.uid[1], im.gid[1]
		r.CapEff, r.CapPerm, r.CapInh = im.capEff, im.capPrm, im.capInh
		r.Known |= event.KnowUID | event.KnowGID | event.KnowCaps
	}
	if im.hasLogin {
		r.LoginUID = im.loginUID
		r.Known |= event.KnowLoginUID
	}
	if im.exe.known {
		t.setExe(p, im.exe, im.uid[3], im.gid[3])
	}
	t.name(p)
	t.learnNS(p.ns)
	p.cgroup = t.conts.Key(p.PID)
	r.Cont, _ = t.conts.Of(p.cgroup, p.PID)
	r.Cgroups = t.str(im.cgroups)
	p.id = 0
}

// reread replaces the image of a process whose exec was missed.
func (t *Table) reread(p *Process) {
	d, err := openPid(t.opt.Proc, p.PID, t.buf)
	if err != nil {
		t.counts.Gone++
		return
	}
	defer d.close()
	im, err := d.readImage()
	if err != nil || im.startTicks != p.Start/tickNS {
		t.counts.Gone++
		return
	}
	start, cgroup := p.row.Start, p.cgroup
	p.row.ExecTime = 0
	p.ns = im.ns
	t.fill(p, &im)
	p.row.Start = start
	if p.cgroup == 0 {
		p.cgroup = cgroup
	}
	p.execFDs()
	p.until = clock.Now()
}
