//go:build linux

package live

import (
	"fmt"
	"slices"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
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

// naming are the calls by which answers of name servers are received. Those
// that are read(2) are seen where read is watched for something else: it costs
// too much.
var naming = []string{"recvfrom", "recvmsg", "recvmmsg"}

// watch says which types are handed on, and the calls that the kernel has to
// watch for them.
func watch(req source.Request) (want func(event.Type) bool, calls []string) {
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
	switch {
	case req.Filter != nil:
		set = narrowed(set, req.Filter.Scope().Types)
	case req.Beside != nil:
		for t := range narrowed(nil, req.Beside.Scope().Types) {
			set[t] = true
		}
	}
	for t := range set {
		calls = append(calls, callNames(t)...)
	}
	if req.Names || req.Filter != nil && source.AsksNames(req.Filter.Expr()) {
		calls = append(calls, naming...)
	}
	if slices.Contains(calls, "close") || slices.Contains(calls, "dup2") {
		calls = append(calls, openers...)
	}
	slices.Sort(calls)
	calls = slices.Compact(calls)
	return func(t event.Type) bool { return set[t] }, calls
}

// narrowed returns the types that a filter names, or of others those that it
// does not exclude.
func narrowed(set map[event.Type]bool, types filter.TypeSet) map[event.Type]bool {
	if types.Len() < manyTypes {
		named := make(map[event.Type]bool, types.Len())
		for _, t := range types.List() {
			named[t] = true
		}
		return named
	}
	for t := range set {
		if !types.Has(t) {
			delete(set, t)
		}
	}
	return set
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
func (l *Live) makePlan(req source.Request) (probe.Plan, func(event.Type) bool) {
	want, calls := watch(req)
	l.asked = calls
	p := probe.Plan{
		Syscalls: append(slices.Clone(calls), changers...), Exec: true, Fork: true, Rename: true, Exit: true, URing: viaRing(want),
		Compat: l.opt.Compat, Deeds: true, Durations: l.opt.Durations, Payload: l.payload(), RawNames: true,
	}
	p.Follow = followed(calls)
	if req.Filter != nil {
		p.Scope = l.scope(req.Filter.Scope())
	}
	return p, want
}

// Watch implements [source.Watcher].
func (l *Live) Watch(req source.Request) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch l.stage {
	case over:
		return nil
	case notYet:
		l.instead = &req
		return nil
	}
	l.ask(req)
	plan, want := l.makePlan(l.req)
	l.plan = plan
	l.dec.Want(want)
	if err := l.probe.Update(plan); err != nil {
		return fmt.Errorf("live: not everything could be attached: %w", err)
	}
	return nil
}

// ask puts the parts of a request in force that may change.
func (l *Live) ask(req source.Request) {
	l.req.Filter, l.req.Beside, l.req.Names = req.Filter, req.Beside, req.Names
}

// stage is how far a source has come.
type stage uint8

const (
	notYet stage = iota
	atWork
	over
)

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
