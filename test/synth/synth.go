package synth

import (
	"fmt"
	"math/rand/v2"
	"net/netip"

	"github.com/stoop-project/stoop/internal/event"
)

// Shape says how varied the events are.
type Shape struct {
	Containers int
	Commands   int // distinct command lines; processes
	Paths      int // distinct files
	Peers      int // distinct connections
	AlertEvery int // one event in this many is an alert; 0: none
	Start      int64
	Step       int64 // ns between events, on average
	Seed       uint64
}

// Node is a busy node: 400 containers, 50,000 command lines, 200,000 paths.
func Node() Shape {
	return Shape{
		Containers: 400, Commands: 50_000, Paths: 200_000, Peers: 5_000, AlertEvery: 20_000,
		Start: 1_795_464_000_000_000_000, Step: 20_000, Seed: 1,
	}
}

// Feed makes events of one shape. It is one source: its events share tables
// and their numbers go on from batch to batch.
type Feed struct {
	Tables *event.Tables

	shape  Shape
	rng    *rand.Rand
	seq    uint64
	now    int64
	procs  []event.ProcID
	files  []event.ObjID
	peers  []event.ObjID
	alerts []event.AlertID
	types  []event.Type
	args   event.ArgWriter
}

// New returns a feed; all that its events refer to is made at once.
func New(shape Shape) *Feed {
	f := &Feed{
		Tables: event.NewTables(), shape: shape, seq: 1, now: shape.Start,
		rng: rand.New(rand.NewPCG(shape.Seed, 0x5700b)),
	}
	f.types = typesOf("openat", "openat", "openat", "read", "read", "write", "close", "close", "connect", "execve", "unlinkat", "mmap")
	f.makeProcs(f.makeContainers())
	f.makeFiles()
	f.makePeers()
	f.makeAlerts()
	return f
}

func typesOf(names ...string) (types []event.Type) {
	for _, n := range names {
		t, ok := event.TypeOf(n)
		if !ok {
			panic("synth: no event type " + n)
		}
		types = append(types, t)
	}
	return types
}

var images = []string{"docker.io/shop/web", "docker.io/shop/cart", "quay.io/team/worker", "docker.io/library/redis", "registry.k8s.io/coredns"}

func (f *Feed) makeContainers() []event.ContID {
	str := f.Tables.Strings.Add
	conts := []event.ContID{event.ContID(f.Tables.Conts.Intern(event.Container{
		ID: str(event.HostID), FullID: str(event.HostID), Name: str(event.HostID), Flags: event.ContHost,
	}))}
	for i := 1; i < f.shape.Containers; i++ {
		full := fmt.Sprintf("%016x%016x%016x%016x", f.rng.Uint64(), f.rng.Uint64(), f.rng.Uint64(), f.rng.Uint64())
		repo := images[i%len(images)]
		conts = append(conts, event.ContID(f.Tables.Conts.Intern(event.Container{
			ID: str(full[:12]), FullID: str(full), Name: str(fmt.Sprintf("c%d", i)), Runtime: str("containerd"),
			Image: str(repo + ":1.0"), Repo: str(repo), Tag: str("1.0"),
			Pod: str(fmt.Sprintf("pod-%d", i)), Namespace: str([]string{"shop", "kube-system", "team"}[i%3]),
			Started: f.shape.Start - int64(i)*1e9,
		})))
	}
	return conts
}

var programs = []string{"bash", "python3", "nginx", "redis-server", "node", "java", "cat", "grep", "curl", "sh"}

func (f *Feed) makeProcs(conts []event.ContID) {
	str := f.Tables.Strings.Add
	parent := event.ProcID(0)
	for i := range max(f.shape.Commands, 1) {
		prog := programs[i%len(programs)]
		p := event.Proc{
			PID: int32(1000 + i), PPID: int32(1000 + max(i-1, 0)), VPID: int32(1 + i), SID: 1000, PGID: 1000,
			Start: f.shape.Start - 60e9 + int64(i), Cont: conts[f.rng.IntN(len(conts))],
			Name: str(prog), Exe: str(prog), ExePath: str("/usr/bin/" + prog),
			Args: str(fmt.Sprintf("--job\x00%d\x00--config\x00/etc/%s/%d.conf\x00", i, prog, i%977)),
			Cwd:  str("/srv/"), User: str("root"), Group: str("root"),
			Known: event.KnowPID | event.KnowPPID | event.KnowVPID | event.KnowSession | event.KnowStart | event.KnowUID | event.KnowGID,
		}
		if i%4 != 0 {
			p.Parent = parent
		}
		id := event.ProcID(f.Tables.Procs.Add(p))
		if i%4 == 0 {
			parent = id
		}
		f.procs = append(f.procs, id)
	}
}

