//go:build linux

package proc

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// Bounds on what is kept of a process, in bytes.
const (
	maxArgs = 16 << 10
	maxEnv  = 16 << 10
	maxText = 16 << 10 // other files of /proc/PID
)

// Ticks of /proc/PID/stat: USER_HZ is 100 on every architecture we run on.
const (
	userHZ = 100
	tickNS = 1e9 / userHZ
)

// image is what /proc tells of a process.
type image struct {
	stat
	status
	argv, env []byte // NUL-separated
	argsCut   bool
	exePath   string
	cwd       string
	loginUID  uint32
	hasLogin  bool
	cgroups   string // controller=path, blank-separated
	ns        namespaces
	exe       exeFacts
	root      string // root directory as seen from ours
}

type namespaces struct{ mnt, pid, net, user, uts, ipc, cgroup uint32 }

// exeFacts are what the executable's inode says.
type exeFacts struct {
	known        bool
	ino          uint64
	ctime, mtime int64
	uid, gid     uint32
	mode         uint32
	upper, lower bool
	memfd        bool
}

// pidDir is an open /proc/PID. What is read through it is of one process:
// when that ends, every read fails, even if the pid is given out anew.
type pidDir struct {
	fd  int
	buf []byte
}

func openPid(root string, pid uint32, buf []byte) (pidDir, error) {
	fd, err := unix.Open(filepath.Join(root, strconv.FormatUint(uint64(pid), 10)), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	return pidDir{fd, buf}, err
}

func (d pidDir) close() { _ = unix.Close(d.fd) }

// read returns up to limit bytes of a file, valid until the next read; cut
// says that there was more.
func (d pidDir) read(name string, limit int) (text []byte, cut bool, err error) {
	fd, err := unix.Openat(d.fd, name, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, false, err
	}
	defer unix.Close(fd)
	limit = min(limit, len(d.buf)-1)
	n := 0
	for n <= limit {
		m, err := unix.Read(fd, d.buf[n:limit+1])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, false, err
		}
		if m == 0 {
			break
		}
		n += m
	}
	return d.buf[:min(n, limit)], n > limit, nil
}

func (d pidDir) link(name string) string {
	n, err := unix.Readlinkat(d.fd, name, d.buf)
	if err != nil || n <= 0 || n == len(d.buf) {
		return ""
	}
	return string(d.buf[:n])
}

// inum returns the number of a namespace: "mnt:[4026531841]".
func (d pidDir) inum(name string) uint32 {
	l := d.link("ns/" + name)
	open := strings.IndexByte(l, '[')
	if open < 0 || !strings.HasSuffix(l, "]") {
		return 0
	}
	n, _ := strconv.ParseUint(l[open+1:len(l)-1], 10, 32)
	return uint32(n)
}

// ownPidns is the number of the pid namespace that we read /proc from.
var ownPidns = sync.OnceValue(func() uint32 {
	var st unix.Stat_t
	if unix.Stat("/proc/self/ns/pid", &st) != nil {
		return 0
	}
	return uint32(st.Ino)
})

// readImage reads a process. Without its stat there is none; everything else
// may be missing (kernel threads, a process that is ending, lacking rights).
func (d pidDir) readImage() (im image, err error) {
	text, _, err := d.read("stat", maxText)
	if err != nil {
		return im, err
	}
	if im.stat, err = parseStat(text); err != nil {
		return im, err
	}
	im.comm = bytes.Clone(im.comm)
	if text, _, err = d.read("status", maxText); err == nil {
		im.status = parseStatus(text)
	}
	if text, _, err = d.read("cgroup", maxText); err == nil {
		im.cgroups = parseCgroups(text)
	}
	if text, _, err = d.read("loginuid", 32); err == nil {
		im.loginUID, im.hasLogin = uint32(num(bytes.TrimSpace(text))), true
	}
	im.ns = namespaces{d.inum("mnt"), d.inum("pid"), d.inum("net"), d.inum("user"), d.inum("uts"), d.inum("ipc"), d.inum("cgroup")}
	if im.ns.pid == 0 && im.nsDepth == 1 {
		im.ns.pid = ownPidns() // NSpid counts from our namespace down
	}
	if im.flags&pfKthread != 0 {
		return im, nil
	}
	if text, cut, err := d.read("cmdline", maxArgs); err == nil {
		im.argv, im.argsCut = bytes.Clone(text), cut
	}
	if text, cut, err := d.read("environ", maxEnv); err == nil {
		im.env, im.argsCut = bytes.Clone(text), im.argsCut || cut
	}
	im.root = d.link("root")
	im.exePath = d.path("exe", im.root)
	im.cwd = d.path("cwd", im.root)
	d.readExe(&im)
	return im, nil
}

