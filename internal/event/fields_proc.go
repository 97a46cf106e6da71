package event

import "strings"

// The process itself and its parent (Falco's class proc, libs
// sinsp_filtercheck_thread.cpp).
var procFields = group("proc", HomeProc, FromLive|FromFalco, []Field{
	{Name: "proc.name", Kind: String, Flags: KernelTest, Doc: "Name of the process as the kernel keeps it, at most 15 bytes.", Read: readName},
	{Name: "proc.pname", Kind: String, Doc: "proc.name of the parent.", Read: ofProc(parent, readName)},
	{Name: "proc.exe", Kind: String, Doc: "First word of the command line, argv[0]; the program may have chosen it freely.", Read: readExe},
	{Name: "proc.pexe", Kind: String, Doc: "proc.exe of the parent.", Read: ofProc(parent, readExe)},
	{Name: "proc.exepath", Kind: String, Flags: PathLike, Doc: "Full path of the executable file, links resolved.", Read: readExePath},
	{Name: "proc.pexepath", Kind: String, Flags: PathLike, Doc: "proc.exepath of the parent.", Read: ofProc(parent, readExePath)},
	{
		Name: "proc.args", Kind: String, Arg: ArgIndex, Doc: "Command line without argv[0], words separated by blanks. With an index one word: proc.args[0] is argv[1].",
		Read: readProcArgs,
	},
	{Name: "proc.cmdline", Kind: String, Doc: "proc.name and proc.args.", Read: readCmdline},
	{Name: "proc.pcmdline", Kind: String, Doc: "proc.cmdline of the parent.", Read: ofProc(parent, readCmdline)},
	{
		Name: "proc.exeline", Kind: String, Doc: "proc.exe and proc.args: the command line as the process was started.",
		Read: func(r Row, _ Arg) (Value, bool) { return r.line(r.P().Exe) },
	},
	{
		Name: "proc.cmdnargs", Kind: Uint, Doc: "How many words proc.args has.",
		Read: func(r Row, _ Arg) (Value, bool) {
			return UintValue(uint64(countNUL(r.T.Text(r.P().Args)))), r.P().Args != NoStr
		},
	},
	{
		Name: "proc.cmdlenargs", Kind: Uint, Unit: "bytes", Doc: "Length of proc.args without the blanks between the words.",
		Read: func(r Row, _ Arg) (Value, bool) {
			text := r.T.Text(r.P().Args)
			return UintValue(uint64(len(text) - strings.Count(text, "\x00"))), r.P().Args != NoStr
		},
	},
	{
		Name: "proc.env", Kind: String, Arg: ArgKey, Doc: "Environment, NAME=value separated by blanks. With a name one variable's value: proc.env[PATH].",
		Read: readEnv,
	},
	{Name: "proc.cwd", Kind: String, Flags: PathLike, Doc: "Working directory, with a slash at the end.", Read: procStr(func(p *Proc) Str { return p.Cwd })},
	{
		Name: "proc.tty", Kind: Uint, Doc: "Device number of the controlling terminal, 0 for none.",
		Read: procUint(KnowTTY, func(p *Proc) uint64 { return uint64(uint32(p.TTY)) }),
	},
	{Name: "proc.pid", Kind: Int, Doc: "Process id, in the host's pid namespace.", Read: readPid},
	{
		Name: "proc.ppid", Kind: Int, Doc: "Process id of the parent, in the host's pid namespace.",
		Read: procInt(KnowPPID, func(p *Proc) int64 { return int64(p.PPID) }),
	},
	{Name: "proc.vpid", Kind: Int, Doc: "Process id in the process's own pid namespace.", Read: procInt(KnowVPID, func(p *Proc) int64 { return int64(p.VPID) })},
	{Name: "proc.pvpid", Kind: Int, Doc: "Process id of the parent in the parent's own pid namespace.", Read: readPvpid},
	{
		Name: "proc.pid.ts", Kind: Duration, Unit: "ns", Doc: "When the process was made, in nanoseconds since 1970.",
		Read: func(r Row, _ Arg) (Value, bool) { return DurationValue(r.P().Start), r.P().Knows(KnowStart) },
	},
	{
		Name: "proc.ppid.ts", Kind: Duration, Unit: "ns", Doc: "When the parent was made, in nanoseconds since 1970.",
		Read: ofProc(parent, func(r Row, _ Arg) (Value, bool) { return DurationValue(r.P().Start), r.P().Knows(KnowStart) }),
	},
	{Name: "proc.is_exe_writable", Kind: Bool, Doc: "Whether the process's user may write the executable file.", Read: procFlag(ExeWritable)},
	{Name: "proc.is_exe_upper_layer", Kind: Bool, Doc: "Whether the executable lies in the overlay's upper layer: it was not in the image.", Read: procFlag(ExeUpperLayer)},
	{Name: "proc.is_exe_lower_layer", Kind: Bool, Doc: "Whether the executable lies in one of the overlay's lower layers, the image's.", Read: procFlag(ExeLowerLayer)},
	{Name: "proc.is_exe_from_memfd", Kind: Bool, Doc: "Whether the executable is a memfd, a file that exists in memory only.", Read: procFlag(ExeFromMemfd)},
	{Name: "proc.exe_ino", Kind: Int, Doc: "Inode number of the executable file.", Read: procInt(KnowExeIno, func(p *Proc) int64 { return int64(p.ExeIno) })},
	{Name: "proc.exe_ino.ctime", Kind: Time, Unit: "ns", Doc: "When the executable's inode last changed: content, owner, mode or name.", Read: exeTime(func(p *Proc) int64 { return p.ExeCtime })},
	{Name: "proc.exe_ino.mtime", Kind: Time, Unit: "ns", Doc: "When the executable's content last changed; unlike ctime it can be set at will.", Read: exeTime(func(p *Proc) int64 { return p.ExeMtime })},
	{
		Name: "proc.exe_ino.ctime_duration_proc_start", Kind: Time, Unit: "ns", Doc: "How long before the process was made the executable's inode had changed; missing when it changed later.",
		Read: func(r Row, _ Arg) (Value, bool) {
			p := r.P()
			return TimeValue(p.Start - p.ExeCtime), p.Knows(KnowExeIno|KnowStart) && p.Start > p.ExeCtime
		},
	},
	{
		Name: "proc.exe_ino.ctime_duration_pidns_start", Kind: Time, Unit: "ns", Doc: "How long after its pid namespace began, usually the container's start, the executable's inode changed; missing when it changed before.",
		Read: func(r Row, _ Arg) (Value, bool) {
			p := r.P()
			return TimeValue(p.ExeCtime - p.PidnsStart), p.Knows(KnowExeIno|KnowPidns) && p.ExeCtime > p.PidnsStart
		},
	},
	{
		Name: "proc.pidns_init_start_ts", Kind: Uint, Unit: "ns", Doc: "When the first process of the pid namespace was made, in nanoseconds since 1970.",
		Read: procUint(KnowPidns, func(p *Proc) uint64 { return uint64(p.PidnsStart) }),
	},
	{Name: "proc.stdin.type", Kind: String, Doc: "fd.type of the standard input.", Read: stdType(0)},
	{Name: "proc.stdout.type", Kind: String, Doc: "fd.type of the standard output.", Read: stdType(1)},
	{Name: "proc.stderr.type", Kind: String, Doc: "fd.type of the standard error.", Read: stdType(2)},
	{Name: "proc.stdin.name", Kind: String, Doc: "fd.name of the standard input.", Read: stdName(0)},
	{Name: "proc.stdout.name", Kind: String, Doc: "fd.name of the standard output.", Read: stdName(1)},
	{Name: "proc.stderr.name", Kind: String, Doc: "fd.name of the standard error.", Read: stdName(2)},
})

