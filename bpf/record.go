package bpf

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Version of the raw record that this package reads (REC_VERSION).
const Version = 1

// Sizes in bytes.
const (
	MaxRecord    = 8192 // REC_MAX: no record is longer
	HeaderSize   = 64
	partHeadSize = 8
)

// NoNr is the syscall number of a record that no syscall made.
const NoNr = 0xffff

// Kind says what happened.
type Kind uint8

// The kinds of record (enum rec_kind).
const (
	KindSyscall       Kind = 1 // a syscall returned
	KindExec          Kind = 2 // tp_btf sched_process_exec: the new image is in place
	KindFork          Kind = 3 // tp_btf sched_process_fork
	KindExit          Kind = 4 // tp_btf sched_process_exit: a thread ends
	KindURingSubmit   Kind = 5 // tp_btf io_uring_submit_req
	KindURingComplete Kind = 6 // tp_btf io_uring_complete
	KindRename        Kind = 7 // tp_btf task_rename: a main thread gets the name in its TagString
)

var kindNames = [...]string{
	KindSyscall: "syscall", KindExec: "exec", KindFork: "fork", KindExit: "exit",
	KindURingSubmit: "io_uring submit", KindURingComplete: "io_uring complete", KindRename: "rename",
}

func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Flags of a record.
const (
	FlagCompat  uint16 = 0x01 // 32-bit entry: Nr and the arguments are those of the 32-bit table
	FlagDeed    uint16 = 0x02 // of a class that the deeds ring keeps
	FlagBulk    uint16 = 0x04 // written by the bulk recorder, not by the watch tier
	FlagCut     uint16 = 0x08 // a part was left off or cut because the record was full
	FlagNoRegs  uint16 = 0x10 // the arguments were not to be had: successful execve
	FlagKThread uint16 = 0x20 // done by a kernel thread
	FlagRawTP   uint16 = 0x40 // came by the raw sys_exit fallback
)

// Flags of a part.
const (
	PartCut         uint8 = 0x01 // the payload is shorter than the original
	PartFault       uint8 = 0x02 // user memory could not be read; the payload ends there
	PartArgument    uint8 = 0x04 // read from user memory at exit: may differ from what the kernel saw
	PartUnreachable uint8 = 0x08 // PartPath: not below the process's root, so given from the mount tree's
	PartDeleted     uint8 = 0x10 // PartPath: the name was already unlinked
	PartPeer        uint8 = 0x20 // PartUnix: the address of the other end
	PartWrite       uint8 = 0x40 // PartPayload: written; without it: read
)

// Roles of a part: 0 to 5 are the indexes of arguments.
const (
	RoleRet    uint8 = 0xf0 // the descriptor that the call returned
	RoleCwd    uint8 = 0xf1 // the working directory: base of relative names
	RoleExe    uint8 = 0xf2 // the image's file (mm->exe_file)
	RoleTask   uint8 = 0xf3 // the thread itself
	RoleFD0    uint8 = 0xf4 // first descriptor of pipe, pipe2, socketpair
	RoleFD1    uint8 = 0xf5 // second descriptor of those
	RoleStdin  uint8 = 0xf6 // descriptor 0 at exec
	RoleStdout uint8 = 0xf7 // descriptor 1 at exec
	RoleMsg    uint8 = 0xf8 // msg_name of a struct msghdr
	RoleChild  uint8 = 0xf9 // the child of a fork
	RoleStderr uint8 = 0xfa // descriptor 2 at exec
)

// Tag says what a part holds (enum part_tag).
type Tag uint8

// The tags. Each names the parser of its payload.
const (
	TagFile     Tag = 1  // [ParseFile]
	TagPath     Tag = 2  // [AppendPath]
	TagString   Tag = 3  // bytes of a user string, without its NUL
	TagSockaddr Tag = 4  // struct sockaddr as the caller gave or got it
	TagSock     Tag = 5  // [ParseSock]
	TagUnix     Tag = 6  // sun_path bytes; abstract names begin with NUL
	TagArgv     Tag = 7  // NUL-separated
	TagEnv      Tag = 8  // NUL-separated
	TagCreds    Tag = 9  // [ParseCreds]
	TagCaps     Tag = 10 // [ParseCaps]
	TagTask     Tag = 11 // [ParseTask]
	TagNS       Tag = 12 // [ParseNS]
	TagChild    Tag = 13 // [ParseChild]
	TagExe      Tag = 14 // [ParseExe]
	TagPayload  Tag = 15 // first bytes of what was read or written
	TagEnter    Tag = 16 // [ParseEnter]
	TagURing    Tag = 17 // [ParseURing]
	TagExit     Tag = 18 // [ParseExit]
	TagStruct   Tag = 19 // raw bytes of a structure in user memory; the recipe says which
)

// Header is the fixed part of every record (struct rec_hdr).
type Header struct {
	Len       uint32
	Nr        uint16 // syscall number; NoNr when no syscall made the record
	Kind      Kind
	Version   uint8
	Time      uint64 // ns, CLOCK_BOOTTIME, when the syscall returned
	Cgroup    uint64 // key of the cgroup: probe.KeyMode says of which hierarchy
	Start     uint64 // ns, CLOCK_BOOTTIME, task->group_leader->start_boottime
	Pid       uint32 // tgid
	Tid       uint32
	Ret       int64  // -errno on failure
	ExecID    uint32 // low half of task->self_exec_id: rises by one with every exec
	CPU       uint16
	Flags     uint16
	UID       uint32 // effective
	NArgs     uint8
	NParts    uint8
	LostParts uint16 // bit tag&15 for parts that did not fit
}

