//go:build linux

package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
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

// podParent is where the lab puts a pod's cgroup, as kubelet does for a pod
// without requests and limits: this and the pod's uid.
const podParent = "/kubepods/besteffort/pod"

// removePodCgroup removes the cgroup that was made for a pod: runc removes a
// container's own, but this one is kubelet's to remove. Containers' cgroups
// that are still in it, because their runtime was killed, go too.
func removePodCgroup(uid string) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil || uid == "" {
		return
	}
	var dirs []string
	for _, mount := range cgroupMounts(string(mounts)) {
		dirs = append(dirs, filepath.Join(mount, podParent+uid))
	}
	removeCgroups(dirs)
}

// removeCgroups removes cgroups and those in them.
func removeCgroups(dirs []string) {
	deadline := time.Now().Add(2 * time.Second)
	for _, dir := range dirs {
		for removeTree(dir) != nil && time.Now().Before(deadline) {
			time.Sleep(20 * time.Millisecond) // its last process is dying still
		}
	}
}

// removeTree removes a cgroup and those in it. The kernel refuses to remove
// one that is in use, and its files cannot be removed by themselves.
func removeTree(dir string) error {
	inner, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, e := range inner {
		if e.IsDir() {
			_ = removeTree(filepath.Join(dir, e.Name()))
		}
	}
	return os.Remove(dir)
}

var podUID = regexp.MustCompile(podParent + `([^/]+)/`)

// podOf returns the uid of the pod that a process belongs to, "" for none.
func podOf(pid int) string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		return ""
	}
	if m := podUID.FindSubmatch(b); m != nil {
		return string(m[1])
	}
	return ""
}
