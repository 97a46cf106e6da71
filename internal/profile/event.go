package profile

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// maxLost bounds what one document may claim to have lost, so that the sum of
// many does not overflow.
const maxLost = 1 << 40

// Lost returns how many events the makers of all documents so far say that they
// lost themselves.
func (m *Mapper) Lost() uint64 { return m.lost }

// event makes the event and its rows out of the slots.
func (m *Mapper) event() (event.Event, error) {
	e := event.Event{Bits: event.HasDoc, FD: -1, Dur: -1, Type: event.TypeUnknown}
	var ok bool
	if e.Time, ok = m.vals[slotTime].time(); !ok {
		if e.Time, ok = m.vals[slotEventTime].time(); !ok {
			return e, &Error{Offset: -1, Reason: "the document has no time that can be read"}
		}
	}
	if !m.hasFields && m.fromOutput() {
		e.Bits |= event.Inferred
	}
	if n, ok := m.num(slotLost); ok && n > 0 {
		m.lost += uint64(min(n, maxLost))
	}
	e.Alert = m.alert()
	e.Type = m.eventType()
	if n, ok := m.num32(slotTID); ok {
		e.TID = n
	}
	if n, ok := m.num(slotCPU); ok && n >= 0 && n < 1<<16 {
		e.CPU = uint16(n)
	}
	if n, ok := m.num32(slotFDNum); ok {
		e.FD = int32(n)
	}
	if n, ok := m.num(slotRawRes); ok {
		e.Res, e.Bits = n, e.Bits|event.HasRes
	}
	cont := m.container()
	e.Proc = m.process(cont)
	e.Obj = m.object()
	return e, nil
}

func (m *Mapper) eventType() event.Type {
	if v := &m.vals[slotType]; v.kind == text {
		if t, ok := event.TypeOf(string(v.raw)); ok {
			return t
		}
	}
	if v := &m.vals[slotSource]; v.kind == text && string(v.raw) == event.SourceK8sAudit {
		return event.TypePlugin
	}
	return event.TypeUnknown
}

// alertMemo remembers what the last alert of a rule had, as it was written.
type alertMemo struct {
	priority, source, tags string
	id                     event.AlertID
}

func (m *Mapper) alert() event.AlertID {
	rule := m.str(slotRule)
	priority, source, tags := m.vals[slotPriority].raw, m.vals[slotSource].raw, m.vals[slotTags].raw
	memo := m.alerts[rule]
	if memo != nil && memo.priority == string(priority) && memo.source == string(source) && memo.tags == string(tags) {
		return memo.id
	}
	row := event.Alert{
		Rule: rule, Source: m.str(slotSource), Origin: m.t.Strings.Add(m.p.Name),
		Priority: event.PriorityOf(m.vals[slotPriority].String()),
	}
	if v := m.vals[slotTags]; v.kind == array {
		var all []byte
		for _, tag := range v.list(event.String) {
			all = append(append(all, tag.Str...), 0)
		}
		row.Tags = m.t.Strings.AddBytes(all)
	}
	id := event.AlertID(m.t.Alerts.Intern(row))
	m.alerts[rule] = &alertMemo{string(priority), string(source), string(tags), id}
	return id
}

// procKey is what a process's row is made of.
type procKey struct {
	parent, leader                   event.ProcID
	cont                             event.ContID
	name, exe, path, line, args, cwd event.Str
	user, home, shell, login, group  event.Str
	pid, ppid, vpid, tty             int32
	uid, gid, loginUID               uint32
	known                            event.ProcKnown
}

// process makes the row of the process, and those of its ancestors.
func (m *Mapper) process(cont event.ContID) event.ProcID {
	k := procKey{
		parent: m.ancestors(), cont: cont, name: m.str(slotName), exe: m.str(slotExe), path: m.str(slotExePath),
		line: m.str(slotCmdline), args: m.str(slotArgs), cwd: m.str(slotCwd), user: m.str(slotUser), home: m.str(slotHome),
		shell: m.str(slotShell), login: m.str(slotLoginUser), group: m.str(slotGroup),
	}
	if leader := m.str(slotLeader); leader != event.NoStr {
		k.leader = m.procRow(&procKey{name: leader})
	}
	know := func(s slot, group event.ProcKnown) uint32 {
		n, ok := m.num32(s)
		if !ok {
			return 0
		}
		k.known |= group
		return n
	}
	k.pid = int32(know(slotPID, event.KnowPID))
	k.ppid = int32(know(ancestorSlot(1, ancestorPID), event.KnowPPID))
	k.vpid = int32(know(slotVPID, event.KnowVPID))
	k.tty = int32(know(slotTTY, event.KnowTTY))
	k.uid = know(slotUID, event.KnowUID)
	k.gid = know(slotGID, event.KnowGID)
	k.loginUID = know(slotLoginUID, event.KnowLoginUID)
	return m.procRow(&k)
}

