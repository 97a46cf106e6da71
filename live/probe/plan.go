//go:build linux

package probe

import "slices"

// Plan is all that the kernel side shall do. The zero plan watches nothing.
type Plan struct {
	// Syscalls are the watched calls, by their kernel names ("openat").
	Syscalls []string
	// Follow are those of them that lead a process table: Scope.UIDs and
	// Scope.Names do not narrow them.
	Follow []string
	// Exec, Fork, Rename and Exit watch the life of processes; Scope does not
	// narrow them either.
	Exec, Fork, Rename, Exit bool
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

// ScopeMode says how a set of a Scope is meant.
type ScopeMode uint32

// The modes (enum scope_mode).
const (
	ScopeAll    ScopeMode = 0 // whatever is in the set
	ScopeOnly   ScopeMode = 1
	ScopeExcept ScopeMode = 2
)

// MaxScoped is how many users, and how many names, a Scope may have (MAX_SCOPED).
const MaxScoped = 1024

// Scope is the part of a filter that the kernel evaluates: what all three sets
// allow. It lives in maps: changing it attaches nothing.
type Scope struct {
	Mode    ScopeMode
	Cgroups []uint64 // keys; see Keys

	UIDMode ScopeMode
	UIDs    []uint32 // effective user ids, as in records

	// Names are of processes: a process is called as its main thread, at most
	// 15 bytes. Threads that call themselves otherwise are in the scope of their
	// process. One that changes its name to or from one of these stays in the
	// scope until its next exec. They need Plan.Exec and Plan.Rename.
	NameMode ScopeMode
	Names    []string
}

// Equal reports whether two scopes are the same, their sets in the same order.
func (s *Scope) Equal(o *Scope) bool {
	return s.Mode == o.Mode && slices.Equal(s.Cgroups, o.Cgroups) && s.UIDMode == o.UIDMode && slices.Equal(s.UIDs, o.UIDs) &&
		s.NameMode == o.NameMode && slices.Equal(s.Names, o.Names)
}
