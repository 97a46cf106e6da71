//go:build linux

package decode

import (
	"encoding/binary"
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/bpf"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/live/proc"
)

var le = binary.LittleEndian

// States of a TCP socket (net/tcp_states.h).
const (
	tcpEstablished = 1
	tcpSynSent     = 2
	tcpClose       = 7
	tcpListen      = 10
)

// object interns what the descriptor in a slot refers to, 0 when the record
// does not tell.
func (d *Decoder) object(p *proc.Process, slot int) event.ObjID {
	var o event.Object
	switch {
	case d.parts.has(bpf.TagSock, slot):
		o = d.socket(p, slot)
	case d.parts.has(bpf.TagFile, slot):
		o = d.fileObject(slot)
	default:
		return 0
	}
	return d.intern(o)
}

func (d *Decoder) intern(o event.Object) event.ObjID { return event.ObjID(d.tables.Objs.Intern(o)) }

// fileObject describes a file, directory, pipe or anonymous inode.
func (d *Decoder) fileObject(slot int) (o event.Object) {
	f := &d.parts.file[slot]
	o.Dev, o.Ino, o.Flags = uint64(f.Dev), f.Ino, event.ObjInode
	if f.Marks&bpf.FileUpper != 0 {
		o.Flags |= event.ObjUpperLayer
	}
	if f.Marks&bpf.FileLower != 0 {
		o.Flags |= event.ObjLowerLayer
	}
	if f.Marks&bpf.FileUnlinked != 0 {
		o.Flags |= event.ObjDeleted
	}
	switch f.Type {
	case bpf.FDDir:
		o.Kind = event.ObjDir
	case bpf.FDSock:
		o.Kind = event.ObjPacket
	case bpf.FDFifo:
		o.Kind = event.ObjPipe
		if f.Marks&bpf.FilePipeFS != 0 {
			o.Name = d.numbered("pipe:[", f.Ino)
			o.Flags &^= event.ObjDeleted
			return o
		}
	case bpf.FDAnon:
		o.Dev, o.Ino, o.Flags = 0, 0, 0 // one inode serves all of them
		d.anonName(&o, slot)
		return o
	default:
		o.Kind = event.ObjFile
	}
	if f.Marks&bpf.FileMemfd != 0 {
		o.Kind = event.ObjMemfd
	}
	if d.nameless(&o, f, slot) {
		return o
	}
	if d.parts.has(bpf.TagPath, slot) {
		part := d.parts.path[slot]
		d.text = d.text[:0]
		if path, ok := bpf.AppendPath(d.text, part); ok {
			d.text = path
			if string(path) != "//" { // the root of a filesystem that has no place in the tree
				o.Name = d.tables.Strings.AddBytes(path)
			}
		}
		if part.Flags&bpf.PartCut != 0 {
			o.Flags |= event.ObjTruncated
		}
		if part.Flags&bpf.PartDeleted != 0 {
			o.Flags |= event.ObjDeleted
		}
	}
	return o
}

// nameless names a file that no path leads to, as /proc does: a process or a
// namespace.
func (d *Decoder) nameless(o *event.Object, f *bpf.File, slot int) bool {
	switch f.Magic {
	case unix.PID_FS_MAGIC:
		*o = event.Object{Kind: event.ObjPidfd, Name: d.tables.Strings.Add("anon_inode:[pidfd]")}
	case unix.NSFS_MAGIC:
		kind := d.procs.Namespace(uint32(f.Ino), d.rec.Pid(), d.fdOf(slot))
		o.Name = d.numbered(kind+":[", f.Ino)
	default:
		return false
	}
	return true
}

