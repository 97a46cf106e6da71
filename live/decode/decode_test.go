//go:build linux

package decode

import (
	"encoding/hex"
	"fmt"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/bpf"
	"github.com/stoop-project/stoop/internal/event"
)

const atCwd = uint64(0xffffff9c) // AT_FDCWD as a 32-bit int in a register

var localhost = [4]byte{127, 0, 0, 1}

// show writes an event as one line: descriptor, object, and the arguments that
// are there.
func show(b *event.Batch, i int) string {
	t := b.Tables
	s := fmt.Sprintf("%s fd=%d obj=%s:%s res=%d", b.Type[i], b.FD[i], t.Obj(b.Obj[i]).Kind, t.Obj(b.Obj[i]).Title(t), b.Res[i])
	rest := b.Payload(i)
	for _, p := range b.Type[i].Info().Params {
		a, r, ok := event.NextArg(rest)
		if !ok {
			break
		}
		rest = r
		switch {
		case a.Obj != 0:
			s += fmt.Sprintf(" %s=%s", p.Name, t.Obj(a.Obj).Title(t))
		case a.Kind == event.Int:
			s += fmt.Sprintf(" %s=%d", p.Name, int64(a.Num))
		case a.Kind == event.Uint:
			s += fmt.Sprintf(" %s=%#x", p.Name, a.Num)
		case a.Kind == event.String:
			s += fmt.Sprintf(" %s=%s", p.Name, t.Text(a.Str))
		case a.Kind == event.Bytes:
			s += fmt.Sprintf(" %s=%q", p.Name, a.Bytes)
		}
	}
	return s
}

