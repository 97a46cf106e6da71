//go:build linux

package livetest

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/test/oracle"
)

// compare holds everything that strace says of a call against the event.
func (p pair) compare(t *testing.T) {
	t.Helper()
	var errs []string
	fail := func(format string, args ...any) { errs = append(errs, fmt.Sprintf(format, args...)) }
	p.result(t, fail)
	p.arguments(fail)
	p.descriptor(t, fail)
	p.ends(t, fail)
	p.whereabouts(t, fail)
	for _, e := range errs {
		t.Errorf("%s\n\tstoop: %s\n\t%s", printed(p.call), p.event.text(t, "evt.args"), e)
	}
}

type failf func(format string, args ...any)

func (p pair) result(t *testing.T, fail failf) {
	t.Helper()
	want := p.call.Errno
	if want == "" {
		want = "SUCCESS"
	}
	if have := p.event.text(t, "evt.res"); have != want {
		fail("evt.res is %s", have)
	}
	if want == "SUCCESS" {
		if have := p.event.text(t, "evt.rawres"); have != strconv.FormatInt(p.call.Return.Int, 10) {
			fail("evt.rawres is %s", have)
		}
	}
}

// whereabouts compares the caller: its thread, directory and name.
func (p pair) whereabouts(t *testing.T, fail failf) {
	t.Helper()
	if have := p.event.text(t, "thread.tid"); have != strconv.Itoa(p.call.Pid) {
		fail("thread.tid is %s, strace has %d", have, p.call.Pid)
	}
	if p.event.b.Bits[p.event.i]&(event.FromBulk|event.FromDeeds) != 0 {
		return // a ring has no record of forks: what a child was before its exec is not always known
	}
	moves := []string{"chdir", "fchdir", "chroot", "pivot_root"} // their events have the directory after them
	if p.sure && !slices.Contains(moves, p.call.Name) {
		if have := p.event.text(t, "proc.cwd"); strings.TrimSuffix(have, "/") != strings.TrimSuffix(p.cwd, "/") {
			fail("proc.cwd is %s, by what strace tells it is %s", have, p.cwd)
		}
	}
	if have := p.event.text(t, "proc.exepath"); have == notKnown || have == "" {
		fail("proc.exepath is missing")
	}
}

// arguments compares each argument of the event's type that strace shows too.
func (p pair) arguments(fail failf) {
	have := map[string]event.NamedArg{}
	for a := range event.Args(p.event.b, p.event.i) {
		have[a.Name] = a
	}
	info := p.event.b.Type[p.event.i].Info()
	for i := range info.Shown {
		s := &info.Shown[i]
		if s.Result() || s.Field != nil {
			continue
		}
		want, ok := p.said(s)
		if !ok || !hasValue(s, want) {
			continue
		}
		a, known := have[s.Name]
		switch {
		case !known:
			fail("evt.arg.%s is missing, strace has %s", s.Name, want)
		default:
			if problem := p.check(s, a, want); problem != "" {
				fail("evt.arg.%s: %s, strace has %s", s.Name, problem, want)
			}
		}
	}
}

// hasValue tells whether strace's word for an argument is one that stoop can
// know: no NULL in the place of a text, and no address that could not be read.
func hasValue(s *event.Shown, want oracle.Arg) bool {
	switch s.Kind {
	case event.ParamPath, event.ParamText:
		text, ok := want.Text()
		return ok && text != ""
	case event.ParamAddr:
		addr, ok := want.Sockaddr()
		return ok && addr.Complete
	case event.ParamBytes:
		return false // see TestEverything
	}
	return true
}

// places are the arguments that strace does not print where the register is, or
// that are in a structure: the argument's number in the call and the member.
var places = map[string]struct {
	arg    int
	member string
}{
	"openat2.flags": {2, "flags"}, "openat2.mode": {2, "mode"}, "openat2.resolve": {2, "resolve"},
	"clone3.flags":         {0, "flags"},
	"io_uring_setup.flags": {1, "flags"}, "io_uring_setup.sq_entries": {1, "sq_entries"}, "io_uring_setup.cq_entries": {1, "cq_entries"},
	"io_uring_setup.sq_thread_cpu": {1, "sq_thread_cpu"}, "io_uring_setup.sq_thread_idle": {1, "sq_thread_idle"},
	"bind.addr": {1, ""}, "connect.addr": {1, ""},
	"execve.filename": {-1, ""}, "execveat.pathname": {-1, ""}, // compared with the executable
	"keyctl.arg2": {-1, ""}, "keyctl.arg3": {-1, ""}, "keyctl.arg4": {-1, ""}, "keyctl.arg5": {-1, ""}, // strace prints fewer, by name
	"ptrace.addr": {-1, ""}, "ptrace.data": {-1, ""},
	"quotactl.cmd": {-1, ""}, "prctl.arg2_int": {-1, ""},
}

