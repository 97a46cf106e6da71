//go:build linux

package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// cgroupDirs returns the directories of a process's cgroups below every
// mounted hierarchy, v1 and v2.
func cgroupDirs(pid int) ([]string, error) {
	own, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		return nil, err
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	byControllers := cgroupMounts(string(mounts))
	var dirs []string
	for line := range strings.Lines(string(own)) {
		// ID:CONTROLLERS:PATH, where v2 has no controllers (cgroups(7)).
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		if mount, ok := byControllers[parts[1]]; ok {
			dirs = append(dirs, filepath.Join(mount, parts[2]))
		}
	}
	return dirs, nil
}

// cgroupMounts maps a hierarchy as /proc/PID/cgroup names it ("memory",
// "cpu,cpuacct", "name=systemd", "" for v2) to its mount point.
func cgroupMounts(mountinfo string) map[string]string {
	mounts := map[string]string{}
	for line := range strings.Lines(mountinfo) {
		before, after, ok := strings.Cut(strings.TrimSpace(line), " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if !ok || len(left) < 5 || len(right) < 3 {
			continue
		}
		switch right[0] {
		case "cgroup2":
			mounts[""] = left[4]
		case "cgroup":
			// The super block's options are rw and the like, then the controllers.
			options := slices.DeleteFunc(strings.Split(right[2], ","), func(o string) bool {
				return o == "rw" || o == "ro" || o == "none" || o == "xattr" || o == "noprefix" ||
					strings.HasPrefix(o, "release_agent=") || strings.HasPrefix(o, "clone_children")
			})
			mounts[strings.Join(options, ",")] = left[4]
		}
	}
	return mounts
}

// removeCgroups removes a container's cgroups and its pod's: runc removes the
// first but not the second, which kubelet made. What lies above is shared with
// others and stays. The kernel refuses to remove a cgroup that is in use.
func removeCgroups(dirs []string) {
	for _, dir := range dirs {
		_ = os.Remove(dir)
		if pod := filepath.Dir(dir); strings.HasPrefix(filepath.Base(pod), "pod") {
			_ = os.Remove(pod)
		}
	}
}
