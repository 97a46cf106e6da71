//go:build linux

package probe

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/bpf"
	"github.com/stoop-project/stoop/internal/testdata"
)

func TestMain(m *testing.M) {
	Helper()
	os.Exit(m.Run())
}

// needRoot skips, saying why, or fails where skips are not allowed.
func needRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("STOOP_NO_SKIP") != "" {
		t.Fatal("live tests need root")
	}
	testdata.Skipf(t, "live tests need root: run them with sudo")
}

func open(t testing.TB, opts Options, plan Plan) *Probe {
	t.Helper()
	needRoot(t)
	p, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	plan.WatchSelf = true
	if err := p.Update(plan); err != nil {
		t.Fatal(err)
	}
	return p
}

// collect copies the records that arrive until one satisfies last, or fails.
func collect(t testing.TB, p *Probe, last func(bpf.Record) bool) []bpf.Record {
	t.Helper()
	var all []bpf.Record
	batch := make([]bpf.Record, 0, 512)
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		done := false
		for batch = p.Reader().Next(batch); len(batch) > 0; batch = p.Reader().Next(batch) {
			for _, r := range batch {
				all = append(all, slices.Clone(r))
				done = done || last(r)
			}
		}
		if done {
			return all
		}
	}
	t.Fatalf("the record that was waited for did not come; %d others did", len(all))
	return nil
}

func path(t testing.TB, r bpf.Record, role uint8) string {
	t.Helper()
	part, ok := r.Find(bpf.TagPath, role)
	if !ok {
		return ""
	}
	b, ok := bpf.AppendPath(nil, part)
	if !ok {
		t.Errorf("path does not parse: %q", part.Data)
	}
	return string(b)
}

func mine(r bpf.Record, call string) bool {
	return r.Kind() == bpf.KindSyscall && r.Pid() == uint32(os.Getpid()) && bpf.Native.SyscallName(int(r.Nr())) == call
}

func TestProcessLife(t *testing.T) {
	p := open(t, Options{}, Plan{Exec: true, Fork: true, Exit: true})
	cmd := exec.Command("/bin/sh", "-c", "exit 3")
	cmd.Env = []string{"STOOP_TEST=1"}
	cmd.Dir = "/tmp"
	before := time.Now()
	cmd.Run()
	pid := uint32(cmd.Process.Pid)
	recs := collect(t, p, func(r bpf.Record) bool { return r.Kind() == bpf.KindExit && r.Pid() == pid })

	fork := one(t, recs, func(r bpf.Record) bool { return r.Kind() == bpf.KindFork && r.Ret() == int64(pid) })
	part, _ := fork.Find(bpf.TagChild, bpf.RoleChild)
	if c, ok := bpf.ParseChild(part.Data); !ok || c.Pid != pid || c.Tid != pid || c.Start == 0 || fork.Pid() != uint32(os.Getpid()) {
		t.Errorf("fork: child %+v of %d", c, fork.Pid())
	}

	r := one(t, recs, func(r bpf.Record) bool { return r.Kind() == bpf.KindExec && r.Pid() == pid })
	exe, _ := filepath.EvalSymlinks("/bin/sh")
	if got := path(t, r, bpf.RoleExe); got != exe {
		t.Errorf("exec: image %q, want %q", got, exe)
	}
	if got := path(t, r, bpf.RoleCwd); got != "/tmp" {
		t.Errorf("exec: working directory %q", got)
	}
	for tag, s := range map[bpf.Tag]string{bpf.TagArgv: "/bin/sh\x00-c\x00exit 3\x00", bpf.TagEnv: "STOOP_TEST=1\x00"} {
		if p, ok := r.Find(tag, bpf.RoleTask); !ok || string(p.Data) != s {
			t.Errorf("exec: tag %d is %q, want %q", tag, p.Data, s)
		}
	}
	part, _ = r.Find(bpf.TagTask, bpf.RoleTask)
	task, ok := bpf.ParseTask(part.Data)
	sid, _ := unix.Getsid(0)
	if !ok || task.PPid != uint32(os.Getpid()) || task.Sid != uint32(sid) || unix.ByteSliceToString(task.Comm[:]) != "sh" || task.VPid != pid {
		t.Errorf("exec: task %+v", task)
	}
	part, _ = r.Find(bpf.TagExe, bpf.RoleExe)
	var st unix.Stat_t
	if err := unix.Stat(exe, &st); err != nil {
		t.Fatal(err)
	}
	if e, ok := bpf.ParseExe(part.Data); !ok || e.Mtime != st.Mtim.Nano() || e.Ctime != st.Ctim.Nano() || e.Argc != 3 || e.Envc != 1 {
		t.Errorf("exec: image %+v, want times %d %d", e, st.Mtim.Nano(), st.Ctim.Nano())
	}
	part, _ = r.Find(bpf.TagNS, bpf.RoleTask)
	ns, _ := bpf.ParseNS(part.Data)
	for name, inum := range map[string]uint32{
		"mnt": ns.Mnt, "pid": ns.Pid, "net": ns.Net, "uts": ns.Uts, "ipc": ns.Ipc, "user": ns.User, "cgroup": ns.Cgroup, "pid_for_children": ns.PidForChildren,
	} {
		link, _ := os.Readlink("/proc/self/ns/" + name)
		if _, num, _ := strings.Cut(link, ":"); num != fmt.Sprintf("[%d]", inum) {
			t.Errorf("exec: namespace %s is %d, /proc has %s", name, inum, link)
		}
	}
	key, err := p.Keys().OfPid(os.Getpid())
	if err != nil || r.Cgroup() != key {
		t.Errorf("cgroup %d, user space finds %d, %v", r.Cgroup(), key, err)
	}
	var now unix.Timespec
	unix.ClockGettime(unix.CLOCK_BOOTTIME, &now)
	if age := time.Duration(uint64(now.Nano()) - r.Start()); age < 0 || age > time.Since(before)+time.Second {
		t.Errorf("process started %v ago", age)
	}

	exit := one(t, recs, func(r bpf.Record) bool { return r.Kind() == bpf.KindExit && r.Pid() == pid })
	part, _ = exit.Find(bpf.TagExit, bpf.RoleTask)
	if e, ok := bpf.ParseExit(part.Data); !ok || e.Code != 3<<8 || e.Live != 0 || exit.Ret() != 3<<8 {
		t.Errorf("exit: %+v", e)
	}
	if exit.ExecID() != r.ExecID() || fork.ExecID() == r.ExecID() || exit.Start() != r.Start() {
		t.Errorf("generations: fork %d, exec %d, exit %d", fork.ExecID(), r.ExecID(), exit.ExecID())
	}
}

