//go:build linux

package probe

// Plan is all that the kernel side shall do. The zero plan watches nothing.
type Plan struct {
	// Syscalls are the watched calls, by their kernel names ("openat").
	Syscalls []string
	// Exec, Fork and Exit watch the life of processes.
	Exec, Fork, Exit bool
	// URing watches io_uring's requests and completions.
	URing bool
	// Scope narrows the watch tier; it never narrows the recorder.
	Scope Scope
	// Compat also watches 32-bit programs, at 25-35 ns for every syscall of the node.
	Compat bool
	// RawNames adds the name as given to opens, whose full path is there anyway.
	RawNames bool
	// WatchSelf includes stoop's own process, which is left out otherwise.
	WatchSelf bool

	// Deeds keeps every container's deeds in rings, and gives one from the pool
	// to a container as soon as it does something.
	Deeds bool
	// Durations attaches sys_enter too while a bulk ring exists.
	Durations bool
	// Payload is how many bytes of reads and writes on terminals, pipes and
	// sockets a record carries, at most 4096; 0 for none.
	Payload int
	// PayloadFiles adds those of other files.
	PayloadFiles bool
}

// ScopeMode says how Scope.Cgroups are meant.
type ScopeMode uint32

// The modes (enum scope_mode).
const (
	ScopeAll    ScopeMode = 0
	ScopeOnly   ScopeMode = 1
	ScopeExcept ScopeMode = 2
)

// Match says how a single value narrows the scope.
type Match uint32

// The ways to match.
const (
	MatchAny Match = 0 // not narrowed
	MatchIs  Match = 1
	MatchNot Match = 2
)

// Scope is the part of a filter that the kernel evaluates. All of it lives in
// maps: changing it attaches nothing.
type Scope struct {
	Mode    ScopeMode
	Cgroups []uint64 // keys; see Keys
	UIDOp   Match
	UID     uint32 // effective uid
	CommOp  Match
	Comms   []string // thread names, cut at 15 bytes as the kernel does
}
