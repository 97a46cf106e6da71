//go:build linux

package probe

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

type capability struct {
	bit  uint
	name string
}

// neededCaps is what attaching, reading foreign /proc entries and cgroups needs.
var neededCaps = []capability{
	{unix.CAP_BPF, "CAP_BPF"},
	{unix.CAP_PERFMON, "CAP_PERFMON"},
	{unix.CAP_SYS_PTRACE, "CAP_SYS_PTRACE"},
	{unix.CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH"},
}

// perfNeedsAdmin tells of a kernel that Debian patched: with perf_event_paranoid
// at 3 it asks for CAP_SYS_ADMIN, where others are content with CAP_PERFMON.
func perfNeedsAdmin() bool {
	b, err := os.ReadFile("/proc/sys/kernel/perf_event_paranoid")
	if err != nil {
		return false
	}
	level, err := strconv.Atoi(strings.TrimSpace(string(b)))
	return err == nil && level > 2
}

// keptCaps is what stays after DropPrivileges.
func keptCaps() []capability {
	kept := slices.Clone(neededCaps)
	if perfNeedsAdmin() {
		kept = append(kept, capability{unix.CAP_SYS_ADMIN, "CAP_SYS_ADMIN"})
	}
	return kept
}

func effectiveCaps() (uint64, error) {
	h := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var d [2]unix.CapUserData
	if err := unix.Capget(&h, &d[0]); err != nil {
		return 0, err
	}
	return uint64(d[1].Effective)<<32 | uint64(d[0].Effective), nil
}

// DropPrivileges keeps only CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE and
// CAP_DAC_READ_SEARCH, in all threads, and takes the others out of the bounding
// set so that no child gets them back. Where the sysctl kernel.perf_event_paranoid
// is above 2 (Debian) CAP_SYS_ADMIN stays too: without it no tracepoint could be
// attached any more. Attaching still works afterwards; files
// in other users' directories must be open before. It needs a build without cgo.
func DropPrivileges() error {
	have, err := effectiveCaps()
	if err != nil {
		return fmt.Errorf("read capabilities: %w", err)
	}
	var keep uint64
	for _, k := range keptCaps() {
		keep |= have & (1 << k.bit)
	}
	if have&(1<<unix.CAP_SETPCAP) != 0 {
		for c := uintptr(0); c <= unix.CAP_LAST_CAP; c++ {
			if keep&(1<<c) != 0 {
				continue
			}
			// EINVAL: this kernel does not know so many
			if _, _, e := syscall.AllThreadsSyscall(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, c, 0); e != 0 && e != unix.EINVAL {
				return fmt.Errorf("drop capability %d from the bounding set: %w", c, e)
			}
		}
	}
	h := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	d := [2]unix.CapUserData{
		{Effective: uint32(keep), Permitted: uint32(keep)},
		{Effective: uint32(keep >> 32), Permitted: uint32(keep >> 32)},
	}
	if _, _, e := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&h)), uintptr(unsafe.Pointer(&d[0])), 0); e != 0 {
		return fmt.Errorf("drop capabilities in all threads: %w", e)
	}
	return nil
}