func TestSyscalls(t *testing.T) {
	tests := []struct {
		name string
		rec  *raw
		want string
	}{
		{
			"open: the kernel's path",
			record(bpf.KindSyscall, "openat", 5, atCwd, 0x1000, unix.O_CREAT|unix.O_WRONLY, 0o644).
				file(bpf.RoleRet, 5, bpf.FDReg, 42).path(bpf.RoleRet, "hosts", "etc"),
			"openat fd=5 obj=file:/etc/hosts res=5 dirfd=-100 name=/etc/hosts flags=0x41 mode=0x1a4",
		},
		{
			"open that fails: the name, below the working directory",
			record(bpf.KindSyscall, "openat", -2, atCwd, 0x1000, 0, 0o644).
				file(bpf.RoleCwd, -1, bpf.FDDir, 2).path(bpf.RoleCwd, "srv").str(1, "a/../b//c/."),
			"openat fd=-1 obj=file:/srv/b/c res=-2 dirfd=-100 name=a/../b//c/. flags=0x0 mode=0x0",
		},
		{
			"a name below a descriptor",
			record(bpf.KindSyscall, "unlinkat", 0, 7, 0x1000, 0).
				file(0, 7, bpf.FDDir, 9).path(0, "log", "var").str(1, "wtmp"),
			"unlinkat fd=-1 obj=file:/var/log/wtmp res=0 dirfd=7 name=wtmp flags=0x0",
		},
		{
			"a name without a byte, of nothing",
			record(bpf.KindSyscall, "openat", -2, 7, 0x1000, 0, 0).file(0, 7, bpf.FDDir, 9).path(0, "d").str(1, ""),
			"openat fd=-1 obj=: res=-2 dirfd=7 name= flags=0x0 mode=0x0",
		},
		{
			"a name without a byte, of the descriptor itself",
			record(bpf.KindSyscall, "fchownat", 0, 7, 0x1000, 1, 2, unix.AT_EMPTY_PATH).file(0, 7, bpf.FDReg, 9).path(0, "f", "d").str(1, ""),
			"fchownat fd=-1 obj=file:/d/f res=0 dirfd=7 pathname= uid=0x1 gid=0x2 flags=0x1000",
		},
		{
			"a name that could not be read",
			record(bpf.KindSyscall, "openat", -14, atCwd, 8, 0, 0).part(bpf.TagString, 1, bpf.PartFault, 0, nil),
			"openat fd=-1 obj=: res=-14 dirfd=-100 flags=0x0 mode=0x0",
		},
		{
			"two names",
			record(bpf.KindSyscall, "renameat2", 0, 7, 0x1000, atCwd, 0x2000, 1).
				file(0, 7, bpf.FDDir, 9).path(0, "d").str(1, "x").
				file(bpf.RoleCwd, -1, bpf.FDDir, 2).path(bpf.RoleCwd, "srv").str(3, "y"),
			"renameat2 fd=-1 obj=file:/d/x res=0 olddirfd=7 oldpath=x newdirfd=-100 newpath=/srv/y flags=0x1",
		},
		{
			"write to a pipe, with data",
			record(bpf.KindSyscall, "write", 3, 1, 0x1000, 3).
				file(0, 1, bpf.FDFifo, 99).part(bpf.TagPayload, 1, bpf.PartWrite, 0, []byte("hi\n")),
			"write fd=1 obj=pipe: res=3 data=\"hi\\n\" fd=1 size=0x3",
		},
		{
			"connect refused: the port is in the argument alone",
			record(bpf.KindSyscall, "connect", -111, 3, 0x1000, 16).
				sock(0, tcpClose, localhost, 40000, localhost, 0).sockaddr(1, localhost, 4444),
			"connect fd=3 obj=ipv4:127.0.0.1:40000->127.0.0.1:4444 res=-111 tuple=127.0.0.1:40000->127.0.0.1:4444 fd=3 addr=127.0.0.1:4444",
		},
		{
			"accept: the other end is the client",
			record(bpf.KindSyscall, "accept4", 8, 3, 0x1000, 0x2000, unix.SOCK_CLOEXEC).
				sock(bpf.RoleRet, tcpEstablished, localhost, 80, [4]byte{10, 0, 0, 9}, 5555),
			"accept4 fd=8 obj=ipv4:10.0.0.9:5555->127.0.0.1:80 res=8 tuple=10.0.0.9:5555->127.0.0.1:80 flags=0x80000",
		},
		{
			"anonymous inode",
			record(bpf.KindSyscall, "epoll_create1", 4, 0).file(bpf.RoleRet, 4, bpf.FDAnon, 3).path(bpf.RoleRet, "[eventpoll]"),
			"epoll_create1 fd=4 obj=eventpoll:anon_inode:[eventpoll] res=4 flags=0x0",
		},
		{
			"a signed argument in half a register",
			record(bpf.KindSyscall, "epoll_wait", 0, 4, 0x1000, 16, 0xffffffff).file(0, 4, bpf.FDAnon, 3).path(0, "[eventpoll]"),
			"epoll_wait fd=4 obj=eventpoll:anon_inode:[eventpoll] res=0 maxevents=16 epfd=4 timeout=-1",
		},
		{
			"openat2: flags and mode are in a structure",
			record(bpf.KindSyscall, "openat2", -13, atCwd, 0x1000, 0x2000, 24).str(1, "/root/x").
				part(bpf.TagStruct, 2, bpf.PartArgument, 0, binaryWords(unix.O_RDWR, 0o600, 8)),
			"openat2 fd=-1 obj=file:/root/x res=-13 dirfd=-100 name=/root/x flags=0x2 mode=0x180 resolve=0x8",
		},
		{
			"a call that has no name here",
			record(bpf.KindSyscall, "", -38, 1, 2, 3),
			"syscall fd=-1 obj=: res=-38 ID=0x40b nativeID=0x3de arg0=0x1 arg1=0x2 arg2=0x3",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if le.Uint16(test.rec.b[4:]) == bpf.NoNr {
				le.PutUint16(test.rec.b[4:], 990)
			}
			b, ok := newBench(Options{}).one(test.rec)
			if !ok {
				t.Fatal("no event")
			}
			got := show(b, 0)
			if got != test.want {
				t.Errorf("\nhave %s\nwant %s", got, test.want)
			}
		})
	}
}

func binaryWords(words ...uint64) (b []byte) {
	for _, w := range words {
		b = le.AppendUint64(b, w)
	}
	return b
}

func TestABIs(t *testing.T) {
	for _, test := range []struct {
		arch bpf.Arch
		nr   uint16
		want string
	}{
		{bpf.AMD64, 257, "openat"},
		{bpf.AMD64, 17, "pread"},
		{bpf.AMD64, 600, "syscall"},
		{bpf.ARM64, 56, "openat"},
		{bpf.ARM64, 79, "newfstatat"},
		{bpf.ARM64, 220, "clone"},
		{bpf.ARM64, 221, "execve"},
		{bpf.I386, 5, "open"},
		{bpf.I386, 11, "execve"},
		{bpf.I386, 192, "mmap"},
		{bpf.I386, 213, "setuid"},
		{bpf.I386, 195, "stat"},
		{bpf.ARM, 322, "openat"},
		{bpf.ARM, 203, "setreuid"},
	} {
		if got := loadABI(test.arch).typeOf(test.nr).String(); got != test.want {
			t.Errorf("call %d of %s is %s, want %s", test.nr, test.arch, got, test.want)
		}
	}
}

