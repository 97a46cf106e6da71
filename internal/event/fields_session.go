package event

// Session and process group of the process (Falco's class proc, libs
// sinsp_filtercheck_thread.cpp).
var sessionFields = group("proc", HomeProc, FromLive|FromFalco, []Field{
	{
		Name: "proc.sid", Kind: Int, Doc: "Session id, as the process's own pid namespace numbers it where that is known.",
		Read: func(r Row, _ Arg) (Value, bool) {
			p := r.P()
			if p.Knows(KnowVGroup) {
				return IntValue(int64(p.VSID)), true
			}
			return IntValue(int64(p.SID)), p.Knows(KnowSession)
		},
	},
	{Name: "proc.sname", Kind: String, Doc: "proc.name of the session's leader; where that has ended, of the eldest ancestor in the session.", Read: ofProc(sidLeader, readName)},
	{Name: "proc.sid.exe", Kind: String, Doc: "proc.exe of the session's leader; where that has ended, of the eldest ancestor in the session.", Read: ofProc(sidLeader, readExe)},
	{Name: "proc.sid.exepath", Kind: String, Doc: "proc.exepath of the session's leader; where that has ended, of the eldest ancestor in the session.", Read: ofProc(sidLeader, readExePath)},
	{
		Name: "proc.is_sid_leader", Kind: Bool, Doc: "Whether the process leads its session.",
		Read: func(r Row, _ Arg) (Value, bool) {
			p := r.P()
			if p.Knows(KnowVGroup | KnowVPID) {
				return BoolValue(p.VSID == p.VPID), true
			}
			return BoolValue(p.SID == p.PID), p.Knows(KnowSession | KnowPID)
		},
	},
	{Name: "proc.pgid", Kind: Int, Doc: "Process group id, in the host's pid namespace.", Read: procInt(KnowSession, func(p *Proc) int64 { return int64(p.PGID) })},
	{Name: "proc.pgid.name", Kind: String, Doc: "proc.name of the process group's leader; where that has ended, of the eldest ancestor in the group.", Read: ofProc(pgrLeader, readName)},
	{Name: "proc.pgid.exe", Kind: String, Doc: "proc.exe of the process group's leader; where that has ended, of the eldest ancestor in the group.", Read: ofProc(pgrLeader, readExe)},
	{Name: "proc.pgid.exepath", Kind: String, Doc: "proc.exepath of the process group's leader; where that has ended, of the eldest ancestor in the group.", Read: ofProc(pgrLeader, readExePath)},
	{
		Name: "proc.is_pgid_leader", Kind: Bool, Doc: "Whether the process leads its process group.",
		Read: func(r Row, _ Arg) (Value, bool) {
			p := r.P()
			return BoolValue(p.PGID == p.PID), p.Knows(KnowSession | KnowPID)
		},
	},
	{Name: "proc.vpgid", Kind: Int, Doc: "Process group id, in the process's own pid namespace.", Read: procInt(KnowVGroup, func(p *Proc) int64 { return int64(p.VPGID) })},
	{Name: "proc.vpgid.name", Kind: String, Doc: "The same as proc.pgid.name, for a group that was found by proc.vpgid.", Read: ofProc(pgrLeader, readName)},
	{Name: "proc.vpgid.exe", Kind: String, Doc: "The same as proc.pgid.exe, for a group that was found by proc.vpgid.", Read: ofProc(pgrLeader, readExe)},
	{Name: "proc.vpgid.exepath", Kind: String, Doc: "The same as proc.pgid.exepath, for a group that was found by proc.vpgid.", Read: ofProc(pgrLeader, readExePath)},
	{
		Name: "proc.is_vpgid_leader", Kind: Bool, Doc: "Whether the process leads its process group, by the ids of its own pid namespace.",
		Read: func(r Row, _ Arg) (Value, bool) {
			p := r.P()
			return BoolValue(p.VPGID == p.VPID), p.Knows(KnowVGroup | KnowVPID)
		},
	},
})

func sidLeader(r Row) ProcID {
	p := r.P()
	if p.SidLeader != 0 {
		return p.SidLeader
	}
	return r.eldest(p.Knows(KnowSession), func(of *Proc) bool { return of.Knows(KnowSession) && of.SID == p.SID })
}

func pgrLeader(r Row) ProcID {
	p := r.P()
	if p.PgrLeader != 0 {
		return p.PgrLeader
	}
	return r.eldest(p.Knows(KnowSession), func(of *Proc) bool { return of.Knows(KnowSession) && of.PGID == p.PGID })
}

// eldest walks up from the process as long as the ancestors are of the same
// session or group, and returns the last that is; 0 when the process's own is
// not known.
func (r Row) eldest(known bool, same func(*Proc) bool) ProcID {
	if !known {
		return 0
	}
	id := r.Proc
	for n := 0; n < MaxAncestors; n++ {
		up := r.T.Proc(id).Parent
		if up == 0 || !same(r.T.Proc(up)) {
			break
		}
		id = up
	}
	return id
}
