//go:build linux

package probe

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/bpf"
)

// want is what one record must hold; empty fields are not looked at.
type want struct {
	ret     int64            // with fails: the errno
	fails   bool             //
	args    map[int]uint64   // raw arguments
	strings map[uint8]string // TagString by role
	paths   map[uint8]string // TagPath by role
	tags    []bpf.Tag        // parts that must be there
	check   func(r bpf.Record) error
}

// try is one syscall made by the test itself, and its record.
type try struct {
	call string
	do   func(dir string) // in a thread of its own, which dies afterwards
	want func(dir string) want
}

func raw(nr uintptr, args ...uintptr) {
	var a [6]uintptr
	copy(a[:], args)
	unix.RawSyscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5])
}

var held [][]byte // memory whose address a call has as a number

func cstr(s string) uintptr {
	held = append(held, append([]byte(s), 0))
	return uintptr(unsafe.Pointer(&held[len(held)-1][0]))
}

func hasSock(role uint8, sport, dport uint16) func(bpf.Record) error {
	return func(r bpf.Record) error {
		p, ok := r.Find(bpf.TagSock, role)
		s, ok2 := bpf.ParseSock(p.Data)
		if !ok || !ok2 || sport != 0 && s.SPort != sport || dport != 0 && s.DPort != dport {
			return fmt.Errorf("socket %+v, want ports %d -> %d", s, sport, dport)
		}
		return nil
	}
}

func listener(t *testing.T) (*net.TCPListener, uint16) {
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, uint16(l.Addr().(*net.TCPAddr).Port)
}

