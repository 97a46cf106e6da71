//go:build linux

package proc

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/internal/event"
)

// Bounds on reading descriptors and sockets from /proc.
const (
	maxSeedFDs    = 4096
	maxSockets    = 1 << 17
	maxNetspaces  = 256
	socketsFresh  = 2 * time.Second
	tcpListen     = 0x0a // TCP_LISTEN, net/tcp_states.h
	tcpEstablish  = 0x01
	unixAccepting = 0x10000 // __SO_ACCEPTCON, linux/net.h
)

// sockets are the sockets of each network namespace by inode, as
// /proc/PID/net shows them.
type sockets struct {
	root   string
	spaces map[uint32]*netspace
}

type netspace struct {
	byIno  map[uint64]socket
	listen map[uint16]bool // TCP ports
	read   time.Time
}

type socket struct {
	kind          event.ObjKind
	l4            event.L4Proto
	local, remote netip.AddrPort
	state         uint8
	path          string
}

func newSockets(root string) sockets { return sockets{root, make(map[uint32]*netspace)} }

// of returns the sockets of a network namespace that pid is in.
func (s *sockets) of(netns, pid uint32) *netspace {
	n := s.spaces[netns]
	if n != nil && time.Since(n.read) < socketsFresh {
		return n
	}
	if len(s.spaces) >= maxNetspaces {
		clear(s.spaces)
	}
	n = &netspace{byIno: make(map[uint64]socket), listen: make(map[uint16]bool), read: time.Now()}
	s.spaces[netns] = n
	dir := filepath.Join(s.root, strconv.FormatUint(uint64(pid), 10), "net")
	for _, f := range netFiles {
		n.readFile(filepath.Join(dir, f.name), f.kind, f.l4)
	}
	return n
}

var netFiles = []struct {
	name string
	kind event.ObjKind
	l4   event.L4Proto
}{
	{"tcp", event.ObjIPv4, event.L4TCP},
	{"tcp6", event.ObjIPv6, event.L4TCP},
	{"udp", event.ObjIPv4, event.L4UDP},
	{"udp6", event.ObjIPv6, event.L4UDP},
	{"raw", event.ObjIPv4, event.L4Raw},
	{"unix", event.ObjUnix, event.L4Unknown},
}

func (n *netspace) readFile(path string, kind event.ObjKind, l4 event.L4Proto) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Scan() // headings
	for lines.Scan() && len(n.byIno) < maxSockets {
		if kind == event.ObjUnix {
			n.unixLine(lines.Text())
		} else {
			n.inetLine(lines.Text(), kind, l4)
		}
	}
}

// inetLine reads a line of /proc/net/tcp and the like: slot, local, remote,
// state, queues, timer, retransmits, uid, timeout, inode.
func (n *netspace) inetLine(line string, kind event.ObjKind, l4 event.L4Proto) {
	f := strings.Fields(line)
	if len(f) < 10 {
		return
	}
	local, ok1 := netAddr(f[1])
	remote, ok2 := netAddr(f[2])
	ino, err := strconv.ParseUint(f[9], 10, 64)
	if !ok1 || !ok2 || err != nil {
		return
	}
	state, _ := strconv.ParseUint(f[3], 16, 8)
	if l4 == event.L4TCP && state == tcpListen {
		n.listen[local.Port()] = true
	}
	if ino != 0 {
		n.byIno[ino] = socket{kind: kind, l4: l4, local: local, remote: remote, state: uint8(state)}
	}
}

// unixLine reads a line of /proc/net/unix: slot, references, protocol, flags,
// type, state, inode, path.
func (n *netspace) unixLine(line string) {
	f := strings.Fields(line)
	if len(f) < 7 {
		return
	}
	ino, err := strconv.ParseUint(f[6], 10, 64)
	if err != nil || ino == 0 {
		return
	}
	s := socket{kind: event.ObjUnix}
	if flags, _ := strconv.ParseUint(f[3], 16, 32); flags&unixAccepting != 0 {
		s.state = tcpListen
	}
	if len(f) > 7 {
		s.path = strings.Join(f[7:], " ")
	}
	n.byIno[ino] = s
}

// netAddr reads an address of /proc/net: words of the address in the node's
// byte order, in hex, and the port.
func netAddr(s string) (netip.AddrPort, bool) {
	host, port, ok := strings.Cut(s, ":")
	raw, err := hex.DecodeString(host)
	p, err2 := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil || err2 != nil || len(raw)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for i := 0; i < len(raw); i += 4 {
		binary.BigEndian.PutUint32(raw[i:], binary.NativeEndian.Uint32(raw[i:]))
	}
	a, ok := netip.AddrFromSlice(raw)
	return netip.AddrPortFrom(a, uint16(p)), ok
}

