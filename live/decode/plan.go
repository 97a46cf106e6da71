//go:build linux

package decode

import (
	"strings"

	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/internal/event"
)

// plan says how the record of one type becomes an event.
type plan struct {
	steps   []step
	fdArg   int8   // the register of the descriptor that the call is about, -1 for none
	pathArg int8   // the register of the first path, -1 for none
	retFD   bool   // a result that is not negative is a descriptor
	dirfd   uint8  // bit n: the name in register n is relative to the descriptor in n-1
	cloexec uint64 // bits of register cloReg that close what the call opened on exec
	cloReg  int8
	cloAll  bool // what the call opens is always closed on exec
	effect  effect
	class   class
}

// step says where one argument is found.
type step struct {
	op  op
	reg int8
	arg uint8 // index of a word, by op
}

// op is how an argument is read from a record.
type op uint8

const (
	opSkip     op = iota // not in the record
	opInt32              // register, a signed C int
	opInt64              // register, a signed 64-bit number
	opUint32             // register, the low half
	opUint64             // register
	opPath               // the file that a name argument means
	opRetPath            // the file that the call opened
	opText               // a string argument
	opData               // payload
	opStruct             // raw bytes of a structure
	opTuple              // the socket, with both ends
	opAddr               // the address argument alone
	opSlotFD             // a descriptor in the slot of reg
	opSlotIno            // the inode of it
	opTimespec           // ns of a struct timespec
	opWord               // 64-bit word of a structure
	opHalf               // 32-bit word of a structure
	opCapInh             // capability sets as they are now
	opCapPerm
	opCapEff
	opConst     // what the call always does
	opOpenFlags // register: what open may be told
	opOpenHow   // the same in a structure's 64-bit word
	opOpenMode  // register, when the flags say that a file is made
	opNumber    // the event type's number
	opNative    // the kernel's number of the call
	opExePath   // the image
)

// class groups types that need more than their arguments.
type class uint8

const (
	classPlain class = iota
	classConnect
	classAccept
	classBind
	classSend
	classReceive
	classMakes // creates a process: told by the fork record
	classExec
	classBPF
)

// effect is what a call that succeeded changes in the process table.
type effect uint8

const (
	noEffect effect = iota
	effectClose
	effectCloseRange
	effectDup
	effectFcntl
	effectPipe
	effectSetName
	effectListen
	effectSetpgid
	effectMove // what relative names are relative to is another directory afterwards
)

var plans = makePlans()

func makePlans() []plan {
	all := make([]plan, event.NumTypes)
	for t := range all {
		all[t] = makePlan(event.Type(t))
	}
	return all
}

func makePlan(t event.Type) plan {
	info := t.Info()
	p := plan{fdArg: -1, pathArg: -1, cloReg: -1, effect: effects[info.Name], class: classes[info.Name]}
	for _, s := range info.Shown {
		if s.Result() && s.Kind == event.ParamFD {
			p.retFD = true
		}
		if s.Kind == event.ParamPath && s.Reg >= 0 {
			if p.pathArg < 0 {
				p.pathArg = int8(s.Reg)
			}
		}
		if s.Kind == event.ParamFD && s.Reg >= 0 {
			if isDir(s.Name) {
				p.dirfd |= 1 << (s.Reg + 1)
			} else if p.fdArg < 0 || int8(s.Reg) < p.fdArg {
				p.fdArg = int8(s.Reg)
			}
		}
	}
	for _, param := range info.Params {
		p.steps = append(p.steps, stepOf(info, param))
	}
	if c, ok := cloexecs[info.Name]; ok {
		p.cloReg, p.cloexec, p.cloAll = c.reg, c.mask, c.mask == 0
	}
	if info.Name == "fcntl" {
		p.retFD = false // only with F_DUPFD, see effectFcntl
	}
	return p
}

// isDir reports whether a descriptor argument is the base of a name.
func isDir(name string) bool {
	return strings.Contains(name, "dir") || strings.HasSuffix(name, "_dfd")
}

