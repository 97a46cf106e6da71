//go:build linux

package livetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/bpf"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/test/oracle"
)

// scenes says for each scene of the actor which types it must bring out: all
// those that Falco's public rules test, and those that change processes, files,
// credentials, namespaces, memory and the kernel.
var scenes = []struct{ name, types string }{
	{"open", "open openat openat2 creat open_by_handle_at symlink mkdir"},
	{"names", "mkdir mkdirat rmdir link linkat symlink symlinkat rename renameat renameat2 unlink unlinkat mknod mknodat"},
	{"perm", "chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat truncate ftruncate"},
	{"cwd", "chdir fchdir chroot openat unlinkat"},
	{"deep", "openat fchmod unlinkat"},
	{"exec", "execve execveat setuid setgid memfd_create"},
	{"fork", "fork vfork clone clone3 setsid"},
	{"thread", "clone3 prctl openat execve"},
	{"ends", "clone"},
	{"tcp4", "socket bind listen connect accept accept4 sendto recvfrom sendmsg recvmsg close"},
	{"tcp6", "socket bind listen connect accept accept4 sendto recvfrom sendmsg recvmsg close"},
	{"udp", "socket bind connect sendto recvfrom sendmsg recvmsg"},
	{"local", "socket bind listen connect accept4 sendto"},
	{"fds", "dup dup2 dup3 pipe pipe2 socketpair eventfd2 epoll_create1 fcntl close close_range"},
	{"signals", "kill tkill tgkill ptrace process_vm_readv process_vm_writev pidfd_open pidfd_getfd"},
	{"creds", "setuid setgid setreuid setregid setresuid setresgid setgroups capset prctl"},
	{"memory", "memfd_create mmap mprotect ftruncate"},
	{"mounts", "mount umount2 unshare pivot_root move_mount fsmount mount_setattr"},
	{"spaces", "unshare setns sethostname"},
	{"kernel", "bpf perf_event_open add_key request_key keyctl userfaultfd init_module finit_module delete_module swapon swapoff quotactl reboot"},
	{"uring", "io_uring_setup io_uring_enter io_uring_register"},
}

func sceneNames() []string {
	var names []string
	for _, s := range scenes {
		names = append(names, s.name)
	}
	return names
}

// sceneTypes are the types of all scenes that this machine has calls for.
func sceneTypes() []string {
	var types []string
	for _, s := range scenes {
		for _, name := range strings.Fields(s.types) {
			if _, ok := bpf.Native.SyscallNr(name); ok {
				types = append(types, name)
			}
		}
	}
	slices.Sort(types)
	return slices.Compact(types)
}

// TestCalls plays every scene in a pod, watched by strace and by stoop, and
// compares call by call and argument by argument.
func TestCalls(t *testing.T) {
	types := sceneTypes()
	c := actorPod(t)
	w := watch(t, "evt.type in ("+strings.Join(append(types, "procexit"), ", ")+")", source.Options{})
	a := hire(t, c)
	trace := oracle.Attach(t, oracle.Options{Strace: []string{"-v"}}, a.pid)
	for _, name := range sceneNames() {
		a.play(t, name)
	}
	calls := trace.Stop(t)
	last := boundary(sceneNames()[len(sceneNames())-1])
	w.await(t, "the last scene", func(r row) bool { return r.typ() == "chdir" && r.text(t, "evt.arg.path") == last })
	time.Sleep(200 * time.Millisecond) // what is in the scene, and the pipeline's window
	events := w.all(func(r row) bool { return r.text(t, "container.id") == c.ID[:12] })
	for _, lost := range w.Stats().Lost {
		if lost.Container == c.ID[:12] {
			t.Fatalf("events were lost: %+v", lost)
		}
	}

	wanted := func(c oracle.Record) bool {
		if c.Errno == "ENOSYS" { // a call that the kernel was built without has no tracepoint
			return false
		}
		if c.Name == "mmap" || c.Name == "mprotect" {
			return slices.Contains(c.Args[2].Flags(), "PROT_EXEC")
		}
		typ, ok := typeOf(c)
		return ok && slices.Contains(types, typ.String())
	}
	for i, s := range divide(t, a.pid, sceneNames(), calls, events) {
		t.Run(s.name, func(t *testing.T) {
			pairs := align(t, s, wanted)
			for _, p := range pairs {
				p.compare(t)
			}
			for _, name := range strings.Fields(scenes[i].types) {
				if _, ok := bpf.Native.SyscallNr(name); ok && !absent(s, name) && !slices.ContainsFunc(pairs, func(p pair) bool { typ, _ := typeOf(p.call); return typ.String() == name }) {
					t.Errorf("no %s was compared", name)
				}
			}
			compareEnds(t, s)
		})
	}
}

// absent tells whether this kernel was built without a call.
func absent(s *scene, name string) bool {
	return slices.ContainsFunc(s.calls, func(c oracle.Record) bool { return c.Name == name && c.Errno == "ENOSYS" })
}

// compareEnds holds the end of each process against strace's word for it.
func compareEnds(t *testing.T, s *scene) {
	t.Helper()
	for _, c := range s.calls {
		if c.Kind != oracle.Exit && c.Kind != oracle.Killed {
			continue
		}
		at := slices.IndexFunc(s.events, func(e row) bool { return e.typ() == "procexit" && int(e.b.TID[e.i]) == c.Pid })
		if at < 0 {
			if isLeader(s, c.Pid) {
				t.Errorf("no procexit of %d, which ended with %d%s", c.Pid, c.Return.Int, c.Name)
			}
			continue
		}
		e := s.events[at]
		if c.Kind == oracle.Exit {
			if have := e.text(t, "evt.arg.ret"); have != c.Return.Text {
				t.Errorf("process %d ended with %s, stoop says %s", c.Pid, c.Return.Text, have)
			}
		} else if have := e.text(t, "evt.arg.sig"); have != c.Name {
			t.Errorf("process %d was ended by %s, stoop says %s", c.Pid, c.Name, have)
		}
	}
}

// isLeader tells whether a thread is its process's first.
func isLeader(s *scene, tid int) bool {
	for _, e := range s.events {
		if int(e.b.TID[e.i]) == tid {
			return int(e.b.Tables.Proc(e.b.Proc[e.i]).PID) == tid
		}
	}
	return true
}
