package bpf

// FDType is the kind of object behind a descriptor (enum fd_type).
type FDType uint8

// The kinds of descriptor.
const (
	FDOther FDType = 0
	FDReg   FDType = 1
	FDDir   FDType = 2
	FDChr   FDType = 3
	FDBlk   FDType = 4
	FDFifo  FDType = 5
	FDSock  FDType = 6
	FDLink  FDType = 7
	FDAnon  FDType = 8 // anon_inode: its path is the class, such as [eventpoll]
)

// Marks of a file.
const (
	FileUpper    uint8 = 0x01 // overlayfs, upper layer: made or changed by the container
	FileLower    uint8 = 0x02 // overlayfs, as the image brought it
	FileUnlinked uint8 = 0x04 // i_nlink is 0
	FileMemfd    uint8 = 0x08 // memfd_create
	FilePipeFS   uint8 = 0x10 // an unnamed pipe
	FileCreated  uint8 = 0x20 // made by the open that made the descriptor
)

// File describes the object behind a descriptor (struct part_file).
type File struct {
	Ino   uint64
	Dev   uint32 // kernel encoding: major<<20 | minor
	FD    int32  // -1 for none
	Flags uint32 // O_* as the kernel holds them (file->f_flags)
	Mode  uint16 // type and permissions
	Type  FDType
	Marks uint8  // File*
	UID   uint32 // owner
	GID   uint32
	Magic uint32 // s_magic of the filesystem
	Rdev  uint32 // of device files
}

// ParseFile reads a TagFile payload; ok is false when it is too short.
func ParseFile(b []byte) (f File, ok bool) {
	if len(b) < 40 {
		return f, false
	}
	return File{
		Ino: le.Uint64(b), Dev: le.Uint32(b[8:]), FD: int32(le.Uint32(b[12:])),
		Flags: le.Uint32(b[16:]), Mode: le.Uint16(b[20:]), Type: FDType(b[22]), Marks: b[23],
		UID: le.Uint32(b[24:]), GID: le.Uint32(b[28:]), Magic: le.Uint32(b[32:]), Rdev: le.Uint32(b[36:]),
	}, true
}

// AppendPath writes the path of a TagPath payload to dst, from the root down:
// "/a/b" for the names b, a; "/" for no names. A part that is cut starts with
// "…/" in place of the names that are not there. Objects without a place in a
// tree (pipes, sockets) come out as "/" and are known by their File.
// ok is false when the lengths do not add up; dst is then returned unchanged.
func AppendPath(dst []byte, p Part) (path []byte, ok bool) {
	var at [256]uint16
	n, off := 0, 0
	for off < len(p.Data) {
		l := int(p.Data[off])
		if off+1+l > len(p.Data) || n == len(at) || off > 0xffff {
			return dst, false
		}
		at[n] = uint16(off)
		n++
		off += 1 + l
	}
	if n != int(p.Aux) {
		return dst, false
	}
	if p.Flags&PartCut != 0 {
		dst = append(dst, "…"...)
	}
	if n == 0 {
		return append(dst, '/'), true
	}
	for i := n - 1; i >= 0; i-- {
		o := int(at[i])
		dst = append(dst, '/')
		dst = append(dst, p.Data[o+1:o+1+int(p.Data[o])]...)
	}
	return dst, true
}

// Sock is what the kernel knows of a socket (struct part_sock).
type Sock struct {
	Family, Type, Proto uint16
	State               uint8    // TCP_*
	SPort, DPort        uint16   // local, remote
	NetNS               uint32   // inum
	SAddr, DAddr        [16]byte // IPv4 in the first 4 bytes
	Ino                 uint64
	Peer                uint64 // unix: inode of the other end, 0 for none
}

// ParseSock reads a TagSock payload.
func ParseSock(b []byte) (s Sock, ok bool) {
	if len(b) < 64 {
		return s, false
	}
	s = Sock{
		Family: le.Uint16(b), Type: le.Uint16(b[2:]), Proto: le.Uint16(b[4:]), State: b[6],
		SPort: le.Uint16(b[8:]), DPort: le.Uint16(b[10:]), NetNS: le.Uint32(b[12:]),
		Ino: le.Uint64(b[48:]), Peer: le.Uint64(b[56:]),
	}
	copy(s.SAddr[:], b[16:32])
	copy(s.DAddr[:], b[32:48])
	return s, true
}

// Creds are the credentials of a thread, in the first user namespace (struct part_creds).
type Creds struct {
	UID, GID, EUID, EGID, SUID, SGID, FSUID, FSGID uint32
	LoginUID                                       uint32 // 0xffffffff: nobody logged in
	SessionID                                      uint32
}

// ParseCreds reads a TagCreds payload.
func ParseCreds(b []byte) (c Creds, ok bool) {
	if len(b) < 40 {
		return c, false
	}
	u := func(i int) uint32 { return le.Uint32(b[4*i:]) }
	return Creds{u(0), u(1), u(2), u(3), u(4), u(5), u(6), u(7), u(8), u(9)}, true
}

// Caps are sets of capabilities: bit n is capability n (struct part_caps).
type Caps struct {
	Inheritable, Permitted, Effective, Bounding, Ambient uint64
}

