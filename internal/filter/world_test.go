package filter

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// world is a registry, tables and a way to make events over them.
type world struct {
	reg *event.Registry
	t   *event.Tables
	rng *rand.Rand
}

var (
	names  = []string{"sh", "bash", "nginx", "cat", "Cat", "python3"}
	paths  = []string{"/etc", "/etc/passwd", "/etc/ssh/sshd_config", "/tmp/x", "/var/log/a.log"}
	conts  = []string{"host", "aaaaaaaaaaaa", "bbbbbbbbbbbb"}
	addrs  = []string{"10.0.0.1", "10.9.9.9", "192.168.1.1", "::1"}
	nets   = []string{"10.0.0.0/8", "10.0.0.0/24", "192.168.0.0/16", "::/64"}
	rules  = []string{"Terminal shell", "Write below etc"}
	types  = []string{"execve", "openat", "connect", "close"}
	values = []string{"one", "two", "three"}
)

func testFields() *event.Registry {
	str := func(s func(event.Row) event.Str) func(event.Row, event.Arg) (event.Value, bool) {
		return func(r event.Row, _ event.Arg) (event.Value, bool) { return r.Str(s(r)) }
	}
	endpoint := func(kind event.Kind) func(event.Row, event.Arg) (event.Value, bool) {
		return func(r event.Row, _ event.Arg) (event.Value, bool) {
			o := r.O()
			if !o.Local.Known {
				return event.Value{}, false
			}
			list := []event.Value{{Kind: kind, Addr: o.Local.Addr()}, {Kind: kind, Addr: o.Remote.Addr()}}
			if kind == event.Port {
				list = []event.Value{event.PortValue(o.Local.Port), event.PortValue(o.Remote.Port)}
			}
			return event.Value{Kind: kind, List: list}, true
		}
	}
	return event.NewRegistry([]event.Field{
		{Name: "evt.type", Kind: event.String, Home: event.HomeType, Read: func(r event.Row, _ event.Arg) (event.Value, bool) {
			name := r.Type.String()
			return event.StringValue(name), name != "" && r.Type != event.TypeUnknown
		}},
		{Name: "evt.rawtime", Kind: event.Time, Home: event.HomeEvent, Col: event.ColTime, Read: func(r event.Row, _ event.Arg) (event.Value, bool) {
			return event.TimeValue(r.B.Time[r.I]), true
		}},
		{Name: "evt.rawres", Kind: event.Int, Home: event.HomeEvent, Col: event.ColRes, Read: func(r event.Row, _ event.Arg) (event.Value, bool) {
			return event.IntValue(r.B.Res[r.I]), r.B.Bits[r.I]&event.HasRes != 0
		}},
		{Name: "fd.num", Kind: event.Int, Home: event.HomeEvent, Col: event.ColFD, Read: func(r event.Row, _ event.Arg) (event.Value, bool) {
			return event.IntValue(int64(r.B.FD[r.I])), r.B.FD[r.I] >= 0
		}},
		{Name: "thread.tid", Kind: event.Int, Home: event.HomeEvent, Col: event.ColTID, Read: func(r event.Row, _ event.Arg) (event.Value, bool) {
			return event.IntValue(int64(r.B.TID[r.I])), r.B.TID[r.I] != 0
		}},
		{Name: "evt.cpu", Kind: event.Uint, Home: event.HomeEvent, Col: event.ColCPU, Read: func(r event.Row, _ event.Arg) (event.Value, bool) {
			return event.UintValue(uint64(r.B.CPU[r.I])), r.B.Bits[r.I]&event.HasDoc == 0
		}},
		{Name: "evt.arg", Kind: event.String, Home: event.HomeEvent, Arg: event.ArgKey | event.ArgIndex | event.ArgRequired, Read: func(r event.Row, a event.Arg) (event.Value, bool) {
			raw, ok := event.ArgAt(r.B.Payload(r.I), 0)
			if !ok || a.Key != "x" || r.B.Bits[r.I]&event.HasDoc != 0 {
				return event.Value{}, false
			}
			return r.Str(raw.Str)
		}},
		{Name: "proc.name", Kind: event.String, Home: event.HomeProc, Flags: event.KernelTest, Read: str(func(r event.Row) event.Str { return r.P().Name })},
		{Name: "proc.pid", Kind: event.Int, Home: event.HomeProc, Read: func(r event.Row, _ event.Arg) (event.Value, bool) {
			return event.IntValue(int64(r.P().PID)), r.P().Knows(event.KnowPID)
		}},
		{Name: "user.uid", Kind: event.Uint, Home: event.HomeProc, Flags: event.KernelTest, Read: func(r event.Row, _ event.Arg) (event.Value, bool) {
			return event.UintValue(uint64(r.P().UID)), r.P().Knows(event.KnowUID)
		}},
		{Name: "proc.is_exe_writable", Kind: event.Bool, Home: event.HomeProc, Read: func(r event.Row, _ event.Arg) (event.Value, bool) {
			return event.BoolValue(r.P().Flags&event.ExeWritable != 0), r.P().Knows(event.KnowExeFlags)
		}},
		{Name: "proc.aname", Kind: event.String, Home: event.HomeProc, Arg: event.ArgIndex, Flags: event.NoRHS | event.NoTransformer, Read: func(r event.Row, a event.Arg) (event.Value, bool) {
			if a.Set {
				return r.Str(r.T.Proc(r.T.Ancestor(r.Proc, a.Index)).Name)
			}
			list := []event.Value{}
			for id := r.T.Ancestor(r.Proc, 1); id != 0; id = r.T.Ancestor(id, 1) {
				if v, ok := r.Str(r.T.Proc(id).Name); ok {
					list = append(list, v)
				}
			}
			return event.Value{Kind: event.String, List: list}, len(list) > 0
		}},
		{Name: "container.id", Kind: event.String, Home: event.HomeCont, Flags: event.KernelTest, Read: str(func(r event.Row) event.Str { return r.C().ID })},
		{Name: "container.name", Kind: event.String, Home: event.HomeCont, Read: str(func(r event.Row) event.Str { return r.C().Name })},
		{Name: "fd.name", Kind: event.String, Home: event.HomeObj, Flags: event.PathLike, Read: str(func(r event.Row) event.Str { return r.O().Name })},
		{Name: "fd.ip", Kind: event.IP, Home: event.HomeObj, Flags: event.FilterOnly, Read: endpoint(event.IP)},
		{Name: "fd.net", Kind: event.Net, Home: event.HomeObj, Flags: event.FilterOnly, Read: endpoint(event.Net)},
		{Name: "fd.port", Kind: event.Port, Home: event.HomeObj, Flags: event.FilterOnly, Read: endpoint(event.Port)},
		{Name: "fd.sip", Kind: event.IP, Home: event.HomeObj, Read: func(r event.Row, _ event.Arg) (event.Value, bool) {
			return event.AddrValue(r.O().Remote.Addr()), r.O().Remote.Known
		}},
		{Name: "alert.rule", Kind: event.String, Home: event.HomeAlert, Flags: event.Extension, Read: str(func(r event.Row) event.Str { return r.A().Rule })},
		{Name: "alert.tags", Kind: event.String, Home: event.HomeAlert, Flags: event.IsList | event.Extension, Read: func(r event.Row, _ event.Arg) (event.Value, bool) {
			var list []event.Value
			for _, tag := range strings.Split(strings.TrimSuffix(r.T.Text(r.A().Tags), "\x00"), "\x00") {
				list = append(list, event.StringValue(tag))
			}
			return event.Value{Kind: event.String, List: list}, r.A().Tags != event.NoStr
		}},
	})
}

