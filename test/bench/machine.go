//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// restless is from how many cores on that others take, times are not to be
// trusted.
const restless = 0.1

// machine describes where and when something was measured, in a line.
func machine(at time.Time, others float64) string {
	line := fmt.Sprintf("*%s, %d cores", cpuModel(), runtime.NumCPU())
	if kb, err := strconv.Atoi(afterKey("/proc/meminfo", "MemTotal:")); err == nil {
		line += fmt.Sprintf(", %d GB", (kb+500_000)/1_000_000)
	}
	line += fmt.Sprintf("; Linux %s, %s", kernel(), runtime.Version())
	if out, err := exec.Command("git", "rev-parse", "--short=10", "HEAD").Output(); err == nil {
		line += ", commit " + strings.TrimSpace(string(out))
	}
	line = fmt.Sprintf("%s; %s. Other programs kept %.2f cores busy meanwhile.*", line, at.Format("2006-01-02"), others)
	if others > restless {
		line += "\n**The machine was not at rest: times are longer than they would be, and differences uncertain.**"
	}
	return line
}

func cpuModel() string {
	if model := afterKey("/proc/cpuinfo", "model name"); model != "" {
		return model
	}
	return runtime.GOARCH // arm64 has no model name there
}

func kernel() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return "of unknown release"
	}
	return unix.ByteSliceToString(u.Release[:])
}

// afterKey returns what follows a key at the beginning of a line of a file,
// without colons and units.
func afterKey(path, key string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, key); ok {
			return strings.TrimSuffix(strings.Trim(rest, " \t\n:"), " kB")
		}
	}
	return ""
}