// said is what strace says of an argument; ok is false when that is nothing to
// compare with: an address, or an argument that is not printed.
func (p pair) said(s *event.Shown) (oracle.Arg, bool) {
	typ := p.event.typ()
	if typ == "clone" {
		for _, a := range p.call.Args {
			if v, ok := strings.CutPrefix(string(a), s.Name+"="); ok {
				return oracle.Arg(v), true
			}
		}
		return "", false
	}
	at, member := s.Reg, ""
	if place, ok := places[typ+"."+s.Name]; ok {
		at, member = place.arg, place.member
	}
	if at < 0 || at >= len(p.call.Args) {
		return "", false
	}
	a := p.call.Args[at]
	if member == "" {
		return a, true
	}
	if v, ok := a.After().Field(member); ok {
		return v, true
	}
	return a.Field(member)
}

// check compares one argument and says what is wrong, "" for nothing.
func (p pair) check(s *event.Shown, have event.NamedArg, want oracle.Arg) string {
	number := func(text string, base int) string {
		n, ok := want.Int()
		if !ok {
			return ""
		}
		if m, err := strconv.ParseInt(text, base, 64); err == nil && (m == n || m == int64(int32(n))) {
			return ""
		}
		if m, err := strconv.ParseUint(text, base, 64); err == nil && int64(m) == n {
			return ""
		}
		return "is " + text
	}
	switch s.Kind {
	case event.ParamInt, event.ParamUint, event.ParamPID, event.ParamUID:
		return number(have.Raw, 10)
	case event.ParamHex:
		return number(have.Raw, 0)
	case event.ParamOct:
		if p.call.Name == "mknodat" || p.call.Name == "mknod" { // S_IFIFO|0600
			flags := want.Flags()
			want = oracle.Arg(flags[len(flags)-1])
			n, _ := want.Int()
			m, err := strconv.ParseInt(have.Raw, 8, 64)
			if err != nil || m&0o7777 != n {
				return "is " + have.Raw
			}
			return ""
		}
		return number(have.Raw, 8)
	case event.ParamFD:
		fd, ok := want.FD()
		if ok && strconv.Itoa(fd.Num) != have.Raw {
			return "is " + have.Raw
		}
	case event.ParamPath:
		return p.checkPath(s, have, want)
	case event.ParamText:
		if text, ok := want.Text(); ok && have.Text() != text {
			return fmt.Sprintf("is %q", have.Text())
		}
	case event.ParamFlags, event.ParamEnum, event.ParamSig:
		if p.call.Name == "socket" || p.call.Name == "socketpair" {
			want = socketPart(s.Name, want)
		}
		return checkNames(have, want)
	case event.ParamAddr:
		return checkAddr(have.Text(), want)
	case event.ParamCaps, event.ParamBytes, event.ParamErr, event.ParamNS:
	}
	return ""
}

// socketPart splits strace's SOCK_STREAM|SOCK_CLOEXEC as Falco does: into a type
// and flags.
func socketPart(name string, want oracle.Arg) oracle.Arg {
	flags := want.Flags()
	isFlag := func(f string) bool { return f == "SOCK_CLOEXEC" || f == "SOCK_NONBLOCK" }
	switch name {
	case "type":
		flags = slices.DeleteFunc(flags, isFlag)
	case "flags":
		flags = slices.DeleteFunc(flags, func(f string) bool { return !isFlag(f) })
	}
	return oracle.Arg(strings.Join(flags, "|"))
}

// falcoOnly are names in flags that are Falco's, not the kernel's.
var falcoOnly = []string{"FD_UPPER_LAYER", "FD_LOWER_LAYER", "O_F_CREATED"}

// straceNames are names that strace has and the kernel or Falco has not, or that
// stand for several flags.
var straceNames = strings.NewReplacer(
	"FASYNC", "O_ASYNC", "SIGRT_", "SIGRT", "IN_CLOEXEC", "O_CLOEXEC", "SFD_CLOEXEC", "O_CLOEXEC", "EPOLL_CLOEXEC", "O_CLOEXEC",
	"AT_STATX_SYNC_AS_STAT|", "", "AT_STATX_SYNC_AS_STAT", "",
	"STATX_BASIC_STATS", "STATX_TYPE|STATX_MODE|STATX_NLINK|STATX_UID|STATX_GID|STATX_ATIME|STATX_MTIME|STATX_CTIME|STATX_INO|STATX_SIZE|STATX_BLOCKS",
)