// docReader reads documents of "name=value" words; it holds proc.name,
// evt.type, thread.tid and evt.arg.
type docReader struct{}

func (docReader) Holds(f *event.Field) bool {
	return f.Name == "proc.name" || f.Name == "evt.type" || f.Name == "thread.tid" || f.Name == "evt.arg"
}

func (docReader) Lookup(doc []byte, f *event.Field, a event.Arg) (event.Value, bool) {
	for _, word := range strings.Fields(string(doc)) {
		name, value, _ := strings.Cut(word, "=")
		if name != f.Name {
			continue
		}
		if f.Kind == event.Int {
			n, _ := strconv.ParseInt(value, 10, 64)
			return event.IntValue(n), true
		}
		return event.StringValue(value), true
	}
	return event.Value{}, false
}

func (docReader) Each(doc []byte, yield func(name string, value fmt.Stringer) bool) {}

func newWorld(seed uint64, docs bool) *world {
	w := &world{reg: testFields(), t: event.NewTables(), rng: rand.New(rand.NewPCG(seed, 7))}
	if docs {
		w.t.Docs = docReader{}
	}
	return w
}

func pick[T any](w *world, of []T) T { return of[w.rng.IntN(len(of))] }

func (w *world) str(of []string) event.Str {
	if w.rng.IntN(6) == 0 {
		return event.NoStr
	}
	return w.t.Strings.Add(pick(w, of))
}