func one(t testing.TB, recs []bpf.Record, is func(bpf.Record) bool) bpf.Record {
	t.Helper()
	var found []bpf.Record
	for _, r := range recs {
		if is(r) {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d records fit, want one", len(found))
	}
	return found[0]
}

func TestScope(t *testing.T) {
	p := open(t, Options{}, Plan{Syscalls: []string{"openat"}})
	key, err := p.Keys().OfPid(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	const nobody = 1 << 62 // no cgroup has this key
	comm, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		t.Fatal(err)
	}
	own := strings.TrimSpace(string(comm))
	mark := 0
	for _, tt := range []struct {
		name  string
		scope Scope
		seen  bool
	}{
		{"all", Scope{}, true},
		{"this cgroup", Scope{Mode: ScopeOnly, Cgroups: []uint64{nobody, key}}, true},
		{"another cgroup", Scope{Mode: ScopeOnly, Cgroups: []uint64{nobody}}, false},
		{"no cgroup", Scope{Mode: ScopeOnly}, false},
		{"all but this cgroup", Scope{Mode: ScopeExcept, Cgroups: []uint64{key}}, false},
		{"user", Scope{UIDMode: ScopeOnly, UIDs: []uint32{0, 7}}, true},
		{"another user", Scope{UIDMode: ScopeOnly, UIDs: []uint32{1, 2}}, false},
		{"not another user", Scope{UIDMode: ScopeExcept, UIDs: []uint32{1}}, true},
		{"not the user", Scope{UIDMode: ScopeExcept, UIDs: []uint32{1, 0}}, false},
		{"name", Scope{NameMode: ScopeOnly, Names: []string{"sh", own}}, true},
		{"another name", Scope{NameMode: ScopeOnly, Names: []string{"sh"}}, false},
		{"not the name", Scope{NameMode: ScopeExcept, Names: []string{own}}, false},
		{"not another name", Scope{NameMode: ScopeExcept, Names: []string{"sh"}}, true},
		{"name of the thread, not of the process", Scope{NameMode: ScopeOnly, Names: []string{"scope-thread"}}, false},
		{"name that none can have", Scope{NameMode: ScopeOnly, Names: []string{own + "-0123456789abcdef"}}, false},
		{"user and name", Scope{UIDMode: ScopeOnly, UIDs: []uint32{0}, NameMode: ScopeOnly, Names: []string{own}}, true},
		{"user and another name", Scope{UIDMode: ScopeOnly, UIDs: []uint32{0}, NameMode: ScopeOnly, Names: []string{"sh"}}, false},
	} {
		plan := Plan{Syscalls: []string{"openat"}, Exec: true, Rename: true, Scope: tt.scope, WatchSelf: true}
		if err := p.Update(plan); err != nil {
			t.Fatal(err)
		}
		mark++
		runtime.LockOSThread()
		if unix.Gettid() != os.Getpid() {
			unix.Prctl(unix.PR_SET_NAME, cstr("scope-thread"), 0, 0, 0)
		}
		unix.Open(fmt.Sprintf("/mark/%d", mark), unix.O_RDONLY, 0)
		runtime.UnlockOSThread()
		if err := p.Update(Plan{Syscalls: []string{"openat"}, WatchSelf: true}); err != nil {
			t.Fatal(err)
		}
		unix.Open("/mark/end", unix.O_RDONLY, 0)
		seen := false
		named := func(r bpf.Record, s string) bool {
			part, _ := r.Find(bpf.TagString, 1)
			return mine(r, "openat") && string(part.Data) == s
		}
		for _, r := range collect(t, p, func(r bpf.Record) bool { return named(r, "/mark/end") }) {
			seen = seen || named(r, fmt.Sprintf("/mark/%d", mark))
		}
		if seen != tt.seen {
			t.Errorf("%s: seen %v", tt.name, seen)
		}
	}
}

// TestFallback holds that the raw tracepoint sees what the per-syscall ones see.
func TestFallback(t *testing.T) {
	p := open(t, Options{RawOnly: true}, Plan{Syscalls: []string{"openat"}})
	unix.Open("/mark/raw", unix.O_RDONLY, 0)
	collect(t, p, func(r bpf.Record) bool {
		part, _ := r.Find(bpf.TagString, 1)
		return mine(r, "openat") && string(part.Data) == "/mark/raw" && r.Flags()&bpf.FlagRawTP != 0
	})
}

// TestAgain holds that what is wanted again before it is let go is attached once:
// a kernel before 6.10 refuses it a second time, a later one tells all twice.
func TestAgain(t *testing.T) {
	p := open(t, Options{}, Plan{Exec: true, Exit: true})
	for range 5 {
		for _, on := range []bool{false, true} {
			if err := p.Update(Plan{Syscalls: []string{"openat", "execve"}, Exec: on, Exit: true}); err != nil {
				t.Fatal(err)
			}
		}
	}
	cmd := exec.Command("/bin/true")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	pid := uint32(cmd.Process.Pid)
	recs := collect(t, p, func(r bpf.Record) bool { return r.Kind() == bpf.KindExit && r.Pid() == pid })
	one(t, recs, func(r bpf.Record) bool { return r.Kind() == bpf.KindExec && r.Pid() == pid })
}

// TestUnknownCallsAreNamed holds that a plan says what it cannot watch.
func TestUnknownCallsAreNamed(t *testing.T) {
	p := open(t, Options{}, Plan{Syscalls: []string{"openat", "no_such_call"}})
	if _, unknown := p.Plan(); !slices.Equal(unknown, []string{"no_such_call"}) {
		t.Errorf("unknown calls %v", unknown)
	}
}

// TestCloseHandsOver holds that nothing is left in this process to detach when
// Close returns, with as many attachments as all rules need: that takes seconds.
func TestCloseHandsOver(t *testing.T) {
	needRoot(t)
	p, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Update(Plan{Deeds: true, Exec: true, Fork: true, Exit: true, Syscalls: []string{"openat", "close", "read", "write"}}); err != nil {
		t.Fatal(err)
	}
	if n := len(p.links); n < 60 {
		t.Errorf("only %d attachments", n)
	}
	begin := time.Now()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("Close took %v", time.Since(begin))
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		if to, _ := os.Readlink("/proc/self/fd/" + fd.Name()); to == "anon_inode:bpf_link" || to == "anon_inode:[perf_event]" {
			t.Fatalf("descriptor %s is still an attachment (%s)", fd.Name(), to)
		}
	}
}

