//go:build linux

package decode

import (
	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/bpf"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/live/proc"
)

// arguments encodes the arguments of a type in the order of its params. obj is
// what the event is about, when that is known already.
func (d *Decoder) arguments(p *proc.Process, t event.Type, obj event.ObjID) {
	w := &d.args
	w.Reset()
	for _, s := range d.plan.steps {
		d.argument(w, p, t, s, obj)
	}
}

func (d *Decoder) argument(w *event.ArgWriter, p *proc.Process, t event.Type, s step, obj event.ObjID) {
	reg := int(s.reg)
	inReg := reg < d.rec.NArgs()
	switch s.op {
	case opInt32, opInt64, opUint32, opUint64, opOpenFlags, opOpenMode:
		if !inReg {
			w.Skip()
			return
		}
		d.register(w, s.op, d.rec.Arg(reg), t)
	case opPath:
		d.pathArg(w, p, reg, obj)
	case opRetPath:
		w.Str(d.tables.Obj(d.object(p, slotRet)).Name)
	case opText:
		switch {
		case d.plan.effect == effectSetName && d.rec.Arg(0) != unix.PR_SET_NAME && d.rec.Arg(0) != unix.PR_GET_NAME:
			w.Skip() // a number, or something else's address
		case d.parts.has(bpf.TagString, reg):
			w.Str(d.tables.Strings.AddBytes(d.parts.str[reg].Data))
		case d.renames():
			w.Str(p.Name())
		default:
			w.Skip()
		}
	case opData:
		if d.parts.any(bpf.TagPayload) {
			w.Bytes(d.parts.payload.Data, d.parts.payload.Flags&bpf.PartCut != 0)
		} else {
			w.Skip()
		}
	case opStruct:
		if d.parts.has(bpf.TagStruct, reg) {
			w.Bytes(d.parts.data[reg].Data, d.parts.data[reg].Flags&bpf.PartCut != 0)
		} else {
			w.Skip()
		}
	case opTuple:
		if k := d.tables.Obj(obj).Kind; k.Inet() || k == event.ObjUnix {
			w.Obj(obj)
		} else {
			w.Skip()
		}
	case opAddr:
		w.Obj(d.addrObject(reg, d.plan.class == classBind))
	case opSlotFD:
		d.optional(w, uint64(d.parts.file[reg].FD), d.parts.has(bpf.TagFile, reg), true)
	case opSlotIno:
		d.optional(w, d.parts.file[reg].Ino, d.parts.has(bpf.TagFile, reg), false)
	case opTimespec:
		sec, ok := d.parts.word(reg, 0)
		ns, ok2 := d.parts.word(reg, 1)
		d.optional(w, sec*1e9+ns, ok && ok2, true)
	case opWord, opOpenHow:
		v, ok := d.parts.word(reg, int(s.arg))
		if !ok && t == typeOpenat2 && d.rec.Kind() == bpf.KindURingSubmit && reg+int(s.arg) < d.rec.NArgs() {
			v, ok = d.rec.Arg(reg+int(s.arg)), true // taken out of the structure by the kernel side
		}
		if s.op == opOpenHow {
			v = d.openFlags(v)
		}
		d.optional(w, v, ok, false)
	case opHalf:
		v, ok := d.parts.half(reg, int(s.arg))
		d.optional(w, uint64(v), ok, false)
	case opCapInh:
		d.optional(w, d.parts.caps.Inheritable, d.parts.any(bpf.TagCaps), false)
	case opCapPerm:
		d.optional(w, d.parts.caps.Permitted, d.parts.any(bpf.TagCaps), false)
	case opCapEff:
		d.optional(w, d.parts.caps.Effective, d.parts.any(bpf.TagCaps), false)
	case opConst:
		w.Uint(constants[s.arg])
	case opNumber:
		w.Uint(uint64(t))
	case opNative:
		w.Uint(uint64(d.rec.Nr()))
	case opExePath:
		if d.rec.Kind() == bpf.KindExec {
			w.Str(d.tables.Obj(obj).Name)
		} else {
			d.pathArg(w, p, reg, obj)
		}
	default:
		w.Skip()
	}
}

// openFlags returns what open was told, and whether it made the file.
func (d *Decoder) openFlags(told uint64) uint64 {
	flags := openFlags(bpf.Native, told)
	if d.plan.pathArg >= 0 && d.parts.has(bpf.TagFile, slotRet) && d.parts.file[slotRet].Marks&bpf.FileCreated != 0 {
		flags |= event.OpenCreated
	}
	return flags
}

// register writes the value of a register.
func (d *Decoder) register(w *event.ArgWriter, o op, v uint64, t event.Type) {
	switch o {
	case opInt32:
		w.Int(int64(int32(v)))
	case opInt64:
		w.Int(int64(v))
	case opUint32:
		w.Uint(v & 0xffffffff)
	case opUint64:
		w.Uint(v)
	case opOpenFlags:
		w.Uint(d.openFlags(v & 0xffffffff))
	case opOpenMode:
		flags := d.rec.Arg(1)
		if t == typeOpenat {
			flags = d.rec.Arg(2)
		}
		if flags&(unix.O_CREAT|unix.O_TMPFILE&^unix.O_DIRECTORY) == 0 {
			v = 0 // the kernel does not look at it
		}
		w.Uint(v & 0xffff)
	}
}

// pathArg writes a name argument. The name of the event's own object is
// written as the program gave it: the object has the absolute path beside it.
// Another name is written absolute.
func (d *Decoder) pathArg(w *event.ArgWriter, p *proc.Process, reg int, obj event.ObjID) {
	if d.emptyName(reg) {
		w.Str(event.EmptyStr)
		return
	}
	own := int8(reg) == d.plan.pathArg && obj != 0
	if own && !d.parts.has(bpf.TagString, reg) {
		w.Str(d.tables.Obj(obj).Name) // an open that the bulk recorder saw: the kernel's path
		return
	}
	if own && d.plan.retFD && d.rec.Ret() >= 0 {
		w.Str(d.tables.Strings.AddBytes(d.parts.str[reg].Data))
		return
	}
	o := d.tables.Obj(d.pathObject(p, reg))
	if own && d.plan.fdArg < 0 {
		w.Str(o.Raw)
		return
	}
	w.Str(o.Name)
}

func (d *Decoder) optional(w *event.ArgWriter, v uint64, ok, signed bool) {
	switch {
	case !ok:
		w.Skip()
	case signed:
		w.Int(int64(v))
	default:
		w.Uint(v)
	}
}