func TestCalls(t *testing.T) {
	needRoot(t)
	cwd, _ := os.Getwd()
	_, port := listener(t)
	at := unix.AT_FDCWD
	tries := []try{
		{"openat", func(d string) { unix.Open(d+"/f", unix.O_CREAT|unix.O_RDWR, 0o640) }, func(d string) want {
			return want{paths: map[uint8]string{bpf.RoleRet: d + "/f"}, check: func(r bpf.Record) error {
				p, _ := r.Find(bpf.TagFile, bpf.RoleRet)
				f, ok := bpf.ParseFile(p.Data)
				st, err := os.Stat(d + "/f")
				if err != nil {
					return err
				}
				u := st.Sys().(*syscall.Stat_t)
				if !ok || f.Type != bpf.FDReg || f.Mode != 0o100640 || f.Ino != u.Ino || f.Flags&unix.O_ACCMODE != unix.O_RDWR {
					return fmt.Errorf("file %+v", f)
				}
				return nil
			}}
		}},
		{"openat", func(d string) { unix.Open("nowhere", unix.O_RDONLY, 0) }, func(d string) want {
			return want{fails: true, ret: int64(unix.ENOENT), strings: map[uint8]string{1: "nowhere"}, paths: map[uint8]string{bpf.RoleCwd: cwd}}
		}},
		{"mkdirat", func(d string) { unix.Mkdirat(at, d+"/dir", 0o700) }, func(d string) want {
			return want{strings: map[uint8]string{1: d + "/dir"}, args: map[int]uint64{2: 0o700}}
		}},
		{"symlinkat", func(d string) { unix.Symlinkat("../target", at, d+"/sym") }, func(d string) want {
			return want{strings: map[uint8]string{0: "../target", 2: d + "/sym"}}
		}},
		{"linkat", func(d string) { unix.Linkat(at, d+"/f", at, d+"/hard", 0) }, func(d string) want {
			return want{strings: map[uint8]string{1: d + "/f", 3: d + "/hard"}}
		}},
		{"renameat2", func(d string) { unix.Renameat2(at, d+"/hard", at, d+"/moved", 0) }, func(d string) want {
			return want{strings: map[uint8]string{1: d + "/hard", 3: d + "/moved"}}
		}},
		{"unlinkat", func(d string) {
			fd, _ := unix.Open(d, unix.O_DIRECTORY, 0)
			unix.Unlinkat(fd, "moved", 0)
			unix.Close(fd)
		}, func(d string) want {
			return want{strings: map[uint8]string{1: "moved"}, paths: map[uint8]string{0: d}}
		}},
		{"fchmodat", func(d string) { unix.Chmod(d+"/f", 0o755) }, func(d string) want {
			return want{strings: map[uint8]string{1: d + "/f"}, args: map[int]uint64{2: 0o755}}
		}},
		{"dup3", func(d string) {
			fd, _ := unix.Open(d+"/f", unix.O_RDONLY, 0)
			unix.Dup3(fd, 900, 0)
			unix.Close(900)
			unix.Close(fd)
		}, func(d string) want {
			return want{ret: 900, paths: map[uint8]string{bpf.RoleRet: d + "/f"}}
		}},
		{"pipe2", func(string) {
			var p [2]int
			unix.Pipe2(p[:], unix.O_CLOEXEC)
			unix.Close(p[0])
			unix.Close(p[1])
		}, func(string) want {
			return want{check: func(r bpf.Record) error {
				p, _ := r.Find(bpf.TagFile, bpf.RoleFD1)
				if f, ok := bpf.ParseFile(p.Data); !ok || f.Type != bpf.FDFifo || f.Marks&bpf.FilePipeFS == 0 {
					return fmt.Errorf("write end %+v", f)
				}
				return nil
			}}
		}},
		{"connect", func(string) {
			fd, _ := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
			unix.Connect(fd, &unix.SockaddrInet4{Port: int(port), Addr: [4]byte{127, 0, 0, 1}})
			unix.Close(fd)
		}, func(string) want {
			return want{tags: []bpf.Tag{bpf.TagSockaddr}, check: hasSock(0, 0, port)}
		}},
		{"connect", func(string) {
			fd, _ := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
			unix.Connect(fd, &unix.SockaddrInet4{Port: 1, Addr: [4]byte{127, 0, 0, 1}})
			unix.Close(fd)
		}, func(string) want {
			return want{fails: true, ret: int64(unix.ECONNREFUSED), check: func(r bpf.Record) error {
				// the socket has no port any more: the argument tells
				if p, ok := r.Find(bpf.TagSockaddr, 1); !ok || !bytes.Equal(p.Data[:8], []byte{2, 0, 0, 1, 127, 0, 0, 1}) {
					return fmt.Errorf("address %v", p.Data)
				}
				return nil
			}}
		}},
		{"bind", func(d string) {
			fd, _ := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
			unix.Bind(fd, &unix.SockaddrUnix{Name: d + "/s"})
			unix.Listen(fd, 1)
			unix.Close(fd)
		}, func(d string) want {
			return want{check: func(r bpf.Record) error {
				if p, ok := r.Find(bpf.TagUnix, 0); !ok || strings.TrimRight(string(p.Data), "\x00") != d+"/s" {
					return fmt.Errorf("unix address %q", p.Data)
				}
				return nil
			}}
		}},
		{"sendto", func(string) {
			fd, _ := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
			unix.Sendto(fd, []byte("hello"), 0, &unix.SockaddrInet4{Port: 9, Addr: [4]byte{127, 0, 0, 1}})
			unix.Close(fd)
		}, func(string) want {
			return want{ret: 5, tags: []bpf.Tag{bpf.TagSockaddr}, check: func(r bpf.Record) error {
				if p, ok := r.Find(bpf.TagPayload, 1); !ok || string(p.Data) != "hel" || p.Flags&bpf.PartCut == 0 || p.Flags&bpf.PartWrite == 0 {
					return fmt.Errorf("payload %q flags %#x", p.Data, p.Flags)
				}
				return nil
			}}
		}},
		{"kill", func(string) { unix.Kill(os.Getpid(), 0) }, func(string) want {
			return want{args: map[int]uint64{0: uint64(os.Getpid()), 1: 0}}
		}},
		{"setuid", func(string) { raw(unix.SYS_SETUID, 12345) }, func(string) want {
			return want{tags: []bpf.Tag{bpf.TagCaps}, check: func(r bpf.Record) error {
				p, _ := r.Find(bpf.TagCreds, bpf.RoleTask)
				if c, ok := bpf.ParseCreds(p.Data); !ok || c.UID != 12345 || c.EUID != 12345 || r.UID() != 12345 {
					return fmt.Errorf("creds %+v", c)
				}
				return nil
			}}
		}},
		{"unshare", func(string) { raw(unix.SYS_UNSHARE, unix.CLONE_NEWUTS) }, func(string) want {
			return want{args: map[int]uint64{0: unix.CLONE_NEWUTS}, check: func(r bpf.Record) error {
				p, _ := r.Find(bpf.TagNS, bpf.RoleTask)
				link, _ := os.Readlink("/proc/self/ns/uts")
				if n, ok := bpf.ParseNS(p.Data); !ok || n.Uts == 0 || fmt.Sprintf("uts:[%d]", n.Uts) == link {
					return fmt.Errorf("namespaces %+v, ours is %s", n, link)
				}
				return nil
			}}
		}},
		{"setns", func(string) {
			fd, _ := unix.Open("/proc/self/ns/net", unix.O_RDONLY, 0)
			unix.Setns(fd, unix.CLONE_NEWNET)
			unix.Close(fd)
		}, func(string) want { return want{tags: []bpf.Tag{bpf.TagNS, bpf.TagFile}} }},
		{"chroot", func(d string) {
			raw(unix.SYS_UNSHARE, unix.CLONE_FS)
			raw(unix.SYS_CHROOT, cstr(d))
		}, func(d string) want {
			return want{strings: map[uint8]string{0: d}}
		}},
		{"mount", func(d string) {
			unix.Mount("stoop", d, "tmpfs", unix.MS_NOEXEC, "size=1m")
			unix.Unmount(d, 0)
		}, func(d string) want {
			return want{strings: map[uint8]string{0: "stoop", 1: d, 2: "tmpfs", 4: "size=1m"}, args: map[int]uint64{3: unix.MS_NOEXEC}}
		}},
		{"umount2", func(d string) { unix.Unmount(d+"/dir", unix.MNT_DETACH) }, func(d string) want {
			return want{fails: true, ret: int64(unix.EINVAL), strings: map[uint8]string{0: d + "/dir"}}
		}},
		{"prctl", func(string) { raw(unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 1) }, func(string) want {
			return want{args: map[int]uint64{0: unix.PR_SET_DUMPABLE, 1: 1}}
		}},
		{"capset", func(string) {
			h := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
			raw(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&h)), uintptr(unsafe.Pointer(&[2]unix.CapUserData{})))
		}, func(string) want {
			return want{check: func(r bpf.Record) error {
				p, _ := r.Find(bpf.TagCaps, bpf.RoleTask)
				if c, ok := bpf.ParseCaps(p.Data); !ok || c.Effective != 0 || c.Permitted != 0 || c.Bounding == 0 {
					return fmt.Errorf("caps %+v", c)
				}
				return nil
			}}
		}},
		{"memfd_create", func(string) {
			fd, _ := unix.MemfdCreate("payload", unix.MFD_CLOEXEC)
			unix.Close(fd)
		}, func(string) want {
			return want{strings: map[uint8]string{0: "payload"}, paths: map[uint8]string{bpf.RoleRet: "/memfd:payload"}, check: func(r bpf.Record) error {
				p, _ := r.Find(bpf.TagFile, bpf.RoleRet)
				if f, ok := bpf.ParseFile(p.Data); !ok || f.Marks&bpf.FileMemfd == 0 {
					return fmt.Errorf("file %+v", f)
				}
				return nil
			}}
		}},
		{"mmap", func(string) {
			b, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_ANON)
			if err == nil {
				unix.Munmap(b)
			}
		}, func(string) want {
			return want{args: map[int]uint64{1: 4096, 2: unix.PROT_READ | unix.PROT_EXEC}}
		}},
		{"keyctl", func(string) { raw(unix.SYS_KEYCTL, unix.KEYCTL_GET_KEYRING_ID, ^uintptr(3), 1) }, func(string) want {
			return want{args: map[int]uint64{0: unix.KEYCTL_GET_KEYRING_ID}}
		}},
		{"bpf", func(string) { raw(unix.SYS_BPF, 0xffff, uintptr(unsafe.Pointer(&[64]byte{})), 64) }, func(string) want {
			return want{fails: true, ret: int64(unix.EINVAL), args: map[int]uint64{0: 0xffff}, tags: []bpf.Tag{bpf.TagStruct}}
		}},
		{"perf_event_open", func(string) {
			attr := unix.PerfEventAttr{Type: 0xffff, Size: 112}
			raw(unix.SYS_PERF_EVENT_OPEN, uintptr(unsafe.Pointer(&attr)), 0, ^uintptr(0), ^uintptr(0))
		}, func(string) want {
			return want{fails: true, ret: int64(unix.ENOENT), tags: []bpf.Tag{bpf.TagStruct}}
		}},
		{"ptrace", func(string) { raw(unix.SYS_PTRACE, unix.PTRACE_ATTACH, 0) }, func(string) want {
			return want{fails: true, ret: int64(unix.ESRCH), args: map[int]uint64{0: unix.PTRACE_ATTACH}}
		}},
		{"execve", func(d string) {
			argv := [3]uintptr{cstr("prog"), cstr("-x"), 0}
			raw(unix.SYS_EXECVE, cstr(d+"/none"), uintptr(unsafe.Pointer(&argv)), 0)
		}, func(d string) want {
			return want{fails: true, ret: int64(unix.ENOENT), strings: map[uint8]string{0: d + "/none"}, check: func(r bpf.Record) error {
				if p, ok := r.Find(bpf.TagArgv, 1); !ok || string(p.Data) != "prog\x00-x\x00" {
					return fmt.Errorf("argv %q", p.Data)
				}
				return nil
			}}
		}},
		{"close", func(d string) {
			fd, _ := unix.Open(d, unix.O_RDONLY, 0)
			unix.Close(fd)
		}, func(string) want { return want{} }},
	}
	var calls []string
	for _, c := range tries {
		calls = append(calls, c.call)
	}
	p := open(t, Options{}, Plan{Syscalls: calls, Payload: 3})
	if _, unknown := p.Plan(); len(unknown) > 0 {
		t.Errorf("not attached: %v", unknown)
	}
	for i, c := range tries {
		t.Run(fmt.Sprintf("%02d_%s", i, c.call), func(t *testing.T) {
			dir, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			os.Mkdir(dir+"/dir", 0o700)
			if c.call == "mkdirat" {
				os.Remove(dir + "/dir")
			}
			for _, f := range []string{"hard", "moved"} {
				os.WriteFile(dir+"/"+f, nil, 0o600)
			}
			if i > 0 {
				os.WriteFile(dir+"/f", nil, 0o600)
			}
			if c.call == "linkat" {
				os.Remove(dir + "/hard")
			}
			done := make(chan int)
			go func() {
				runtime.LockOSThread() // and never let go: the thread ends with its changes
				tid := unix.Gettid()
				c.do(dir)
				done <- tid
			}()
			w, tid := c.want(dir), <-done
			check(t, w, c.call, collect(t, p, func(r bpf.Record) bool { return r.Tid() == uint32(tid) && mine(r, c.call) }), tid)
		})
	}
}

