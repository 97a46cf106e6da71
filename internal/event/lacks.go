package event

import "strings"

// lack is a condition under which a row has no value in any of some fields.
type lack struct {
	home   Home
	when   func(r Row) bool
	fields string // their names, between blanks
}

// lacks save those who write all fields of many rows from asking each for
// itself: most rows of reports have few of them. A test holds the table against
// what the fields read.
var lacks = []lack{
	{HomeProc, unknown(KnowExeIno), "proc.exe_ino proc.exe_ino.ctime proc.exe_ino.mtime proc.exe_ino.ctime_duration_pidns_start proc.exe_ino.ctime_duration_proc_start"},
	{HomeProc, unknown(KnowExeFlags), "proc.is_exe_from_memfd proc.is_exe_lower_layer proc.is_exe_upper_layer proc.is_exe_writable"},
	{HomeProc, unknown(KnowSession | KnowVGroup), "proc.is_pgid_leader proc.is_sid_leader proc.is_vpgid_leader proc.pgid proc.sid proc.vpgid"},
	{HomeProc, unknown(KnowCaps), "thread.cap_effective thread.cap_inheritable thread.cap_permitted"},
	{
		HomeProc, func(r Row) bool { return !r.P().Knows(KnowSession) && r.P().SidLeader == 0 && r.P().PgrLeader == 0 },
		"proc.sname proc.sid.exe proc.sid.exepath proc.pgid.name proc.pgid.exe proc.pgid.exepath",
	},
	{
		HomeProc, func(r Row) bool { return r.P().Stdin|r.P().Stdout|r.P().Stderr == 0 },
		"proc.stdin.name proc.stdin.type proc.stdout.name proc.stdout.type proc.stderr.name proc.stderr.type",
	},
	{
		HomeProc, func(r Row) bool { return r.P().Parent == 0 },
		"proc.aname proc.pname proc.pexe proc.pexepath proc.pcmdline proc.ppid.ts",
	},
	{HomeProc, unknown(KnowPID | KnowVPID | KnowPPID | KnowStart | KnowPidns), "proc.pid proc.vpid proc.ppid proc.pid.ts proc.pidns_init_start_ts"},
	{
		HomeProc, func(r Row) bool {
			p := r.P()
			return p.Exe|p.Env|p.Cwd|p.Cgroups|p.Shell|p.Home|p.LoginUser|p.Group == NoStr
		},
		"proc.exe proc.exeline proc.env proc.cwd thread.cgroups user.shell user.homedir user.loginname group.name",
	},
	{
		HomeProc, func(r Row) bool { p := r.parent(); return p.Exe|p.ExePath == NoStr && !p.Knows(KnowStart) },
		"proc.pexe proc.pexepath proc.ppid.ts",
	},
	{
		HomeObj, func(r Row) bool { return !r.O().Kind.Inet() },
		"fd.cip fd.cport fd.cproto fd.l4proto fd.lip fd.lport fd.lproto fd.rip fd.rport fd.rproto fd.sip fd.sport fd.sproto",
	},
	{HomeObj, func(r Row) bool { return r.O().Kind != ObjFile && r.O().Kind != ObjDir }, "fd.directory fd.filename fd.nameraw"},
	{
		HomeObj, func(r Row) bool {
			return r.O().Flags&(ObjReported|ObjUpperLayer|ObjLowerLayer|ObjConnected|ObjFromArg|ObjInferred) == ObjReported
		},
		"fd.is_upper_layer fd.is_lower_layer fd.connected stoop.fd_from_arg stoop.fd_inferred",
	},
	{HomeObj, func(r Row) bool { return r.O().Flags&ObjInode == 0 }, "fd.dev fd.dev.major fd.dev.minor fd.ino"},
	{HomeEvent, func(r Row) bool { return !r.hasRes() }, "evt.res evt.buflen evt.failed evt.rawres fs.path.name fs.path.nameraw fs.path.source fs.path.sourceraw fs.path.target fs.path.targetraw"},
	{
		HomeEvent, func(r Row) bool { return !r.P().Knows(KnowStart) && !r.parent().Knows(KnowStart) },
		"proc.duration proc.ppid.duration",
	},
	{
		HomeEvent, func(r Row) bool {
			return r.reported() && r.B.Bits[r.I]&(LateProcess|Inferred|ArgsCut|ViaIOUring|Compat32) == 0
		},
		"stoop.late_process stoop.inferred stoop.cut stoop.io_uring stoop.compat",
	},
	{
		HomeEvent, Row.reported,
		"evt.args evt.cpu evt.is_async evt.is_syslog evt.is_open_create evt.is_open_exec evt.is_open_read evt.is_open_write fd.name_changed fd.types",
	},
	{HomeEvent, func(r Row) bool { return !r.O().Kind.Inet() }, "fd.cip.name fd.cip.owner fd.lip.name fd.lip.owner fd.rip.name fd.rip.owner fd.sip.name fd.sip.owner"},
	{HomeEvent, func(r Row) bool { return r.B.TID[r.I] == 0 }, "thread.ismain thread.tid"},
}

func (r Row) parent() *Proc { return r.T.Proc(r.P().Parent) }

func unknown(k ProcKnown) func(Row) bool { return func(r Row) bool { return r.P().Known&k == 0 } }

// lackSet is a [lack] with the numbers of its fields.
type lackSet struct {
	when   func(r Row) bool
	fields fieldSet
}

// lackSets are the lacks by home.
func lackSets(numbers map[string]int) (sets [HomeEvent + 1][]lackSet) {
	for _, l := range lacks {
		s := lackSet{when: l.when}
		for name := range strings.FieldsSeq(l.fields) {
			if n, ok := numbers[name]; ok {
				s.fields.add(n)
			}
		}
		sets[l.home] = append(sets[l.home], s)
	}
	return sets
}

// lacking returns fields of a home that a row has no value of; there may be
// others.
func (l *fieldList) lacking(r Row, home Home) (set fieldSet) {
	for i := range l.lacks[home] {
		if lack := &l.lacks[home][i]; lack.when(r) {
			set.addAll(&lack.fields)
		}
	}
	return set
}
