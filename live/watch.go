//go:build linux

package live

import (
	"slices"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/live/decode"
	"github.com/stoop-project/stoop/live/probe"
)

// defaultWatch are the calls that are watched when no filter says which: those
// that Falco's rules test (rules/falco_rules.yaml and the incubating and
// sandbox rules), and those that change who a process is, what it may do, and
// what it shares. mmap and mprotect are only told of with PROT_EXEC.
var defaultWatch = []string{
	// processes
	"execve", "execveat", "clone", "clone3", "fork", "vfork", "kill", "tkill", "tgkill", "ptrace", "prctl", "setsid",
	"process_vm_readv", "process_vm_writev", "pidfd_getfd",
	// files
	"open", "openat", "openat2", "creat", "open_by_handle_at", "unlink", "unlinkat", "rename", "renameat", "renameat2",
	"link", "linkat", "symlink", "symlinkat", "mkdir", "mkdirat", "rmdir", "chmod", "fchmod", "fchmodat", "fchmodat2",
	"chown", "fchown", "lchown", "fchownat", "truncate", "ftruncate", "mknod", "mknodat", "chdir", "fchdir",
	// network
	"socket", "bind", "listen", "connect", "accept", "accept4", "sendto", "sendmsg", "recvfrom", "recvmsg",
	// descriptors, where a shell's input and output become a socket
	"dup", "dup2", "dup3",
	// credentials and namespaces
	"setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "capset", "setns", "unshare",
	"mount", "umount2", "chroot", "pivot_root", "move_mount", "fsmount", "mount_setattr",
	// the kernel itself
	"bpf", "perf_event_open", "keyctl", "add_key", "request_key", "init_module", "finit_module", "delete_module",
	"memfd_create", "mmap", "mprotect", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register",
	"quotactl", "swapon", "swapoff", "reboot", "sethostname",
}

// openers are the calls by which descriptors come and go: watched too when a
// call is wanted whose descriptor is gone by the time it returns.
var openers = []string{
	"open", "openat", "openat2", "creat", "socket", "accept", "accept4", "connect", "pipe", "pipe2", "socketpair", "dup", "dup2", "dup3",
	"fcntl", "eventfd", "eventfd2", "epoll_create", "epoll_create1", "memfd_create", "timerfd_create", "signalfd", "signalfd4",
	"inotify_init", "inotify_init1", "close", "close_range",
}

// changers are the calls by which a process becomes another: its name, place,
// users, rights, groups, and what its standard streams are. They are rare, and watched always: fields of the
// events that are wanted tell of what they changed, by a process that may have had another name or user then.
var changers = []string{
	"prctl", "chdir", "fchdir", "chroot", "pivot_root", "setns", "unshare", "setsid", "setpgid", "setuid", "setgid", "setreuid", "setregid",
	"setresuid", "setresgid", "setfsuid", "setfsgid", "capset", "dup2", "dup3",
}

// ends are the calls that tell which end of a connection a process holds, for
// itself and for those that inherit the socket.
var ends = []string{"connect", "accept", "accept4", "listen"}

// manyTypes is from where on a set of types comes from a filter that excludes
// some, not from one that names what it wants.
const manyTypes = 150

// watch says which types are handed on, and the calls that the kernel has to
// watch for them.
func watch(f *filter.Filter) (want func(event.Type) bool, calls []string) {
	named := func(names []string) map[event.Type]bool {
		m := make(map[event.Type]bool, len(names))
		for _, n := range names {
			if t, ok := event.TypeOf(n); ok {
				m[t] = true
			}
		}
		return m
	}
	set := named(defaultWatch)
	set[event.TypeProcExit], set[event.TypeIOUring] = true, true
	if f != nil {
		types := f.Scope().Types
		if types.Len() < manyTypes {
			set = make(map[event.Type]bool)
			for _, t := range types.List() {
				set[t] = true
			}
		} else {
			for t := range set {
				if !types.Has(t) {
					delete(set, t)
				}
			}
		}
	}
	for t := range set {
		calls = append(calls, callNames(t)...)
	}
	if slices.Contains(calls, "close") || slices.Contains(calls, "dup2") {
		calls = append(calls, openers...)
	}
	slices.Sort(calls)
	calls = slices.Compact(calls)
	return func(t event.Type) bool { return set[t] }, calls
}

// callNames are the kernel's names of a type's call.
func callNames(t event.Type) []string {
	if t >= event.FirstOwn {
		return nil
	}
	if n := kernelNames[t.String()]; n != "" {
		return []string{n}
	}
	return []string{t.String()}
}

// kernelNames are calls that Falco names otherwise.
var kernelNames = map[string]string{"pread": "pread64", "pwrite": "pwrite64", "prlimit": "prlimit64"}

// plan makes the kernel's plan of a request.
func (l *Live) makePlan(f *filter.Filter) (probe.Plan, func(event.Type) bool) {
	want, calls := watch(f)
	l.asked = calls
	p := probe.Plan{
		Syscalls: append(slices.Clone(calls), changers...), Exec: true, Fork: true, Rename: true, Exit: true, URing: viaRing(want),
		Compat: l.opt.Compat, Deeds: true, Durations: l.opt.Durations, Payload: l.payload(), RawNames: true,
	}
	p.Follow = followed(calls)
	if f != nil {
		p.Scope = l.scope(f.Scope())
	}
	return p, want
}

// followed are those of the calls that are told of processes outside of a
// filter's names and users too: what they change may be inherited by one inside.
func followed(calls []string) []string {
	list := append(slices.Clone(changers), ends...)
	if slices.Contains(calls, "close") || slices.Contains(calls, "close_range") {
		list = append(list, openers...) // what is closed was opened by anybody
	}
	return list
}

// viaRing reports whether io_uring may make events of a type that is wanted.
func viaRing(want func(event.Type) bool) bool {
	for t := range event.NumTypes {
		if want(event.Type(t)) && decode.ViaRing(event.Type(t)) {
			return true
		}
	}
	return false
}

const defaultPayload = 256

func (l *Live) payload() int {
	if l.opt.Payload < 0 {
		return defaultPayload
	}
	return l.opt.Payload
}

// scope narrows the kernel's side to what a filter names or excludes.
func (l *Live) scope(s filter.Scope) probe.Scope {
	out := l.containers(s.Containers)
	if n := s.UIDs.Members; !s.UIDs.Any() && len(n) <= probe.MaxScoped {
		out.UIDMode, out.UIDs = modeOf(s.UIDs.AllBut), n
	}
	if n := s.Names.Members; !s.Names.Any() && len(n) <= probe.MaxScoped {
		out.NameMode, out.Names = modeOf(s.Names.AllBut), n
	}
	return out
}

func modeOf(allBut bool) probe.ScopeMode {
	if allBut {
		return probe.ScopeExcept
	}
	return probe.ScopeOnly
}

// containers narrows to the cgroups of containers, when all of them are known.
func (l *Live) containers(s filter.Set[string]) (out probe.Scope) {
	if len(s.Members) == 0 {
		return out
	}
	for _, id := range s.Members {
		keys := l.conts.KeysOf(id)
		// The host may get a cgroup at any time that is not known yet.
		if !s.AllBut && (len(keys) == 0 || id == event.HostID) {
			return probe.Scope{}
		}
		out.Cgroups = append(out.Cgroups, keys...)
	}
	slices.Sort(out.Cgroups)
	out.Mode = modeOf(s.AllBut)
	return out
}
