//go:build linux

package decode

import "github.com/stoop-project/stoop/bpf"

// Slots are where the parts of a record are put by their role: the arguments'
// indexes, and after them the special roles.
const (
	slotRet = 6 + iota
	slotCwd
	slotExe
	slotTask
	slotFD0
	slotFD1
	slotStdin
	slotStdout
	slotMsg
	slotChild
	slotStderr
	numSlots
	noSlot = -1
)

func slotOf(role uint8) int {
	switch {
	case role < 6:
		return int(role)
	case role >= bpf.RoleRet && role <= bpf.RoleStderr:
		return int(role-bpf.RoleRet) + slotRet
	}
	return noSlot
}

// parts are the parts of one record, by tag and slot. What is not in seen is
// left over from an earlier record.
type parts struct {
	seen [32]uint32 // by tag: bit n for slot n
	file [numSlots]bpf.File
	sock [numSlots]bpf.Sock
	path [numSlots]bpf.Part
	str  [numSlots]bpf.Part
	addr [numSlots]bpf.Part
	unix [numSlots]bpf.Part
	peer [numSlots]bpf.Part
	data [numSlots]bpf.Part // structures

	argv, env, payload bpf.Part
	creds              bpf.Creds
	caps               bpf.Caps
	task               bpf.Task
	ns                 bpf.NS
	child              bpf.Child
	exe                bpf.Exe
	exit               bpf.Exit
	uring              bpf.URing
	enter              uint64
	cut                bool
}

const tagPeer = 31 // in seen: TagUnix with PartPeer

func (p *parts) has(tag bpf.Tag, slot int) bool { return p.seen[tag&31]>>slot&1 != 0 }
func (p *parts) any(tag bpf.Tag) bool           { return p.seen[tag&31] != 0 }

// collect reads all parts of a record; false when one of them is damaged.
func (p *parts) collect(rec bpf.Record) bool {
	clear(p.seen[:])
	p.cut = false
	c := rec.Parts()
	for c.Next() {
		slot := slotOf(c.Role)
		if slot == noSlot {
			continue // of a later version: not ours to judge
		}
		if c.Flags&(bpf.PartCut|bpf.PartFault) != 0 {
			p.cut = true
		}
		tag := c.Tag & 31
		ok := true
		switch c.Tag {
		case bpf.TagFile:
			p.file[slot], ok = bpf.ParseFile(c.Data)
		case bpf.TagPath:
			p.path[slot] = c.Part
		case bpf.TagString:
			p.str[slot] = c.Part
		case bpf.TagSockaddr:
			p.addr[slot] = c.Part
		case bpf.TagSock:
			p.sock[slot], ok = bpf.ParseSock(c.Data)
		case bpf.TagUnix:
			if c.Flags&bpf.PartPeer != 0 {
				p.peer[slot], tag = c.Part, tagPeer
			} else {
				p.unix[slot] = c.Part
			}
		case bpf.TagArgv:
			p.argv = c.Part
		case bpf.TagEnv:
			p.env = c.Part
		case bpf.TagCreds:
			p.creds, ok = bpf.ParseCreds(c.Data)
		case bpf.TagCaps:
			p.caps, ok = bpf.ParseCaps(c.Data)
		case bpf.TagTask:
			p.task, ok = bpf.ParseTask(c.Data)
		case bpf.TagNS:
			p.ns, ok = bpf.ParseNS(c.Data)
		case bpf.TagChild:
			p.child, ok = bpf.ParseChild(c.Data)
		case bpf.TagExe:
			p.exe, ok = bpf.ParseExe(c.Data)
		case bpf.TagPayload:
			p.payload = c.Part
		case bpf.TagEnter:
			p.enter, ok = bpf.ParseEnter(c.Data)
		case bpf.TagURing:
			p.uring, ok = bpf.ParseURing(c.Data)
		case bpf.TagExit:
			p.exit, ok = bpf.ParseExit(c.Data)
		case bpf.TagStruct:
			p.data[slot] = c.Part
		default:
			continue
		}
		if !ok {
			return false
		}
		p.seen[tag] |= 1 << slot
	}
	return c.Err() == nil
}

// word reads the n-th 64-bit word of a structure; ok is false when it was not
// read that far.
func (p *parts) word(slot, n int) (v uint64, ok bool) {
	if !p.has(bpf.TagStruct, slot) || len(p.data[slot].Data) < 8*n+8 {
		return 0, false
	}
	return le.Uint64(p.data[slot].Data[8*n:]), true
}

// half reads the n-th 32-bit word of a structure.
func (p *parts) half(slot, n int) (v uint32, ok bool) {
	if !p.has(bpf.TagStruct, slot) || len(p.data[slot].Data) < 4*n+4 {
		return 0, false
	}
	return le.Uint32(p.data[slot].Data[4*n:]), true
}
