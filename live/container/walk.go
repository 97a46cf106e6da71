//go:build linux

package container

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/internal/event"
)

// Look finds the containers whose cgroup is there by the names of the
// directories, before a process in it is seen and when none is left. Names
// that are no proof by themselves are left to [Table.Of].
func (t *Table) Look() {
	if t.opt.Root == "" {
		return
	}
	known := make(map[string]bool, len(t.cgroups))
	for _, s := range t.cgroups {
		if s.cont != nil && s.gone.IsZero() {
			known[s.dir] = true
		}
	}
	t.look("", known, 0)
}

// maxCgroupDepth bounds the walk: deeper cgroups are found by their processes.
const maxCgroupDepth = 16

// look takes in a directory and those below it that are not known. Cgroups that
// come up later inside of a container are found by their processes.
func (t *Table) look(dir string, known map[string]bool, depth int) {
	path := t.opt.Root + dir
	var st unix.Stat_t
	if unix.Lstat(path, &st) != nil {
		return
	}
	// The number of the directory is the key that records carry. A cgroup that
	// was taken for the host's when nothing was known of it stays so.
	if id := Identify(dir); id.Confirmed() && t.cgroups[st.Ino] == nil && len(t.cgroups) < maxCgroups {
		s := &seat{dir: dir, text: controllers(t.line(dir)), partial: true}
		s.cont = t.container(id, st.Ino)
		t.cgroups[st.Ino] = s
	}
	if st.Nlink == 2 || depth == maxCgroupDepth { // kernfs counts the directories below
		return
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return
	}
	for _, e := range entries {
		if below := dir + "/" + e.Name(); e.IsDir() && !known[below] {
			t.look(below, known, depth+1)
		}
	}
}

// line is what /proc/PID/cgroup would have of a cgroup in the hierarchy of the
// keys.
func (t *Table) line(dir string) string {
	var fs unix.Statfs_t
	if unix.Statfs(t.opt.Root, &fs) == nil && fs.Type == unix.CGROUP_SUPER_MAGIC {
		return "0:memory:" + dir
	}
	return "0::" + dir
}

// Unringed returns the keys of the containers' cgroups whose processes have no
// pid namespace of their own, or that nobody is in: the kernel's programs do
// not take them for containers. Those that have a ring are left out.
func (t *Table) Unringed(have func(key uint64) bool) (keys []uint64) {
	for key, s := range t.cgroups {
		if s.cont == nil || s.dir == "" || !s.gone.IsZero() || s.cont.key != key || have(key) {
			continue
		}
		procs, err := readBounded(filepath.Join(t.opt.Root, s.dir, "cgroup.procs"), 32)
		if err != nil {
			continue
		}
		if pid, _, _ := strings.Cut(string(procs), "\n"); pid == "" || t.sharesPids(pid) {
			keys = append(keys, key)
		}
	}
	return keys
}

// sharesPids reports whether a process is in the pid namespace of this proc: it
// has one number only.
func (t *Table) sharesPids(pid string) bool {
	status, err := readBounded(filepath.Join(t.opt.Proc, pid, "status"), maxCgroupLen)
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(status), "\nNSpid:")
	numbers, _, _ := strings.Cut(rest, "\n")
	return len(strings.Fields(numbers)) == 1
}

// ByID returns the container of a full id, the host when it is not known.
func (t *Table) ByID(full string) event.ContID {
	if k := t.byID[full]; k != nil {
		return k.id
	}
	return t.host
}