// What of the process depends on when the event happened.
var procEventFields = group("proc", HomeEvent, FromLive|FromFalco, []Field{
	{
		Name: "proc.duration", Kind: Duration, Unit: "ns", Doc: "How old the process was when the event happened.",
		Read: func(r Row, _ Arg) (Value, bool) { return age(r, r.P()) },
	},
	{
		Name: "proc.ppid.duration", Kind: Duration, Unit: "ns", Doc: "How old the parent was when the event happened.",
		Read: func(r Row, _ Arg) (Value, bool) { return age(r, r.T.Proc(r.P().Parent)) },
	},
	{
		Name: "proc.exe_sha256", Kind: String, Flags: Extension, Read: readExeSHA256,
		Doc: "SHA-256 of the executable file, in hex. Live it is told by events of type exe_hash: once for a program that was not in its container's image.",
	},
})

// Hashes that documents tell: of the executable, and of the file that the event
// is about.
var hashFields = append(group("proc", HomeEvent, FromFalco, []Field{
	{Name: "proc.exe_sha1", Kind: String, Flags: Extension, Doc: "SHA-1 of the executable file, in hex."},
	{Name: "proc.exe_md5", Kind: String, Flags: Extension, Doc: "MD5 of the executable file, in hex."},
}), group("fd", HomeEvent, FromFalco, []Field{
	{Name: "fd.sha256", Kind: String, Flags: Extension, Doc: "SHA-256 of the file, in hex."},
	{Name: "fd.sha1", Kind: String, Flags: Extension, Doc: "SHA-1 of the file, in hex."},
	{Name: "fd.md5", Kind: String, Flags: Extension, Doc: "MD5 of the file, in hex."},
})...)

