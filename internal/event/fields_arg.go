package event

import (
	"math"
	"strconv"
	"strings"
)

// Arguments, and what follows from them (Falco's class evt, libs
// sinsp_filtercheck_event.cpp).
var argFields = group("evt", HomeEvent, FromLive|FromFalco, []Field{
	{Name: "evt.args", Kind: String, Doc: "All arguments in one line: fd=3(<f>/etc/passwd) dirfd=-100(AT_FDCWD) …", Read: readArgs},
	{Name: "evt.info", Kind: String, Doc: "The same as evt.args.", Read: readArgs},
	{
		Name: "evt.arg", Kind: String, Arg: ArgIndex | ArgKey | ArgRequired,
		Doc: "One argument as text, by name or by number from 0: evt.arg.flags is O_RDONLY|O_CLOEXEC, a relative path is made absolute. events.md lists each type's arguments.",
		Read: func(r Row, a Arg) (Value, bool) {
			s, raw, ok := r.argOf(a)
			if !ok {
				return Value{}, false
			}
			t, ok := r.argText(s, raw)
			return StringValue(t.Text()), ok
		},
	},
	{
		Name: "evt.rawarg", Kind: None, Arg: ArgKey | ArgRequired, Flags: NoRHS | NoTransformer,
		Doc: "One argument as it is, by name: numbers stay numbers, flags their bits (amd64's), paths what the program gave.",
		Read: func(r Row, a Arg) (Value, bool) {
			s, raw, ok := r.argOf(a)
			if !ok {
				return Value{}, false
			}
			return r.argValue(s, raw)
		},
	},
	{
		Name: "evt.abspath", Kind: String, Arg: ArgKey | ArgRequired,
		Doc:  "Absolute path of the call's target. In brackets which one: src or dst for calls with two, as in evt.abspath.src; dst also for those with one.",
		Read: readAbspath,
	},
	{Name: "evt.is_open_read", Kind: Bool, Doc: "Whether open, openat, openat2 or open_by_handle_at asked for reading.", Read: openFor(func(flags, _ uint64) bool { return flags&3 != 1 }, false)},
	{Name: "evt.is_open_write", Kind: Bool, Doc: "Whether open, openat, openat2 or open_by_handle_at asked for writing.", Read: openFor(func(flags, _ uint64) bool { return flags&3 != 0 }, false)},
	{
		Name: "evt.is_open_exec", Kind: Bool, Doc: "Whether an open or creat could make a file that is executable by anyone.",
		Read: openFor(func(flags, mode uint64) bool { return flags&(openCreat|openTmpfile) != 0 && mode&0o111 != 0 }, true),
	},
	{
		Name: "evt.is_open_create", Kind: Bool, Doc: "Whether an open made the file: it said that the file must be new, or the kernel noted that it is.",
		Read: func(r Row, a Arg) (Value, bool) {
			v, ok := openCreates(r, a)
			return BoolValue(v.Num != 0 && !r.failed()), ok
		},
	},
	{
		Name: "evt.is_syslog", Kind: Bool, Doc: "Whether the event writes to /dev/log.",
		Read: func(r Row, _ Arg) (Value, bool) {
			return BoolValue(r.Type.writes() && strings.Contains(r.O().Title(r.T), "/dev/log")), !r.reported()
		},
	},
	{
		Name: "evt.buffer", Kind: Bytes, Doc: "The data that was read or written, as far as it was kept.",
		Read: func(r Row, _ Arg) (Value, bool) {
			_, raw, ok := r.arg("data", 0)
			return BytesValue(raw.Bytes), ok && raw.Kind == Bytes
		},
	},
	{Name: "evt.buflen", Kind: Uint, Unit: "bytes", Doc: "How many bytes were read or written.", Read: bufLen(every, every)},
	{Name: "evt.buflen.in", Kind: Uint, Unit: "bytes", Flags: TableOnly, Doc: "How many bytes were read.", Read: bufLen(Type.reads, every)},
	{Name: "evt.buflen.out", Kind: Uint, Unit: "bytes", Flags: TableOnly, Doc: "How many bytes were written.", Read: bufLen(Type.writes, every)},
	{Name: "evt.buflen.file", Kind: Uint, Unit: "bytes", Flags: TableOnly, Doc: "How many bytes were read from or written to a file.", Read: bufLen(every, isFile)},
	{Name: "evt.buflen.file.in", Kind: Uint, Unit: "bytes", Flags: TableOnly, Doc: "How many bytes were read from a file.", Read: bufLen(Type.reads, isFile)},
	{Name: "evt.buflen.file.out", Kind: Uint, Unit: "bytes", Flags: TableOnly, Doc: "How many bytes were written to a file.", Read: bufLen(Type.writes, isFile)},
	{Name: "evt.buflen.net", Kind: Uint, Unit: "bytes", Flags: TableOnly, Doc: "How many bytes were received from or sent to an IP socket.", Read: bufLen(every, ObjKind.Inet)},
	{Name: "evt.buflen.net.in", Kind: Uint, Unit: "bytes", Flags: TableOnly, Doc: "How many bytes were received from an IP socket.", Read: bufLen(Type.reads, ObjKind.Inet)},
	{Name: "evt.buflen.net.out", Kind: Uint, Unit: "bytes", Flags: TableOnly, Doc: "How many bytes were sent to an IP socket.", Read: bufLen(Type.writes, ObjKind.Inet)},
})

