//go:build linux

package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// A test binary that is killed, or that panics at its time limit, runs no
// cleanup: its containerd dies with it but shims and containers live on. Each
// directory of the lab therefore names the process that owns it, and the next
// lab on the machine clears those whose owner is gone.

const (
	dirPrefix    = "stoop-lab-" // then, except for CRI, what made it
	runcPrefix   = "runc-"
	podmanPrefix = "podman-"
	dockerPrefix = "docker-"

	ownerFile = "owner"
	idFile    = "id" // of runc's container
)

func writeOwner(dir string) error {
	return os.WriteFile(filepath.Join(dir, ownerFile), []byte(processKey(os.Getpid())), 0o600)
}

// processKey identifies a process beyond the reuse of its pid: "PID START",
// with the start time in clock ticks from /proc; "" if there is none.
func processKey(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	// The command name, in parentheses, may hold spaces and parentheses itself.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	const startTime = 22 - 3 // proc(5) counts from 1 and two fields are before
	if len(fields) <= startTime {
		return ""
	}
	return fmt.Sprintf("%d %s", pid, fields[startTime])
}

// reapStale ends what labs without an owner have left, and deletes their files.
func reapStale() {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), dirPrefix+"*"))
	for _, dir := range dirs {
		owner, err := os.ReadFile(filepath.Join(dir, ownerFile))
		if err != nil {
			continue // being made at this moment, or not ours
		}
		pid, _ := strconv.Atoi(strings.SplitN(string(owner), " ", 2)[0])
		if string(owner) == processKey(pid) {
			continue
		}
		switch kind := strings.TrimPrefix(filepath.Base(dir), dirPrefix); {
		case strings.HasPrefix(kind, runcPrefix):
			id, _ := os.ReadFile(filepath.Join(dir, idFile))
			_ = deleteRunc(string(id), dir)
		case strings.HasPrefix(kind, podmanPrefix):
			_ = podmanIn(dir).Close()
		case strings.HasPrefix(kind, dockerPrefix):
			reapContainerd(dir, dockerTasks)
		default:
			reapContainerd(dir, "state/io.containerd.runtime.v2.task")
		}
	}
}

// reapContainerd ends the containers whose bundles are in tasks, and all that
// runs with a file of dir.
func reapContainerd(dir, tasks string) {
	var pods, cgroups []string
	inits, _ := filepath.Glob(filepath.Join(dir, tasks, "*/*/init.pid"))
	for _, path := range inits {
		b, _ := os.ReadFile(path)
		pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
		// The pid may be somebody else's by now: the cgroup names its container.
		if err != nil || !inCgroup(pid, filepath.Base(filepath.Dir(path))) {
			continue
		}
		if pod := podOf(pid); pod != "" {
			pods = append(pods, pod)
		} else if own, err := cgroupDirs(pid); err == nil {
			cgroups = append(cgroups, own...)
		}
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	for _, pid := range pids() {
		cmdline, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if strings.Contains(string(cmdline), dir+"/") {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	for _, uid := range pods {
		removePodCgroup(uid)
	}
	removeCgroups(cgroups)
	unmountBelow(dir)
	_ = os.RemoveAll(dir)
}

// inCgroup tells whether a process is in a cgroup whose path has this id in it.
func inCgroup(pid int, id string) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	return err == nil && strings.Contains(string(b), id)
}

func pids() []int {
	entries, _ := os.ReadDir("/proc")
	var all []int
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			all = append(all, pid)
		}
	}
	return all
}

// unmountBelow detaches every mount at or below dir, innermost first.
func unmountBelow(dir string) {
	b, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return
	}
	var points []string
	for line := range strings.Lines(string(b)) {
		fields := strings.Fields(line)
		if len(fields) > 4 && (fields[4] == dir || strings.HasPrefix(fields[4], dir+"/")) {
			points = append(points, fields[4])
		}
	}
	for i := len(points) - 1; i >= 0; i-- {
		_ = unix.Unmount(points[i], unix.MNT_DETACH)
	}
}
