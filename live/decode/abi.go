//go:build linux

package decode

import (
	"strings"

	"github.com/stoop-project/stoop/bpf"
	"github.com/stoop-project/stoop/internal/event"
)

// abi maps a kernel's numbers of system calls to event types, which are amd64's.
type abi []event.Type

// The tables of this node: its own, and that of its 32-bit programs.
var (
	native = loadABI(bpf.Native)
	compat = loadABI(bpf.Native.Compat())
)

func loadABI(a bpf.Arch) abi {
	t := make(abi, bpf.MaxCalls)
	for nr := range t {
		t[nr] = typeNamed(a.SyscallName(nr))
	}
	return t
}

// armOpen are the flags of open that arm has in other places than amd64: its
// bits, amd64's (arch/arm64/include/uapi/asm/fcntl.h; 32-bit arm has the same).
var armOpen = [...]struct{ arm, amd64 uint64 }{
	{0x4000, 0x10000}, // O_DIRECTORY
	{0x8000, 0x20000}, // O_NOFOLLOW
	{0x10000, 0x4000}, // O_DIRECT
	{0x20000, 0x8000}, // O_LARGEFILE
}

// openFlags brings a node's flags of open into the form that events have, which
// is amd64's.
func openFlags(node bpf.Arch, flags uint64) uint64 {
	if node != bpf.ARM64 {
		return flags
	}
	same := flags
	for _, f := range armOpen {
		same &^= f.arm
	}
	for _, f := range armOpen {
		if flags&f.arm != 0 {
			same |= f.amd64
		}
	}
	return same
}

// noCall is the number -1: the registers are those of before the signal when
// rt_sigreturn returns (arch/x86/kernel/signal_64.c, orig_ax).
const noCall = 0xffff

var typeSigreturn = mustType("rt_sigreturn")

func (a abi) typeOf(nr uint16) event.Type {
	if nr == noCall {
		return typeSigreturn
	}
	if int(nr) < len(a) {
		return a[nr]
	}
	return event.TypeGeneric
}

// typeNamed finds the type of a call by its name in any of the kernel's
// tables: the wide variants that 32-bit tables have are the plain call's.
func typeNamed(name string) event.Type {
	if t, ok := event.TypeOf(name); ok {
		return t
	}
	if plain, ok := otherNames[name]; ok {
		t, _ := event.TypeOf(plain)
		return t
	}
	for _, suffix := range []string{"_time64", "64", "32"} {
		if plain, ok := strings.CutSuffix(name, suffix); ok {
			if t, ok := event.TypeOf(plain); ok {
				return t
			}
		}
	}
	return event.TypeGeneric
}

// otherNames are calls of other tables that amd64 has under another name, with
// the arguments in the same order.
var otherNames = map[string]string{
	"fstatat": "newfstatat", "fstatat64": "newfstatat", "mmap2": "mmap", "umount": "umount2", "waitpid": "wait4",
	"sendfile64": "sendfile", "fadvise64_64": "fadvise64", "_newselect": "select", "ugetrlimit": "getrlimit",
	"oldstat": "stat", "oldfstat": "fstat", "oldlstat": "lstat", "sigaction": "rt_sigaction", "sigprocmask": "rt_sigprocmask",
	"sigreturn": "rt_sigreturn", "sigpending": "rt_sigpending", "sigsuspend": "rt_sigsuspend", "olduname": "uname",
	"oldolduname": "uname", "semtimedop_time64": "semtimedop", "sync_file_range2": "sync_file_range",
}
