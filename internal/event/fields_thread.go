package event

import (
	"strconv"
	"strings"
)

// The thread (Falco's class proc, libs sinsp_filtercheck_thread.cpp).
var threadFields = append(group("thread", HomeEvent, FromLive|FromFalco, []Field{
	{
		Name: "thread.tid", Kind: Int, Col: ColTID, Doc: "Thread id, in the host's pid namespace.",
		Read: func(r Row, _ Arg) (Value, bool) { return IntValue(int64(r.B.TID[r.I])), r.B.TID[r.I] != 0 },
	},
	{
		Name: "thread.ismain", Kind: Bool, Doc: "Whether the thread is the process's first, whose id is the process's.",
		Read: func(r Row, _ Arg) (Value, bool) {
			return BoolValue(r.mainThread()), r.B.TID[r.I] != 0 && r.P().Knows(KnowPID)
		},
	},
	{
		Name: "thread.vtid", Kind: Int, Doc: "Thread id in the thread's own pid namespace; known for the main thread, and on the host.",
		Read: func(r Row, _ Arg) (Value, bool) {
			p := r.P()
			switch {
			case r.mainThread() && p.Knows(KnowVPID):
				return IntValue(int64(p.VPID)), true
			case p.Knows(KnowVPID|KnowPID) && p.VPID == p.PID:
				return IntValue(int64(r.B.TID[r.I])), r.B.TID[r.I] != 0
			}
			return Value{}, false
		},
	},
	{
		Name: "thread.nametid", Kind: String, Flags: TableOnly, Doc: "proc.name and thread.tid in one word: one thread of one execution.",
		Read: func(r Row, _ Arg) (Value, bool) {
			tid := r.B.TID[r.I]
			return StringValue(r.T.Text(r.P().Name) + strconv.FormatUint(uint64(tid), 10)), r.P().Name != NoStr && tid != 0
		},
	},
}), group("thread", HomeProc, FromLive|FromFalco, []Field{
	{Name: "thread.cap_permitted", Kind: String, Doc: "Capabilities that the thread may take up, names separated by blanks.", Read: caps(func(p *Proc) uint64 { return p.CapPerm })},
	{Name: "thread.cap_inheritable", Kind: String, Doc: "Capabilities that survive an exec, names separated by blanks.", Read: caps(func(p *Proc) uint64 { return p.CapInh })},
	{Name: "thread.cap_effective", Kind: String, Doc: "Capabilities in force, names separated by blanks.", Read: caps(func(p *Proc) uint64 { return p.CapEff })},
	{Name: "thread.cgroups", Kind: String, Doc: "The process's control groups, controller=path separated by blanks.", Read: procStr(func(p *Proc) Str { return p.Cgroups })},
	{
		Name: "thread.cgroup", Kind: String, Arg: ArgKey | ArgRequired, Doc: "Path of the control group of the controller in brackets: thread.cgroup[memory].",
		Read: func(r Row, a Arg) (Value, bool) {
			for _, entry := range strings.Fields(r.T.Text(r.P().Cgroups)) {
				if name, path, ok := strings.Cut(entry, "="); ok && name == a.Key {
					return StringValue(path), true
				}
			}
			return Value{}, false
		},
	},
})...)

func (r Row) mainThread() bool { return int64(r.B.TID[r.I]) == int64(r.P().PID) }

func caps(get func(*Proc) uint64) reader {
	return func(r Row, _ Arg) (Value, bool) {
		p := r.P()
		if !p.Knows(KnowCaps) {
			return Value{}, false
		}
		return StringValue(CapNames(get(p))), true
	}
}

const (
	whyMeter  = "the probes count no CPU time, memory or page faults"
	whyFDs    = "the probes do not count a process's descriptors"
	whyThread = "the probes do not count a process's threads"
	whySwitch = "switch events are not made"
	whyPoll   = "the descriptor sets of poll are not collected"
)