func readExeSHA256(r Row, _ Arg) (Value, bool) {
	if r.Type != TypeExeHash {
		return Value{}, false
	}
	a, ok := ArgAt(r.B.Payload(r.I), 0)
	return StringValue(string(a.Bytes)), ok && a.Kind == Bytes
}

func readName(r Row, _ Arg) (Value, bool)    { return r.Str(r.P().Name) }
func readExe(r Row, _ Arg) (Value, bool)     { return r.Str(r.P().Exe) }
func readExePath(r Row, _ Arg) (Value, bool) { return r.Str(r.P().ExePath) }

func readPid(r Row, _ Arg) (Value, bool) {
	return IntValue(int64(r.P().PID)), r.P().Knows(KnowPID)
}

func readPvpid(r Row, _ Arg) (Value, bool) {
	if p := r.P(); p.Knows(KnowPVPID) {
		return IntValue(int64(p.PVPID)), true
	}
	p := r.T.Proc(r.P().Parent)
	return IntValue(int64(p.VPID)), p.Knows(KnowVPID)
}

func readProcArgs(r Row, a Arg) (Value, bool) {
	args := r.P().Args
	if args == NoStr {
		return Value{}, false
	}
	if !a.Set {
		return StringValue(spaced(r.T.Text(args))), true
	}
	words := splitNUL(r.T.Text(args))
	n, ok := a.number()
	if !ok || n < 0 || n >= len(words) {
		return Value{}, false
	}
	return StringValue(words[n]), true
}

// line joins a first word and the arguments; missing without a first word.
func (r Row) line(first Str) (Value, bool) {
	if first == NoStr {
		return Value{}, false
	}
	line := r.T.Text(first)
	if args := r.T.Text(r.P().Args); args != "" {
		line += " " + spaced(args)
	}
	return StringValue(line), true
}

func readCmdline(r Row, _ Arg) (Value, bool) {
	if line := r.P().Line; line != NoStr {
		return r.Str(line)
	}
	return r.line(r.P().Name)
}

func readEnv(r Row, a Arg) (Value, bool) {
	env := r.P().Env
	if env == NoStr {
		return Value{}, false
	}
	if !a.Set {
		return StringValue(spaced(r.T.Text(env))), true
	}
	return lookupNUL(r.T.Text(env), a.Key)
}

// lookupNUL finds a name in texts NAME=value that each end in a NUL.
func lookupNUL(text, name string) (Value, bool) {
	for _, entry := range splitNUL(text) {
		if n, v, ok := strings.Cut(entry, "="); ok && n == name {
			return StringValue(v), true
		}
	}
	return Value{}, false
}

func exeTime(get func(*Proc) int64) reader {
	return func(r Row, _ Arg) (Value, bool) { return TimeValue(get(r.P())), r.P().Knows(KnowExeIno) }
}

func (r Row) std(fd int32) *Object {
	p := r.P()
	return r.T.Obj([...]ObjID{p.Stdin, p.Stdout, p.Stderr}[fd])
}

func stdType(fd int32) reader {
	return func(r Row, _ Arg) (Value, bool) {
		k := r.std(fd).Kind.String()
		return StringValue(k), k != ""
	}
}

func stdName(fd int32) reader {
	return func(r Row, _ Arg) (Value, bool) {
		o := r.std(fd)
		return StringValue(o.Title(r.T)), o.Kind != ObjUnknown
	}
}

// age is the time from a process's start to the event.
func age(r Row, p *Proc) (Value, bool) {
	return DurationValue(r.B.Time[r.I] - p.Start), p.Knows(KnowStart)
}
