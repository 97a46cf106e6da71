//go:build linux

package probe

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// KeyMode says which kernel id stands in a record's cgroup field (enum key_mode).
type KeyMode uint32

// The modes.
const (
	KeyV2     KeyMode = 0 // id of the cgroup in the unified hierarchy
	KeyMemory KeyMode = 1 // id of the cgroup in the memory controller's hierarchy
	KeyMntNS  KeyMode = 2 // inum of the mount namespace
)

// Keys translates between cgroups as user space sees them and the keys in records.
type Keys struct {
	Mode KeyMode
	Root string // where the hierarchy of Mode is mounted; "" for KeyMntNS
	Why  string // one sentence for doctor
}

// FindKeys chooses by what is mounted on this node.
func FindKeys() Keys {
	var unified, memory string
	mounts, _ := os.ReadFile("/proc/self/mountinfo")
	for line := range bytes.Lines(mounts) {
		where, kind, options := mountOf(string(line))
		switch {
		case kind == "cgroup2" && unified == "":
			unified = where
		case kind == "cgroup" && memory == "" && hasOption(options, "memory"):
			memory = where
		}
	}
	switch {
	case memory != "" && unified != "":
		return Keys{KeyMemory, memory, "hybrid: containers are told apart by the memory controller's cgroup (" + memory + ")"}
	case memory != "":
		return Keys{KeyMemory, memory, "v1: containers are told apart by the memory controller's cgroup (" + memory + ")"}
	case unified != "":
		return Keys{KeyV2, unified, "v2: containers are told apart by their cgroup (" + unified + ")"}
	}
	return Keys{KeyMntNS, "", "neither a unified hierarchy nor one of the memory controller is mounted: containers are told apart by mount namespace"}
}

// mountOf takes mount point, type and super options from a line of mountinfo (proc_pid_mountinfo(5)).
func mountOf(line string) (where, kind, options string) {
	before, after, ok := strings.Cut(line, " - ")
	left, right := strings.Fields(before), strings.Fields(after)
	if !ok || len(left) < 5 || len(right) < 3 {
		return "", "", ""
	}
	return left[4], right[0], right[2]
}

func hasOption(options, name string) bool {
	for o := range strings.SplitSeq(options, ",") {
		if o == name {
			return true
		}
	}
	return false
}

// OfDir is the key of the cgroup whose directory is dir. For KeyMntNS there is none.
func (k Keys) OfDir(dir string) (uint64, error) {
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err != nil {
		return 0, fmt.Errorf("cgroup %s: %w", dir, err)
	}
	return st.Ino, nil
}

// OfPid is the key of a running process.
func (k Keys) OfPid(pid int) (uint64, error) {
	if k.Mode == KeyMntNS {
		var st unix.Stat_t
		if err := unix.Stat(fmt.Sprintf("/proc/%d/ns/mnt", pid), &st); err != nil {
			return 0, fmt.Errorf("mount namespace of %d: %w", pid, err)
		}
		return st.Ino, nil
	}
	dir, err := k.Path(pid)
	if err != nil {
		return 0, err
	}
	return k.OfDir(filepath.Join(k.Root, dir))
}

// Path is the process's cgroup below Root, as /proc/PID/cgroup has it.
func (k Keys) Path(pid int) (string, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		return "", err
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		// hierarchy:controllers:path
		parts := strings.SplitN(sc.Text(), ":", 3)
		if len(parts) != 3 {
			continue
		}
		if k.Mode == KeyV2 && parts[0] == "0" || k.Mode == KeyMemory && hasOption(parts[1], "memory") {
			return parts[2], nil
		}
	}
	return "", fmt.Errorf("process %d is in no cgroup of %s", pid, k.Root)
}
