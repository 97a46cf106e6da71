//go:build linux

package livetest

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/bpf"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/test/oracle"
)

// pair is a call as both tell of it.
type pair struct {
	call  oracle.Record
	event row
	place
}

// place is where a thread was when it made a call, as far as strace told.
type place struct {
	cwd  string // as the thread saw it
	root string // "" for the container's
	sure bool   // that cwd is right
}

// align pairs the calls of each thread that are to be seen with its events, one
// by one in their order. What has no partner is an error.
func align(t *testing.T, s *scene, wanted func(oracle.Record) bool) []pair {
	t.Helper()
	threads := []int{}
	calls, events := map[int][]told{}, map[int][]row{}
	where := directories(s)
	seen := func(tid int) {
		if !slices.Contains(threads, tid) {
			threads = append(threads, tid)
		}
	}
	for i, c := range s.calls {
		if c.Kind == oracle.Syscall && wanted(c) {
			seen(c.Pid)
			calls[c.Pid] = append(calls[c.Pid], told{c, where[i]})
		}
	}
	for _, e := range s.events {
		tid := int(e.b.TID[e.i])
		if e.typ() == "procexit" || isChildsReturn(e) || e.b.Bits[e.i]&event.ViaIOUring != 0 {
			continue
		}
		seen(tid)
		events[tid] = append(events[tid], e)
	}
	var pairs []pair
	for _, tid := range threads {
		pairs = append(pairs, alignThread(t, tid, calls[tid], events[tid])...)
	}
	return pairs
}

// isChildsReturn tells the event by which a new process returns from the call
// that made it: strace does not show it.
func isChildsReturn(e row) bool {
	switch e.typ() {
	case "clone", "clone3", "fork", "vfork":
		return e.b.Res[e.i] == 0
	}
	return false
}

// told is a call, and where it was made.
type told struct {
	oracle.Record
	place
}

// directories follows the threads of a scene, which begin in its directory.
func directories(s *scene) []place {
	now := map[int]place{}
	where := make([]place, len(s.calls))
	entered := false // the scene's process has gone to the scene's directory
	for i, c := range s.calls {
		at, ok := now[c.Pid]
		if !ok {
			at.cwd, at.sure = "/tmp/"+s.name, entered
		}
		where[i] = at
		if c.Kind != oracle.Syscall || c.Errno != "" || !c.Return.Known() {
			continue
		}
		switch c.Name {
		case "chdir":
			if to, _ := c.Args[0].Text(); path.IsAbs(to) {
				at.cwd, at.sure = path.Clean(to), true
				entered = entered || at.cwd == "/tmp/"+s.name
			} else {
				at.cwd = path.Join(at.cwd, to)
			}
		case "fchdir":
			if fd, ok := c.Args[0].FD(); ok {
				at.cwd = fd.Path
			}
		case "chroot":
			if to, _ := c.Args[0].Text(); !path.IsAbs(to) {
				at.root = path.Join(at.cwd, to)
			}
			at.sure = false
		case "pivot_root":
			at.sure = false
		}
		now[c.Pid] = at
	}
	return where
}

func alignThread(t *testing.T, tid int, calls []told, events []row) []pair {
	t.Helper()
	var pairs []pair
	for len(calls) > 0 && len(events) > 0 {
		c, e := calls[0], events[0]
		if same(c.Record, e) {
			if c.Return.Known() {
				pairs = append(pairs, pair{c.Record, e, c.place})
			}
			calls, events = calls[1:], events[1:]
			continue
		}
		// Look for the nearer place where they agree again.
		i := slices.IndexFunc(events, func(e row) bool { return same(c.Record, e) })
		j := slices.IndexFunc(calls, func(c told) bool { return same(c.Record, e) })
		switch {
		case i >= 0 && (j < 0 || i <= j):
			t.Errorf("thread %d: stoop alone saw %s", tid, describe(events[:i]))
			events = events[i:]
		case j >= 0:
			t.Errorf("thread %d: strace alone saw %s", tid, describeCalls(calls[:j]))
			calls = calls[j:]
		default:
			t.Errorf("thread %d: stoop saw %s where strace saw %s", tid, describe(events[:1]), describeCalls(calls[:1]))
			calls, events = calls[1:], events[1:]
		}
	}
	// In a call that it did not see return, strace's process ended.
	calls = slices.DeleteFunc(calls, func(c told) bool { return !c.Return.Known() })
	if len(calls) > 0 {
		t.Errorf("thread %d: strace alone saw %s", tid, describeCalls(calls))
	}
	// Nor does strace tell of the call that it interrupted when it let go.
	events = slices.DeleteFunc(events, func(e row) bool { return interrupted(e.b.Res[e.i]) })
	if len(events) > 0 {
		t.Errorf("thread %d: stoop alone saw %s", tid, describe(events))
	}
	return pairs
}

// typeOf is the type of a call; strace gives those that it does not know by
// their number: syscall_0x1c4.
func typeOf(c oracle.Record) (event.Type, bool) {
	if n, ok := strings.CutPrefix(c.Name, "syscall_"); ok {
		nr, err := strconv.ParseUint(n, 0, 16)
		if err != nil {
			return 0, false
		}
		return event.TypeOf(bpf.Native.SyscallName(int(nr)))
	}
	return event.TypeOf(c.Name)
}

// same tells whether a call and an event are of one type with one result.
func same(c oracle.Record, e row) bool {
	typ, ok := typeOf(c)
	if !ok {
		return false
	}
	if e.b.Type[e.i] != typ && !(c.Name == "execveat" && c.Errno == "" && e.typ() == "execve") {
		return false
	}
	if e.b.Bits[e.i]&event.HasRes == 0 {
		return false
	}
	res := e.b.Res[e.i]
	if !c.Return.Known() {
		// It killed itself, was killed in the call, or at its entry, where strace held it (-ENOSYS).
		return res == 0 || interrupted(res) || res == -38
	}
	if c.Errno != "" {
		return event.ErrnoName(res) == c.Errno
	}
	return res == c.Return.Int || res == int64(int32(c.Return.Int))
}

// interrupted tells the results that the kernel keeps to itself: it starts the
// call again when the signal was dealt with (include/linux/errno.h).
func interrupted(res int64) bool { return res <= -512 && res >= -516 }

func describe(events []row) string {
	var words []string
	for _, e := range events {
		words = append(words, fmt.Sprintf("%s = %d", e.typ(), e.b.Res[e.i]))
	}
	return strings.Join(words, ", ")
}

func describeCalls(calls []told) string {
	var words []string
	for _, c := range calls {
		words = append(words, printed(c.Record))
	}
	return strings.Join(words, ", ")
}

// printed is a call as strace writes it, without what is too long.
func printed(c oracle.Record) string {
	var args []string
	for _, a := range c.Args {
		if len(a) > 60 {
			a = a[:60] + "…"
		}
		args = append(args, string(a))
	}
	return fmt.Sprintf("%s(%s) = %s %s", c.Name, strings.Join(args, ", "), c.Return.Text, c.Errno)
}
