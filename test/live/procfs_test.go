//go:build linux

package livetest

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// procfs is what /proc says of a process.
type procfs struct {
	pid            int
	comm, exe, cwd string
	cmdline        []string
	status         map[string]string // Uid, Gid, PPid, NSpid, CapEff, …
	stat           []string          // from the state on: stat[0] is field 3 of proc(5)
}

func readProc(t testing.TB, pid int) procfs {
	t.Helper()
	read := func(name string) string {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	p := procfs{pid: pid, comm: strings.TrimSpace(read("comm")), status: map[string]string{}}
	p.cmdline = strings.Split(strings.TrimSuffix(read("cmdline"), "\x00"), "\x00")
	p.exe, _ = os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	p.cwd, _ = os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	for line := range strings.Lines(read("status")) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		p.status[key] = strings.TrimSpace(value)
	}
	stat := read("stat")
	p.stat = strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	return p
}

// parent is the n-th ancestor, as /proc has it now.
func (p procfs) ancestor(t testing.TB, n int) procfs {
	t.Helper()
	for ; n > 0; n-- {
		ppid, err := strconv.Atoi(p.status["PPid"])
		if err != nil || ppid == 0 {
			return procfs{}
		}
		p = readProc(t, ppid)
	}
	return p
}

// line is Falco's command line: the name, and what follows argv[0].
func (p procfs) line() string { return strings.Join(append([]string{p.comm}, p.cmdline[1:]...), " ") }

// number is field n of proc(5)'s stat.
func (p procfs) number(n int) int64 {
	v, _ := strconv.ParseInt(p.stat[n-3], 10, 64)
	return v
}

// start is when the process began, as exact as /proc says it: 10 ms.
func (p procfs) start() time.Time {
	var boot unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &boot)
	up := time.Duration(boot.Nano())
	return time.Now().Add(-up + time.Duration(p.number(22))*10*time.Millisecond)
}

// executable is the file of the image.
func (p procfs) executable(t testing.TB) *syscall.Stat_t {
	t.Helper()
	st, err := os.Stat(fmt.Sprintf("/proc/%d/exe", p.pid))
	if err != nil {
		t.Fatal(err)
	}
	return st.Sys().(*syscall.Stat_t)
}

// inUpper tells whether a file of the container lies in its overlay's upper
// layer: it is in the directory that the mount names.
func (p procfs) inUpper(t testing.TB, path string) bool {
	t.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/mountinfo", p.pid))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		words := strings.Fields(sc.Text())
		if words[4] != "/" || !strings.Contains(sc.Text(), " - overlay ") {
			continue
		}
		for _, option := range strings.Split(words[len(words)-1], ",") {
			if upper, ok := strings.CutPrefix(option, "upperdir="); ok {
				return exists(upper + path)
			}
		}
	}
	return false
}

// capabilities names the bits of a set of /proc by the kernel's header.
func capabilities(t testing.TB, hex string) string {
	t.Helper()
	set, err := strconv.ParseUint(hex, 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile("/usr/include/linux/capability.h")
	if err != nil {
		t.Fatal(err) // libc6-dev is there: the actor was compiled
	}
	var names []string
	for line := range strings.Lines(string(b)) {
		words := strings.Fields(line)
		if len(words) == 3 && words[0] == "#define" && strings.HasPrefix(words[1], "CAP_") {
			if bit, err := strconv.Atoi(words[2]); err == nil && set>>bit&1 != 0 {
				names = append(names, words[1])
			}
		}
	}
	return strings.Join(names, " ")
}