func TestOrder(t *testing.T) {
	d := newBench(Options{})
	var recs []*raw
	for _, at := range []uint64{50, 10, 30, 20, 40, 60, 5} {
		recs = append(recs, record(bpf.KindSyscall, "getppid", int64(at)).at(at))
	}
	got := d.run(recs...)
	if len(got) != 1 || !slices.IsSorted(got[0].Time) || got[0].Len() != len(recs) {
		t.Fatalf("not in the order of time: %v", got)
	}
	if want := []int64{5, 10, 20, 30, 40, 50, 60}; !slices.Equal(got[0].Res, want) {
		t.Errorf("results %v, want %v", got[0].Res, want)
	}
}

func TestHorizon(t *testing.T) {
	d := newBench(Options{})
	for _, at := range []uint64{10, 30, 20} {
		d.Feed(record(bpf.KindSyscall, "getppid", int64(at)).at(at).bytes())
	}
	var res []int64
	take := func(b *event.Batch) { res = append(res, b.Res...) }
	d.Release(20, take)
	if !slices.Equal(res, []int64{10, 20}) {
		t.Errorf("released %v, want those up to 20", res)
	}
	d.Feed(record(bpf.KindSyscall, "getppid", 25).at(25).bytes())
	d.Release(100, take)
	if !slices.Equal(res, []int64{10, 20, 25, 30}) {
		t.Errorf("released %v in all", res)
	}
	d.Feed(record(bpf.KindSyscall, "getppid", 1).at(1).bytes())
	d.Release(200, take)
	if s := d.Stats(); s.Late != 1 || s.Taken != 5 || s.Made != 5 || s.Waiting != 0 {
		t.Errorf("counts are %+v", s)
	}
}

// A close is told by the table of descriptors: the kernel's is gone by then.
func TestDescriptors(t *testing.T) {
	d := newBench(Options{})
	got := d.run(
		record(bpf.KindSyscall, "openat", 5, atCwd, 0, unix.O_CLOEXEC, 0).at(1).file(bpf.RoleRet, 5, bpf.FDReg, 42).path(bpf.RoleRet, "a"),
		record(bpf.KindSyscall, "dup2", 9, 5, 9).at(2).file(bpf.RoleRet, 9, bpf.FDReg, 42).path(bpf.RoleRet, "a"),
		record(bpf.KindSyscall, "close", 0, 5).at(3),
		record(bpf.KindSyscall, "close", -9, 5).at(4),
		record(bpf.KindExec, "", 0).at(5).execID(1).task("cat", 1),
		record(bpf.KindSyscall, "close", 0, 9).at(6).execID(1),
	)[0]
	for i, want := range []string{"/a", "/a", "/a", "", "", "/a"} {
		if have := got.Tables.Obj(got.Obj[i]).Title(got.Tables); have != want {
			t.Errorf("event %d (%s) is about %q, want %q", i, got.Type[i], have, want)
		}
	}
	if got.Tables.Obj(got.Obj[2]).Flags&event.ObjInferred == 0 {
		t.Error("what close closed is not marked as inferred")
	}
}

func TestExecForkExit(t *testing.T) {
	d := newBench(Options{})
	child := make([]byte, 40)
	le.PutUint64(child, 900_000_000)
	le.PutUint64(child[8:], testCgroup)
	le.PutUint32(child[16:], 4_000_001)
	le.PutUint32(child[20:], 4_000_001)
	le.PutUint32(child[28:], 12)
	exit := make([]byte, 24)
	le.PutUint32(exit, 9) // killed
	got := d.run(
		record(bpf.KindExec, "", 0).at(900_000_000).execID(1).task("sh", 1).part(bpf.TagArgv, bpf.RoleTask, 0, 0, []byte("sh\x00-c\x00id\x00")),
		record(bpf.KindFork, "", 0).at(900_000_001).execID(1).part(bpf.TagChild, bpf.RoleChild, 0, 0, child),
		record(bpf.KindExec, "", 0).at(900_000_002).who(4_000_001, 4_000_001, 900_000_000).execID(2).task("id", 4_000_000).
			file(bpf.RoleExe, -1, bpf.FDReg, 7).path(bpf.RoleExe, "id", "bin").part(bpf.TagArgv, bpf.RoleTask, 0, 0, []byte("id\x00")),
		record(bpf.KindExit, "", 9).at(900_000_003).who(4_000_001, 4_000_001, 900_000_000).execID(2).part(bpf.TagExit, bpf.RoleTask, 0, 0, exit),
	)[0]
	var types []string
	for i := range got.Len() {
		types = append(types, got.Type[i].String())
	}
	if want := []string{"execve", "execve", "procexit"}; !slices.Equal(types, want) {
		t.Fatalf("events %v, want %v", types, want)
	}
	tab := got.Tables
	id := tab.Proc(got.Proc[1])
	sh := tab.Proc(id.Parent)
	if tab.Text(id.ExePath) != "/bin/id" || tab.Text(id.Name) != "id" || id.Args != event.EmptyStr {
		t.Errorf("the child runs %q, is called %q with %q", tab.Text(id.ExePath), tab.Text(id.Name), tab.Text(id.Args))
	}
	if tab.Text(sh.Name) != "sh" || tab.Text(sh.Args) != "-c\x00id\x00" || sh.PID != 4_000_000 {
		t.Errorf("its parent is %q %q, pid %d", tab.Text(sh.Name), tab.Text(sh.Args), sh.PID)
	}
	if id.Start != 1_700_000_000e9+900_000_000 || id.ExecTime != 1_700_000_000e9+900_000_002 {
		t.Errorf("it started at %d, its image at %d", id.Start, id.ExecTime)
	}
	if a, ok := event.ArgAt(got.Payload(2), event.TypeProcExit.ParamIndex("sig")); !ok || a.Num != 9 {
		t.Errorf("it ended by signal %+v, want 9", a)
	}
}

