//go:build linux

package live

import (
	"net"
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
)

// The calls below are made by this process, which the kernel's programs leave
// out otherwise.
func watchSelf(t *testing.T, expr string) *watched {
	w := watchFor(t, expr, source.Options{})
	w.mu.Lock()
	w.rows = nil
	w.mu.Unlock()
	w.Live.mu.Lock()
	defer w.Live.mu.Unlock()
	w.plan.WatchSelf = true
	if err := w.probe.Update(w.plan); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestEvents(t *testing.T) {
	w := watchSelf(t, "")
	dir := t.TempDir()
	if err := os.Chdir(dir); err != nil {
		t.Fatal(err)
	}
	field := func(r row, name string) string {
		f, rest := event.Fields.Lookup(name)
		if f == nil {
			t.Fatalf("no field %s", name)
		}
		v, ok := f.Get(r.b.Row(r.i), event.Arg{Set: rest != "", Key: rest})
		if !ok {
			return "<NA>"
		}
		return v.String()
	}
	dirfd, err := unix.Open(dir, unix.O_DIRECTORY|unix.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().(*net.TCPAddr)
	runtime.LockOSThread()
	steps := []struct {
		name string
		do   func() error
		typ  string
		want map[string]string
	}{
		{"open relative for writing", func() error {
			fd, err := unix.Open("made", unix.O_CREAT|unix.O_WRONLY, 0o640)
			if err == nil {
				err = unix.Close(fd)
			}
			return err
		}, "openat", map[string]string{"fd.name": dir + "/made", "evt.is_open_write": "true", "fd.typechar": "f", "evt.arg.mode": "0640", "evt.is_open_create": "true"}},
		{"open what is there to empty it", func() error {
			fd, err := unix.Open("made", unix.O_CREAT|unix.O_WRONLY|unix.O_TRUNC, 0o640)
			if err == nil {
				err = unix.Close(fd)
			}
			return err
		}, "openat", map[string]string{"fd.name": dir + "/made", "evt.arg.flags": "O_WRONLY|O_CREAT|O_TRUNC", "evt.is_open_create": "false"}},
		{
			"failed open", func() error { _, _ = unix.Open("missing/x", unix.O_RDONLY, 0); return nil }, "openat",
			map[string]string{"evt.res": "ENOENT", "evt.arg.name": dir + "/missing/x"},
		},
		{
			"mkdirat by descriptor", func() error { return unix.Mkdirat(dirfd, "sub", 0o700) }, "mkdirat",
			map[string]string{"fs.path.name": dir + "/sub", "evt.res": "SUCCESS"},
		},
		{
			"rename", func() error { return unix.Rename("made", "sub/moved") }, "renameat",
			map[string]string{"fs.path.source": dir + "/made", "fs.path.target": dir + "/sub/moved"},
		},
		{
			"unlink", func() error { return unix.Unlinkat(dirfd, "sub/moved", 0) }, "unlinkat",
			map[string]string{"fs.path.name": dir + "/sub/moved"},
		},
		{"connect", func() error {
			c, err := net.Dial("tcp", addr.String())
			if err == nil {
				_ = c.Close()
			}
			return err
		}, "connect", map[string]string{"fd.sip": "127.0.0.1", "fd.sport": strings.TrimPrefix(addr.String(), "127.0.0.1:"), "fd.l4proto": "tcp", "fd.type": "ipv4"}},
		{"accept", func() error {
			c, err := ln.Accept()
			if err == nil {
				_ = c.Close()
			}
			return err
		}, "accept4", map[string]string{"fd.sip": "127.0.0.1", "fd.sport": strings.TrimPrefix(addr.String(), "127.0.0.1:"), "fd.is_server": "true"}},
		{"memfd", func() error {
			fd, err := unix.MemfdCreate("hidden", 0)
			if err == nil {
				err = unix.Close(fd)
			}
			return err
		}, "memfd_create", map[string]string{"evt.arg.name": "hidden", "fd.type": "memfd"}},
		{"kill", func() error { return unix.Kill(os.Getpid(), 0) }, "kill", map[string]string{"evt.res": "SUCCESS"}},
		{
			"symlinkat", func() error { return unix.Symlinkat("/etc/passwd", dirfd, "link") }, "symlinkat",
			map[string]string{"evt.arg.target": "/etc/passwd", "evt.arg.linkpath": dir + "/link"},
		},
		{"fchmodat", func() error { return unix.Fchmodat(dirfd, "sub", 0o711, 0) }, "fchmodat", map[string]string{"fs.path.name": dir + "/sub"}},
		{"dup3", func() error {
			if err := unix.Dup3(dirfd, 777, 0); err != nil {
				return err
			}
			return unix.Close(777)
		}, "dup3", map[string]string{"fd.num": "777", "fd.name": dir}},
		{"chdir", func() error { return unix.Chdir("sub") }, "chdir", map[string]string{"proc.cwd": dir + "/sub/"}},
	}
	for _, s := range steps {
		if err := s.do(); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
	}
	for _, s := range steps {
		t.Run(s.name, func(t *testing.T) {
			best := ""
			matches := func(r row) bool {
				if r.b.Type[r.i].String() != s.typ || int(r.proc().PID) != os.Getpid() {
					return false
				}
				ok := true
				var line []string
				for name, want := range s.want {
					got := field(r, name)
					line = append(line, name+"="+got)
					ok = ok && got == want
				}
				best += "\n  " + strings.Join(line, " ")
				return ok
			}
			deadline := 0
			for {
				if _, ok := w.find(matches); ok {
					return
				}
				if deadline++; deadline > 40 {
					t.Fatalf("want %v, have%s", s.want, best)
				}
				best = ""
				unix.Nanosleep(&unix.Timespec{Nsec: 50e6}, nil)
			}
		})
	}
}
