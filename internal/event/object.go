package event

import "net/netip"

// Object is what a file descriptor or a path refers to: a file, a directory,
// a socket, a pipe. Two ends of equal connections are one Object.
type Object struct {
	Kind   ObjKind
	L4     L4Proto
	Role   Role
	Flags  ObjFlags
	Local  Endpoint // sockets only
	Remote Endpoint
	Name   Str    // path, or the name of what has none (unix socket path, "anon_inode:[eventfd]", "pipe:[ino]"); NoStr for IP sockets
	Raw    Str    // the path as the program gave it, when it was an argument
	Dev    uint64 // st_dev, major<<20|minor, when ObjInode
	Ino    uint64
}

// Endpoint is one end of an IP connection.
type Endpoint struct {
	IP    [16]byte // IPv4 as ::ffff:a.b.c.d
	Port  uint16
	Known bool
}

// Addr returns the endpoint's address; IPv4 comes unmapped.
func (e Endpoint) Addr() netip.Addr { return netip.AddrFrom16(e.IP).Unmap() }

// EndpointOf makes an endpoint.
func EndpointOf(a netip.Addr, port uint16) Endpoint {
	return Endpoint{IP: a.As16(), Port: port, Known: a.IsValid()}
}

func (e Endpoint) String() string {
	if !e.Known {
		return ""
	}
	return netip.AddrPortFrom(e.Addr(), e.Port).String()
}

// ObjKind is what an object is; its name and letter are Falco's fd.type and
// fd.typechar (libs userspace/libscap/scap.h, scap_fd_type).
type ObjKind uint8

// The kinds of objects.
const (
	ObjUnknown ObjKind = iota
	ObjFile
	ObjDir
	ObjIPv4
	ObjIPv6
	ObjUnix
	ObjPipe
	ObjEvent
	ObjSignal
	ObjEventPoll
	ObjInotify
	ObjTimer
	ObjNetlink
	ObjBPF
	ObjUserfault
	ObjIOUring
	ObjMemfd
	ObjPidfd
	ObjPacket // other socket families
)

var objKinds = [...]struct {
	name string
	char byte
}{
	ObjUnknown: {"", 'o'}, ObjFile: {"file", 'f'}, ObjDir: {"directory", 'd'}, ObjIPv4: {"ipv4", '4'}, ObjIPv6: {"ipv6", '6'},
	ObjUnix: {"unix", 'u'}, ObjPipe: {"pipe", 'p'}, ObjEvent: {"event", 'e'}, ObjSignal: {"signalfd", 's'},
	ObjEventPoll: {"eventpoll", 'l'}, ObjInotify: {"inotify", 'i'}, ObjTimer: {"timerfd", 't'}, ObjNetlink: {"netlink", 'n'},
	ObjBPF: {"bpf", 'b'}, ObjUserfault: {"userfaultfd", 'u'}, ObjIOUring: {"io_uring", 'r'}, ObjMemfd: {"memfd", 'm'},
	ObjPidfd: {"pidfd", 'P'}, ObjPacket: {"unknown", 'o'},
}

// String returns Falco's fd.type, "" for an unknown kind.
func (k ObjKind) String() string {
	if int(k) < len(objKinds) {
		return objKinds[k].name
	}
	return ""
}

// Char returns Falco's fd.typechar.
func (k ObjKind) Char() byte {
	if int(k) < len(objKinds) {
		return objKinds[k].char
	}
	return 'o'
}

// ObjKindOf is the inverse of String; ObjUnknown for other names.
func ObjKindOf(name string) ObjKind {
	for k, v := range objKinds {
		if v.name == name && name != "" {
			return ObjKind(k)
		}
	}
	return ObjUnknown
}

// Inet reports whether the object is an IP socket.
func (k ObjKind) Inet() bool { return k == ObjIPv4 || k == ObjIPv6 }

// L4Proto is a transport protocol.
type L4Proto uint8

// The transports; their names are Falco's fd.l4proto.
const (
	L4Unknown L4Proto = iota
	L4TCP
	L4UDP
	L4ICMP
	L4Raw
)

func (p L4Proto) String() string {
	if int(p) < 5 {
		return [...]string{"", "tcp", "udp", "icmp", "raw"}[p]
	}
	return ""
}

// L4ProtoOf is the inverse of String; L4Unknown for other names.
func L4ProtoOf(name string) L4Proto {
	for p := L4TCP; p <= L4Raw; p++ {
		if p.String() == name {
			return p
		}
	}
	return L4Unknown
}

// Role says which end of a connection the process holds.
type Role uint8

// The roles: a client connected, a server accepted (or is bound and listening).
const (
	RoleUnknown Role = iota
	RoleClient
	RoleServer
)

// ObjFlags are facts of an object.
type ObjFlags uint16

// The facts.
const (
	ObjFromArg    ObjFlags = 1 << iota // the name was read from the caller's memory, which another thread may have changed
	ObjInferred                        // the name comes from bookkeeping of ours, not from the kernel's object
	ObjTruncated                       // the path was longer or deeper than what was kept
	ObjUpperLayer                      // overlay upper layer
	ObjLowerLayer                      // overlay lower layer
	ObjInode                           // Dev and Ino are known
	ObjConnected                       // the socket is connected
	ObjDeleted                         // the file had no name any more
	ObjConnecting                      // connect has been called and not yet answered (EINPROGRESS)
	ObjListening                       // the socket listens
	ObjReported                        // known from an alert or another report alone, which may leave facts out
)

// Client returns the connection's client and server ends, by the role that the
// process plays; with an unknown role the local end counts as the client's,
// as Falco does for datagrams.
func (o *Object) Client() Endpoint {
	if o.Role == RoleServer {
		return o.Remote
	}
	return o.Local
}

// Server returns the connection's server end; see [Object.Client].
func (o *Object) Server() Endpoint {
	if o.Role == RoleServer {
		return o.Local
	}
	return o.Remote
}
