package event

import (
	"slices"
	"strings"
)

// What follows from an event's type alone (Falco's class evt, libs
// sinsp_filtercheck_event.cpp).
var typeFields = group("evt", HomeType, FromLive|FromFalco, []Field{
	{Name: "evt.type", Kind: String, Flags: KernelTest, Doc: "Name of the event's type: the system call, or one of the other types that events.md lists.", Read: readType},
	{
		Name: "evt.type.is", Kind: Uint, Arg: ArgKey | ArgRequired, Doc: "1 for events of the type in brackets, 0 for others: evt.type.is.open.",
		Read: func(r Row, a Arg) (Value, bool) { return UintValue(count(r.Type.String() == a.Key)), true },
	},
	{
		Name: "syscall.type", Kind: String, Doc: "Name of the system call; missing for events that are none.",
		Read: func(r Row, a Arg) (Value, bool) {
			if r.Type >= FirstOwn {
				return Value{}, false
			}
			return readType(r, a)
		},
	},
	{
		Name: "evt.dir", Kind: String, Flags: Deprecated, Doc: "Always <: events are taken when the call returns, so that every argument and the result are known.", Values: []string{"<"},
		Read: func(r Row, _ Arg) (Value, bool) { return StringValue("<"), r.Type != TypeUnknown },
	},
	{Name: "evt.is_io", Kind: Bool, Doc: "Whether the event reads from a descriptor or writes to one.", Read: typeIs(func(t Type) bool { return t.reads() || t.writes() })},
	{Name: "evt.is_io_read", Kind: Bool, Doc: "Whether the event reads from a descriptor: read, recvfrom, …", Read: typeIs(Type.reads)},
	{Name: "evt.is_io_write", Kind: Bool, Doc: "Whether the event writes to a descriptor: write, sendto, …", Read: typeIs(Type.writes)},
	{
		Name: "evt.io_dir", Kind: String, Doc: "r for events that read from a descriptor, w for those that write to one.", Values: []string{"r", "w"},
		Read: func(r Row, _ Arg) (Value, bool) {
			if r.Type.reads() {
				return StringValue("r"), true
			}
			return StringValue("w"), r.Type.writes()
		},
	},
	{Name: "evt.is_wait", Kind: Bool, Doc: "Whether the event makes the thread wait: nanosleep, poll, select, …", Read: typeIs(Type.waits)},
	{
		Name: "evt.count", Kind: Uint, Doc: "Always 1, to be summed up.",
		Read: func(Row, Arg) (Value, bool) { return UintValue(1), true },
	},
	{
		Name: "evt.count.exit", Kind: Uint, Doc: "Always 1: events are taken when the call returns.",
		Read: func(Row, Arg) (Value, bool) { return UintValue(1), true },
	},
	{Name: "evt.count.procinfo", Kind: Uint, Flags: TableOnly, Why: whyProcinfo, Doc: "1 for a periodic report on a process."},
	{Name: "evt.count.threadinfo", Kind: Uint, Flags: TableOnly, Why: whyProcinfo, Doc: "1 for a periodic report on a thread."},
	{Name: "evt.infra.docker.name", Kind: String, Flags: TableOnly, Why: whyInfra, Doc: "Name of a Docker infrastructure event."},
	{Name: "evt.infra.docker.container.id", Kind: String, Flags: TableOnly, Why: whyInfra, Doc: "Container id of a Docker infrastructure event."},
	{Name: "evt.infra.docker.container.name", Kind: String, Flags: TableOnly, Why: whyInfra, Doc: "Container name of a Docker infrastructure event."},
	{Name: "evt.infra.docker.container.image", Kind: String, Flags: TableOnly, Why: whyInfra, Doc: "Image of a Docker infrastructure event."},
})

