//go:build linux

package decode

import (
	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/bpf"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/live/proc"
)

var (
	typeOpenat2 = mustType("openat2")
	typeOpenat  = mustType("openat")
	typeExecve  = mustType("execve")
	typeChdir   = mustType("chdir")
)

func mustType(name string) event.Type {
	t, ok := event.TypeOf(name)
	if !ok {
		panic("decode: the registry has no type " + name)
	}
	return t
}

// syscall decodes the return of a system call.
func (d *Decoder) syscall() {
	r := d.rec
	table := native
	if r.Flags()&bpf.FlagCompat != 0 {
		table = compat
	}
	t := table.typeOf(r.Nr())
	d.plan = &plans[t]
	if d.plan.class == classExec && r.Ret() >= 0 {
		d.unwanted() // an exec record tells of it
		return
	}
	d.call(d.process(), t, 0)
}

// call decodes a system call, or an io_uring operation that is one.
func (d *Decoder) call(p *proc.Process, t event.Type, bits event.Bits) {
	r := d.rec
	e := d.event(p, t)
	e.Bits |= bits | event.HasRes
	e.Res = r.Ret()
	d.subject(p, &e)
	d.answers(&e)
	if d.renames() {
		d.rename(p)
	}
	if d.want[t] {
		d.arguments(p, t, e.Obj)
	}
	if r.Ret() >= 0 {
		d.change(p, &e)
	}
	d.emit(p, e)
}

// renames reports whether the record is of a call by which a process's main
// thread took another name.
func (d *Decoder) renames() bool {
	r := d.rec
	return d.plan.effect == effectSetName && r.Arg(0) == unix.PR_SET_NAME && r.Ret() == 0 && r.Pid() == r.Tid()
}

// rename notes the new name: as the record has it, else as /proc has it now.
func (d *Decoder) rename(p *proc.Process) {
	switch {
	case d.parts.has(bpf.TagString, 1):
		d.procs.SetName(p, d.parts.str[1].Data)
	case d.parts.any(bpf.TagTask):
		d.procs.SetTask(p, d.parts.task)
	default:
		d.procs.ReadName(p)
	}
}

// subject finds what the call is about: the descriptor that it returned or was
// given, else the file that its first path names.
func (d *Decoder) subject(p *proc.Process, e *event.Event) {
	pl, r := d.plan, d.rec
	switch {
	case pl.effect == effectPipe && r.Ret() >= 0:
		e.FD, e.Obj = d.parts.file[slotFD0].FD, d.object(p, slotFD0)
		if !d.parts.has(bpf.TagFile, slotFD0) {
			e.FD = -1
		}
	case pl.class == classBPF:
		if class := bpfMakes[r.Arg(0)]; class != "" && r.Ret() >= 0 {
			e.FD = int32(r.Ret())
			if e.Obj = d.object(p, slotRet); e.Obj != 0 {
				break
			}
			e.Obj = d.intern(event.Object{Kind: event.ObjBPF, Name: d.tables.Strings.Add("anon_inode:" + class)})
		}
	case pl.retFD && r.Ret() >= 0:
		e.FD = int32(r.Ret())
		e.Obj = d.object(p, slotRet)
		if pl.pathArg >= 0 {
			e.Obj = d.given(e.Obj, p, int(pl.pathArg))
		}
		if e.Obj == 0 && pl.effect == effectDup {
			e.Obj = d.inferred(p.FD(int32(r.Arg(int(pl.fdArg)))))
		}
	case pl.fdArg >= 0:
		e.FD = int32(r.Arg(int(pl.fdArg)))
		if e.Obj = d.object(p, int(pl.fdArg)); e.Obj != 0 {
			p.SeeFD(e.FD, e.Obj)
		} else {
			e.Obj = d.inferred(p.FD(e.FD))
		}
	case pl.pathArg >= 0:
		e.Obj = d.pathObject(p, int(pl.pathArg))
	}
	d.ends(p, e)
}

// given returns a file that a call has opened with the name that the program
// gave it, or, where the file is not known, what that name says.
func (d *Decoder) given(id event.ObjID, p *proc.Process, slot int) event.ObjID {
	if id == 0 {
		return d.pathObject(p, slot)
	}
	if !d.parts.has(bpf.TagString, slot) || d.parts.str[slot].Flags&(bpf.PartCut|bpf.PartFault) != 0 {
		return id
	}
	o := *d.tables.Obj(id)
	if o.Kind != event.ObjFile && o.Kind != event.ObjDir {
		return id
	}
	if o.Raw = d.tables.Strings.AddBytes(d.parts.str[slot].Data); o.Raw == o.Name {
		return id
	}
	return d.intern(o)
}