// object describes a socket; role as far as the listening ports tell it.
func (n *netspace) object(s socket) event.Object {
	o := event.Object{Kind: s.kind, L4: s.l4}
	if s.kind == event.ObjUnix {
		return o
	}
	o.Local = event.EndpointOf(s.local.Addr(), s.local.Port())
	switch {
	case s.l4 == event.L4TCP && s.state == tcpListen:
		o.Role, o.Flags = event.RoleServer, event.ObjListening
	case s.remote.Port() != 0 || !s.remote.Addr().IsUnspecified():
		o.Remote = event.EndpointOf(s.remote.Addr(), s.remote.Port())
		o.Flags |= event.ObjConnected
		o.Role = event.RoleClient
		if n.listen[s.local.Port()] && s.l4 == event.L4TCP {
			o.Role = event.RoleServer
		}
	}
	return o
}

// Listens reports whether some socket of the process's network namespace
// listened on a TCP port when /proc was last read.
func (t *Table) Listens(p *Process, port uint16) bool {
	n := t.socks.spaces[p.ns.net]
	return n != nil && n.listen[port]
}

// SetListens notes that a port of the process's network namespace is listened
// on.
func (t *Table) SetListens(p *Process, port uint16) {
	n := t.socks.spaces[p.ns.net]
	if n == nil {
		n = t.socks.of(p.ns.net, p.PID)
	}
	n.listen[port] = true
}

// seedFDs reads what the descriptors of a process refer to. They are what they
// were when /proc was read, and so marked as inferred.
func (t *Table) seedFDs(p *Process) {
	if p.seeded {
		return
	}
	p.seeded = true
	d, err := openPid(t.opt.Proc, p.PID, t.buf)
	if err != nil {
		return
	}
	defer d.close()
	dir, err := unix.Openat(d.fd, "fd", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	f := os.NewFile(uintptr(dir), "fd")
	names, _ := f.Readdirnames(maxSeedFDs)
	f.Close()
	for _, name := range names {
		fd, err := strconv.ParseInt(name, 10, 32)
		if err != nil {
			continue
		}
		var st unix.Stat_t
		_ = unix.Fstatat(d.fd, "fd/"+name, &st, 0)
		if o, ok := t.fdObject(p, d.link("fd/"+name), &st); ok {
			p.SetFD(int32(fd), t.intern(o), false)
		}
	}
	p.row.Stdin, p.row.Stdout, p.row.Stderr = p.FD(0), p.FD(1), p.FD(2)
}

// fdObject tells what a link in /proc/PID/fd refers to.
func (t *Table) fdObject(p *Process, link string, st *unix.Stat_t) (event.Object, bool) {
	o := event.Object{Flags: event.ObjInferred}
	if ino, ok := inBrackets(link, "socket:["); ok {
		n := t.socks.of(p.ns.net, p.PID)
		if s, ok := n.byIno[ino]; ok {
			o = n.object(s)
			o.Name = t.str(s.path)
		} else {
			o.Kind = event.ObjPacket
		}
		o.Flags |= event.ObjInferred
		return o, true
	}
	switch {
	case link == "":
		return o, false
	case strings.HasPrefix(link, "/"):
		name, deleted := strings.CutSuffix(link, " (deleted)")
		o.Kind, o.Name = event.ObjFile, t.str(name)
		if deleted {
			o.Flags |= event.ObjDeleted
		}
		if strings.HasPrefix(link, "/memfd:") {
			o.Kind = event.ObjMemfd
		} else if st.Mode&unix.S_IFMT == unix.S_IFDIR {
			o.Kind = event.ObjDir
		}
		o.Dev, o.Ino = uint64(unix.Major(st.Dev))<<20|uint64(unix.Minor(st.Dev)), st.Ino
		o.Flags |= event.ObjInode
	case strings.HasPrefix(link, "pipe:["):
		o.Kind, o.Name = event.ObjPipe, t.str(link)
	default:
		o.Kind, o.Name = AnonKind(link), t.str(link)
	}
	return o, true
}

// anonKinds names the classes of anonymous inodes (fs/anon_inodes.c users).
var anonKinds = map[string]event.ObjKind{
	"[eventpoll]": event.ObjEventPoll, "[eventfd]": event.ObjEvent, "[signalfd]": event.ObjSignal,
	"[timerfd]": event.ObjTimer, "inotify": event.ObjInotify, "[io_uring]": event.ObjIOUring,
	"[userfaultfd]": event.ObjUserfault, "[pidfd]": event.ObjPidfd,
	"bpf-map": event.ObjBPF, "bpf-prog": event.ObjBPF, "bpf_link": event.ObjBPF, "btf": event.ObjBPF,
}

// AnonKind tells the kind of an anonymous inode by the class in its name:
// "anon_inode:[eventpoll]" or "[eventpoll]".
func AnonKind(name string) event.ObjKind {
	return anonKinds[strings.TrimPrefix(name, "anon_inode:")]
}

func inBrackets(s, prefix string) (uint64, bool) {
	rest, ok := strings.CutPrefix(s, prefix)
	if !ok || !strings.HasSuffix(rest, "]") {
		return 0, false
	}
	n, err := strconv.ParseUint(rest[:len(rest)-1], 10, 64)
	return n, err == nil
}

func (t *Table) intern(o event.Object) event.ObjID { return event.ObjID(t.tables.Objs.Intern(o)) }
