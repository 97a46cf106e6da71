//go:build linux

package decode

import (
	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/bpf"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/live/proc"
)

// exec decodes a process's new image.
func (d *Decoder) exec() {
	r, ps := d.rec, &d.parts
	k := proc.Key{PID: r.Pid(), Start: r.Start(), ExecID: r.ExecID(), Cgroup: r.Cgroup(), UID: r.UID(), Time: r.Time()}
	p := d.procs.FindForExec(k)
	im := &d.image
	*im = proc.Image{
		Path: im.Path[:0], Cwd: im.Cwd[:0], ExecID: r.ExecID(), Time: r.Time(),
		Task: ps.task, HasTask: ps.any(bpf.TagTask), Creds: ps.creds, HasCreds: ps.any(bpf.TagCreds),
		Caps: ps.caps, HasCaps: ps.any(bpf.TagCaps), NS: ps.ns, HasNS: ps.any(bpf.TagNS),
		Exe: ps.exe, HasExe: ps.any(bpf.TagExe), File: ps.file[slotExe], HasFile: ps.has(bpf.TagFile, slotExe),
		HasArgv: ps.any(bpf.TagArgv), HasEnv: ps.any(bpf.TagEnv),
	}
	if im.HasArgv {
		im.Argv, im.Cut = ps.argv.Data, ps.argv.Flags&(bpf.PartCut|bpf.PartFault) != 0
	}
	if im.HasEnv {
		im.Env, im.Cut = ps.env.Data, im.Cut || ps.env.Flags&(bpf.PartCut|bpf.PartFault) != 0
	}
	if ps.has(bpf.TagPath, slotExe) {
		im.Path, _ = bpf.AppendPath(im.Path, ps.path[slotExe])
	}
	if ps.has(bpf.TagPath, slotCwd) {
		im.Cwd, _ = bpf.AppendPath(im.Cwd, ps.path[slotCwd])
	}
	for fd, slot := range [...]int{slotStdin, slotStdout, slotStderr} {
		im.Std[fd] = d.stdio(p, slot, int32(fd))
	}
	d.procs.Exec(p, im)

	d.plan = &plans[typeExecve]
	e := d.event(p, typeExecve)
	e.Bits |= event.HasRes
	if ps.has(bpf.TagFile, slotExe) {
		e.Obj = d.intern(d.fileObject(slotExe))
	}
	if d.want[typeExecve] {
		d.arguments(p, typeExecve, e.Obj)
	}
	d.emit(p, e)
}

// stdio interns a standard descriptor. A socket keeps the role that it had
// before the exec.
func (d *Decoder) stdio(p *proc.Process, slot int, fd int32) event.ObjID {
	if !d.parts.has(bpf.TagSock, slot) {
		return d.object(p, slot)
	}
	o := d.socket(p, slot)
	if k := d.tables.Obj(p.FD(fd)); k.Kind == o.Kind && k.Role != event.RoleUnknown {
		o.Role = k.Role
	}
	return d.intern(o)
}

// fork decodes the making of a process or thread. The clone that made it is an
// event of its own.
func (d *Decoder) fork() {
	p := d.process()
	if !d.parts.any(bpf.TagChild) {
		d.stats.Bad++
		return
	}
	c := d.parts.child
	var task bpf.Task
	if d.parts.any(bpf.TagTask) {
		task = d.parts.task
	}
	d.procs.Fork(p, c, task, d.rec.Time())
	d.unwanted()
}

// renamed decodes that a process has another name from now on.
func (d *Decoder) renamed() {
	if !d.parts.has(bpf.TagString, slotTask) {
		d.stats.Bad++
		return
	}
	d.procs.SetName(d.process(), d.parts.str[slotTask].Data)
	d.unwanted()
}

var exitArgs = struct{ status, ret, sig, core int }{
	event.TypeProcExit.ParamIndex("status"), event.TypeProcExit.ParamIndex("ret"),
	event.TypeProcExit.ParamIndex("sig"), event.TypeProcExit.ParamIndex("core"),
}

// exit decodes the end of a thread, which is an event when it was the last one
// of its process.
func (d *Decoder) exit() {
	if !d.parts.any(bpf.TagExit) {
		d.stats.Bad++
		return
	}
	if d.parts.exit.Live != 0 {
		d.unwanted()
		return
	}
	p := d.process()
	if p.Ended() {
		d.unwanted() // two threads ended at once; both were last
		return
	}
	e := d.event(p, event.TypeProcExit)
	status := unix.WaitStatus(uint32(d.parts.exit.Code))
	w := &d.args
	w.Reset()
	for i := range event.TypeProcExit.Info().Params {
		switch i {
		case exitArgs.status:
			w.Int(int64(d.parts.exit.Code))
		case exitArgs.ret:
			d.optional(w, uint64(uint32(status.ExitStatus())), status.Exited(), true)
		case exitArgs.sig:
			d.optional(w, uint64(status.Signal()), status.Signaled(), true)
		case exitArgs.core:
			core := uint64(0)
			if status.CoreDump() {
				core = 1
			}
			w.Uint(core)
		default:
			w.Skip()
		}
	}
	d.emit(p, e)
	d.procs.Exit(p, d.rec.Time())
}
