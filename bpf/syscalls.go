package bpf

import (
	_ "embed"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

// Arch names a table of syscall numbers, as GOARCH does.
type Arch string

// The tables there are. A 64-bit node also runs programs of the 32-bit one.
const (
	AMD64 Arch = "amd64"
	ARM64 Arch = "arm64"
	I386  Arch = "386"
	ARM   Arch = "arm"
)

// Native is the table of this machine.
const Native = Arch(runtime.GOARCH)

// Compat is the 32-bit table that goes with a; "" when there is none.
func (a Arch) Compat() Arch {
	switch a {
	case AMD64:
		return I386
	case ARM64:
		return ARM
	}
	return ""
}

// MaxCalls bounds the syscall numbers that the programs look up (MAX_CALLS).
const MaxCalls = 1024

//go:embed syscalls.tsv
var syscallsTSV string

type numbers struct {
	names []string       // by number, "" for none
	nrs   map[string]int // by name
}

var loadNumbers = sync.OnceValue(func() map[Arch]*numbers {
	columns := []Arch{AMD64, ARM64, I386, ARM}
	all := make(map[Arch]*numbers)
	for _, a := range columns {
		all[a] = &numbers{make([]string, MaxCalls), make(map[string]int)}
	}
	for line := range strings.Lines(syscallsTSV) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(strings.TrimSpace(line), "\t")
		for i, a := range columns {
			if nr, err := strconv.Atoi(cells[i+1]); err == nil && nr < MaxCalls {
				all[a].names[nr] = cells[0]
				all[a].nrs[cells[0]] = nr
			}
		}
	}
	return all
})

// SyscallName is the name of syscall nr on a, or "syscall_NR" when there is none.
func (a Arch) SyscallName(nr int) string {
	if t := loadNumbers()[a]; t != nil && nr >= 0 && nr < len(t.names) && t.names[nr] != "" {
		return t.names[nr]
	}
	return fmt.Sprintf("syscall_%d", nr)
}

// SyscallNr is the number of a named syscall on a; ok is false where a has no such call.
func (a Arch) SyscallNr(name string) (nr int, ok bool) {
	t := loadNumbers()[a]
	if t == nil {
		return 0, false
	}
	nr, ok = t.nrs[name]
	return nr, ok
}
