package event

// Proc is one process image in one state: a process between two execs, and
// between two changes of its credentials or working directory. A later state
// is a further row with the same PID and Start.
//
// Numbers are valid only where Known says so; strings are missing where they
// are [NoStr].
type Proc struct {
	PID, PPID        int32 // in the host's pid namespace
	VPID, PVPID      int32 // in the process's own
	SID, PGID, VPGID int32 // session and process group; VPGID in the process's own namespace
	VSID             int32
	TTY              int32 // device number of the controlling terminal, 0 for none
	ExecGen          uint32
	Start            int64 // ns since 1970, when the process was made
	ExecTime         int64 // ns since 1970, when this image was started; 0 when it never called exec

	Parent    ProcID // the parent as it was when this process was made
	SidLeader ProcID
	PgrLeader ProcID
	Cont      ContID

	Name    Str // comm, at most 15 bytes (task_struct.comm)
	Exe     Str // argv[0]
	ExePath Str // path of the executable, resolved
	Args    Str // argv[1:], each ended by a NUL
	Line    Str // the command line, where a report has another than Name and Args make
	Env     Str // environment, each NAME=value ended by a NUL
	Cwd     Str // ends with a slash
	Cgroups Str // controller=path, space-separated

	UID, GID, LoginUID      uint32 // LoginUID 0xffffffff: none
	User, Group, LoginUser  Str
	Home, Shell             Str
	CapEff, CapPerm, CapInh uint64 // CAP_* bits
	ExeIno                  uint64
	ExeCtime, ExeMtime      int64 // ns since 1970
	PidnsStart              int64 // ns since 1970, start of the pid namespace's init
	Stdin, Stdout, Stderr   ObjID
	Flags                   ProcFlags
	Known                   ProcKnown
}

// ProcFlags are yes-or-no facts of a process.
type ProcFlags uint16

// The facts. Each holds only where [KnowExeFlags] is set, except the last three.
const (
	ExeWritable   ProcFlags = 1 << iota // the process's user may write the executable
	ExeUpperLayer                       // the executable lies in the overlay's upper layer
	ExeLowerLayer                       // … in a lower one
	ExeFromMemfd                        // the executable is a memfd
	KernelThread                        // no user-space image
	Seeded                              // read from /proc, not seen starting
	ArgsTruncated                       // Args or Env are longer than what was kept
)

// ProcKnown says which numbers of a [Proc] are known.
type ProcKnown uint32

// The groups of numbers that are known together.
const (
	KnowPID ProcKnown = 1 << iota
	KnowPPID
	KnowVPID
	KnowSession // SID, PGID
	KnowVGroup  // VPGID, VSID
	KnowTTY
	KnowStart
	KnowUID
	KnowGID
	KnowLoginUID
	KnowCaps
	KnowExeIno // ExeIno, ExeCtime, ExeMtime
	KnowExeFlags
	KnowPidns
	KnowPVPID
)

// Knows reports whether all of k are known.
func (p *Proc) Knows(k ProcKnown) bool { return p.Known&k == k }

// MaxAncestors bounds every walk along Parent, so that a lie in a recording
// cannot make one endless.
const MaxAncestors = 64

// Ancestor returns the n-th ancestor: 0 is the process itself, 1 its parent.
// It returns 0 when the lineage is shorter or not known that far.
func (t *Tables) Ancestor(id ProcID, n int) ProcID {
	if n > MaxAncestors {
		return 0
	}
	for ; n > 0 && id != 0; n-- {
		id = t.Proc(id).Parent
	}
	return id
}
