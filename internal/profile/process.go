package profile

import (
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// procKey is what a process's row is made of.
type procKey struct {
	parent, leader                   event.ProcID
	cont                             event.ContID
	name, exe, path, line, args, cwd event.Str
	user, home, shell, login, group  event.Str
	start                            int64
	pid, ppid, vpid, tty             int32
	uid, gid, loginUID               uint32
	known                            event.ProcKnown
}

// process makes the row of the process, and those of its ancestors.
func (m *Mapper) process(cont event.ContID) event.ProcID {
	k := procKey{
		parent: m.ancestors(), cont: cont, name: m.str(slotName), exe: m.str(slotExe), path: m.str(slotExePath),
		line: m.str(slotCmdline), args: m.wordsOf(slotArgs), cwd: m.str(slotCwd), user: m.str(slotUser), home: m.str(slotHome),
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
	if ns, ok := m.vals[slotStart].time(); ok {
		k.start, k.known = ns, k.known|event.KnowStart
	}
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
		PID: k.pid, PPID: k.ppid, VPID: k.vpid, TTY: k.tty, UID: k.uid, GID: k.gid, LoginUID: k.loginUID, Start: k.start, Known: k.known,
	}
	m.command(&p, k)
	id := event.ProcID(m.t.Procs.Add(p))
	m.procs[*k] = id
	return id
}

// command takes a command line apart: Falco prints the process's name, a
// space, and the arguments with a space between them. Where an argument held
// a space itself, that is lost, unless the arguments are there one by one.
// A line that says something else stays beside them.
func (m *Mapper) command(p *event.Proc, k *procKey) {
	if k.args != event.NoStr {
		p.Args = m.split(m.t.Strings.Get(k.args))
	}
	if k.line == event.NoStr {
		return
	}
	line, name := m.t.Strings.Get(k.line), m.t.Strings.Get(p.Name)
	args, ok := strings.CutPrefix(line, name)
	if ok = ok && p.Name != event.NoStr && (args == "" || args[0] == ' '); !ok {
		name, args, _ = strings.Cut(line, " ")
		if p.Name == event.NoStr {
			p.Name, ok = m.t.Strings.Add(name), true
		}
	}
	blank := strings.HasSuffix(line, " ") && strings.TrimPrefix(args, " ") == "" // stands behind the name alone
	args = strings.TrimPrefix(args, " ")
	if p.Args == event.NoStr {
		p.Args = m.split(args)
	}
	if !ok || blank || args != strings.ReplaceAll(strings.TrimSuffix(m.t.Strings.Get(p.Args), "\x00"), "\x00", " ") {
		p.Line = k.line
	}
}

// split interns words, each ended by a NUL. They are either so already, or
// spaces divide them.
func (m *Mapper) split(words string) event.Str {
	if words == "" {
		return event.EmptyStr
	}
	m.buf = append(m.buf[:0], words...)
	if words[len(words)-1] != 0 {
		m.buf = append(m.buf, 0)
		for i, c := range m.buf {
			if c == ' ' {
				m.buf[i] = 0
			}
		}
	}
	return m.t.Strings.AddBytes(m.buf)
}

// wordsOf interns the arguments of a slot: one by one as far as the document
// has them so.
func (m *Mapper) wordsOf(s slot) event.Str {
	if v := &m.vals[s]; v.kind == words {
		return m.t.Strings.AddBytes(v.raw)
	}
	return m.str(s)
}