// What would have to be measured again and again: only alerts of Falco can
// carry it.
var meterFields = append(append(group("proc", HomeEvent, FromFalco, []Field{
	{Name: "proc.fdopencount", Kind: Uint, Why: whyFDs, Doc: "How many descriptors the process has open."},
	{Name: "proc.fdlimit", Kind: Int, Why: whyFDs, Doc: "How many descriptors the process may open."},
	{Name: "proc.fdusage", Kind: Double, Why: whyFDs, Doc: "Open descriptors as a share of those it may open."},
	{Name: "proc.vmsize", Kind: Uint, Unit: "KiB", Why: whyMeter, Doc: "Virtual memory of the process."},
	{Name: "proc.vmrss", Kind: Uint, Unit: "KiB", Why: whyMeter, Doc: "Resident memory of the process."},
	{Name: "proc.vmswap", Kind: Uint, Unit: "KiB", Why: whyMeter, Doc: "Swapped-out memory of the process."},
	{Name: "proc.nthreads", Kind: Uint, Why: whyThread, Doc: "How many threads the process has, the first included."},
	{Name: "proc.nchilds", Kind: Uint, Why: whyThread, Doc: "How many threads the process has beside the first."},
}), group("thread", HomeEvent, FromFalco, []Field{
	{Name: "thread.pfmajor", Kind: Uint, Why: whyMeter, Doc: "Page faults of the thread that had to read a disk."},
	{Name: "thread.pfminor", Kind: Uint, Why: whyMeter, Doc: "Page faults of the thread that did not."},
	{Name: "thread.exectime", Kind: Duration, Unit: "ns", Why: whySwitch, Doc: "CPU time of the thread that was just scheduled out."},
	{Name: "thread.totexectime", Kind: Duration, Unit: "ns", Why: whySwitch, Doc: "CPU time of the thread since the capture began."},
	{Name: "thread.cpu", Kind: Double, Why: whyMeter, Doc: "CPU use of the thread in the last second."},
	{Name: "thread.cpu.user", Kind: Double, Why: whyMeter, Doc: "CPU use of the thread in user space in the last second."},
	{Name: "thread.cpu.system", Kind: Double, Why: whyMeter, Doc: "CPU use of the thread in the kernel in the last second."},
	{Name: "thread.vmsize", Kind: Uint, Unit: "KiB", Why: whyMeter, Doc: "Virtual memory of the process, for its main thread."},
	{Name: "thread.vmrss", Kind: Uint, Unit: "KiB", Why: whyMeter, Doc: "Resident memory of the process, for its main thread."},
	{Name: "thread.vmsize.b", Kind: Uint, Unit: "bytes", Flags: TableOnly, Why: whyMeter, Doc: "Virtual memory of the process, for its main thread."},
	{Name: "thread.vmrss.b", Kind: Uint, Unit: "bytes", Flags: TableOnly, Why: whyMeter, Doc: "Resident memory of the process, for its main thread."},
})...), append(group("fdlist", HomeEvent, FromFalco, []Field{
	{Name: "fdlist.nums", Kind: String, Why: whyPoll, Doc: "Of poll: the descriptors' numbers, separated by commas."},
	{Name: "fdlist.names", Kind: String, Why: whyPoll, Doc: "Of poll: the descriptors' names, separated by commas."},
	{Name: "fdlist.cips", Kind: String, Why: whyPoll, Doc: "Of poll: the descriptors' client addresses, separated by commas."},
	{Name: "fdlist.sips", Kind: String, Why: whyPoll, Doc: "Of poll: the descriptors' server addresses, separated by commas."},
	{Name: "fdlist.cports", Kind: String, Why: whyPoll, Doc: "Of poll: the descriptors' client ports, separated by commas."},
	{Name: "fdlist.sports", Kind: String, Why: whyPoll, Doc: "Of poll: the descriptors' server ports, separated by commas."},
}), group("util", HomeEvent, FromFalco, []Field{
	{Name: "util.cnt", Kind: Uint, Why: "it counts how often it is printed; evt.num numbers the events", Doc: "A counter that grows with each use."},
})...)...)
