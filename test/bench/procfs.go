//go:build linux

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tickTime is the unit of processor time in /proc (USER_HZ).
const tickTime = 10 * time.Millisecond

// memory is what a process holds, in bytes (/proc/PID/status).
type memory struct {
	now  int64 // VmRSS
	peak int64 // VmHWM
	own  int64 // RssAnon: without the pages of mapped files
}

func memoryOf(pid int) (m memory, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return m, err
	}
	return parseMemory(string(b))
}

func parseMemory(status string) (m memory, err error) {
	for name, to := range map[string]*int64{"VmRSS:": &m.now, "VmHWM:": &m.peak, "RssAnon:": &m.own} {
		_, after, _ := strings.Cut(status, "\n"+name)
		value, _, found := strings.Cut(after, " kB")
		n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
		if !found || err != nil {
			return m, fmt.Errorf("no %s in a process's status", name)
		}
		*to = n << 10
	}
	return m, nil
}

// cpuOf returns the processor time that a process has taken so far, all of its
// threads together, in steps of [tickTime].
func cpuOf(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	return parseCPU(string(b))
}

// parseCPU reads utime and stime, the 14th and 15th field: the second is in
// brackets and may have anything in it (proc_pid_stat(5)).
func parseCPU(stat string) (time.Duration, error) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0, fmt.Errorf("a process's stat has %d fields", len(fields))
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tickTime, err
}

// busyTime returns the processor time that everything on the machine has taken
// since it started: user, nice, system, irq, softirq and stolen, of the first line
// of /proc/stat.
func busyTime(stat string) (time.Duration, error) {
	line, _, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return 0, fmt.Errorf("/proc/stat begins with %q", line)
	}
	var sum int64
	for _, i := range []int{1, 2, 3, 6, 7, 8} {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return time.Duration(sum) * tickTime, nil
}

// watch knows how much of the machine others take while something is measured.
type watch struct {
	began time.Time
	busy  time.Duration
	own   time.Duration
}

func newWatch() (watch, error) {
	busy, err := readBusy()
	return watch{time.Now(), busy, ownTime()}, err
}

// others returns how many cores other programs kept busy on average since the
// watch began. Children of ours count as ours once they were waited for.
func (w watch) others() (cores float64, err error) {
	busy, err := readBusy()
	elapsed := time.Since(w.began)
	return max(0, float64(busy-w.busy-(ownTime()-w.own))/float64(elapsed)), err
}

func readBusy() (time.Duration, error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	return busyTime(string(b))
}

// ownTime is the processor time of this process and the children it waited for.
func ownTime() (sum time.Duration) {
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if syscall.Getrusage(who, &u) == nil {
			sum += time.Duration(u.Utime.Nano() + u.Stime.Nano())
		}
	}
	return sum
}
