//go:build linux

package proc

import (
	"net/netip"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/live/clock"
)

// Bounds of the table.
const (
	maxProcesses = 1 << 18 // living and dead
	keepDead     = 60e9    // ns that an ended process is kept for late events

	maxNamespaces = 1 << 14
)

// Containers says in which container a process is. pid is where to look when
// the cgroup is new.
type Containers interface {
	Of(cgroup uint64, pid uint32) (c event.ContID, cgroups event.Str)
	// Key returns the kernel's key of the cgroup that a process is in, 0 when
	// it is gone.
	Key(pid uint32) uint64
}

// Options of a [Table].
type Options struct {
	Proc string // where proc is mounted; "": /proc
}

// Table is the process table of a node. It is for one goroutine.
type Table struct {
	opt    Options
	clk    *clock.Clock
	conts  Containers
	tables *event.Tables

	byPID   map[uint32]*Process
	dead    []*Process        // in the order of their ends
	pidns   map[uint32]uint64 // start of each pid namespace's init, boot time
	users   *userDBs
	nsKinds map[uint32]string
	socks   sockets
	buf     []byte
	text    []byte
	counts  Counts

	leading bool     // rows of leaders are being made
	past    *history // for records of the past, else nil
}

// Counts is what the table had to make up for.
type Counts struct {
	Processes int    // in the table now
	Late      uint64 // processes and images that were found in /proc after an event named them
	Gone      uint64 // processes that were named by an event and were gone before /proc was read
	Reused    uint64 // pids seen with a new start before the end of the old process was
}

// Process is a process in its present state.
type Process struct {
	PID   uint32
	Start uint64 // ns, CLOCK_BOOTTIME

	row       event.Proc
	id        event.ProcID // row in the event tables, 0 while it has to be made
	exact     bool         // Start is the kernel's, not /proc's, which counts in ticks
	execID    uint32
	execKnown bool
	cgroup    uint64
	ns        namespaces
	until     uint64 // events before that were made before /proc was read
	ended     uint64 // when it ended, 0 while it lives
	orphan    bool   // its parent ended: the new one has to be asked for
	forked    bool   // it had children
	joined    bool   // it came into its container with the image that it has

	parent                *Process
	child, next, previous *Process // living children

	fds    *fdTable
	seeded bool // fds were read from /proc
}

// New returns an empty table that makes its rows in tables.
func New(tables *event.Tables, clk *clock.Clock, conts Containers, opt Options) *Table {
	if opt.Proc == "" {
		opt.Proc = "/proc"
	}
	t := &Table{
		opt: opt, clk: clk, conts: conts, tables: tables,
		byPID: make(map[uint32]*Process), pidns: make(map[uint32]uint64), nsKinds: make(map[uint32]string),
		users: newUserDBs(opt.Proc), socks: newSockets(opt.Proc), buf: make([]byte, 64<<10),
	}
	t.users.hosts = func(a netip.Addr, name string) { t.tables.Names.Learn(a, name) }
	return t
}

// Counts returns the table's counts.
func (t *Table) Counts() Counts {
	c := t.counts
	c.Processes = len(t.byPID)
	return c
}

// Key is how a record names its process.
type Key struct {
	PID    uint32
	Start  uint64 // ns, CLOCK_BOOTTIME; 0 when not known
	ExecID uint32
	Cgroup uint64
	UID    uint32 // effective
	Time   uint64 // ns, CLOCK_BOOTTIME, of the event
}

// Find returns the process that a record names. One that is not known, or has
// another image than was known, is read from /proc; one that is gone from there
// too has only what the record says.
func (t *Table) Find(k Key) *Process {
	p := t.byPID[k.PID]
	if p == nil || !p.is(k.Start) {
		p = t.missed(k, p)
	}
	t.agree(p, k)
	if p.orphan {
		t.adopt(p)
	}
	return p
}

// agree compares what is known of a process with what a record says of it. The
// image of one that was read after the record was made is let be.
func (t *Table) agree(p *Process, k Key) {
	if (p.execID != k.ExecID || !p.execKnown) && (k.Time >= p.until || p.ended != 0) {
		switch {
		case t.past != nil:
			t.pastImage(p, k)
		case p.execKnown && p.ended == 0:
			t.counts.Late++
			t.reread(p)
		}
		p.execID, p.execKnown = k.ExecID, true
		if p.row.ExecGen != k.ExecID {
			p.row.ExecGen = k.ExecID
			p.id = 0
		}
	}
	if p.cgroup != k.Cgroup && k.Cgroup != 0 {
		t.moved(p, k.Cgroup)
	}
	if p.row.UID != k.UID || p.row.Known&event.KnowUID == 0 {
		t.setUID(p, k.UID)
	}
}