// grow adds rows to the dimensions.
func (w *world) grow(n int) {
	for range n {
		w.t.Conts.Add(event.Container{ID: w.str(conts), Name: w.str(names)})
		w.t.Procs.Add(event.Proc{
			PID: int32(w.rng.IntN(8)), UID: uint32(w.rng.IntN(8)), Name: w.str(names), Parent: event.ProcID(w.rng.IntN(w.t.Procs.Len())), Cont: event.ContID(w.rng.IntN(w.t.Conts.Len())),
			Known: event.ProcKnown(w.rng.Uint32()), Flags: event.ProcFlags(w.rng.IntN(2)),
		})
		o := event.Object{Name: w.str(paths)}
		if w.rng.IntN(2) == 0 {
			o = event.Object{
				Kind:   event.ObjIPv4,
				Local:  event.EndpointOf(netip.MustParseAddr(pick(w, addrs)), uint16(w.rng.IntN(3)*40)),
				Remote: event.EndpointOf(netip.MustParseAddr(pick(w, addrs)), uint16(w.rng.IntN(3)*40)),
			}
		}
		w.t.Objs.Add(o)
		w.t.Alerts.Add(event.Alert{Rule: w.str(rules), Tags: w.str([]string{"one\x00", "one\x00two\x00", "two\x00three\x00"})})
	}
}

func (w *world) batch(n int) *event.Batch {
	b := event.NewBatch(w.t, 1, n)
	var args event.ArgWriter
	for range n {
		typ, _ := event.TypeOf(pick(w, types))
		if w.rng.IntN(8) == 0 {
			typ = event.TypeUnknown
		}
		e := event.Event{
			Time: int64(w.rng.IntN(9)), Type: typ, CPU: uint16(w.rng.IntN(4)), TID: uint32(w.rng.IntN(4)), FD: int32(w.rng.IntN(5)) - 1,
			Proc: event.ProcID(w.rng.IntN(w.t.Procs.Len())), Obj: event.ObjID(w.rng.IntN(w.t.Objs.Len())), Res: int64(w.rng.IntN(5)) - 2,
			Alert: event.AlertID(w.rng.IntN(w.t.Alerts.Len())), Dur: -1,
		}
		if w.rng.IntN(2) == 0 {
			e.Bits |= event.HasRes
		}
		args.Reset()
		args.Str(w.str(values))
		payload := args.Payload()
		if w.rng.IntN(3) == 0 {
			e.Bits |= event.HasDoc
			payload = fmt.Appendf(nil, "x=y proc.name=%s evt.type=%s thread.tid=%d evt.arg=%s", pick(w, names), pick(w, types), w.rng.IntN(4), pick(w, values))
			payload = payload[:w.rng.IntN(len(payload))]
		}
		b.Append(e, payload)
	}
	return b
}