// anonName names an anonymous inode by its class, as /proc does.
func (d *Decoder) anonName(o *event.Object, slot int) {
	if !d.parts.has(bpf.TagPath, slot) {
		return
	}
	path, ok := bpf.AppendPath(d.text[:0], d.parts.path[slot])
	d.text = path
	if !ok || len(path) < 2 {
		return
	}
	class := path[1:]
	if kind, name := d.anon[string(class)].kind, d.anon[string(class)].name; name != event.NoStr {
		o.Kind, o.Name = kind, name
		return
	}
	name := "anon_inode:" + string(class)
	o.Kind, o.Name = proc.AnonKind(name), d.tables.Strings.Add(name)
	if len(d.anon) < 256 {
		d.anon[string(class)] = anonClass{o.Kind, o.Name}
	}
}

type anonClass struct {
	kind event.ObjKind
	name event.Str
}

// numbered interns prefix + n + "]".
func (d *Decoder) numbered(prefix string, n uint64) event.Str {
	d.text = append(d.text[:0], prefix...)
	d.text = strconv.AppendUint(d.text, n, 10)
	d.text = append(d.text, ']')
	return d.tables.Strings.AddBytes(d.text)
}

// socket describes a socket.
func (d *Decoder) socket(p *proc.Process, slot int) (o event.Object) {
	s := &d.parts.sock[slot]
	switch s.Family {
	case unix.AF_INET, unix.AF_INET6:
		d.inet(&o, s)
		o.Role = d.role(p, slot, &o)
	case unix.AF_UNIX:
		o.Kind = event.ObjUnix
		if d.parts.has(bpf.TagUnix, slot) {
			o.Name = d.unixName(d.parts.unix[slot].Data)
		}
		if o.Name == event.NoStr && d.parts.has(tagPeer, slot) {
			o.Name = d.unixName(d.parts.peer[slot].Data)
		}
		if s.Peer != 0 {
			o.Flags |= event.ObjConnected
		}
	case unix.AF_NETLINK:
		o.Kind = event.ObjNetlink
	default:
		o.Kind = event.ObjPacket
	}
	return o
}

func (d *Decoder) inet(o *event.Object, s *bpf.Sock) {
	o.Kind = event.ObjIPv4
	if s.Family == unix.AF_INET6 {
		o.Kind = event.ObjIPv6
	}
	o.L4 = transport(s.Type, s.Proto)
	local, remote := address(s.Family, &s.SAddr), address(s.Family, &s.DAddr)
	if o.Kind == event.ObjIPv6 && (remote.Is4In6() || !remote.IsUnspecified() && remote.Is4()) {
		o.Kind = event.ObjIPv4 // an IPv4 connection over an IPv6 socket
	}
	if s.SPort != 0 || !local.IsUnspecified() {
		o.Local = event.EndpointOf(local, s.SPort)
	}
	if s.DPort != 0 || !remote.IsUnspecified() {
		o.Remote = event.EndpointOf(remote, s.DPort)
	}
	if o.L4 != event.L4TCP {
		if o.Remote.Known {
			o.Flags |= event.ObjConnected
		}
		return
	}
	switch s.State {
	case tcpListen:
		o.Flags |= event.ObjListening
	case tcpSynSent:
		o.Flags |= event.ObjConnecting
	case tcpClose:
	default:
		o.Flags |= event.ObjConnected
	}
}

// role tells which end of a connection the process holds: as it was when the
// connection was made, else by the ports that are listened on.
func (d *Decoder) role(p *proc.Process, slot int, o *event.Object) event.Role {
	if o.Flags&event.ObjListening != 0 {
		return event.RoleServer
	}
	if fd := d.fdOf(slot); fd >= 0 {
		if k := d.tables.Obj(p.FD(fd)); k.Kind.Inet() && k.Role != event.RoleUnknown && k.L4 == o.L4 && (k.Local.Port == o.Local.Port || !k.Local.Known) {
			return k.Role
		}
	}
	if o.L4 == event.L4TCP && o.Local.Known && d.procs.Listens(p, o.Local.Port) {
		return event.RoleServer
	}
	if o.Flags&(event.ObjConnected|event.ObjConnecting) != 0 {
		return event.RoleClient
	}
	return event.RoleUnknown
}