// ends completes the two ends of a socket by what the call says of them.
func (d *Decoder) ends(p *proc.Process, e *event.Event) {
	addr, role := noSlot, event.RoleUnknown
	switch d.plan.class {
	case classConnect:
		addr, role = 1, event.RoleClient
	case classAccept:
		role = event.RoleServer
	case classSend, classReceive:
		addr = 4
		if d.parts.has(bpf.TagSockaddr, slotMsg) {
			addr = slotMsg
		}
	default:
		return
	}
	if addr != noSlot {
		e.Obj = d.withAddr(e.Obj, addr, role)
	}
	if o := d.tables.Obj(e.Obj); role != event.RoleUnknown && o.Kind.Inet() && o.Role != role {
		row := *o
		row.Role = role
		e.Obj = d.intern(row)
	}
	if d.plan.class == classConnect && d.rec.Ret() == -int64(unix.EINPROGRESS) {
		row := *d.tables.Obj(e.Obj)
		row.Flags |= event.ObjConnecting
		e.Obj = d.intern(row)
	}
	if d.plan.class == classConnect {
		p.SeeFD(e.FD, e.Obj)
	}
}

// change brings the process table up to what a call that succeeded did.
func (d *Decoder) change(p *proc.Process, e *event.Event) {
	pl, r := d.plan, d.rec
	if d.parts.any(bpf.TagCreds) {
		d.procs.SetCreds(p, d.parts.creds)
	}
	if d.parts.any(bpf.TagCaps) {
		d.procs.SetCaps(p, d.parts.caps)
	}
	if d.parts.any(bpf.TagNS) {
		d.procs.SetNS(p, d.parts.ns)
	}
	if d.parts.any(bpf.TagTask) && r.Pid() == r.Tid() {
		d.procs.SetTask(p, d.parts.task)
	}
	if pl.effect == effectMove && d.parts.has(bpf.TagPath, slotCwd) {
		if path, ok := bpf.AppendPath(d.text[:0], d.parts.path[slotCwd]); ok {
			d.text = path
			d.procs.SetCwd(p, path)
		}
	}
	if pl.retFD && pl.effect != effectDup && e.FD >= 0 {
		p.SetFD(e.FD, e.Obj, d.closesOnExec())
	}
	switch pl.effect {
	case effectClose:
		p.SetFD(e.FD, 0, false)
	case effectCloseRange:
		p.CloseRange(uint32(r.Arg(0)), uint32(r.Arg(1)), r.Arg(2)&unix.CLOSE_RANGE_CLOEXEC != 0)
	case effectDup:
		p.SetFD(int32(r.Ret()), e.Obj, d.closesOnExec())
	case effectFcntl:
		d.fcntl(p, e)
	case effectPipe:
		clo := d.closesOnExec()
		for _, slot := range [2]int{slotFD0, slotFD1} {
			if d.parts.has(bpf.TagFile, slot) {
				p.SetFD(d.parts.file[slot].FD, d.object(p, slot), clo)
			}
		}
	case effectListen:
		if o := d.tables.Obj(e.Obj); o.Kind.Inet() && o.L4 == event.L4TCP && o.Local.Known {
			d.procs.SetListens(p, o.Local.Port)
		}
	case effectSetpgid:
		if target := int32(r.Arg(0)); target != 0 && target != p.VPID() {
			d.procs.SetGroup(p, target, int32(r.Arg(1)))
		}
	}
}

func (d *Decoder) closesOnExec() bool {
	pl := d.plan
	return pl.cloAll || pl.cloReg >= 0 && d.rec.Arg(int(pl.cloReg))&pl.cloexec != 0
}

// fcntl duplicates a descriptor or marks it.
func (d *Decoder) fcntl(p *proc.Process, e *event.Event) {
	switch d.rec.Arg(1) {
	case unix.F_DUPFD, unix.F_DUPFD_CLOEXEC:
		p.SetFD(int32(d.rec.Ret()), e.Obj, d.rec.Arg(1) == unix.F_DUPFD_CLOEXEC)
	case unix.F_SETFD:
		p.CloseOnExec(e.FD, d.rec.Arg(2)&unix.FD_CLOEXEC != 0)
	}
}