// stepOf finds where an argument of a type is. What has a register is read by
// its kind, the rest by name.
func stepOf(info *event.TypeInfo, p event.Param) step {
	if s, ok := special[info.Name+"."+p.Name]; ok {
		return s
	}
	if p.Reg < 0 {
		return named[p.Name]
	}
	r := int8(p.Reg)
	switch p.Kind {
	case event.ParamFD, event.ParamPID, event.ParamSig:
		return step{op: opInt32, reg: r}
	case event.ParamUID, event.ParamEnum:
		return step{op: opUint32, reg: r}
	case event.ParamFlags:
		switch p.Set {
		case "clone", "mount":
			return step{op: opUint64, reg: r}
		case "open", "fdflags":
			return step{op: opOpenFlags, reg: r}
		}
		return step{op: opUint32, reg: r}
	case event.ParamOct:
		if strings.HasPrefix(info.Name, "open") {
			return step{op: opOpenMode, reg: r}
		}
		return step{op: opUint32, reg: r}
	case event.ParamInt:
		if wide[p.Name] {
			return step{op: opInt64, reg: r}
		}
		return step{op: opInt32, reg: r}
	case event.ParamPath:
		return step{op: opPath, reg: r}
	case event.ParamText:
		return step{op: opText, reg: r}
	case event.ParamBytes:
		return step{op: opData, reg: r}
	case event.ParamAddr:
		return step{op: opAddr, reg: r}
	}
	return step{op: opUint64, reg: r}
}

// wide are the signed arguments that are 64 bits wide; the others are C ints,
// whose upper half in the register means nothing.
var wide = map[string]bool{
	"offset": true, "length": true, "len": true, "nbytes": true, "msgtyp": true, "min_nr": true, "nr": true, "actual": true,
}

// named are arguments that no register holds as they are shown.
var named = map[string]step{
	"data":            {op: opData},
	"tuple":           {op: opTuple},
	"addr":            {op: opAddr, reg: 1},
	"fd1":             {op: opSlotFD, reg: slotFD0},
	"fd2":             {op: opSlotFD, reg: slotFD1},
	"ino":             {op: opSlotIno, reg: slotFD0},
	"path":            {op: opRetPath},
	"cap_inheritable": {op: opCapInh},
	"cap_permitted":   {op: opCapPerm},
	"cap_effective":   {op: opCapEff},
	"ID":              {op: opNumber},
	"nativeID":        {op: opNative},
}

// special are those that differ from type to type: most are in structures that
// the kernel side copies.
var special = map[string]step{
	"openat2.flags":                 {op: opOpenHow, reg: 2, arg: 0},
	"openat2.mode":                  {op: opWord, reg: 2, arg: 1},
	"openat2.resolve":               {op: opWord, reg: 2, arg: 2},
	"clone3.flags":                  {op: opWord, reg: 0, arg: 0},
	"fork.flags":                    {op: opConst, arg: 0},
	"vfork.flags":                   {op: opConst, arg: 1},
	"nanosleep.interval":            {op: opTimespec, reg: 0},
	"ppoll.timeout":                 {op: opTimespec, reg: 2},
	"sendfile.offset":               {op: opWord, reg: 2, arg: 0},
	"setrlimit.cur":                 {op: opWord, reg: 1, arg: 0},
	"setrlimit.max":                 {op: opWord, reg: 1, arg: 1},
	"getrlimit.cur":                 {op: opWord, reg: 1, arg: 0},
	"getrlimit.max":                 {op: opWord, reg: 1, arg: 1},
	"prlimit.newcur":                {op: opWord, reg: 2, arg: 0},
	"prlimit.newmax":                {op: opWord, reg: 2, arg: 1},
	"prlimit.oldcur":                {op: opWord, reg: 3, arg: 0},
	"prlimit.oldmax":                {op: opWord, reg: 3, arg: 1},
	"getresuid.ruid":                {op: opHalf, reg: 0},
	"getresuid.euid":                {op: opHalf, reg: 1},
	"getresuid.suid":                {op: opHalf, reg: 2},
	"getresgid.rgid":                {op: opHalf, reg: 0},
	"getresgid.egid":                {op: opHalf, reg: 1},
	"getresgid.sgid":                {op: opHalf, reg: 2},
	"io_uring_setup.sq_entries":     {op: opHalf, reg: 1, arg: 0},
	"io_uring_setup.cq_entries":     {op: opHalf, reg: 1, arg: 1},
	"io_uring_setup.flags":          {op: opHalf, reg: 1, arg: 2},
	"io_uring_setup.sq_thread_cpu":  {op: opHalf, reg: 1, arg: 3},
	"io_uring_setup.sq_thread_idle": {op: opHalf, reg: 1, arg: 4},
	"io_uring_setup.features":       {op: opHalf, reg: 1, arg: 5},
	"copy_file_range.offin":         {op: opWord, reg: 1, arg: 0},
	"copy_file_range.offout":        {op: opWord, reg: 3, arg: 0},
	"readlink.target":               {op: opText, reg: 1},
	"readlinkat.target":             {op: opText, reg: 2},
	"setsockopt.val":                {op: opStruct, reg: 3},
	"getsockopt.val":                {op: opStruct, reg: 3},
	"execve.filename":               {op: opExePath, reg: 0},
	"execveat.pathname":             {op: opExePath, reg: 1},
}

