//go:build linux

package decode

import (
	"encoding/binary"

	"github.com/stoop-project/stoop/bpf"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/live/clock"
	"github.com/stoop-project/stoop/live/proc"
)

// raw builds a record as the kernel programs write it (bpf/src/record.h).
type raw struct{ b []byte }

func record(kind bpf.Kind, call string, ret int64, args ...uint64) *raw {
	r := &raw{make([]byte, bpf.HeaderSize)}
	nr := uint16(bpf.NoNr)
	if call != "" {
		n, ok := bpf.Native.SyscallNr(call)
		if !ok {
			panic("no such call: " + call)
		}
		nr = uint16(n)
	}
	le.PutUint16(r.b[4:], nr)
	r.b[6], r.b[7] = byte(kind), bpf.Version
	r.at(1_000_000_000).who(4_000_000, 4_000_000, 500_000_000)
	le.PutUint64(r.b[16:], testCgroup)
	le.PutUint64(r.b[40:], uint64(ret))
	for _, a := range args {
		r.b = binary.LittleEndian.AppendUint64(r.b, a)
	}
	r.b[60] = byte(len(args))
	return r
}

const testCgroup = 77

func (r *raw) at(ns uint64) *raw { le.PutUint64(r.b[8:], ns); return r }

func (r *raw) who(pid, tid uint32, start uint64) *raw {
	le.PutUint64(r.b[24:], start)
	le.PutUint32(r.b[32:], pid)
	le.PutUint32(r.b[36:], tid)
	return r
}

func (r *raw) execID(n uint32) *raw { le.PutUint32(r.b[48:], n); return r }

func (r *raw) part(tag bpf.Tag, role, flags, aux uint8, data []byte) *raw {
	r.b = append(r.b, byte(tag), role, flags, aux)
	r.b = binary.LittleEndian.AppendUint32(r.b, uint32(len(data)))
	r.b = append(r.b, data...)
	for len(r.b)%8 != 0 {
		r.b = append(r.b, 0xee) // padding means nothing
	}
	r.b[61]++
	return r
}

func (r *raw) str(role uint8, s string) *raw {
	return r.part(bpf.TagString, role, bpf.PartArgument, 0, []byte(s))
}

// path adds names from the leaf up.
func (r *raw) path(role uint8, names ...string) *raw {
	var b []byte
	for _, n := range names {
		b = append(append(b, byte(len(n))), n...)
	}
	return r.part(bpf.TagPath, role, 0, uint8(len(names)), b)
}

func (r *raw) file(role uint8, fd int32, typ bpf.FDType, ino uint64) *raw {
	b := make([]byte, 40)
	le.PutUint64(b, ino)
	le.PutUint32(b[8:], 8<<20|1)
	le.PutUint32(b[12:], uint32(fd))
	b[22] = byte(typ)
	return r.part(bpf.TagFile, role, 0, 0, b)
}

// sock adds an IPv4 TCP socket.
func (r *raw) sock(role, state uint8, local [4]byte, lport uint16, remote [4]byte, rport uint16) *raw {
	b := make([]byte, 64)
	le.PutUint16(b, 2)
	le.PutUint16(b[2:], 1)
	le.PutUint16(b[4:], 6)
	b[6] = state
	le.PutUint16(b[8:], lport)
	le.PutUint16(b[10:], rport)
	copy(b[16:], local[:])
	copy(b[32:], remote[:])
	return r.part(bpf.TagSock, role, 0, 0, b)
}

func (r *raw) sockaddr(role uint8, ip [4]byte, port uint16) *raw {
	b := []byte{2, 0, byte(port >> 8), byte(port), ip[0], ip[1], ip[2], ip[3], 0, 0, 0, 0, 0, 0, 0, 0}
	return r.part(bpf.TagSockaddr, role, bpf.PartArgument, 0, b)
}

func (r *raw) task(comm string, ppid uint32) *raw {
	b := make([]byte, 56)
	copy(b[:15], comm)
	le.PutUint32(b[16:], ppid)
	return r.part(bpf.TagTask, bpf.RoleTask, 0, 0, b)
}

func (r *raw) bytes() []byte {
	le.PutUint32(r.b, uint32(len(r.b)))
	return r.b
}

// nowhere is a node without containers, whose processes cannot be read.
type nowhere struct{ host event.ContID }

func (n nowhere) Of(uint64, uint32) (event.ContID, event.Str) { return n.host, event.NoStr }
func (nowhere) Key(uint32) uint64                             { return testCgroup }

// bench is a decoder on an empty process table.
type bench struct {
	*Decoder
	tables *event.Tables
	procs  *proc.Table
}

func newBench(opt Options) *bench {
	t := event.NewTables()
	host := event.ContID(t.Conts.Add(event.Container{ID: t.Strings.Add(event.HostID), Flags: event.ContHost}))
	clk := clock.Fixed(1_700_000_000e9)
	procs := proc.New(t, clk, nowhere{host}, proc.Options{Proc: "/nonexistent"})
	return &bench{New(t, procs, clk, opt), t, procs}
}

// run decodes records and returns their events, one batch after the other.
func (b *bench) run(records ...*raw) []*event.Batch {
	for _, r := range records {
		b.Feed(r.bytes())
	}
	var out []*event.Batch
	b.Release(^uint64(0), func(x *event.Batch) { out = append(out, x) })
	return out
}

func (b *bench) one(r *raw) (*event.Batch, bool) {
	out := b.run(r)
	if len(out) != 1 || out[0].Len() != 1 {
		return nil, false
	}
	return out[0], true
}
