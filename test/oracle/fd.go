package oracle

import (
	"net/netip"
	"strings"
)

// atFDCWD is the kernel's AT_FDCWD (include/uapi/linux/fcntl.h).
const atFDCWD = -100

// FD is a descriptor with what strace -yy says it is.
type FD struct {
	Num     int    // AT_FDCWD is -100
	Path    string // of a file or directory; "" otherwise
	Deleted bool   // the file has no name any more
	Kind    string // "TCP", "UDPv6", "UNIX-STREAM", "pipe", "anon_inode", "char", "block"; "" for a file
	Detail  string // what stands in the brackets: addresses, inode, device number
}

// FD reads "3</etc/passwd>" and its like.
func (a Arg) FD() (fd FD, ok bool) {
	s := string(a)
	open := strings.IndexByte(s, '<')
	if open < 0 {
		open = len(s)
	}
	n, ok := Arg(s[:open]).Int()
	if !ok || n != int64(int(n)) {
		return FD{}, false
	}
	fd.Num = int(n)
	if open == len(s) {
		return fd, true
	}
	note := s[open:]
	note, fd.Deleted = strings.CutSuffix(note, deletedMark)
	if annotationLen(note) != len(note) {
		return FD{}, false
	}
	note = note[1 : len(note)-1]
	if kind, detail, found := strings.Cut(note, ":["); found && isKind(kind) {
		fd.Kind, fd.Detail = kind, strings.TrimSuffix(detail, "]")
		return fd, true
	}
	// /dev/null<char 1:3>
	if path, device, found := strings.Cut(note, "<"); found {
		fd.Kind, fd.Detail, _ = strings.Cut(strings.TrimSuffix(device, ">"), " ")
		note = path
	}
	fd.Path = unescape(note)
	return fd, true
}

// Addrs returns the two ends of a connected socket, or the one of a bound
// socket as local.
func (fd FD) Addrs() (local, remote netip.AddrPort, ok bool) {
	first, second, connected := strings.Cut(fd.Detail, "->")
	local, err := netip.ParseAddrPort(first)
	if err != nil {
		return local, remote, false
	}
	if connected {
		remote, err = netip.ParseAddrPort(second)
	}
	return local, remote, err == nil
}