// ancestors makes the rows of the ancestors, the oldest first, and returns the
// parent's. One of which nothing is known stands between those that are known.
func (m *Mapper) ancestors() event.ProcID {
	oldest := 0
	for _, s := range m.set {
		if s >= slotAncestor && !m.vals[s].missing() {
			oldest = max(oldest, int(s-slotAncestor)/ancestorParts+1)
		}
	}
	var above event.ProcID
	for n := oldest; n > 0; n-- {
		k := procKey{
			parent: above, name: m.str(ancestorSlot(n, ancestorName)), exe: m.str(ancestorSlot(n, ancestorExe)),
			path: m.str(ancestorSlot(n, ancestorExePath)), line: m.str(ancestorSlot(n, ancestorCmdline)),
		}
		if pid, ok := m.num32(ancestorSlot(n, ancestorPID)); ok {
			k.pid, k.known = int32(pid), event.KnowPID
		}
		above = m.procRow(&k)
	}
	return above
}

// procRow returns the row of a key: one that was made before, or a new one. Of
// a process of which nothing is known there is none.
func (m *Mapper) procRow(k *procKey) event.ProcID {
	if id, ok := m.procs[*k]; ok {
		return id
	}
	p := event.Proc{
		Parent: k.parent, SidLeader: k.leader, Cont: k.cont, Name: k.name, Exe: k.exe, ExePath: k.path, Cwd: k.cwd,
		User: k.user, Home: k.home, Shell: k.shell, LoginUser: k.login, Group: k.group,
		PID: k.pid, PPID: k.ppid, VPID: k.vpid, TTY: k.tty, UID: k.uid, GID: k.gid, LoginUID: k.loginUID, Known: k.known,
	}
	m.command(&p, k.line)
	if k.args != event.NoStr && p.Args == event.NoStr {
		p.Args = m.split(m.t.Strings.Get(k.args))
	}
	id := event.ProcID(m.t.Procs.Add(p))
	m.procs[*k] = id
	return id
}

// command takes a command line apart: Falco prints the process's name, a
// space, and the arguments with a space between them. Where an argument held
// a space itself, that is lost.
func (m *Mapper) command(p *event.Proc, line event.Str) {
	if line == event.NoStr {
		return
	}
	whole, name := m.t.Strings.Get(line), m.t.Strings.Get(p.Name)
	args, ok := strings.CutPrefix(whole, name)
	if p.Name == event.NoStr || !ok || args != "" && args[0] != ' ' {
		name, args, _ = strings.Cut(whole, " ")
		if p.Name == event.NoStr {
			p.Name = m.t.Strings.Add(name)
		}
	}
	p.Args = m.split(strings.TrimPrefix(args, " "))
}

// split interns words that spaces divide, each ended by a NUL.
func (m *Mapper) split(words string) event.Str {
	if words == "" {
		return event.EmptyStr
	}
	m.buf = append(append(m.buf[:0], words...), 0)
	for i, c := range m.buf {
		if c == ' ' {
			m.buf[i] = 0
		}
	}
	return m.t.Strings.AddBytes(m.buf)
}

// object makes the row of the file or socket.
func (m *Mapper) object() event.ObjID {
	name := &m.vals[slotFDName]
	kindOf, proto := &m.vals[slotFDType], &m.vals[slotFDProto]
	if name.missing() && kindOf.missing() && proto.missing() {
		return 0
	}
	o := event.Object{Flags: event.ObjReported, L4: event.L4ProtoOf(string(proto.raw)), Kind: event.ObjKindOf(string(kindOf.raw))}
	if o.Kind != event.ObjUnknown && !o.Kind.Inet() || !m.connection(&o, name) {
		o.Name = m.str(slotFDName)
	}
	return event.ObjID(m.t.Objs.Intern(o))
}

// connection reads a name such as 10.0.0.7:52144->10.0.0.9:443. Falco writes
// the client first; which end is the process's own follows from the local
// port, where the alert has it.
func (m *Mapper) connection(o *event.Object, name *value) bool {
	if name.kind != text {
		return false
	}
	left, right, ok := bytes.Cut(name.raw, []byte("->"))
	if !ok {
		return false
	}
	client, ok1 := endpoint(left)
	server, ok2 := endpoint(right)
	if !ok1 || !ok2 {
		return false
	}
	if o.Kind == event.ObjUnknown {
		o.Kind = event.ObjIPv6
		if client.Addr().Is4() {
			o.Kind = event.ObjIPv4
		}
	}
	o.Local, o.Remote, o.Role = client, server, event.RoleClient
	port, known := m.num(slotFDLocalPort)
	switch {
	case known && port == int64(server.Port) && server.Port != client.Port:
		o.Local, o.Remote, o.Role = server, client, event.RoleServer
	case !known:
		o.Role, o.Flags = event.RoleUnknown, event.ObjInferred
	}
	return true
}

// endpoint reads address:port; an IPv6 address has no brackets.
func endpoint(b []byte) (e event.Endpoint, ok bool) {
	at := bytes.LastIndexByte(b, ':')
	if at < 0 || at > 64 {
		return e, false
	}
	addr, err := netip.ParseAddr(string(bytes.Trim(b[:at], "[]")))
	if err != nil || addr.Zone() != "" {
		return e, false
	}
	port, err := strconv.ParseUint(string(b[at+1:]), 10, 16)
	return event.EndpointOf(addr, uint16(port)), err == nil
}