var openCreates = openFor(func(flags, _ uint64) bool {
	return flags&(OpenCreated|openTmpfile) != 0 || flags&(openCreat|openExcl) == openCreat|openExcl
}, false)

// Bits of open's flags (include/uapi/asm-generic/fcntl.h).
const (
	openCreat   = 0x40
	openExcl    = 0x80
	openTmpfile = 0x400000
)

// argOf finds the argument that stood in brackets.
func (r Row) argOf(a Arg) (*Shown, RawArg, bool) {
	if n, ok := a.number(); ok {
		return r.arg("", n)
	}
	return r.arg(a.Key, 0)
}

func readArgs(r Row, _ Arg) (Value, bool) {
	if r.B.Bits[r.I]&HasDoc != 0 {
		return Value{}, false
	}
	var b strings.Builder
	for a := range Args(r.B, r.I) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(a.String())
	}
	return StringValue(b.String()), r.Type != TypeUnknown
}

// abspathArgs are the arguments that evt.abspath looks for, by what stands in
// brackets.
var abspathArgs = map[string][]string{
	"src": {"oldpath", "target"},
	"dst": {"newpath", "linkpath", "name", "path", "filename", "pathname"},
}

func readAbspath(r Row, a Arg) (Value, bool) {
	for _, name := range abspathArgs[a.Key] {
		s, raw, ok := r.arg(name, 0)
		if !ok || raw.Kind != String {
			continue
		}
		full := r.fullPath(s, raw)
		return StringValue(full), strings.HasPrefix(full, "/")
	}
	return Value{}, false
}

// openPlan says where a call that opens files has its flags and mode.
type openPlan struct {
	opens       bool
	flags, mode int // places among the encoded arguments, -1 for none
}

// openPlans are the calls that evt.is_open_* speak of; for other types they
// are false, as in Falco.
var openPlans [lastType]openPlan

// loadOpenPlans is called when the types are there.
func loadOpenPlans() {
	for _, name := range [...]string{"open", "openat", "openat2", "open_by_handle_at", "creat"} {
		t := typeByName[name]
		openPlans[t] = openPlan{opens: true, flags: t.ParamIndex("flags"), mode: t.ParamIndex("mode")}
	}
}

// openFor reads a fact of an open from its flags and mode. Falco asks creat,
// which has no flags, only whether the file is executable.
func openFor(fact func(flags, mode uint64) bool, creatToo bool) reader {
	return func(r Row, _ Arg) (Value, bool) {
		if r.B.Bits[r.I]&HasDoc != 0 {
			return Value{}, false
		}
		if r.Type >= lastType || !openPlans[r.Type].opens {
			return BoolValue(false), true
		}
		plan := &openPlans[r.Type]
		payload := r.B.Payload(r.I)
		flags, ok := uint64(openCreat), true
		if plan.flags >= 0 {
			flags, ok = numAt(payload, plan.flags)
		} else if !creatToo {
			return BoolValue(false), true
		}
		mode, _ := numAt(payload, plan.mode)
		return BoolValue(fact(flags, mode)), ok
	}
}

// numAt decodes a number at a place among the encoded arguments.
func numAt(payload []byte, at int) (uint64, bool) {
	if at < 0 {
		return 0, false
	}
	a, ok := ArgAt(payload, at)
	return a.Num, ok && (a.Kind == Int || a.Kind == Uint)
}

func every[T Type | ObjKind](T) bool { return true }

func isFile(k ObjKind) bool { return k == ObjFile || k == ObjMemfd }

// bufLen reads how many bytes a call moved.
func bufLen(ofType func(Type) bool, ofKind func(ObjKind) bool) reader {
	return func(r Row, _ Arg) (Value, bool) {
		if !r.hasRes() || r.failed() || !r.Type.reads() && !r.Type.writes() {
			return Value{}, false
		}
		return UintValue(uint64(r.B.Res[r.I])), ofType(r.Type) && ofKind(r.O().Kind)
	}
}

func readQuantized(r Row, _ Arg) (Value, bool) {
	ns, ok := latency(r)
	if !ok || ns == 0 {
		return UintValue(0), ok
	}
	return UintValue(uint64(math.Log10(float64(ns)) * 10)), true
}

// humanDuration writes a time span with two digits behind the point in the
// largest unit that is not below one.
func humanDuration(ns int64) string {
	for _, u := range [...]struct {
		ns   int64
		name string
	}{{86400e9, "d"}, {3600e9, "h"}, {60e9, "m"}, {1e9, "s"}, {1e6, "ms"}, {1e3, "us"}} {
		if ns >= u.ns {
			return strconv.FormatFloat(float64(ns)/float64(u.ns), 'f', 2, 64) + u.name
		}
	}
	return strconv.FormatInt(ns, 10) + "ns"
}
