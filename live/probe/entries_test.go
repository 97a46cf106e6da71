//go:build linux

package probe

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/bpf"
	"github.com/stoop-project/stoop/internal/testdata"
)

// getpid32 is a program of one page that calls getpid through the 32-bit entry
// and exits.
func getpid32() []byte {
	const base = 0x400000
	var b bytes.Buffer
	head := func(class elf.Class) (ident [elf.EI_NIDENT]byte) {
		copy(ident[:], elf.ELFMAG)
		ident[elf.EI_CLASS], ident[elf.EI_DATA], ident[elf.EI_VERSION] = byte(class), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)
		return ident
	}
	put := func(parts ...any) []byte {
		for _, p := range parts {
			if err := binary.Write(&b, binary.LittleEndian, p); err != nil {
				panic(err)
			}
		}
		return b.Bytes()
	}
	if runtime.GOARCH == "arm64" { // no program but a 32-bit one gets there
		code := []uint32{
			0xe3a07014, 0xef000000, // mov r7, #20 (getpid); svc 0
			0xe3a07001, 0xe3a00000, 0xef000000, // mov r7, #1 (exit); mov r0, #0; svc 0
		}
		const size = 52 + 32 + 20
		return put(elf.Header32{
			Ident: head(elf.ELFCLASS32), Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_ARM), Version: 1, Flags: 0x5000400, // EABI 5
			Entry: base + 52 + 32, Phoff: 52, Ehsize: 52, Phentsize: 32, Phnum: 1,
		}, elf.Prog32{
			Type: uint32(elf.PT_LOAD), Vaddr: base, Paddr: base, Filesz: size, Memsz: size, Flags: uint32(elf.PF_R | elf.PF_X), Align: 4096,
		}, code)
	}
	code := []byte{ // a 64-bit program gets there by int 0x80
		0xb8, 20, 0, 0, 0, 0xcd, 0x80, // mov eax, 20 (getpid); int 0x80
		0xb8, 1, 0, 0, 0, 0x31, 0xdb, 0xcd, 0x80, // mov eax, 1 (exit); xor ebx, ebx; int 0x80
	}
	size := uint64(64 + 56 + len(code))
	return put(elf.Header64{
		Ident: head(elf.ELFCLASS64), Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: 1,
		Entry: base + 64 + 56, Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1,
	}, elf.Prog64{
		Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X), Vaddr: base, Paddr: base, Filesz: size, Memsz: size, Align: 4096,
	}, code)
}

// TestCompat holds what the documentation says of 32-bit calls: the per-syscall
// tracepoints never see them, Plan.Compat does.
func TestCompat(t *testing.T) {
	needRoot(t)
	prog := filepath.Join(t.TempDir(), "getpid32")
	if err := os.WriteFile(prog, getpid32(), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, compat := range []bool{false, true} {
		p := open(t, Options{}, Plan{Syscalls: []string{"getpid"}, Exit: true, Compat: compat})
		cmd := exec.Command(prog)
		if err := cmd.Run(); err != nil {
			testdata.Skipf(t, "this kernel runs no 32-bit calls: %v", err)
		}
		pid, seen := uint32(cmd.Process.Pid), false
		for _, r := range collect(t, p, func(r bpf.Record) bool { return r.Kind() == bpf.KindExit && r.Pid() == pid }) {
			seen = seen || r.Kind() == bpf.KindSyscall && r.Pid() == pid && r.Flags()&bpf.FlagCompat != 0 &&
				bpf.Native.Compat().SyscallName(int(r.Nr())) == "getpid" && r.Ret() == int64(pid)
		}
		if seen != compat {
			t.Errorf("compat %v: the 32-bit call was seen: %v", compat, seen)
		}
	}
}

// uring is an io_uring of a few entries, enough to submit one request.
type uring struct {
	fd           int
	sq, cq, sqes []byte
	params       [120]byte
	sqOff, cqOff []byte
}

func newURing(t *testing.T) *uring {
	u := &uring{}
	fd, _, e := unix.Syscall(unix.SYS_IO_URING_SETUP, 4, uintptr(unsafe.Pointer(&u.params)), 0)
	if e != 0 {
		testdata.Skipf(t, "this kernel refuses io_uring: %v", e)
	}
	u.fd = int(fd)
	t.Cleanup(func() { unix.Close(u.fd) })
	u.sqOff, u.cqOff = u.params[40:80], u.params[80:120]
	for off, m := range map[int64]*[]byte{0: &u.sq, 0x8000000: &u.cq, 0x10000000: &u.sqes} {
		b, err := unix.Mmap(u.fd, off, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Munmap(b) })
		*m = b
	}
	return u
}