var folders = []string{"/var/lib/data", "/etc/app", "/usr/share/locale/de", "/tmp/work", "/proc/self", "/var/log/app"}

func (f *Feed) makeFiles() {
	for i := range max(f.shape.Paths, 1) {
		f.files = append(f.files, event.ObjID(f.Tables.Objs.Add(event.Object{
			Kind: event.ObjFile, Name: f.Tables.Strings.Add(fmt.Sprintf("%s/%d/file-%d", folders[i%len(folders)], i%311, i)),
		})))
	}
}

func (f *Feed) makePeers() {
	for i := range max(f.shape.Peers, 1) {
		f.peers = append(f.peers, event.ObjID(f.Tables.Objs.Add(event.Object{
			Kind: event.ObjIPv4, L4: event.L4TCP, Role: event.RoleClient, Flags: event.ObjConnected,
			Local:  event.EndpointOf(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), uint16(30000+i%30000)),
			Remote: event.EndpointOf(netip.AddrFrom4([4]byte{10, 9, byte(i >> 4), byte(i * 7)}), 443),
		})))
	}
}

func (f *Feed) makeAlerts() {
	str := f.Tables.Strings.Add
	for i, rule := range []string{"Shell in a container", "Sensitive file opened", "Unexpected connection"} {
		f.alerts = append(f.alerts, event.AlertID(f.Tables.Alerts.Intern(event.Alert{
			Rule: str(rule), Source: str(event.SourceSyscall), Origin: str("falco"), Priority: event.PriorityCritical + event.Priority(i),
		})))
	}
}

// Batch makes the next n events. One in 64 falls on a hot process, the rest
// are spread with a bias to few.
func (f *Feed) Batch(n int) *event.Batch {
	b := event.NewBatch(f.Tables, f.seq, n)
	for range n {
		f.now += f.rng.Int64N(2*f.shape.Step + 1)
		f.add(b)
	}
	f.seq += uint64(n)
	return b
}

func (f *Feed) add(b *event.Batch) {
	e := event.Event{
		Time: f.now, Type: f.types[f.rng.IntN(len(f.types))], Bits: event.HasRes, CPU: uint16(f.rng.IntN(2)),
		Proc: f.procs[skew(f.rng, len(f.procs))], FD: int32(f.rng.IntN(32)), Dur: -1,
	}
	e.TID = uint32(f.Tables.Proc(e.Proc).PID)
	f.args.Reset()
	switch e.Type.String() {
	case "connect":
		e.Obj = f.peers[skew(f.rng, len(f.peers))]
		f.args.Int(int64(e.FD))
		f.args.Obj(e.Obj)
	case "read", "write":
		e.Obj = f.files[skew(f.rng, len(f.files))]
		e.Res = int64(f.rng.IntN(4096))
		f.args.Int(int64(e.FD))
		f.args.Uint(uint64(e.Res))
	default:
		e.Obj = f.files[skew(f.rng, len(f.files))]
		f.args.Int(int64(e.FD))
		f.args.Int(-100)
		f.args.Uint(0x80000)
		if f.rng.IntN(8) == 0 {
			e.Res, e.FD = -2, -1
		}
	}
	if f.shape.AlertEvery > 0 && f.rng.IntN(f.shape.AlertEvery) == 0 {
		e.Alert = f.alerts[f.rng.IntN(len(f.alerts))]
	}
	b.Append(e, f.args.Payload())
}

// skew picks one of n, the first ones much more often than the last, but all
// of them sometimes.
func skew(rng *rand.Rand, n int) int {
	x := rng.Float64()
	if rng.IntN(4) == 0 {
		return int(x * float64(n))
	}
	return int(x * x * x * float64(n))
}