// fdOf returns the descriptor in a slot, -1 when there is none.
func (d *Decoder) fdOf(slot int) int32 {
	switch {
	case slot < 6:
		return int32(d.rec.Arg(slot))
	case slot == slotRet && d.rec.Ret() >= 0:
		return int32(d.rec.Ret())
	}
	return -1
}

func transport(typ, proto uint16) event.L4Proto {
	switch {
	case proto == unix.IPPROTO_ICMP || proto == unix.IPPROTO_ICMPV6:
		return event.L4ICMP
	case typ == unix.SOCK_STREAM:
		return event.L4TCP
	case typ == unix.SOCK_DGRAM:
		return event.L4UDP
	case typ == unix.SOCK_RAW:
		return event.L4Raw
	}
	return event.L4Unknown
}

func address(family uint16, b *[16]byte) netip.Addr {
	if family == unix.AF_INET {
		return netip.AddrFrom4([4]byte(b[:4]))
	}
	return netip.AddrFrom16(*b)
}

// unixName interns the name of a unix socket; an abstract one begins with @.
func (d *Decoder) unixName(path []byte) event.Str {
	if len(path) == 0 {
		return event.NoStr
	}
	if path[0] == 0 {
		d.text = append(append(d.text[:0], '@'), path[1:]...)
		for i, c := range d.text { // names may have NULs inside; /proc shows them as @ too
			if c == 0 {
				d.text[i] = '@'
			}
		}
		return d.tables.Strings.AddBytes(d.text)
	}
	for i, c := range path {
		if c == 0 {
			path = path[:i]
			break
		}
	}
	if len(path) == 0 {
		return event.NoStr
	}
	return d.tables.Strings.AddBytes(path)
}

// sockaddr reads a struct sockaddr; its end is written to the endpoint, a unix
// name to name. ok is false for other families and for what is cut.
func (d *Decoder) sockaddr(b []byte) (kind event.ObjKind, end event.Endpoint, name event.Str, ok bool) {
	if len(b) < 2 {
		return
	}
	switch le.Uint16(b) {
	case unix.AF_INET:
		if len(b) < 8 {
			return
		}
		return event.ObjIPv4, event.EndpointOf(netip.AddrFrom4([4]byte(b[4:8])), binary.BigEndian.Uint16(b[2:])), 0, true
	case unix.AF_INET6:
		if len(b) < 24 {
			return
		}
		a := netip.AddrFrom16([16]byte(b[8:24]))
		kind = event.ObjIPv6
		if a.Is4In6() {
			kind = event.ObjIPv4
		}
		return kind, event.EndpointOf(a, binary.BigEndian.Uint16(b[2:])), 0, true
	case unix.AF_UNIX:
		return event.ObjUnix, end, d.unixName(b[2:]), true
	case unix.AF_NETLINK:
		return event.ObjNetlink, end, 0, true
	}
	return
}

// addrObject is an address alone, as a call was given it: the remote end for
// those that connect and send, the local one for bind.
func (d *Decoder) addrObject(slot int, local bool) event.ObjID {
	if !d.parts.has(bpf.TagSockaddr, slot) {
		return 0
	}
	kind, end, name, ok := d.sockaddr(d.parts.addr[slot].Data)
	if !ok {
		return 0
	}
	o := event.Object{Kind: kind, Name: name, Flags: event.ObjFromArg}
	if local {
		o.Local, o.Role = end, event.RoleServer
	} else {
		o.Remote, o.Role = end, event.RoleClient
	}
	if !kind.Inet() {
		o.Role = event.RoleUnknown
	}
	return d.intern(o)
}

// withAddr completes a socket by the address that a call was given: the port
// of a refused connect, the peer of a datagram.
func (d *Decoder) withAddr(id event.ObjID, slot int, role event.Role) event.ObjID {
	if !d.parts.has(bpf.TagSockaddr, slot) {
		return id
	}
	kind, end, name, ok := d.sockaddr(d.parts.addr[slot].Data)
	if !ok {
		return id
	}
	o := *d.tables.Obj(id)
	switch {
	case kind.Inet():
		if o.Remote.Known && o.Remote.Port != 0 {
			return id
		}
		if !o.Kind.Inet() {
			o.Kind = kind
		}
		if kind == event.ObjIPv4 {
			o.Kind = kind
		}
		o.Remote = end
	case kind == event.ObjUnix:
		if o.Name != event.NoStr {
			return id
		}
		o.Kind, o.Name = kind, name
	default:
		return id
	}
	if role != event.RoleUnknown {
		o.Role = role
	}
	o.Flags |= event.ObjFromArg
	return d.intern(o)
}