// A process is called as the kernel says that its main thread is, whoever gave
// it the name and while no call tells of it; an exec says what its streams are.
func TestRenamedAndStreams(t *testing.T) {
	d := newBench(Options{})
	got := d.run(
		record(bpf.KindExec, "", 0).at(900_000_001).execID(1).task("sh", 1).file(bpf.RoleStderr, 2, bpf.FDReg, 42).path(bpf.RoleStderr, "log", "tmp"),
		record(bpf.KindRename, "", 0).at(900_000_002).execID(1).part(bpf.TagString, bpf.RoleTask, 0, 0, []byte("hidden\x00\x00")),
		record(bpf.KindSyscall, "unlink", 0).at(900_000_003).execID(1),
		record(bpf.KindExec, "", 0).at(900_000_004).execID(2).task("cat", 1),
	)[0]
	var have []string
	for i := range got.Len() {
		p := got.Tables.Proc(got.Proc[i])
		have = append(have, got.Type[i].String()+" "+got.Tables.Text(p.Name)+" "+got.Tables.Obj(p.Stderr).Title(got.Tables))
	}
	if want := []string{"execve sh /tmp/log", "unlink hidden /tmp/log", "execve cat /tmp/log"}; !slices.Equal(have, want) {
		t.Errorf("events %q, want %q", have, want)
	}
	if s := d.Stats(); s.Made != 3 || s.Unwanted != 1 {
		t.Errorf("counts are %+v", s)
	}
}

// A quiet record makes no event, and names the process of those that do.
func TestQuiet(t *testing.T) {
	d := newBench(Options{Quiet: func(r bpf.Record) bool { return r.Time() < 900_000_005 }})
	got := d.run(
		record(bpf.KindExec, "", 0).at(900_000_001).execID(1).task("sh", 1).part(bpf.TagArgv, bpf.RoleTask, 0, 0, []byte("sh\x00")),
		record(bpf.KindSyscall, "unlink", 0).at(900_000_004).execID(1),
		record(bpf.KindSyscall, "unlink", 0).at(900_000_005).execID(1),
	)[0]
	if got.Len() != 1 || got.Type[0].String() != "unlink" || got.Tables.Text(got.Tables.Proc(got.Proc[0]).Name) != "sh" {
		t.Errorf("%d events, the first a %v of %q", got.Len(), got.Type[0], got.Tables.Text(got.Tables.Proc(got.Proc[0]).Name))
	}
	if s := d.Stats(); s.Made != 1 || s.Unwanted != 2 {
		t.Errorf("counts are %+v", s)
	}
}