// check writes a random check.
func (w *world) check() string {
	list := func(of []string) string {
		n := w.rng.IntN(3)
		words := make([]string, n)
		for i := range words {
			words[i] = "'" + pick(w, of) + "'"
		}
		return "(" + strings.Join(words, ", ") + ")"
	}
	text := func(field string, of []string) string {
		switch w.rng.IntN(8) {
		case 0:
			return field + " exists"
		case 1:
			return field + " in " + list(of)
		case 2:
			return field + " intersects " + list(of)
		case 3:
			return field + " " + pick(w, []string{"=", "!=", "startswith", "contains"}) + " " + pick(w, []string{"oneof", "anyof", "allof"}) + " " + list(of)
		case 4:
			v := pick(w, of)
			return field + " " + pick(w, []string{"contains", "startswith", "endswith"}) + " '" + v[w.rng.IntN(len(v)):] + "'"
		case 5:
			v := pick(w, of)
			return field + " glob '" + pick(w, []string{"*", "*" + v[1:], v[:1] + "*", "*" + v[1:2] + "*", "?" + v[1:], v[:1] + "?*"}) + "'"
		case 6:
			return field + " " + pick(w, []string{"<=", ">"}) + " " + strconv.Itoa(w.rng.IntN(9))
		}
		return field + " " + pick(w, []string{"=", "!="}) + " '" + pick(w, of) + "'"
	}
	number := func(field string, below int) string {
		if w.rng.IntN(5) == 0 {
			return fmt.Sprintf("%s in (%d, %d)", field, w.rng.IntN(below), w.rng.IntN(below))
		}
		return fmt.Sprintf("%s %s %d", field, pick(w, []string{"=", "!=", "<", "<=", ">", ">="}), w.rng.IntN(below))
	}
	switch w.rng.IntN(21) {
	case 0:
		return text("evt.type", types)
	case 1:
		return text("proc.name", names)
	case 2:
		return text("proc.aname", names)
	case 3:
		return text(fmt.Sprintf("proc.aname[%d]", w.rng.IntN(4)), names)
	case 4:
		return text("container.id", conts)
	case 5:
		return text("container.name", names)
	case 6:
		return text("fd.name", paths)
	case 7:
		return "fd.name pmatch " + list(paths)
	case 8:
		return "fd.ip " + pick(w, []string{"=", "!="}) + " " + pick(w, addrs)
	case 9:
		return "fd.net " + pick(w, []string{"=", "!="}) + " " + pick(w, nets)
	case 10:
		return "fd.sip in " + list(addrs)
	case 11:
		return number("fd.port", 81)
	case 12:
		return text("alert.rule", rules)
	case 13:
		return "alert.tags " + pick(w, []string{"in", "intersects"}) + " " + list(values)
	case 14:
		return text("evt.arg.x", values)
	case 15:
		return "proc.is_exe_writable = " + pick(w, []string{"true", "false"})
	case 16:
		return "tolower(proc.name) = val(container.name)"
	case 17:
		return number("len(fd.name)", 20)
	case 18:
		return fmt.Sprintf("evt.rawres %s %d", pick(w, []string{"=", "<", "<=", ">", ">=", "!="}), w.rng.IntN(5)-2)
	}
	return number(pick(w, []string{"evt.rawtime", "fd.num", "thread.tid", "evt.cpu", "proc.pid", "user.uid"}), 9)
}

func (w *world) expr(depth int) string {
	if depth == 0 || w.rng.IntN(4) == 0 {
		return w.check()
	}
	if w.rng.IntN(4) == 0 {
		return "not (" + w.expr(depth-1) + ")"
	}
	parts := make([]string, 2+w.rng.IntN(3))
	for i := range parts {
		parts[i] = "(" + w.expr(depth-1) + ")"
	}
	return strings.Join(parts, pick(w, []string{" and ", " or "}))
}