// is reports whether start is that of p. /proc tells it in ticks.
func (p *Process) is(start uint64) bool {
	if start == p.Start || start == 0 {
		return true
	}
	if !p.exact && start/tickNS == p.Start/tickNS {
		p.Start, p.exact = start, true
		return true
	}
	return false
}

// Peek returns a process that is known, nil when it is not.
func (t *Table) Peek(pid uint32) *Process { return t.byPID[pid] }

// Row returns the row of the process's present state, and makes it if there is
// none. The row stays the state's: a change makes another.
func (t *Table) Row(p *Process) event.ProcID {
	if p.id == 0 {
		t.rows(p)
	}
	return p.id
}

// rows makes the rows of a process and of those ancestors that have none,
// the eldest first; without recursion, whose depth others would decide.
func (t *Table) rows(p *Process) {
	var chain [event.MaxAncestors]*Process
	n := 0
	for q := p; q != nil && q.id == 0 && n < len(chain); q = q.parent {
		chain[n] = q
		n++
	}
	for n--; n >= 0; n-- {
		q := chain[n]
		if t.leaders(q); q.id != 0 {
			continue
		}
		if q.parent != nil {
			q.row.Parent = q.parent.id
		}
		q.id = event.ProcID(t.tables.Procs.Len()) // the number that Add will give
		q.row.SidLeader = t.leader(q, q.row.SID, q.row.SidLeader)
		q.row.PgrLeader = t.leader(q, q.row.PGID, q.row.PgrLeader)
		t.tables.Procs.Add(q.row)
	}
}

// leaders makes the rows of those who lead p's session and group, but not of
// those who lead them in turn.
func (t *Table) leaders(p *Process) {
	if t.leading {
		return
	}
	t.leading = true
	for _, pid := range [2]int32{p.row.SID, p.row.PGID} {
		if l := t.byPID[uint32(pid)]; pid > 0 && l != nil && l != p && l.id == 0 && l.Start <= p.Start {
			t.rows(l)
		}
	}
	t.leading = false
}

// leader returns the row of the process that leads p's session or group, p's
// own included; kept when it is gone or has no row.
func (t *Table) leader(p *Process, pid int32, kept event.ProcID) event.ProcID {
	if pid <= 0 {
		return 0
	}
	if uint32(pid) == p.PID {
		return p.id
	}
	if l := t.byPID[uint32(pid)]; l != nil && l.Start <= p.Start && l.id != 0 {
		return l.id
	}
	if k := t.tables.Proc(kept); k.PID == pid {
		return kept
	}
	return 0
}

// Late reports whether the process's row was made from /proc after an event
// of that time.
func (p *Process) Late(time uint64) bool { return time < p.until }

// Cont returns the container that the process is in.
func (p *Process) Cont() event.ContID { return p.row.Cont }

// Cwd returns the working directory, ending with a slash; NoStr when unknown.
func (p *Process) Cwd() event.Str { return p.row.Cwd }

// Name returns the process's name (comm).
func (p *Process) Name() event.Str { return p.row.Name }

// Cgroup returns the kernel's key of the process's cgroup.
func (p *Process) Cgroup() uint64 { return p.cgroup }

// VPID returns the pid in the process's own namespace.
func (p *Process) VPID() int32 { return p.row.VPID }

// NetNS returns the inum of the process's network namespace, 0 when unknown.
func (p *Process) NetNS() uint32 { return p.ns.net }

func (t *Table) str(s string) event.Str {
	if s == "" {
		return event.NoStr
	}
	return t.tables.Strings.Add(s)
}

func (t *Table) bytes(b []byte) event.Str {
	if len(b) == 0 {
		return event.NoStr
	}
	return t.tables.Strings.AddBytes(b)
}

// FindForExec returns the process of an exec record, whose image is about to
// be replaced: one that does not match is not read again.
func (t *Table) FindForExec(k Key) *Process {
	p := t.byPID[k.PID]
	if p == nil || !p.is(k.Start) {
		p = t.missed(k, p)
	}
	p.execID, p.execKnown = k.ExecID, true
	if p.cgroup != k.Cgroup && k.Cgroup != 0 {
		t.moved(p, k.Cgroup)
	}
	return p
}

// Ended reports whether the process's end was seen.
func (p *Process) Ended() bool { return p.ended != 0 }