// inferred returns the same object, marked as known by bookkeeping only.
func (d *Decoder) inferred(id event.ObjID) event.ObjID {
	if id == 0 || d.tables.Obj(id).Flags&event.ObjInferred != 0 {
		return id
	}
	o := *d.tables.Obj(id)
	o.Flags |= event.ObjInferred
	return d.intern(o)
}

// pathObject interns the file that argument slot names, made absolute by the
// directory that the record or the process table tells.
func (d *Decoder) pathObject(p *proc.Process, slot int) event.ObjID {
	if !d.parts.has(bpf.TagString, slot) {
		return 0
	}
	part := d.parts.str[slot]
	if len(part.Data) == 0 {
		if d.emptyName(slot) && d.rec.Ret() >= 0 && d.plan.dirfd>>slot&1 != 0 {
			return d.object(p, slot-1) // AT_EMPTY_PATH: the descriptor itself
		}
		return 0
	}
	o := event.Object{Kind: event.ObjFile, Flags: event.ObjFromArg}
	if part.Flags&(bpf.PartCut|bpf.PartFault) != 0 {
		o.Flags |= event.ObjTruncated
	}
	o.Raw = d.tables.Strings.AddBytes(part.Data)
	var base []byte
	d.base = d.base[:0]
	switch {
	case d.plan == &plans[typeChdir] && d.rec.Ret() == 0 && d.parts.has(bpf.TagPath, slotCwd):
		o.Kind = event.ObjDir // where the process is now
		base, _ = bpf.AppendPath(d.base, d.parts.path[slotCwd])
		part.Data = nil
	case part.Data[0] != '/':
		base = d.baseOf(p, slot, &o)
	}
	d.text = absolute(d.text[:0], base, part.Data)
	if len(d.text) > 0 {
		o.Name = d.tables.Strings.AddBytes(d.text)
	} else {
		o.Name = o.Raw
	}
	return d.intern(o)
}

// emptyName reports whether the name in slot is there and has no bytes.
func (d *Decoder) emptyName(slot int) bool {
	return d.parts.has(bpf.TagString, slot) && len(d.parts.str[slot].Data) == 0 && d.parts.str[slot].Flags&bpf.PartFault == 0
}

// baseOf finds the directory that the name in slot is relative to: the one
// that the record tells, else the one of our bookkeeping.
func (d *Decoder) baseOf(p *proc.Process, slot int, o *event.Object) []byte {
	from := slotCwd
	if d.plan.dirfd>>slot&1 != 0 && int32(d.rec.Arg(slot-1)) != unix.AT_FDCWD {
		from = slot - 1
	}
	before := d.plan.effect == effectMove && d.rec.Ret() >= 0 // the record has where the call led to
	if d.parts.has(bpf.TagPath, from) && !before {
		if b, ok := bpf.AppendPath(d.base, d.parts.path[from]); ok {
			d.base = b
			if from == slotCwd && d.parts.path[from].Flags&(bpf.PartCut|bpf.PartUnreachable) == 0 {
				d.procs.SetCwd(p, b) // chdir need not be watched
			}
			return b
		}
	}
	known := p.Cwd()
	if from != slotCwd {
		known = event.NoStr
		if obj := d.tables.Obj(p.FD(int32(d.rec.Arg(from)))); obj.Kind == event.ObjDir {
			known = obj.Name
		}
	}
	if known != event.NoStr {
		o.Flags |= event.ObjInferred
		d.base = append(d.base, d.tables.Text(known)...)
	}
	return d.base
}