// TestDropPrivileges runs in a child, since there is no way back.
func TestDropPrivileges(t *testing.T) {
	needRoot(t)
	if os.Getenv("STOOP_TEST_DROP") == "" {
		cmd := exec.Command("/proc/self/exe", "-test.run=^TestDropPrivileges$", "-test.v")
		cmd.Env = append(os.Environ(), "STOOP_TEST_DROP=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if bytes.Contains(out, []byte("--- SKIP")) {
			t.Skip("this test binary was built with cgo, which AllThreadsSyscall refuses: run it with CGO_ENABLED=0")
		}
		return
	}
	p := open(t, Options{}, Plan{Syscalls: []string{"openat"}})
	if err := DropPrivileges(); errors.Is(err, unix.ENOTSUP) {
		t.SkipNow()
	} else if err != nil {
		t.Fatal(err)
	}
	tasks, _ := filepath.Glob("/proc/self/task/*/status")
	for _, f := range tasks {
		status, _ := os.ReadFile(f)
		for _, set := range []string{"CapPrm", "CapEff", "CapBnd"} {
			var caps uint64
			_, rest, _ := strings.Cut(string(status), set+":")
			fmt.Sscanf(rest, "%x", &caps)
			want := uint64(1<<unix.CAP_BPF | 1<<unix.CAP_PERFMON | 1<<unix.CAP_SYS_PTRACE | 1<<unix.CAP_DAC_READ_SEARCH)
			if perfNeedsAdmin() {
				want |= 1 << unix.CAP_SYS_ADMIN
			}
			if caps != want {
				t.Errorf("%s: %s %#x, want %#x", f, set, caps, want)
			}
		}
	}
	// attaching more, and a ring, still work
	if err := p.Update(Plan{Syscalls: []string{"openat", "unlinkat"}, Deeds: true, Exec: true, WatchSelf: true}); err != nil {
		t.Fatal(err)
	}
	unix.Unlink("/mark/dropped")
	unix.Unlinkat(unix.AT_FDCWD, "/mark/dropped", 0)
	collect(t, p, func(r bpf.Record) bool { return mine(r, "unlinkat") })
}