// check finds the record of the call and compares it. Of several of one call in
// the thread any may fit.
func check(t *testing.T, w want, call string, recs []bpf.Record, tid int) {
	t.Helper()
	var err error
	for _, r := range recs {
		if r.Tid() != uint32(tid) || !mine(r, call) {
			continue
		}
		if err = w.fits(t, r); err == nil {
			return
		}
	}
	t.Errorf("%s: %v", call, err)
}

func (w *want) fits(t *testing.T, r bpf.Record) error {
	switch {
	case w.fails && r.Ret() != -w.ret, !w.fails && r.Ret() < 0, !w.fails && w.ret != 0 && r.Ret() != w.ret:
		return fmt.Errorf("result %d", r.Ret())
	}
	for i, v := range w.args {
		if r.Arg(i) != v {
			return fmt.Errorf("argument %d is %#x, want %#x", i, r.Arg(i), v)
		}
	}
	for role, s := range w.strings {
		if p, ok := r.Find(bpf.TagString, role); !ok || string(p.Data) != s || p.Flags&bpf.PartArgument == 0 {
			return fmt.Errorf("string %#x is %q (flags %#x), want %q", role, p.Data, p.Flags, s)
		}
	}
	for role, s := range w.paths {
		if got := path(t, r, role); got != s {
			return fmt.Errorf("path %#x is %q, want %q", role, got, s)
		}
	}
tags:
	for _, tag := range w.tags {
		for c := r.Parts(); c.Next(); {
			if c.Tag == tag {
				continue tags
			}
		}
		return fmt.Errorf("no part %d", tag)
	}
	if w.check != nil {
		return w.check(r)
	}
	return nil
}