// do submits one request and waits for its result.
func (u *uring) do(t *testing.T, sqe []byte) int32 {
	le := binary.LittleEndian
	tailAt, arrayAt := le.Uint32(u.sqOff[4:]), le.Uint32(u.sqOff[24:])
	tail := le.Uint32(u.sq[tailAt:])
	copy(u.sqes, sqe)
	le.PutUint32(u.sq[arrayAt+4*(tail&3):], 0)
	le.PutUint32(u.sq[tailAt:], tail+1)
	if _, _, e := unix.Syscall6(unix.SYS_IO_URING_ENTER, uintptr(u.fd), 1, 1, 1, 0, 0); e != 0 {
		t.Fatal(e)
	}
	headAt, cqesAt := le.Uint32(u.cqOff), le.Uint32(u.cqOff[20:])
	head := le.Uint32(u.cq[headAt:])
	res := int32(le.Uint32(u.cq[cqesAt+16*(head&7)+8:]))
	le.PutUint32(u.cq[headAt:], head+1)
	return res
}

func sqe(op byte, fd int32, addr uintptr, length, flags uint32, off, data uint64) []byte {
	le := binary.LittleEndian
	b := append([]byte{op, 0, 0, 0}, le.AppendUint32(nil, uint32(fd))...)
	b = le.AppendUint64(b, off)
	b = le.AppendUint64(b, uint64(addr))
	b = le.AppendUint32(b, length)
	b = le.AppendUint32(b, flags)
	b = le.AppendUint64(b, data)
	return append(b, make([]byte, 24)...)
}

func TestURing(t *testing.T) {
	p := open(t, Options{}, Plan{URing: true})
	u := newURing(t)
	dir := t.TempDir()
	name := dir + "/by-uring"
	const opOpenat, opUnlinkat, opNop, openData, unlinkData, nopData = 18, 36, 0, 77, 78, 79
	fd := u.do(t, sqe(opOpenat, unix.AT_FDCWD, cstr(name), 0o600, unix.O_CREAT|unix.O_WRONLY, 0, openData))
	if fd < 0 {
		t.Fatalf("open by io_uring: %d", fd)
	}
	unix.Close(int(fd))
	u.do(t, sqe(opUnlinkat, unix.AT_FDCWD, cstr(name), 0, 0, 0, unlinkData))
	u.do(t, sqe(opNop, -1, 0, 0, 0, 0, nopData))

	request := func(r bpf.Record, kind bpf.Kind, data uint64) (bpf.URing, bool) {
		part, _ := r.Find(bpf.TagURing, bpf.RoleTask)
		q, ok := bpf.ParseURing(part.Data)
		return q, ok && r.Kind() == kind && q.UserData == data && r.Pid() == uint32(os.Getpid())
	}
	recs := collect(t, p, func(r bpf.Record) bool { _, ok := request(r, bpf.KindURingComplete, nopData); return ok })
	for _, tt := range []struct {
		op   uint8
		data uint64
		ret  int64
		hole bool
	}{{opOpenat, openData, int64(fd), false}, {opUnlinkat, unlinkData, 0, false}, {opNop, nopData, 0, true}} {
		s := one(t, recs, func(r bpf.Record) bool { _, ok := request(r, bpf.KindURingSubmit, tt.data); return ok })
		c := one(t, recs, func(r bpf.Record) bool { _, ok := request(r, bpf.KindURingComplete, tt.data); return ok })
		sq, _ := request(s, bpf.KindURingSubmit, tt.data)
		cq, _ := request(c, bpf.KindURingComplete, tt.data)
		if sq.Opcode != tt.op || cq.Opcode != tt.op || sq.Req != cq.Req || c.Ret() != tt.ret || (sq.Flags&bpf.URingHole != 0) != tt.hole {
			t.Errorf("operation %d: submitted %+v, completed %+v with %d", tt.op, sq, cq, c.Ret())
		}
		if tt.hole {
			continue
		}
		if part, ok := s.Find(bpf.TagString, 1); !ok || !bytes.Equal(part.Data, []byte(name)) || part.Flags&bpf.PartArgument != 0 {
			t.Errorf("operation %d: name %q, flags %#x", tt.op, part.Data, part.Flags)
		}
		if tt.op == opOpenat {
			largefile := map[string]uint64{"amd64": 0x8000, "arm64": 0x20000}[runtime.GOARCH] // the kernel adds it; package unix has 0
			if s.Arg(2)&^largefile != unix.O_CREAT|unix.O_WRONLY || s.Arg(3)&0o777 != 0o600 {
				t.Errorf("open: flags %#x, mode %#o", s.Arg(2), s.Arg(3))
			}
			if got := path(t, c, bpf.RoleRet); got != name {
				t.Errorf("open: completed with %q", got)
			}
		}
	}
}