// ParseCaps reads a TagCaps payload.
func ParseCaps(b []byte) (c Caps, ok bool) {
	if len(b) < 40 {
		return c, false
	}
	u := func(i int) uint64 { return le.Uint64(b[8*i:]) }
	return Caps{u(0), u(1), u(2), u(3), u(4)}, true
}

// Task is a thread's place among the others (struct part_task).
type Task struct {
	Comm                    [16]byte // NUL-padded
	PPid, Pgid, Sid         uint32
	VPid, VTid, VPgid, VSid uint32 // in the process's own pid namespace
	TTY                     uint32 // kernel device number of the controlling terminal, 0: none
	ParentStart             uint64 // ns, CLOCK_BOOTTIME: with PPid names the parent
}

// ParseTask reads a TagTask payload.
func ParseTask(b []byte) (t Task, ok bool) {
	if len(b) < 56 {
		return t, false
	}
	u := func(o int) uint32 { return le.Uint32(b[o:]) }
	t = Task{
		PPid: u(16), Pgid: u(20), Sid: u(24), VPid: u(28), VTid: u(32), VPgid: u(36), VSid: u(40),
		TTY: u(44), ParentStart: le.Uint64(b[48:]),
	}
	copy(t.Comm[:], b)
	return t, true
}

// NS are namespace inums as in /proc/PID/ns (struct part_ns).
type NS struct {
	Mnt, Pid, Net, Uts, Ipc, User, Cgroup, PidForChildren uint32
}

// ParseNS reads a TagNS payload.
func ParseNS(b []byte) (n NS, ok bool) {
	if len(b) < 32 {
		return n, false
	}
	u := func(i int) uint32 { return le.Uint32(b[4*i:]) }
	return NS{u(0), u(1), u(2), u(3), u(4), u(5), u(6), u(7)}, true
}

// Child is the thread or process that a fork made (struct part_child).
type Child struct {
	Start      uint64 // ns, CLOCK_BOOTTIME, of the child's leader
	Cgroup     uint64
	Pid, Tid   uint32 // Pid equals the parent's when a thread was made
	VPid, VTid uint32 // in the child's own pid namespace
	PidNS      uint32 // inum of that namespace
	ExecID     uint32
}

// ParseChild reads a TagChild payload.
func ParseChild(b []byte) (c Child, ok bool) {
	if len(b) < 40 {
		return c, false
	}
	u := func(o int) uint32 { return le.Uint32(b[o:]) }
	return Child{le.Uint64(b), le.Uint64(b[8:]), u(16), u(20), u(24), u(28), u(32), u(36)}, true
}

// Exe tells more of the image's file and of the call (struct part_exe).
type Exe struct {
	Ctime, Mtime int64  // ns since 1970
	OldTid       uint32 // thread that called exec, before it took over the leader's pid
	Argc, Envc   uint32
}

// ParseExe reads a TagExe payload.
func ParseExe(b []byte) (e Exe, ok bool) {
	if len(b) < 32 {
		return e, false
	}
	return Exe{
		int64(le.Uint64(b)), int64(le.Uint64(b[8:])),
		le.Uint32(b[16:]), le.Uint32(b[20:]), le.Uint32(b[24:]),
	}, true
}

// ParseEnter reads a TagEnter payload: ns, CLOCK_BOOTTIME, at entry.
func ParseEnter(b []byte) (ns uint64, ok bool) {
	if len(b) < 8 {
		return 0, false
	}
	return le.Uint64(b), true
}

// Flags of an io_uring request.
const (
	URingHole   uint32 = 1 // the opcode's arguments are not decoded
	URingNoOpen uint32 = 2 // a completion whose submission was not seen
)

// URing is an io_uring request (struct part_uring).
type URing struct {
	Ctx, Req uint64 // identities only; Req joins a submission with its completion
	UserData uint64
	Off      uint64 // by opcode
	FD       int32  // -1 for none
	Flags    uint32 // URing*
	ReqFlags uint32
	Len      uint32
	Opcode   uint8 // IORING_OP_*
}

// ParseURing reads a TagURing payload.
func ParseURing(b []byte) (u URing, ok bool) {
	if len(b) < 56 {
		return u, false
	}
	return URing{
		le.Uint64(b), le.Uint64(b[8:]), le.Uint64(b[16:]), le.Uint64(b[24:]),
		int32(le.Uint32(b[32:])), le.Uint32(b[36:]), le.Uint32(b[40:]), le.Uint32(b[44:]), b[48],
	}, true
}

// Exit is the end of a thread (struct part_exit).
type Exit struct {
	Code         int32  // wait(2) status
	Live         uint32 // threads of the process that still live; 0: the process is over
	Utime, Stime uint64 // ns, of this thread
}

// ParseExit reads a TagExit payload.
func ParseExit(b []byte) (e Exit, ok bool) {
	if len(b) < 24 {
		return e, false
	}
	return Exit{int32(le.Uint32(b)), le.Uint32(b[4:]), le.Uint64(b[8:]), le.Uint64(b[16:])}, true
}