// A request and its completion are one event, of the call that does the same.
func TestRing(t *testing.T) {
	uring := func(op uint8) []byte {
		b := make([]byte, 56)
		le.PutUint64(b[8:], 0xabc)
		le.PutUint32(b[32:], ^uint32(0))
		b[48] = op
		return b
	}
	d := newBench(Options{})
	got := d.run(
		record(bpf.KindURingSubmit, "", 0, atCwd, 0, unix.O_RDONLY, 0).at(5).str(1, "/etc/shadow").part(bpf.TagURing, bpf.RoleTask, 0, 0, uring(18)),
		record(bpf.KindURingComplete, "", 7).at(9).who(4_000_007, 4_000_007, 1).part(bpf.TagURing, bpf.RoleTask, 0, 0, uring(18)).
			file(bpf.RoleRet, 7, bpf.FDReg, 42).path(bpf.RoleRet, "shadow", "etc"),
		record(bpf.KindURingComplete, "", -2).at(10).part(bpf.TagURing, bpf.RoleTask, 0, 0, uring(0)),
	)[0]
	if have, want := show(got, 0), "openat fd=7 obj=file:/etc/shadow res=7 dirfd=-100 name=/etc/shadow flags=0x0 mode=0x0"; have != want {
		t.Errorf("\nhave %s\nwant %s", have, want)
	}
	if got.Bits[0]&event.ViaIOUring == 0 || got.Tables.Proc(got.Proc[0]).PID != 4_000_000 || got.Time[0] != 1_700_000_000e9+9 {
		t.Errorf("bits %b, process %d, time %d", got.Bits[0], got.Tables.Proc(got.Proc[0]).PID, got.Time[0])
	}
	if have := got.Type[1]; have != event.TypeIOUring {
		t.Errorf("a completion alone is %s", have)
	}
	if s := d.Stats(); s.Taken != 3 || s.Made != 2 || s.Unwanted != 1 || s.Waiting != 0 {
		t.Errorf("counts %+v", s)
	}
}

func TestDNSAnswer(t *testing.T) {
	// dig +noedns example.org: one question, a CNAME and two addresses.
	msg, err := hex.DecodeString("1234818000010003000000000377777707657861" + "6d706c65036f72670000010001" +
		"c00c00050001000000050007046e6f6465c010" + "c02d00010001000000050004c0000201" + "c02d001c0001000000050010" + "20010db8000000000000000000000001")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	eachAnswer(msg, func(name string, addr []byte) { got = append(got, fmt.Sprintf("%s %x", name, addr)) })
	want := []string{"www.example.org c0000201", "www.example.org 20010db8000000000000000000000001"}
	if !slices.Equal(got, want) {
		t.Errorf("answers %q, want %q", got, want)
	}
	for n := range msg {
		eachAnswer(msg[:n], func(string, []byte) {}) // cut anywhere: no panic
	}
}

func TestBadRecords(t *testing.T) {
	whole := record(bpf.KindSyscall, "openat", 5, atCwd, 0, 0, 0).file(bpf.RoleRet, 5, bpf.FDReg, 42).path(bpf.RoleRet, "a").bytes()
	d := newBench(Options{})
	for n := range whole {
		d.Feed(whole[:n])
	}
	lie := slices.Clone(whole)
	le.PutUint32(lie[bpf.HeaderSize+4*8+4:], 4000) // the first part's length
	d.Feed(lie)
	events := 0
	d.Release(^uint64(0), func(b *event.Batch) { events += b.Len() })
	if s := d.Stats(); events != 0 || s.Bad != s.Taken || s.Bad != uint64(len(whole))+1 {
		t.Errorf("%d events, counts %+v", events, s)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(record(bpf.KindSyscall, "openat", 5, atCwd, 0, 0, 0).file(bpf.RoleRet, 5, bpf.FDReg, 42).path(bpf.RoleRet, "a", "b").bytes())
	f.Add(record(bpf.KindSyscall, "connect", -111, 3, 0, 16).sock(0, tcpClose, localhost, 1, localhost, 0).sockaddr(1, localhost, 2).bytes())
	f.Add(record(bpf.KindRename, "", 0).part(bpf.TagString, bpf.RoleTask, 0, 0, []byte("x")).bytes())
	f.Add(record(bpf.KindExec, "", 0).task("x", 1).part(bpf.TagArgv, bpf.RoleTask, 0, 0, []byte("a\x00b")).bytes())
	f.Add(record(bpf.KindURingSubmit, "", 0).part(bpf.TagURing, 0, 0, 0, make([]byte, 56)).bytes())
	f.Add(record(bpf.KindSyscall, "recvfrom", 40, 3, 0, 40, 0, 0, 0).sock(0, 1, localhost, 9, localhost, 53).part(bpf.TagPayload, 1, 0, 0, make([]byte, 40)).bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		d := newBench(Options{})
		if len(b) >= 8 { // so that most inputs get past the header
			le.PutUint32(b, uint32(len(b)))
			b[7] = bpf.Version
		}
		d.Feed(b)
		d.Feed(b)
		d.Release(^uint64(0), func(b *event.Batch) {
			for i := range b.Len() {
				_ = show(b, i)
			}
		})
		if s := d.Stats(); s.Taken != s.Made+s.Unwanted+s.Bad+s.Waiting {
			t.Errorf("counts do not add up: %+v", s)
		}
	})
}
