package trail

import (
	"slices"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// talk has a shell on a connection, which is asked two things, and its child,
// which answers one of them.
func talk(w *world) (shell, child event.ProcID, fired int) {
	service := w.process(0, "/usr/bin/service", "service")
	w.execs(service)
	w.later(60 * second)
	shell = w.process(service, "/bin/sh", "sh")
	fired = w.execs(shell)
	conn := event.ObjID(w.t.Objs.Add(event.Object{
		Kind: event.ObjIPv4, L4: event.L4TCP, Role: event.RoleClient,
		Local: event.Endpoint{Port: 50000, Known: true}, Remote: event.Endpoint{Port: 4444, Known: true},
	}))
	say := func(p event.ProcID, typ, data string, n int64) {
		w.does(p, typ, conn, n, func(a *event.ArgWriter) { a.Bytes([]byte(data), false) })
	}
	w.does(shell, "connect", conn, 0, nil)
	say(shell, "read", "id\ncat /etc/sha", 15)
	say(shell, "read", "dow\n", 4)
	child = w.process(shell, "/usr/bin/id", "id")
	w.execs(child)
	say(child, "write", "uid=0(root)\r\n", 300)
	say(shell, "read", "exit\n", 5)
	w.does(shell, "read", conn, -104, nil)
	return shell, child, fired
}

func TestObjects(t *testing.T) {
	w := newWorld()
	_, _, fired := talk(w)
	tr := build(t, w, fired)
	o := tr.Objects()
	at := slices.IndexFunc(tr.Steps, func(s Step) bool { return s.Row.Type.String() == "connect" })
	id, ok := o.Of(at)
	if !ok {
		t.Fatal("the connection is no object")
	}
	x := o.Object(id)
	if x.Kind != "ipv4" || len(x.Steps) != 6 || x.In != 24 || x.Out != 300 || x.Failed != 1 || names(x.By) != "sh id " {
		t.Errorf("the connection: %+v, by %s", x, names(x.By))
	}
	p := o.Process(tr.Self)
	if p.Kind != "process" || p.Name != "sh" || p.Alerts != 1 || p.In != 24 {
		t.Errorf("the shell: %+v", p)
	}
	exec := slices.IndexFunc(tr.Steps, func(s Step) bool { return s.Node.Name() == "id" && s.Row.Type.String() == "execve" })
	if id, ok := o.Of(exec); !ok || o.Object(id).Name != "/usr/bin/id" {
		t.Error("an exec is not about its program")
	}
}

func TestStream(t *testing.T) {
	w := newWorld()
	_, _, fired := talk(w)
	tr := build(t, w, fired)
	o := tr.Objects()
	at := slices.IndexFunc(tr.Steps, func(s Step) bool { return s.Row.Type.String() == "connect" })
	id, _ := o.Of(at)
	st := tr.Stream(o.Steps(id))
	var got []string
	for i := range st.Pieces {
		p := &st.Pieces[i]
		mark := "<"
		if p.Out {
			mark = ">"
		}
		for _, l := range p.Lines() {
			got = append(got, mark+string(l))
		}
	}
	if want := "<id|<cat /etc/shadow|>uid=0(root)|<exit"; strings.Join(got, "|") != want {
		t.Errorf("got %s, want %s", strings.Join(got, "|"), want)
	}
	if st.Moved != 324 || st.Kept != 37 || st.Pieces[1].Missing != 287 || st.Pieces[0].Count != 2 {
		t.Errorf("%+v", st)
	}
}

// A connection between two processes of the trail is told once.
func TestStreamOfBothEnds(t *testing.T) {
	w := newWorld()
	p := w.process(0, "/bin/a", "a")
	q := w.process(p, "/bin/b", "b")
	var steps []Step
	end := func(p event.ProcID, role event.Role, typ string) {
		o := event.ObjID(w.t.Objs.Add(event.Object{Kind: event.ObjIPv4, Role: role}))
		i := w.does(p, typ, o, 2, func(a *event.ArgWriter) { a.Bytes([]byte("hi"), false) })
		steps = append(steps, Step{w.b.Row(i), &Node{}})
	}
	end(p, event.RoleClient, "write")
	end(q, event.RoleServer, "read")
	st := (&Trail{Steps: steps}).Stream([]int32{0, 1})
	if len(st.Pieces) != 1 || !st.Pieces[0].Out {
		t.Errorf("%+v", st.Pieces)
	}
}

func TestBranches(t *testing.T) {
	w := newWorld()
	service, shell, tool, fired := attack(w)
	w.process(service, "/usr/bin/service", "service worker")
	other := w.process(service, "/bin/date", "date")
	w.execs(other)
	w.does(tool, "openat", 0, -13, nil)
	tr := build(t, w, fired)
	show := func(siblings bool) (s string) {
		for _, b := range tr.Branches(siblings) {
			name := "…"
			if b.Node != nil {
				name = b.Node.Name()
			}
			s += strings.Repeat(".", int(b.Depth)) + name + " "
		}
		return s
	}
	if got := show(false); got != "service .sh ..tool .… " {
		t.Error(got)
	}
	if got := show(true); got != "service .sh ..tool .date " {
		t.Error(got)
	}
	bs := tr.Badges()
	if b := bs[tr.Self]; b == nil || b.Alerts != 1 || b.Failed != 1 || b.Events != 3 {
		t.Errorf("%+v", b)
	}
	_ = shell
}
