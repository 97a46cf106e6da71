package tuitest

import (
	"net/netip"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/event"
)

// World makes events up: containers, processes and what they do, one call an
// event. Its clock moves with [World.Wait] only, so every run is the same.
type World struct {
	T     *event.Tables
	now   time.Time
	seq   uint64
	batch *event.Batch
}

// Start is when a world begins.
var Start = time.Date(2026, 11, 23, 20, 1, 50, 0, time.UTC)

// NewWorld returns an empty world.
func NewWorld() *World {
	t := event.NewTables()
	return &World{T: t, now: Start, seq: 1, batch: event.NewBatch(t, 1, 64)}
}

// Wait lets time go by.
func (w *World) Wait(d time.Duration) { w.now = w.now.Add(d) }

// Now is the world's time in ns since 1970.
func (w *World) Now() int64 { return w.now.UnixNano() }

// Take returns the events since the last Take.
func (w *World) Take() *event.Batch {
	b := w.batch
	w.seq += uint64(b.Len())
	w.batch = event.NewBatch(w.T, w.seq, 64)
	return b
}

func (w *World) str(s string) event.Str {
	if s == "" {
		return event.NoStr
	}
	return w.T.Strings.Add(s)
}

// Host adds the row of what runs in no container.
func (w *World) Host() event.ContID {
	id := w.str(event.HostID)
	return event.ContID(w.T.Conts.Add(event.Container{ID: id, FullID: id, Name: id, Flags: event.ContHost}))
}

// Container adds a container of a pod.
func (w *World) Container(id, name, pod, namespace, image string) event.ContID {
	repo, tag, _ := strings.Cut(image, ":")
	return event.ContID(w.T.Conts.Add(event.Container{
		ID: w.str(id), FullID: w.str(id + strings.Repeat("0", 52)), Name: w.str(name), Runtime: w.str("containerd"), Image: w.str(image),
		Repo: w.str(repo), Tag: w.str(tag), Pod: w.str(pod), Namespace: w.str(namespace), Started: w.Now(),
	}))
}

// Proc adds a process: a child of parent in its container, or with cont set
// in that one.
func (w *World) Proc(parent event.ProcID, cont event.ContID, pid int32, uid uint32, user string, cmdline ...string) event.ProcID {
	if cont == 0 {
		cont = w.T.Proc(parent).Cont
	}
	path := cmdline[0]
	name := path[strings.LastIndexByte(path, '/')+1:]
	args := ""
	for _, a := range cmdline[1:] {
		args += a + "\x00"
	}
	return event.ProcID(w.T.Procs.Add(event.Proc{
		PID: pid, PPID: w.T.Proc(parent).PID, VPID: pid % 1000, Start: w.Now(), ExecTime: w.Now(), Parent: parent, Cont: cont,
		Name: w.str(name[:min(len(name), 15)]), Exe: w.str(path), ExePath: w.str(path), Args: w.str(args), Cwd: w.str("/srv/"),
		UID: uid, GID: uid, User: w.str(user), LoginUID: 0xffffffff,
		Known: event.KnowPID | event.KnowPPID | event.KnowVPID | event.KnowStart | event.KnowUID | event.KnowGID,
	}))
}

// Image adds a further state of a process: what it became by exec.
func (w *World) Image(of event.ProcID, cmdline ...string) event.ProcID {
	p := *w.T.Proc(of)
	id := w.Proc(p.Parent, p.Cont, p.PID, p.UID, w.T.Text(p.User), cmdline...)
	q := *w.T.Proc(id)
	q.Start, q.ExecGen = p.Start, p.ExecGen+1
	w.T.Procs.Set(uint32(id), q)
	return id
}

// File returns a file.
func (w *World) File(path string) event.ObjID {
	return event.ObjID(w.T.Objs.Intern(event.Object{Kind: event.ObjFile, Name: w.str(path)}))
}

// Conn returns a TCP connection that a process made.
func (w *World) Conn(local, remote string) event.ObjID {
	return w.conn(local, remote, event.RoleClient)
}

// Accepted returns a TCP connection that a process accepted.
func (w *World) Accepted(local, remote string) event.ObjID {
	return w.conn(local, remote, event.RoleServer)
}

func (w *World) conn(local, remote string, role event.Role) event.ObjID {
	l, r := netip.MustParseAddrPort(local), netip.MustParseAddrPort(remote)
	return event.ObjID(w.T.Objs.Intern(event.Object{
		Kind: event.ObjIPv4, L4: event.L4TCP, Role: role, Flags: event.ObjConnected,
		Local: event.EndpointOf(l.Addr(), l.Port()), Remote: event.EndpointOf(r.Addr(), r.Port()),
	}))
}

// Do adds an event: a process calls something on an object, with a result and
// arguments by name.
func (w *World) Do(p event.ProcID, typ string, obj event.ObjID, res int64, args ...any) {
	t, ok := event.TypeOf(typ)
	if !ok {
		panic("tuitest: no event type " + typ)
	}
	w.add(event.Event{Type: t, Proc: p, Obj: obj, Res: res, Bits: event.HasRes, FD: fdOf(obj, res)}, w.encode(t, args))
}

func fdOf(obj event.ObjID, res int64) int32 {
	if obj == 0 || res < 0 {
		return -1
	}
	return int32(res)
}

func (w *World) add(e event.Event, payload []byte) {
	e.Time, e.Dur, e.TID = w.Now(), -1, uint32(w.T.Proc(e.Proc).PID)
	w.batch.Append(e, payload)
	w.Wait(137 * time.Microsecond)
}

// encode writes arguments given as name, value, name, value, …; those that the
// type does not have are left out.
func (w *World) encode(t event.Type, args []any) []byte {
	var enc event.ArgWriter
	for _, p := range t.Info().Params {
		written := false
		for i := 0; i+1 < len(args); i += 2 {
			if args[i] != p.Name {
				continue
			}
			written = true
			switch v := args[i+1].(type) {
			case string:
				enc.Str(w.str(v))
			case int:
				enc.Int(int64(v))
			case uint64:
				enc.Uint(v)
			case event.ObjID:
				enc.Obj(v)
			case []byte:
				enc.Bytes(v, false)
			}
		}
		if !written {
			enc.Skip()
		}
	}
	return append([]byte(nil), enc.Payload()...)
}

// Alert adds an alert that a rule raised over what a process did.
func (w *World) Alert(p event.ProcID, typ string, obj event.ObjID, rule string, pri event.Priority, tags ...string) {
	t, _ := event.TypeOf(typ)
	tag := ""
	for _, s := range tags {
		tag += s + "\x00"
	}
	a := w.T.Alerts.Intern(event.Alert{
		Rule: w.str(rule), Source: w.str(event.SourceSyscall), Origin: w.str("falco"), Tags: w.str(tag), Priority: pri,
	})
	w.add(event.Event{Type: t, Proc: p, Obj: obj, FD: -1, Alert: event.AlertID(a)}, nil)
}
