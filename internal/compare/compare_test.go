package compare

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/store"
)

// fleet is a node with containers, in which a test has things happen.
type fleet struct {
	t     *event.Tables
	b     *event.Batch
	conts map[string]event.ContID
	pid   int32
	now   int64
}

func newFleet(images map[string]string) *fleet {
	f := &fleet{t: event.NewTables(), conts: make(map[string]event.ContID), pid: 1000, now: 1e18}
	str := f.t.Strings.Add
	for id, image := range images {
		f.conts[id] = event.ContID(f.t.Conts.Add(event.Container{ID: str(id), Name: str("main"), Image: str(image)}))
	}
	f.b = event.NewBatch(f.t, 1, 1024)
	return f
}

// runs has a container run a program, and that open files.
func (f *fleet) runs(cont, exe string, files ...string) {
	str := f.t.Strings.Add
	f.pid++
	p := event.ProcID(f.t.Procs.Add(event.Proc{
		PID: f.pid, Cont: f.conts[cont], Name: str(exe[strings.LastIndexByte(exe, '/')+1:]), ExePath: str(exe), Line: str(exe),
		Known: event.KnowPID,
	}))
	add := func(typ event.Type, obj event.ObjID, payload []byte) {
		f.now += 1e6
		f.b.Append(event.Event{Time: f.now, Type: typ, Proc: p, TID: uint32(f.pid), FD: -1, Obj: obj, Bits: event.HasRes, Dur: -1}, payload)
	}
	execve, _ := event.TypeOf("execve")
	unlink, _ := event.TypeOf("unlink")
	add(execve, 0, nil)
	for _, name := range files {
		add(unlink, event.ObjID(f.t.Objs.Add(event.Object{Kind: event.ObjFile, Name: str(name)})), nil)
	}
}

// count is what a store of the events counts.
func (f *fleet) count() Count {
	st := store.New(0)
	st.Batch(f.b)
	return func(ctx context.Context, qs []dashboard.Query) ([]*dashboard.Result, error) {
		return st.Panels(ctx, qs, nil), nil
	}
}

// run compares a container, as an event of it names it.
func (f *fleet) run(t *testing.T, cont string, opt Options) (*Report, error) {
	t.Helper()
	var row event.Row
	for i := range f.b.Len() {
		if r := f.b.Row(i); f.t.Text(r.C().ID) == cont {
			row = r
		}
	}
	s, err := Of(row)
	if err != nil {
		t.Fatal(err)
	}
	return Run(t.Context(), s, opt, f.count())
}

// only lists what only the container has, as aspect: value.
func only(r *Report) (all []string) {
	for _, a := range r.Answers {
		for _, v := range a.Only {
			all = append(all, a.Aspect.Name+": "+v.Text)
		}
	}
	return all
}

const (
	one   = "aaaaaaaaaaaa"
	two   = "bbbbbbbbbbbb"
	three = "cccccccccccc"
	other = "dddddddddddd"
)

func TestSiblings(t *testing.T) {
	f := newFleet(map[string]string{one: "web:1", two: "web:1", three: "web:1", other: "db:1"})
	for i := range 30 {
		for _, c := range []string{one, two, three} {
			f.runs(c, "/usr/bin/service", fmt.Sprintf("/proc/%d/stat", 100+i), "/var/cache/page")
		}
	}
	f.runs(one, "/tmp/x", "/var/log/auth.log", "/proc/999/stat", "/var/spool/5e7d1aa0b3")
	f.runs(one, "/usr/bin/service", "/var/spool/77e9d1c0aa")
	f.runs(other, "/tmp/x") // of another image: it does not excuse ours
	r, err := f.run(t, one, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Against != Siblings || r.Others.Containers != 2 || r.Others.Events != 180 || r.Self.Containers != 1 || len(r.Notes) != 0 {
		t.Errorf("%+v against %+v, %s; notes %v", r.Self, r.Others, r.Against, r.Notes)
	}
	want := []string{"programs: /tmp/x", "commands: /tmp/x", "written: /var/spool/*", "written: /var/log/auth.log"}
	if got := only(r); !slices.Equal(got, want) {
		t.Errorf("only here: %q, want %q", got, want)
	}
	for _, a := range r.Answers {
		if a.Aspect.Name == "written" {
			if v := a.Only[0]; v.Values != 2 || v.Count != 2 || a.Known != 32 {
				t.Errorf("%+v, known %d", v, a.Known)
			}
		}
	}
	if r, err = f.run(t, two, Options{}); err != nil || len(only(r)) != 0 {
		t.Errorf("of one like the others: %v %q", err, only(r))
	}
}

// A value's condition finds the events that it was counted of, and no others.
func TestConditions(t *testing.T) {
	f := newFleet(map[string]string{one: "web:1", two: "web:1"})
	names := []string{`/tmp/a"b`, `/tmp/new*one`, "/tmp/two\nlines", `/tmp/back\slash`, "/run/4711/x?y", "/run/4712/x?y", "/run/4713/x-y"}
	f.runs(one, "/bin/sh", names...)
	f.runs(two, "/bin/sh")
	r, err := f.run(t, one, Options{})
	if err != nil {
		t.Fatal(err)
	}
	count, found := f.count(), 0
	for _, a := range r.Answers {
		for _, v := range a.Only {
			q, err := (&comparing{}).query(dashboard.Panel{Title: "x", Kind: dashboard.Stat}, dashboard.Span{}, v.Condition)
			if err != nil {
				t.Fatalf("%s: %v", v.Condition, err)
			}
			if res, err := count(t.Context(), []dashboard.Query{q}); err != nil || res[0].Total != v.Count {
				t.Errorf("%s finds %d events, counted were %d (%v)", v.Condition, res[0].Total, v.Count, err)
			}
			found += v.Values
		}
	}
	if found != len(names)+1 { // and the call
		t.Errorf("%d values of %d", found, len(names)+1)
	}
}

func TestPast(t *testing.T) {
	f := newFleet(map[string]string{one: "web:1", other: "db:1"})
	for range 60 {
		f.runs(one, "/usr/bin/service", "/var/cache/page")
	}
	since := f.now + 1
	f.runs(one, "/usr/bin/service", "/var/cache/page", "/etc/passwd")
	r, err := f.run(t, one, Options{Since: since})
	if err != nil {
		t.Fatal(err)
	}
	if got := only(r); r.Against != Past || r.Self.Events != 3 || r.Others.Events != 120 || !slices.Equal(got, []string{"written: /etc/passwd"}) {
		t.Errorf("against the %s, %d events and %d: %q", r.Against, r.Self.Events, r.Others.Events, got)
	}
}

// Whoever has nothing to be compared with is told so, and what to do.
func TestNothingToCompareWith(t *testing.T) {
	f := newFleet(map[string]string{one: "web:1", two: ""})
	f.runs(one, "/bin/sh")
	f.runs(two, "/bin/sh")
	for _, tt := range []struct {
		cont string
		opt  Options
		want string
	}{
		{one, Options{}, "nothing of another container of web:1"},
		{two, Options{}, "not known which image"},
		{one, Options{Against: Past}, "no past without a time"},
		{one, Options{Since: 1}, "(aaaaaaaaaaaa) from before"},
		{one, Options{Within: "evt.type ="}, "expected"},
	} {
		if _, err := f.run(t, tt.cont, tt.opt); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %+v: %v, want %q", tt.cont, tt.opt, err, tt.want)
		}
	}
	if _, err := Of(newFleet(nil).hostRow()); err == nil {
		t.Error("the host was taken for a container")
	}
}