// checkNames compares flags, in any order, and names of one value.
func checkNames(have event.NamedArg, want oracle.Arg) string {
	if want == "" {
		if have.Meaning != "" {
			return fmt.Sprintf("is %s (%s)", have.Raw, have.Meaning)
		}
		return ""
	}
	if n, ok := want.Int(); ok { // no name
		if m, err := strconv.ParseInt(have.Raw, 10, 64); err == nil && m&0xffffffff == n&0xffffffff {
			return ""
		}
		return "is " + have.Raw
	}
	if strings.Contains(string(want), "/*") { // 0x63 /* AF_??? */
		n, _, _ := strings.Cut(string(want), " ")
		return checkNames(have, oracle.Arg(n))
	}
	wanted := oracle.Arg(straceNames.Replace(string(want))).Flags()
	if len(wanted) > 0 && strings.HasPrefix(wanted[0], "FUTEX_") && have.Meaning == wanted[0] {
		return "" // a command; the bits beside it are not shown
	}
	had := slices.DeleteFunc(oracle.Arg(have.Meaning).Flags(), func(f string) bool { return slices.Contains(falcoOnly, f) })
	slices.Sort(wanted)
	slices.Sort(had)
	if !slices.Equal(wanted, had) {
		return fmt.Sprintf("is %s (%s)", have.Raw, have.Meaning)
	}
	return ""
}

// checkPath compares a path, made absolute, with strace's, resolved by the
// descriptor before it or the caller's directory.
func (p pair) checkPath(s *event.Shown, have event.NamedArg, want oracle.Arg) string {
	given, ok := want.Text()
	if !ok || want.Cut() || given == "" {
		return ""
	}
	full, ok := p.absolute(s.Reg, given)
	if !ok || have.Text() == full {
		return ""
	}
	// An open that succeeded tells what was opened, not what was asked for.
	if p.call.Errno == "" {
		fd, ok := p.call.Return.FD()
		if ok && (fd.Path != "" && have.Text() == p.seen(fd.Path) || fd.Detail != "" && have.Text() == fd.Kind+":["+fd.Detail+"]") {
			return ""
		}
	}
	return fmt.Sprintf("is %q, want %q", have.Text(), full)
}

// absolute resolves a name as the kernel does, but for symbolic links.
func (p pair) absolute(reg int, given string) (string, bool) {
	if strings.HasPrefix(given, "/") {
		return path.Clean(given), true
	}
	base := p.cwd
	if reg > 0 && strings.Contains(p.call.Name, "at") {
		fd, ok := p.call.Args[reg-1].FD()
		if !ok || fd.Path == "" {
			return "", false
		}
		base = p.seen(fd.Path)
	}
	if base == "" {
		return "", false
	}
	return path.Join(base, given), true
}

// seen is a path as the process sees it, which may have changed its root;
// strace's are those of the container.
func (p pair) seen(full string) string {
	if rest, ok := strings.CutPrefix(full, p.root); ok && p.root != "" {
		return path.Join("/", rest)
	}
	return full
}

// checkAddr compares a socket's address.
func checkAddr(have string, want oracle.Arg) string {
	addr, ok := want.Sockaddr()
	if !ok || !addr.Complete {
		return ""
	}
	text := addr.Path
	if addr.Addr.IsValid() { // Falco puts no brackets around IPv6
		text = fmt.Sprintf("%s:%d", addr.Addr.Addr(), addr.Addr.Port())
	}
	if !strings.Contains(have, text) {
		return fmt.Sprintf("is %q, want %q", have, text)
	}
	return ""
}