// Errors of [Parse]; each is wrapped with the numbers that disagree.
var (
	ErrShort   = errors.New("record is cut short")
	ErrLength  = errors.New("record lies about its length")
	ErrVersion = errors.New("record has another version")
	ErrPart    = errors.New("part reaches over the end of its record")
)

var le = binary.LittleEndian

// Record is one raw record, checked by [Parse]. It borrows the reader's memory.
type Record []byte

// Parse checks the header of the record at the start of b and returns the
// record alone; bytes after it are ignored. Parts are checked as they are read.
func Parse(b []byte) (Record, error) {
	if len(b) < HeaderSize {
		return nil, fmt.Errorf("%w: %d bytes, a header has %d", ErrShort, len(b), HeaderSize)
	}
	n := le.Uint32(b)
	switch {
	case n > MaxRecord || n < HeaderSize || n%8 != 0:
		return nil, fmt.Errorf("%w: %d bytes", ErrLength, n)
	case int(n) > len(b):
		return nil, fmt.Errorf("%w: %d of %d bytes", ErrShort, len(b), n)
	case b[7] != Version:
		return nil, fmt.Errorf("%w: %d, this build reads %d", ErrVersion, b[7], Version)
	}
	nargs := int(b[60])
	if nargs > 6 || HeaderSize+8*nargs > int(n) {
		return nil, fmt.Errorf("%w: %d arguments in %d bytes", ErrLength, nargs, n)
	}
	return Record(b[:n:n]), nil
}

// Header decodes the whole header; the single getters below cost less.
func (r Record) Header() Header {
	return Header{
		Len: le.Uint32(r), Nr: r.Nr(), Kind: r.Kind(), Version: r[7],
		Time: r.Time(), Cgroup: r.Cgroup(), Start: r.Start(),
		Pid: r.Pid(), Tid: r.Tid(), Ret: r.Ret(),
		ExecID: r.ExecID(), CPU: le.Uint16(r[52:]), Flags: r.Flags(),
		UID: r.UID(), NArgs: r[60], NParts: r[61], LostParts: le.Uint16(r[62:]),
	}
}

func (r Record) Nr() uint16     { return le.Uint16(r[4:]) }
func (r Record) Kind() Kind     { return Kind(r[6]) }
func (r Record) Time() uint64   { return le.Uint64(r[8:]) }
func (r Record) Cgroup() uint64 { return le.Uint64(r[16:]) }
func (r Record) Start() uint64  { return le.Uint64(r[24:]) }
func (r Record) Pid() uint32    { return le.Uint32(r[32:]) }
func (r Record) Tid() uint32    { return le.Uint32(r[36:]) }
func (r Record) Ret() int64     { return int64(le.Uint64(r[40:])) }
func (r Record) ExecID() uint32 { return le.Uint32(r[48:]) }
func (r Record) Flags() uint16  { return le.Uint16(r[54:]) }
func (r Record) UID() uint32    { return le.Uint32(r[56:]) }
func (r Record) NArgs() int     { return int(r[60]) }

// Arg is raw argument i, 0 when the record does not carry it.
func (r Record) Arg(i int) uint64 {
	if i < 0 || i >= r.NArgs() {
		return 0
	}
	return le.Uint64(r[HeaderSize+8*i:])
}

// Part is one tagged piece of a record. Data borrows the record's memory.
type Part struct {
	Tag   Tag
	Role  uint8 // argument index or Role*
	Flags uint8 // Part*
	Aux   uint8 // by tag: PartPath: number of names
	Data  []byte
}

// Cursor walks over the parts of a record:
//
//	for c := rec.Parts(); c.Next(); {
//		use(c.Part)
//	}
//
// After the loop Err tells whether the record ended well.
type Cursor struct {
	Part
	rest []byte
	left uint8
	err  error
}

// Parts starts at the first part.
func (r Record) Parts() Cursor {
	return Cursor{rest: r[HeaderSize+8*int(r[60]):], left: r[61]}
}

// Next moves to the next part; false at the end or at a part that is not whole.
func (c *Cursor) Next() bool {
	if c.left == 0 {
		return false
	}
	if len(c.rest) < partHeadSize {
		return c.fail(len(c.rest), partHeadSize)
	}
	n := le.Uint32(c.rest[4:])
	if uint64(n) > uint64(len(c.rest)-partHeadSize) {
		return c.fail(len(c.rest)-partHeadSize, int(n))
	}
	end := partHeadSize + int(n)
	c.Part = Part{Tag(c.rest[0]), c.rest[1], c.rest[2], c.rest[3], c.rest[partHeadSize:end:end]}
	c.rest = c.rest[min((end+7)&^7, len(c.rest)):]
	c.left--
	return true
}

func (c *Cursor) fail(have, want int) bool {
	c.err = fmt.Errorf("%w: %d bytes left, %d wanted", ErrPart, have, want)
	c.left = 0
	return false
}

// Err is what was wrong with the part at which Next stopped; nil at a good end.
func (c *Cursor) Err() error { return c.err }

// Find returns the first part of that tag and role.
func (r Record) Find(tag Tag, role uint8) (Part, bool) {
	for c := r.Parts(); c.Next(); {
		if c.Tag == tag && c.Role == role {
			return c.Part, true
		}
	}
	return Part{}, false
}