// A container that is found by a name is the one that its events name.
func TestFind(t *testing.T) {
	f := newFleet(map[string]string{one: "web:1", two: "web:1"})
	f.runs(one, "/bin/sh")
	f.runs(two, "/bin/sh")
	for _, name := range []string{one, one + strings.Repeat("a", 52)} {
		if s, err := Find(t.Context(), name, f.count()); err != nil || s.ID != one || s.Image != "web:1" || s.like != `container.image = web:1` {
			t.Errorf("%s: %+v %v", name, s, err)
		}
	}
	for name, want := range map[string]string{"main": "2 containers are called", "nobody": "no container has", `a" or evt.num > 0 or "`: "no container has", "": "no container has"} {
		if _, err := Find(t.Context(), name, f.count()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
}

func (f *fleet) hostRow() event.Row {
	str := f.t.Strings.Add
	f.conts["h"] = event.ContID(f.t.Conts.Add(event.Container{ID: str(event.HostID), Flags: event.ContHost}))
	f.runs("h", "/bin/sh")
	return f.b.Row(0)
}

func TestCommon(t *testing.T) {
	f := newFleet(map[string]string{one: "web:1", two: "web:1", three: "web:2", other: "db:1"})
	for _, c := range []string{one, two, three, other} {
		f.runs(c, "/bin/sh")
	}
	f.runs(one, "/bin/sh", "/tmp/x", "/tmp/x")
	f.runs(three, "/bin/sh", "/tmp/x")
	f.hostRow()
	for _, tt := range []struct{ field, value, within, want string }{
		{"fd.name", "/tmp/x", "", "in 2 containers of 4, of 2 images, 3 events"},
		{"fd.name", "/tmp/x", "container.image = web:1", "in 1 container of 2, of 1 image, 2 events"},
		{"proc.exepath", "/bin/sh", "", "in 4 containers of 4, of 3 images, 9 events"},
		{"proc.aname[0]", "sh", "", "in 4 containers of 4, of 3 images, 9 events"},
		{"fd.name", `" or evt.num > 0 or fd.name = "`, "", "in 0 containers of 4, of 0 images, 0 events"},
	} {
		p, err := Common(t.Context(), tt.field, tt.value, tt.within, f.count())
		if err != nil || p.String() != tt.want {
			t.Errorf("%s = %s: %s %v, want %s", tt.field, tt.value, p, err, tt.want)
		}
	}
	if _, err := Common(t.Context(), "no.such", "x", "", f.count()); err == nil {
		t.Error("no error for a field that there is not")
	}
}

func TestPattern(t *testing.T) {
	for value, want := range map[string]string{
		"/etc/passwd":          "",
		"/usr/lib/libssl.so.3": "",
		"/proc/7/fd/12":        "/proc/*/fd/*",
		"/var/lib/x/550e8400-e29b-41d4-a716-446655440000.db": "/var/lib/x/*.db",
		"/tmp/tmpa8xk2l_q/out":                               "/tmp/tmp*/out",
		"/tmp/tmux":                                          "",
		"/run/[a]/12345*":                                    `/run/\[a]/*\*`,
		"sh -c sleep 1000":                                   "sh -c sleep *",
		"/data/deadbeef":                                     "",
		"/data/dead1beef7a":                                  "/data/*",
	} {
		got, ok := pattern(value)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%s: %q %v, want %q", value, got, ok, want)
		}
	}
}
