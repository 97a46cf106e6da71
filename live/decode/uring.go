//go:build linux

package decode

import (
	"bytes"
	"slices"

	"github.com/stoop-project/stoop/bpf"
	"github.com/stoop-project/stoop/internal/event"
)

// maxRings bounds the io_uring requests that are waited for.
const maxRings = 1 << 14

// Operations of io_uring (linux/io_uring.h, enum io_uring_op) that are a
// system call by another way, and that call. The others are of the type
// io_uring.
var ringCalls = [256]event.Type{
	1: mustType("readv"), 2: mustType("writev"), 3: mustType("fsync"), 8: mustType("sync_file_range"),
	9: mustType("sendmsg"), 10: mustType("recvmsg"), 13: mustType("accept4"), 16: mustType("connect"),
	17: mustType("fallocate"), 18: mustType("openat"), 19: mustType("close"), 21: mustType("statx"),
	22: mustType("read"), 23: mustType("write"), 24: mustType("fadvise64"), 25: mustType("madvise"),
	26: mustType("sendto"), 27: mustType("recvfrom"), 28: mustType("openat2"), 29: mustType("epoll_ctl"),
	30: mustType("splice"), 33: mustType("tee"), 34: mustType("shutdown"), 35: mustType("renameat2"),
	36: mustType("unlinkat"), 37: mustType("mkdirat"), 38: mustType("symlinkat"), 39: mustType("linkat"),
	41: mustType("fsetxattr"), 42: mustType("setxattr"), 43: mustType("fgetxattr"), 44: mustType("getxattr"),
	45: mustType("socket"), 55: mustType("ftruncate"), 56: mustType("bind"), 57: mustType("listen"),
}

// ringSubmit keeps a request until it completes.
func (d *Decoder) ringSubmit() {
	if !d.parts.any(bpf.TagURing) {
		d.stats.Bad++
		return
	}
	if old, ok := d.rings[d.parts.uring.Req]; ok {
		d.ringEvent(bytes.Clone(old), false) // its completion was lost
	} else if len(d.rings) >= maxRings {
		for req, old := range d.rings {
			delete(d.rings, req)
			d.ringEvent(old, false)
			break
		}
		d.parts.collect(d.rec)
	}
	d.rings[d.parts.uring.Req] = bytes.Clone(d.rec)
}

// ringComplete joins a completion with its request.
func (d *Decoder) ringComplete() {
	if !d.parts.any(bpf.TagURing) {
		d.stats.Bad++
		return
	}
	req, ok := d.rings[d.parts.uring.Req]
	if !ok {
		d.ringEvent(bytes.Clone(d.rec), true)
		return
	}
	delete(d.rings, d.parts.uring.Req)
	d.unwanted() // of the two records one makes the event
	d.ringEvent(joined(req, d.rec), true)
}

// joined is the request with its completion's time, result and descriptor.
func joined(req []byte, done bpf.Record) []byte {
	le.PutUint64(req[8:], done.Time())
	le.PutUint64(req[40:], uint64(done.Ret()))
	for c := done.Parts(); c.Next(); {
		if c.Role != bpf.RoleRet || len(req)+len(c.Data)+16 > bpf.MaxRecord || req[61] == 255 {
			continue
		}
		req = append(req, byte(c.Tag), c.Role, c.Flags, c.Aux)
		req = le.AppendUint32(req, uint32(len(c.Data)))
		req = append(req, c.Data...)
		for len(req)%8 != 0 {
			req = append(req, 0)
		}
		req[61]++
	}
	le.PutUint32(req, uint32(len(req)))
	return req
}

// ViaRing reports whether events of a type may come from io_uring too.
func ViaRing(t event.Type) bool {
	return t == event.TypeIOUring || t != 0 && slices.Contains(ringCalls[:], t)
}

var uringArgs = struct{ op, fd, addr, length, flags int }{
	event.TypeIOUring.ParamIndex("op"), event.TypeIOUring.ParamIndex("fd"), event.TypeIOUring.ParamIndex("addr"),
	event.TypeIOUring.ParamIndex("len"), event.TypeIOUring.ParamIndex("flags"),
}

// ringEvent makes the event of a request; done says that rec has its result.
func (d *Decoder) ringEvent(rec bpf.Record, done bool) {
	current := d.rec
	defer func() { d.rec = current }()
	if d.rec = rec; !d.parts.collect(rec) {
		d.stats.Bad++
		return
	}
	u := d.parts.uring
	p := d.process()
	t := ringCalls[u.Opcode]
	if t != 0 && rec.NArgs() > 0 && done {
		d.plan = &plans[t]
		d.call(p, t, event.ViaIOUring)
		return
	}
	d.plan = &plans[event.TypeIOUring]
	e := d.event(p, event.TypeIOUring)
	e.Bits |= event.ViaIOUring
	if done {
		e.Bits |= event.HasRes
		e.Res = rec.Ret()
	}
	if u.FD >= 0 {
		e.FD = u.FD
		if e.Obj = d.object(p, 0); e.Obj == 0 {
			e.Obj = d.inferred(p.FD(u.FD))
		}
	}
	w := &d.args
	w.Reset()
	for i := range event.TypeIOUring.Info().Params {
		switch i {
		case uringArgs.op:
			w.Uint(uint64(u.Opcode))
		case uringArgs.fd:
			d.optional(w, uint64(int64(u.FD)), u.FD >= 0, true)
		case uringArgs.length:
			w.Uint(uint64(u.Len))
		case uringArgs.flags:
			w.Uint(uint64(u.ReqFlags))
		default:
			w.Skip()
		}
	}
	d.emit(p, e)
}