// path reads a link to a file as the process itself would name it: below its
// own root.
func (d pidDir) path(name, root string) string {
	p := strings.TrimSuffix(d.link(name), " (deleted)")
	if root != "" && root != "/" {
		if rest, ok := strings.CutPrefix(p, root); ok && (rest == "" || rest[0] == '/') {
			p = "/" + strings.TrimPrefix(rest, "/")
		}
	}
	return p
}

func (d pidDir) readExe(im *image) {
	var st unix.Stat_t
	if unix.Fstatat(d.fd, "exe", &st, 0) != nil {
		return
	}
	im.exe = exeFacts{
		known: true, ino: st.Ino, ctime: st.Ctim.Nano(), mtime: st.Mtim.Nano(),
		uid: st.Uid, gid: st.Gid, mode: st.Mode, memfd: strings.HasPrefix(im.exePath, "/memfd:"),
	}
	if fd, err := unix.Openat(d.fd, "exe", unix.O_PATH|unix.O_CLOEXEC, 0); err == nil {
		var fs unix.Statfs_t
		if unix.Fstatfs(fd, &fs) == nil && fs.Type == unix.OVERLAYFS_SUPER_MAGIC {
			im.exe.upper, im.exe.lower = d.layer(im.exePath)
		}
		_ = unix.Close(fd)
	}
}

// layer says in which layer of the root's overlay a file lies: in the upper
// one when the upper directory has it. An overlay whose upper directory cannot
// be reached from here leaves both false: not known.
func (d pidDir) layer(path string) (upper, lower bool) {
	text, _, err := d.read("mountinfo", len(d.buf)-1)
	if err != nil {
		return false, false
	}
	dir := overlayUpper(text)
	if dir == "" {
		return false, false
	}
	if _, err := os.Lstat(dir); err != nil {
		return false, false
	}
	_, err = os.Lstat(filepath.Join(dir, filepath.Clean("/"+path)))
	return err == nil, err != nil
}

// overlayUpper finds the upperdir of the overlay that is mounted on / in a
// mountinfo (proc(5)).
func overlayUpper(mountinfo []byte) string {
	for len(mountinfo) > 0 {
		line, rest, _ := bytes.Cut(mountinfo, []byte{'\n'})
		mountinfo = rest
		left, right, ok := strings.Cut(string(line), " - ")
		if f := strings.Fields(left); !ok || len(f) < 5 || f[4] != "/" || !strings.HasPrefix(right, "overlay ") {
			continue
		}
		for _, opt := range strings.Split(right[strings.LastIndexByte(right, ' ')+1:], ",") {
			if dir, ok := strings.CutPrefix(opt, "upperdir="); ok {
				return dir
			}
		}
	}
	return ""
}

// parseCgroups turns /proc/PID/cgroup into the form of thread.cgroups: each
// controller with its path.
func parseCgroups(text []byte) string {
	var b strings.Builder
	for _, line := range strings.Split(string(text), "\n") {
		_, rest, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		controllers, path, ok := strings.Cut(rest, ":")
		if !ok {
			continue
		}
		if controllers == "" {
			controllers = "unified"
		}
		for c := range strings.SplitSeq(controllers, ",") {
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(c + "=" + path)
		}
	}
	return b.String()
}

// pids lists the processes of a /proc.
func pids(root string) ([]uint32, error) {
	d, err := os.Open(root)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var list []uint32
	for _, n := range names {
		if pid, err := strconv.ParseUint(n, 10, 32); err == nil {
			list = append(list, uint32(pid))
		}
	}
	return list, nil
}