// descriptor compares what the event says of its descriptor with strace's
// annotation: of the one that the call returned, else of its first one.
func (p pair) descriptor(t *testing.T, fail failf) {
	t.Helper()
	if p.call.Errno != "" && returnsFD(p.event) {
		return // the event's descriptor is the one that there is not
	}
	fd, ok := p.call.Return.FD()
	if !ok || p.call.Errno != "" || fd.Path == "" && fd.Kind == "" || p.call.Name == "fcntl" {
		ok = false
		if len(p.call.Args) > 0 && !strings.HasPrefix(string(p.call.Args[0]), "AT_FDCWD") && strings.Contains(string(p.call.Args[0]), "<") {
			fd, ok = p.call.Args[0].FD()
		}
	}
	if !ok || fd.Num < 0 || strings.Contains(p.call.Name, "at") && p.call.Errno != "" {
		return
	}
	if have := p.event.text(t, "fd.num"); have != strconv.Itoa(fd.Num) && !dirfdOnly(p.call) {
		fail("fd.num is %s, strace has %d", have, fd.Num)
	}
	if fd.Path == "" || dirfdOnly(p.call) {
		return
	}
	if strings.HasPrefix(fd.Path, "pid:") { // strace's own word
		fd.Path = "anon_inode:[pidfd]"
	}
	want := p.seen(strings.TrimSuffix(fd.Path, " (deleted)"))
	have := p.event.text(t, "fd.name")
	if strings.TrimSuffix(have, " (deleted)") != want && !sameMemfd(have, want) {
		fail("fd.name is %q, strace has %q", have, want)
	}
}

// returnsFD tells whether the result of the event's type is a descriptor.
func returnsFD(e row) bool {
	shown := e.b.Type[e.i].Info().Shown
	return len(shown) > 0 && shown[0].Result() && shown[0].Kind == event.ParamFD
}

// sameMemfd: Falco names a memfd by its name, strace as /proc does.
func sameMemfd(have, want string) bool {
	return strings.HasPrefix(want, "/memfd:") && strings.TrimPrefix(want, "/") == strings.TrimPrefix(have, "/")
}

// dirfdOnly tells whether the call's only descriptor is the base of a name.
func dirfdOnly(c oracle.Record) bool {
	switch c.Name {
	case "openat", "openat2", "memfd_create", "open_by_handle_at", "userfaultfd", "perf_event_open":
		return false
	}
	return strings.HasSuffix(c.Name, "at") || c.Name == "renameat2" || c.Name == "fchmodat2" || c.Name == "mount_setattr" || c.Name == "move_mount"
}

// ends compares both ends of a connection.
func (p pair) ends(t *testing.T, fail failf) {
	t.Helper()
	is := func(name, want string) {
		t.Helper()
		if have := p.event.text(t, name); have != want {
			fail("%s is %s, strace has %s", name, have, want)
		}
	}
	addrArg := map[string]int{"connect": 1, "bind": 1, "accept": 1, "accept4": 1, "sendto": 4}
	if at, ok := addrArg[p.call.Name]; ok && at < len(p.call.Args) {
		addr, ok := p.call.Args[at].Sockaddr()
		if ok && addr.Addr.IsValid() && p.call.Errno != "EBADF" && p.call.Errno != "EINVAL" {
			ip, port := addr.Addr.Addr().String(), strconv.Itoa(int(addr.Addr.Port()))
			switch p.call.Name {
			case "connect":
				is("fd.sip", ip)
				is("fd.sport", port)
				is("fd.rip", ip)
				is("fd.rport", port)
			case "sendto":
				is("fd.rip", ip)
				is("fd.rport", port)
			case "accept", "accept4":
				is("fd.cip", ip)
				is("fd.cport", port)
			case "bind":
				is("fd.lip", ip)
			}
		}
		if ok && addr.Path != "" && addr.Complete && (p.call.Errno == "" || p.call.Errno == "ENOENT") {
			if have := p.event.text(t, "fd.name"); !strings.Contains(have, addr.Path) {
				fail("fd.name is %q, strace has %q", have, addr.Path)
			}
		}
	}
	fd, ok := p.call.Return.FD()
	if !ok || fd.Kind == "" {
		if len(p.call.Args) == 0 || p.call.Errno != "" && returnsFD(p.event) {
			return
		}
		if fd, ok = p.call.Args[0].FD(); !ok {
			return
		}
	}
	kind := map[string][3]string{
		"TCP": {"ipv4", "tcp", "4"}, "TCPv6": {"ipv6", "tcp", "6"}, "UDP": {"ipv4", "udp", "4"}, "UDPv6": {"ipv6", "udp", "6"},
	}[fd.Kind]
	if kind[0] != "" {
		is("fd.type", kind[0])
		is("fd.l4proto", kind[1])
		is("fd.typechar", kind[2])
	}
	if strings.HasPrefix(fd.Kind, "UNIX") {
		is("fd.type", "unix")
	}
	if local, remote, ok := fd.Addrs(); ok && remote.IsValid() && p.call.Name != "connect" {
		is("fd.lip", local.Addr().String())
		is("fd.lport", strconv.Itoa(int(local.Port())))
		is("fd.rip", remote.Addr().String())
		is("fd.rport", strconv.Itoa(int(remote.Port())))
	}
}
