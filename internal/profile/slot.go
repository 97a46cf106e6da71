package profile

import (
	"strconv"
	"strings"
)

// slot numbers a place of a mapper where the value of one member waits until
// the whole document was read. Only what goes into the tables has one.
type slot uint16

const (
	noSlot slot = iota

	slotTime      // the alert's own time
	slotEventTime // the event's time among the fields
	slotRule
	slotPriority
	slotSource
	slotTags
	slotOutput
	slotLost

	slotType
	slotCPU
	slotRawRes
	slotTID
	slotFDNum
	slotFDName
	slotFDType
	slotFDProto
	slotFDLocalPort

	slotPID
	slotVPID
	slotName
	slotExe
	slotExePath
	slotCmdline
	slotArgs
	slotCwd
	slotTTY
	slotLeader
	slotUID
	slotUser
	slotHome
	slotShell
	slotLoginUID
	slotLoginUser
	slotGID
	slotGroup

	slotContID
	slotContFullID
	slotContName
	slotContRuntime
	slotImage
	slotImageRepo
	slotImageTag
	slotImageDigest
	slotImageID
	slotPod
	slotPodUID
	slotPodIP
	slotNamespace
	slotSandbox
	slotPrivileged

	slotAncestor // the first of the ancestors' slots: ancestorParts for each
)

// The ancestors that the tables take; the document answers for further ones.
const maxAncestors = 15

// The parts of an ancestor, in the order of their slots.
const (
	ancestorName = iota
	ancestorExe
	ancestorExePath
	ancestorCmdline
	ancestorPID
	ancestorParts
)

const numSlots = int(slotAncestor) + maxAncestors*ancestorParts

// ancestorSlot returns the slot of a part of the n-th ancestor; 1 is the
// parent.
func ancestorSlot(n, part int) slot {
	return slotAncestor + slot((n-1)*ancestorParts+part)
}

// fieldSlots has the slot of each field that goes into the tables.
var fieldSlots = func() map[string]slot {
	all := map[string]slot{
		"evt.time": slotEventTime, "evt.type": slotType, "evt.cpu": slotCPU, "evt.rawres": slotRawRes, "thread.tid": slotTID,
		"alert.rule": slotRule, "alert.priority": slotPriority, "alert.source": slotSource, "alert.tags": slotTags,
		"alert.output": slotOutput,

		"fd.num": slotFDNum, "fd.name": slotFDName, "fd.type": slotFDType, "fd.l4proto": slotFDProto, "fd.lport": slotFDLocalPort,

		"proc.pid": slotPID, "proc.vpid": slotVPID, "proc.name": slotName, "proc.exe": slotExe, "proc.exepath": slotExePath,
		"proc.cmdline": slotCmdline, "proc.args": slotArgs, "proc.cwd": slotCwd, "proc.tty": slotTTY, "proc.sname": slotLeader,
		"user.uid": slotUID, "user.name": slotUser, "user.homedir": slotHome, "user.shell": slotShell,
		"user.loginuid": slotLoginUID, "user.loginname": slotLoginUser, "group.gid": slotGID, "group.name": slotGroup,

		"container.id": slotContID, "container.full_id": slotContFullID, "container.name": slotContName,
		"container.type": slotContRuntime, "container.image": slotImage, "container.image.repository": slotImageRepo,
		"container.image.tag": slotImageTag, "container.image.digest": slotImageDigest, "container.image.id": slotImageID,
		"container.privileged": slotPrivileged,
		"k8s.pod.name":         slotPod, "k8s.pod.uid": slotPodUID, "k8s.pod.ip": slotPodIP, "k8s.ns.name": slotNamespace,
		"k8s.pod.full_sandbox_id": slotSandbox,

		"proc.pname": ancestorSlot(1, ancestorName), "proc.pexe": ancestorSlot(1, ancestorExe),
		"proc.pexepath": ancestorSlot(1, ancestorExePath), "proc.pcmdline": ancestorSlot(1, ancestorCmdline),
		"proc.ppid": ancestorSlot(1, ancestorPID),
	}
	for part, field := range [ancestorParts]string{"aname", "aexe", "aexepath", "acmdline", "apid"} {
		for n := 1; n <= maxAncestors; n++ {
			all["proc."+field+"["+strconv.Itoa(n)+"]"] = ancestorSlot(n, part)
		}
	}
	return all
}()

// whole has the fields that the tables hold as the document had them, so that
// nobody needs to look into the document again.
var whole = map[string]bool{
	"evt.time": true, "evt.type": true, "alert.rule": true, "alert.priority": true, "alert.source": true, "alert.tags": true,
	"proc.name": true, "proc.exe": true, "proc.exepath": true, "proc.cmdline": true, "proc.cwd": true, "proc.tty": true,
	"proc.pid": true, "proc.ppid": true, "proc.pname": true, "proc.pexe": true, "proc.pexepath": true, "proc.pcmdline": true,
	"user.uid": true, "user.name": true, "user.loginuid": true, "user.loginname": true, "group.gid": true, "group.name": true,
	"container.id": true, "container.name": true, "container.image.repository": true, "container.image.tag": true,
	"k8s.pod.name": true, "k8s.ns.name": true,
	"fd.name": true,
}

// key is a member's name as it was met, and where its value goes.
type key struct {
	name string
	slot slot
	next *key // the key that came after it last time: the next one's likeliest
}

// maxKeys bounds how many names a mapper remembers; others are looked up anew.
const maxKeys = 4096

// keys finds the slots of names. Alerts of one rule have the same members in
// the same order, so that nearly every name is found by a comparison with the
// one that followed last time.
type keys struct {
	byName map[string]*key
	last   *key
	start  key
}

func newKeys(names map[string]slot) *keys {
	k := &keys{byName: make(map[string]*key, 2*len(names))}
	for name, slot := range names {
		k.byName[name] = &key{name: name, slot: slot}
	}
	k.last = &k.start
	return k
}

// newFieldKeys knows the fields' names, those with underscores in place of the
// dots, and the aliases.
func newFieldKeys(p *Profile) *keys {
	names := make(map[string]slot)
	add := func(name string, s slot) {
		names[name] = s
		names[strings.ReplaceAll(name, ".", "_")] = s
	}
	for name, s := range fieldSlots {
		add(name, s)
	}
	for name, field := range p.Aliases {
		if s := fieldSlots[field]; s != noSlot {
			add(name, s)
		}
	}
	if p.Lost != "" {
		add(p.Lost, slotLost)
	}
	return newKeys(names)
}

// newMemberKeys knows the names of an alert's own members.
func newMemberKeys(p *Profile) *keys {
	names := make(map[string]slot)
	for name, field := range p.Members {
		names[name] = fieldSlots[field]
		if field == "evt.time" {
			names[name] = slotTime
		}
	}
	return newKeys(names)
}

// rewind is called at the start of a document.
func (k *keys) rewind() { k.last = &k.start }

// find returns the slot of a name, noSlot when it has none.
func (k *keys) find(name []byte) slot {
	if next := k.last.next; next != nil && next.name == string(name) {
		k.last = next
		return next.slot
	}
	found := k.byName[string(name)]
	if found == nil {
		if len(k.byName) >= maxKeys {
			return noSlot
		}
		found = &key{name: string(name)}
		k.byName[found.name] = found
	}
	k.last.next = found
	k.last = found
	return found.slot
}