// What differs from one event of a type to the next.
var evtFields = group("evt", HomeEvent, FromLive|FromFalco, []Field{
	{
		Name: "evt.cpu", Kind: Int, Col: ColCPU, Doc: "Number of the CPU that the event happened on.",
		Read: func(r Row, _ Arg) (Value, bool) { return IntValue(int64(r.B.CPU[r.I])), r.B.Bits[r.I]&HasDoc == 0 },
	},
	{
		Name: "evt.category", Kind: String, Doc: "What kind of thing the event's type does. Reading and writing count as what the descriptor is: file, net or ipc.",
		Values: []string{"file", "net", "ipc", "memory", "process", "user", "signal", "sleep", "wait", "time", "scheduler", "system", "internal", "other", "unknown"},
		Read: func(r Row, _ Arg) (Value, bool) {
			return StringValue(r.category()), r.Type != TypeUnknown
		},
	},
	{Name: "evt.res", Kind: String, Doc: "SUCCESS, or the name of the error that the call returned: ENOENT.", Read: readRes},
	{
		Name: "evt.rawres", Kind: Int, Col: ColRes, Doc: "What the call returned; an error as its negative number.",
		Read: func(r Row, _ Arg) (Value, bool) { return IntValue(r.B.Res[r.I]), r.hasRes() },
	},
	{
		Name: "evt.failed", Kind: Bool, Doc: "Whether the call returned an error.",
		Read: func(r Row, _ Arg) (Value, bool) { return BoolValue(r.failed()), r.hasRes() },
	},
	{Name: "evt.count.error", Kind: Uint, Doc: "1 for calls that returned an error, 0 for others.", Read: countError("")},
	{Name: "evt.count.error.file", Kind: Uint, Doc: "1 for calls on files that returned an error, 0 for others.", Read: countError("file")},
	{Name: "evt.count.error.net", Kind: Uint, Doc: "1 for calls on the network that returned an error, 0 for others.", Read: countError("net")},
	{Name: "evt.count.error.memory", Kind: Uint, Doc: "1 for calls about memory that returned an error, 0 for others.", Read: countError("memory")},
	{Name: "evt.count.error.other", Kind: Uint, Doc: "1 for calls about neither files, network nor memory that returned an error, 0 for others.", Read: countError("other")},
	{Name: "evt.latency", Kind: Duration, Unit: "ns", Flags: Deprecated, Doc: "Time spent in the call; only with durations switched on.", Read: span(latency, whole)},
	{Name: "evt.latency.s", Kind: Duration, Unit: "s", Flags: Deprecated, Doc: "Whole seconds of evt.latency.", Read: span(latency, seconds)},
	{Name: "evt.latency.ns", Kind: Duration, Unit: "ns", Flags: Deprecated, Doc: "What evt.latency.s leaves: nanoseconds within the second.", Read: span(latency, nanos)},
	{
		Name: "evt.latency.quantized", Kind: Uint, Flags: TableOnly | Deprecated, Doc: "Order of magnitude of evt.latency: ten times its decimal logarithm.",
		Read: readQuantized,
	},
	{
		Name: "evt.latency.human", Kind: String, Flags: Deprecated, Doc: "evt.latency in a fitting unit: 10.3ms.",
		Read: func(r Row, _ Arg) (Value, bool) {
			ns, ok := latency(r)
			return StringValue(humanDuration(ns)), ok
		},
	},
	{
		Name: "evt.wait_latency", Kind: Duration, Unit: "ns", Flags: Deprecated, Doc: "Time spent in a call that waits; only with durations switched on.",
		Read: func(r Row, _ Arg) (Value, bool) {
			ns, ok := latency(r)
			return DurationValue(ns), ok && r.Type.waits()
		},
	},
})

const (
	whyProcinfo = "no source makes periodic process reports"
	whyInfra    = "Falco itself no longer makes infrastructure events; container events carry container.id and the like"
)

func readType(r Row, _ Arg) (Value, bool) {
	if r.Type == TypeUnknown {
		return Value{}, false
	}
	name := r.Type.String()
	return StringValue(name), name != ""
}

func typeIs(is func(Type) bool) reader {
	return func(r Row, _ Arg) (Value, bool) { return BoolValue(is(r.Type)), r.Type != TypeUnknown }
}

// alsoReads, alsoWrites and alsoWait are types that do so although their
// category says something else, or one direction only (libs
// driver/event_table.c, EF_READS_FROM_FD, EF_WRITES_TO_FD and EF_WAITS).
var (
	alsoReads  = []string{"sendfile", "splice", "tee", "copy_file_range", "readahead"}
	alsoWrites = []string{"copy_file_range", "io_uring_enter"}
	alsoWait   = []string{"futex", "pause", "wait4", "waitid", "rt_sigtimedwait", "rt_sigsuspend"}
)

// traits are facts of a type that fields ask for event by event.
type traits struct{ reads, writes, waits bool }

var typeTraits [lastType]traits

func (t *TypeInfo) traits() traits {
	return traits{
		reads:  t.Category == "io-read" || slices.Contains(alsoReads, t.Name),
		writes: t.Category == "io-write" || slices.Contains(alsoWrites, t.Name),
		waits:  t.Category == "wait" || t.Category == "sleep" || slices.Contains(alsoWait, t.Name),
	}
}

func (t Type) reads() bool  { return t < lastType && typeTraits[t].reads }
func (t Type) writes() bool { return t < lastType && typeTraits[t].writes }
func (t Type) waits() bool  { return t < lastType && typeTraits[t].waits }

// category is the type's, or for reading and writing what the descriptor is.
func (r Row) category() string {
	c := r.Type.Info().Category
	if !strings.HasPrefix(c, "io-") {
		return c
	}
	switch k := r.O().Kind; {
	case k.Inet() || k == ObjNetlink || k == ObjPacket:
		return "net"
	case k == ObjUnix || k == ObjPipe || k == ObjEvent || k == ObjSignal:
		return "ipc"
	case k == ObjFile || k == ObjDir || k == ObjMemfd:
		return "file"
	}
	return "unknown"
}

func (r Row) hasRes() bool { return r.B.Bits[r.I]&HasRes != 0 }
func (r Row) failed() bool { return r.hasRes() && Failed(r.B.Res[r.I]) }

// resSuccess is evt.res of a call that returned no error.
const resSuccess = "SUCCESS"

func readRes(r Row, _ Arg) (Value, bool) {
	if r.failed() {
		return StringValue(ErrnoName(r.B.Res[r.I])), true
	}
	return StringValue(resSuccess), r.hasRes()
}

func count(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

func countError(category string) reader {
	return func(r Row, _ Arg) (Value, bool) {
		c := r.category()
		if c != "file" && c != "net" && c != "memory" {
			c = "other"
		}
		return UintValue(count(r.failed() && (category == "" || category == c))), true
	}
}

func latency(r Row) (int64, bool) {
	ns := r.B.DurAt(r.I)
	return ns, ns >= 0
}
