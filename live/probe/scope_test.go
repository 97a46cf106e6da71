//go:build linux

package probe

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/bpf"
)

// marksUntil returns the marks, files that are not there, that processes tried to
// open before somebody opened the last one.
func marksUntil(t *testing.T, p *Probe, last string) map[string]bool {
	t.Helper()
	found := make(map[string]bool)
	for _, r := range collect(t, p, func(r bpf.Record) bool { return markOf(r) == last }) {
		if m := markOf(r); m != "" {
			found[m] = true
		}
	}
	return found
}

func markOf(r bpf.Record) string {
	part, _ := r.Find(bpf.TagString, 1)
	mark, ok := strings.CutPrefix(string(part.Data), "/mark/")
	if r.Kind() != bpf.KindSyscall || !ok {
		return ""
	}
	return mark
}

// A process that changes its name to or from one of the scope is kept until its
// next exec: user space may not know yet, or no more, what it is called.
func TestScopeKeepsRenamed(t *testing.T) {
	p := open(t, Options{}, Plan{})
	script := `mark() { true </mark/$1; }
read go; mark before
echo -n scope-name >/proc/$$/comm; mark taken
echo -n other-name >/proc/$$/comm; mark given-up
(mark child)
exec /bin/sh -c 'true </mark/execed'`
	cmd := exec.Command("sh", "-c", script)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := p.Update(Plan{
		Syscalls: []string{"openat", "open"}, Exec: true, Fork: true, Exit: true, Rename: true,
		Scope: Scope{NameMode: ScopeOnly, Names: []string{"scope-name", "scope-last"}},
	}); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(in)
	_ = cmd.Wait()
	end := exec.Command("sh", "-c", "echo -n scope-last >/proc/$$/comm; true </mark/end")
	_ = end.Run()
	got := marksUntil(t, p, "end")
	for mark, want := range map[string]bool{"before": false, "taken": true, "given-up": true, "child": false, "execed": false} {
		if got[mark] != want {
			t.Errorf("%s: seen %v", mark, got[mark])
		}
	}
	// Processes that ended leave nothing behind.
	for until := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		var pid uint32
		var yes uint8
		it := p.maps[bpf.KernelMapRenamed].Iterate()
		if !it.Next(&pid, &yes) {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("process %d is still kept", pid)
		}
	}
}

// A main thread's other name is told of, whoever gave it, and an exec's is not
// told twice.
func TestRename(t *testing.T) {
	p := open(t, Options{}, Plan{Exec: true, Rename: true})
	cmd := exec.Command("sh", "-c", "sleep 0.01; echo -n a-name-of-more-than-15-bytes >/proc/$$/comm; exec /bin/true")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	pid := uint32(cmd.Process.Pid)
	var got []string
	collect(t, p, func(r bpf.Record) bool {
		if r.Pid() != pid {
			return false
		}
		part, _ := r.Find(bpf.TagString, bpf.RoleTask)
		name, _, _ := strings.Cut(string(part.Data), "\x00")
		got = append(got, fmt.Sprint(r.Kind(), " ", name))
		return r.Kind() == bpf.KindExec && len(got) > 1
	})
	if have, want := strings.Join(got, ", "), "exec , rename a-name-of-more-, exec "; have != want {
		t.Errorf("records are %s, want %s", have, want)
	}
}

// What leads a process table comes from outside of a scope of names and users
// too, but from no other cgroup.
func TestScopeLetsFollowed(t *testing.T) {
	p := open(t, Options{}, Plan{})
	if err := p.Update(Plan{
		// openat last: attaching to the others opens files
		Syscalls: []string{"chdir", "mkdirat", "openat"}, Follow: []string{"chdir"}, Exec: true, Rename: true, WatchSelf: true,
		Scope: Scope{NameMode: ScopeOnly, Names: []string{"scope-last"}, UIDMode: ScopeExcept, UIDs: []uint32{4711}},
	}); err != nil {
		t.Fatal(err)
	}
	unix.Mkdirat(unix.AT_FDCWD, "/mark/made", 0)
	_ = os.Chdir("/mark/moved")
	_ = exec.Command("sh", "-c", "echo -n scope-last >/proc/$$/comm; true </mark/end").Run()
	seen := make(map[string]int)
	for _, r := range collect(t, p, func(r bpf.Record) bool { return markOf(r) == "end" }) {
		if r.Kind() == bpf.KindSyscall && r.Pid() == uint32(os.Getpid()) {
			seen[bpf.Native.SyscallName(int(r.Nr()))]++
		}
	}
	if len(seen) != 1 || seen["chdir"] != 1 {
		t.Errorf("seen are %v, want one chdir", seen)
	}
}

func TestScopeIsChecked(t *testing.T) {
	p := open(t, Options{}, Plan{})
	for _, plan := range []Plan{
		{Scope: Scope{UIDMode: ScopeOnly, UIDs: make([]uint32, MaxScoped+1)}},
		{Scope: Scope{NameMode: ScopeOnly, Names: []string{"sh"}}},
	} {
		if err := p.Update(plan); err == nil {
			t.Errorf("%+v is taken", plan.Scope)
		}
	}
}
