package profile

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// slot numbers a place of a mapper where the value of one member waits until
// the whole document was read. Only what goes into the tables has one.
type slot uint16

const (
	noSlot slot = iota

	slotTime
	slotRule
	slotPriority
	slotSource
	slotOrigin
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
	slotFDIsServer
	slotFDNameRaw
	slotFDClientIP
	slotFDClientPort
	slotFDServerIP
	slotFDServerPort

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
	slotStart
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

// What no field is, but the mapper wants to know.
const (
	slotNeed   = slot(numSlots) + iota // a condition by which a document is known
	slotFields                         // the object whose members are fields
	slotWatch                          // one value is expected, and documents are asked for it
	slotWithin                         // the first of the places where another document may lie
)

// ancestorSlot returns the slot of a part of the n-th ancestor; 1 is the
// parent.
func ancestorSlot(n, part int) slot {
	return slotAncestor + slot((n-1)*ancestorParts+part)
}

// fieldSlots has the slot of each field that goes into the tables.
var fieldSlots = func() map[string]slot {
	all := map[string]slot{
		"evt.rawtime": slotTime, "evt.time": slotTime, "evt.type": slotType, "evt.cpu": slotCPU, "evt.rawres": slotRawRes, "thread.tid": slotTID,
		"alert.rule": slotRule, "alert.priority": slotPriority, "alert.source": slotSource, "alert.tags": slotTags,
		"alert.output": slotOutput, "alert.origin": slotOrigin,

		"fd.num": slotFDNum, "fd.name": slotFDName, "fd.type": slotFDType, "fd.l4proto": slotFDProto, "fd.lport": slotFDLocalPort,
		"fd.is_server": slotFDIsServer, "fd.nameraw": slotFDNameRaw,
		"fd.cip":   slotFDClientIP,
		"fd.cport": slotFDClientPort, "fd.sip": slotFDServerIP, "fd.sport": slotFDServerPort,

		"proc.pid": slotPID, "proc.vpid": slotVPID, "proc.name": slotName, "proc.exe": slotExe, "proc.exepath": slotExePath,
		"proc.cmdline": slotCmdline, "proc.args": slotArgs, "proc.cwd": slotCwd, "proc.tty": slotTTY, "proc.sname": slotLeader, "proc.pid.ts": slotStart,
		"user.uid": slotUID, "user.name": slotUser, "user.homedir": slotHome, "user.shell": slotShell,
		"user.loginuid": slotLoginUID, "user.loginname": slotLoginUser, "group.gid": slotGID, "group.name": slotGroup,

		"container.id": slotContID, "container.full_id": slotContFullID, "container.name": slotContName,
		"container.type": slotContRuntime, "container.image": slotImage, "container.image.repository": slotImageRepo,
		"container.image.tag": slotImageTag, "container.image.digest": slotImageDigest, "container.image.id": slotImageID,
		"k8s.pod.name": slotPod, "k8s.pod.uid": slotPodUID, "k8s.pod.ip": slotPodIP, "k8s.ns.name": slotNamespace,
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

// fieldNamed returns the field and argument of a name as Falco writes it.
func fieldNamed(name string) (*event.Field, event.Arg) {
	base, arg, ok := strings.Cut(name, "[")
	if !ok {
		f, rest := event.Fields.Lookup(name)
		return f, event.Arg{Set: rest != "", Key: rest}
	}
	f, _ := event.Fields.Lookup(base)
	arg = strings.TrimSuffix(arg, "]")
	if n, err := strconv.Atoi(arg); err == nil {
		return f, event.Arg{Set: true, Index: n, Key: arg}
	}
	return f, event.Arg{Set: true, Key: arg, Index: -1}
}

// slotNames are the names in fieldSlots, sorted.
var slotNames = slices.Sorted(maps.Keys(fieldSlots))

// whole has the fields that the tables hold as the document had them, so that
// nobody needs to look into the document again.
var whole = map[string]bool{
	"evt.time": true, "evt.rawtime": true, "alert.rule": true, "alert.priority": true, "alert.source": true, "alert.tags": true,
	"proc.name": true, "proc.exe": true, "proc.exepath": true, "proc.cmdline": true, "proc.cwd": true, "proc.tty": true,
	"proc.pid": true, "proc.ppid": true, "proc.pname": true, "proc.pexe": true, "proc.pexepath": true, "proc.pcmdline": true,
	"user.uid": true, "user.name": true, "user.loginuid": true, "user.loginname": true, "group.gid": true, "group.name": true,
	"container.id": true, "container.name": true, "container.image.repository": true, "container.image.tag": true,
	"k8s.pod.name": true, "k8s.ns.name": true,
	"fd.name": true,
}