// constants are the flags that fork and vfork stand for.
var constants = [...]uint64{0, unix.CLONE_VFORK | unix.CLONE_VM}

var effects = map[string]effect{
	"close": effectClose, "close_range": effectCloseRange, "dup": effectDup, "dup2": effectDup, "dup3": effectDup,
	"fcntl": effectFcntl, "pipe": effectPipe, "pipe2": effectPipe, "socketpair": effectPipe, "prctl": effectSetName,
	"listen": effectListen, "setpgid": effectSetpgid, "chdir": effectMove, "pivot_root": effectMove,
	"fchdir": effectMove, "chroot": effectMove,
}

var classes = map[string]class{
	"connect": classConnect, "accept": classAccept, "accept4": classAccept, "bind": classBind,
	"sendto": classSend, "sendmsg": classSend, "sendmmsg": classSend,
	"recvfrom": classReceive, "recvmsg": classReceive, "recvmmsg": classReceive,
	"clone": classMakes, "fork": classMakes, "vfork": classMakes, "clone3": classMakes,
	"execve": classExec, "execveat": classExec, "bpf": classBPF,
}

// cloexecs say which bits of which register make a call's descriptor close on
// exec; mask 0: always.
var cloexecs = map[string]struct {
	reg  int8
	mask uint64
}{
	"open": {1, unix.O_CLOEXEC}, "openat": {2, unix.O_CLOEXEC}, "open_by_handle_at": {2, unix.O_CLOEXEC},
	"socket": {1, unix.SOCK_CLOEXEC}, "socketpair": {1, unix.SOCK_CLOEXEC}, "accept4": {3, unix.SOCK_CLOEXEC},
	"dup3": {2, unix.O_CLOEXEC}, "pipe2": {1, unix.O_CLOEXEC}, "eventfd2": {1, unix.EFD_CLOEXEC},
	"epoll_create1": {0, unix.EPOLL_CLOEXEC}, "inotify_init1": {0, unix.IN_CLOEXEC}, "signalfd4": {3, unix.SFD_CLOEXEC},
	"timerfd_create": {1, unix.TFD_CLOEXEC}, "memfd_create": {1, unix.MFD_CLOEXEC}, "userfaultfd": {0, unix.O_CLOEXEC},
	"perf_event_open": {4, unix.PERF_FLAG_FD_CLOEXEC}, "open_tree": {2, unix.OPEN_TREE_CLOEXEC},
	"fsopen": {1, unix.FSOPEN_CLOEXEC}, "fsmount": {1, unix.FSMOUNT_CLOEXEC}, "fanotify_init": {0, unix.FAN_CLOEXEC},
	"pidfd_open": {0, 0}, "pidfd_getfd": {0, 0}, "bpf": {0, 0}, "io_uring_setup": {0, 0},
}

// bpfMakes are the commands of bpf that return a descriptor, and what it is
// called in /proc (linux/bpf.h, enum bpf_cmd). OBJ_GET may return any of them.
var bpfMakes = map[uint64]string{
	0: "bpf-map", 5: "bpf-prog", 7: "bpf", 13: "bpf-prog", 14: "bpf-map", 17: "bpf_link", 18: "btf", 19: "btf",
	28: "bpf_link", 30: "bpf_link", 32: "bpf-stats", 33: "bpf_iter", 36: "bpf-token",
}
