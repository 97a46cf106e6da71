//go:build linux

package probe

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/bpf"
	"github.com/stoop-project/stoop/internal/testdata"
)

// opened makes the test open name and returns the record of that.
func opened(t *testing.T, p *Probe, name string, flags int) bpf.Record {
	t.Helper()
	fd, err := unix.Open(name, flags|unix.O_CLOEXEC, 0o600)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	defer unix.Close(fd)
	is := func(r bpf.Record) bool {
		f, ok := fileOf(r)
		var st unix.Stat_t
		return ok && mine(r, "openat") && unix.Fstat(fd, &st) == nil && f.Ino == st.Ino && r.Ret() == int64(fd)
	}
	recs := collect(t, p, is)
	for i := len(recs) - 1; i >= 0; i-- {
		if is(recs[i]) {
			return recs[i]
		}
	}
	return nil
}

func fileOf(r bpf.Record) (bpf.File, bool) {
	part, _ := r.Find(bpf.TagFile, bpf.RoleRet)
	return bpf.ParseFile(part.Data)
}

func TestPaths(t *testing.T) {
	p := open(t, Options{}, Plan{Syscalls: []string{"openat"}})
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}

	t.Run("deep", func(t *testing.T) {
		deep := dir + strings.Repeat("/d", 20)
		os.MkdirAll(deep, 0o700)
		name := deep + "/" + strings.Repeat("long", 50)
		if got := path(t, opened(t, p, name, unix.O_CREAT|unix.O_RDWR), bpf.RoleRet); got != name {
			t.Errorf("%q", got)
		}
	})
	t.Run("deeper than is followed", func(t *testing.T) {
		deep := dir + "/x" + strings.Repeat("/d", 60)
		os.MkdirAll(deep, 0o700)
		r := opened(t, p, deep+"/end", unix.O_CREAT|unix.O_RDWR)
		part, _ := r.Find(bpf.TagPath, bpf.RoleRet)
		got := path(t, r, bpf.RoleRet)
		if part.Flags&bpf.PartCut == 0 || !strings.HasPrefix(got, "…/d/") || !strings.HasSuffix(got, "/d/end") {
			t.Errorf("%q, flags %#x", got, part.Flags)
		}
	})
	t.Run("every length of a name", func(t *testing.T) {
		for n := 1; n < 60; n++ {
			name := dir + "/" + strings.Repeat("n", n-1) + "z"
			if got := path(t, opened(t, p, name, unix.O_CREAT|unix.O_RDWR), bpf.RoleRet); got != name {
				t.Errorf("%q, want %q", got, name)
			}
		}
	})
	t.Run("across mounts", func(t *testing.T) {
		at := dir + "/mnt/a"
		os.MkdirAll(at, 0o700)
		if err := unix.Mount("stoop", at, "tmpfs", 0, ""); err != nil {
			t.Fatal(err)
		}
		defer unix.Unmount(at, unix.MNT_DETACH)
		os.Mkdir(at+"/in", 0o700)
		if got := path(t, opened(t, p, at+"/in/f", unix.O_CREAT|unix.O_RDWR), bpf.RoleRet); got != at+"/in/f" {
			t.Errorf("%q", got)
		}
	})
	t.Run("deleted", func(t *testing.T) {
		f, err := os.CreateTemp(dir, "gone")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		os.Remove(f.Name())
		r := opened(t, p, fmt.Sprintf("/proc/self/fd/%d", f.Fd()), unix.O_RDONLY)
		part, _ := r.Find(bpf.TagPath, bpf.RoleRet)
		file, _ := fileOf(r)
		if got := path(t, r, bpf.RoleRet); got != f.Name() || part.Flags&bpf.PartDeleted == 0 || file.Marks&bpf.FileUnlinked == 0 {
			t.Errorf("%q, flags %#x, marks %#x", got, part.Flags, file.Marks)
		}
	})
	t.Run("overlay", func(t *testing.T) {
		for _, d := range []string{"lower", "upper", "work", "merged"} {
			os.Mkdir(dir+"/"+d, 0o755)
		}
		os.WriteFile(dir+"/lower/image", nil, 0o644)
		o := "lowerdir=" + dir + "/lower,upperdir=" + dir + "/upper,workdir=" + dir + "/work"
		if err := unix.Mount("overlay", dir+"/merged", "overlay", 0, o); err != nil {
			testdata.Skipf(t, "no overlay here: %v", err)
		}
		defer unix.Unmount(dir+"/merged", unix.MNT_DETACH)
		for name, want := range map[string]uint8{"image": bpf.FileLower, "dropped": bpf.FileUpper} {
			f, _ := fileOf(opened(t, p, dir+"/merged/"+name, unix.O_CREAT|unix.O_RDONLY))
			if f.Marks&(bpf.FileLower|bpf.FileUpper) != want {
				t.Errorf("%s: marks %#x, want %#x", name, f.Marks, want)
			}
		}
	})
	t.Run("from the process's root", func(t *testing.T) {
		root := dir + "/root"
		os.MkdirAll(root+"/etc", 0o755)
		os.WriteFile(root+"/etc/inside", nil, 0o644)
		box, err := exec.LookPath("busybox")
		if err != nil {
			testdata.Skipf(t, "needs busybox-static: apt-get install busybox-static")
		}
		b, _ := os.ReadFile(box)
		os.WriteFile(root+"/busybox", b, 0o755)
		cmd := exec.Command("chroot", root, "/busybox", "cat", "/etc/inside")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		pid := uint32(cmd.Process.Pid)
		collect(t, p, func(r bpf.Record) bool {
			return r.Pid() == pid && r.Kind() == bpf.KindSyscall && path(t, r, bpf.RoleRet) == "/etc/inside"
		})
	})
}
