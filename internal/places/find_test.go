package places

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/trail"
)

const web = "6cf4be7b2388"

// attackTree is the trail of the tool: its shell, and what that ran.
const attackTree = "shell(tool)(cleaner)"

// The container and the command line find the process; the trail is the same
// whether one place has it, or two have a part of it and some of it both. Each
// place answers by itself, and what is nowhere is said.
func TestFind(t *testing.T) {
	whole := newNode()
	whole.attack(web)
	half := newNode()
	half.attack(web)
	half.b = half.b.Slice(1, 3)
	rest := newNode()
	rest.attack(web)
	alert := said{id: "7", container: web, line: "tool", at: toolAt}.alert()
	for _, in := range [][]Place{
		{whole.place("a")},
		{whole.place("a"), whole.place("b")},
		{half.place("a"), rest.place("b"), broken{}},
	} {
		var told []Answer
		x, err := Find(t.Context(), alert, in, Options{}, func(a Answer) { told = append(told, a) })
		if err != nil {
			t.Fatal(err)
		}
		if got := story(x.Trail.Root); got != attackTree || x.Trail.Subject.Key != trail.ByLine || len(x.Rows) != whole.b.Len()+1 {
			t.Errorf("%s by %s, %d rows", got, x.Trail.Subject.Key, len(x.Rows))
		}
		if x.Sure.Grade != Likely || len(told) != len(x.Answers) || len(told) < 2*len(in) {
			t.Errorf("%s; %d answers, %d told", x.Sure, len(x.Answers), len(told))
		}
		missing := strings.Join(x.Missing, "\n")
		if !strings.Contains(missing, "audit records of the pod in a") || !strings.Contains(missing, "gives no id") {
			t.Errorf("missing: %s", missing)
		}
		if slices.Contains(in, Place(broken{})) && !strings.Contains(missing, "es://away could not be asked for the alert's container: connection refused") {
			t.Errorf("missing: %s", missing)
		}
	}
}

// What an alert lacks is learned from what is found, or chosen, and how is said.
func TestFindByLess(t *testing.T) {
	n := newNode()
	n.attack(web)
	other := newNode() // a container of the same name and pod, without the tool
	c := other.container("0123456789ab", "web", "web-0")
	other.runs(c, 201, 0, "service")
	other.now = toolAt - second
	other.runs(c, 202, 0, "shell")
	for name, test := range map[string]struct {
		said
		in    []Place
		want  string
		grade Grade
		why   string
	}{
		"pod":                   {said{pod: "web-0", line: "tool"}, []Place{n.place("a")}, attackTree, Likely, "command line"},
		"pod of two containers": {said{pod: "web-0", line: "tool"}, []Place{n.place("a"), other.place("b")}, attackTree, Likely, "2 containers fit (6cf4be7b2388, 0123456789ab): the one in which the alert's command ran"},
		"two of one name":       {said{name: "web", line: "tool"}, []Place{other.place("b"), n.place("a")}, attackTree, Likely, "2 containers fit"},
		"name alone":            {said{name: "web"}, []Place{n.place("a")}, "nobody", Unsure, "names no process"},
		"cut id":                {said{container: web[:8], line: "tool"}, []Place{n.place("a")}, attackTree, Likely, "cut to 6cf4be7b; one container begins so"},
		"line alone":            {said{line: "tool"}, []Place{n.place("a")}, attackTree, Likely, "command line"},
		"another line":          {said{container: web, line: "no such"}, []Place{n.place("a")}, "nobody", Unsure, "not among what was found"},
		"another container":     {said{container: "ffffffffffff", line: "tool"}, []Place{n.place("a")}, "nobody", Unsure, "nothing was found"},
	} {
		test.at = toolAt
		x := find(t, test.alert(), test.in...)
		if got := story(x.Trail.Root); got != test.want || x.Sure.Grade != test.grade || !strings.Contains(x.Sure.String(), test.why) {
			t.Errorf("%s: %s, %s", name, got, x.Sure)
		}
	}
}

// An alert that says nothing to ask for is refused, as is one without a time.
func TestFindNothing(t *testing.T) {
	n := newNode()
	n.attack(web)
	in := []Place{n.place("a")}
	if _, err := Find(t.Context(), said{at: toolAt}.alert(), in, Options{}, nil); !errors.Is(err, ErrNothing) {
		t.Error(err)
	}
	if _, err := Find(t.Context(), said{container: web}.alert(), in, Options{}, nil); !errors.Is(err, ErrNoTime) {
		t.Error(err)
	}
	if x := find(t, said{container: web, at: toolAt}.alert()); !slices.Contains(x.Missing, "There was no place to look in") {
		t.Error(x.Missing)
	}
}

// A clock that is off by an hour is found out by what others have seen too, or by
// the alert itself, and corrected. What lies far away for no known reason is left
// out, and that is said.
func TestFindOtherClocks(t *testing.T) {
	right := newNode()
	right.attack(web)
	ahead := newNode()
	ahead.clock = 3600 * second
	ahead.attack(web)
	ahead.does(event.ProcID(3), "unlink")
	alert := said{container: web, line: "tool", at: toolAt}.alert()

	x := find(t, alert, right.place("a"), ahead.place("b"))
	if got := story(x.Trail.Root); got != attackTree || len(x.Rows) != right.b.Len()+2 {
		t.Errorf("%s, %d rows", got, len(x.Rows))
	}
	if last := x.Rows[len(x.Rows)-1]; last.Time() != right.now {
		t.Errorf("the last event is at %d", last.Time()-right.now)
	}
	if want := "the clock of b is 1h0m0s ahead, by 4 events that both have: its times were corrected by that"; !strings.Contains(x.Sure.String(), want) {
		t.Error(x.Sure)
	}

	x = find(t, alert, ahead.place("b"))
	if got := story(x.Trail.Root); got != attackTree || !strings.Contains(x.Sure.String(), "by 1 event that both have") {
		t.Errorf("%s; %s", got, x.Sure)
	}

	x = find(t, said{container: web, at: toolAt}.alert(), ahead.place("b"))
	if len(x.Trail.Steps) != 0 || !strings.Contains(strings.Join(x.Missing, "\n"), "far from the alert's time") {
		t.Errorf("%d steps; %q", len(x.Trail.Steps), x.Missing)
	}
}

// Where too many events are, those nearest to the alert are taken; where too
// many processes fit, the last that had started. Both are said.
func TestFindTooMuch(t *testing.T) {
	n := newNode()
	c := n.container(web, "web", "web-0")
	service := n.runs(c, 101, 0, "service")
	for i := range int32(1000) {
		n.runs(c, 1000+i, service, "tool")
	}
	alert := said{container: web, line: "tool", at: n.now}.alert()
	n.now += 10 * second
	n.runs(c, 5000, service, "tool")
	x := find(t, alert, n.place("a"))
	if x.Trail.Subject.Process.PID != 1000+999 || x.Trail.Subject.Choices != 1000 || !strings.Contains(x.Sure.String(), "processes fit, and the last that had started was taken") {
		t.Errorf("%+v; %s", x.Trail.Subject, x.Sure)
	}
	x, err := Find(t.Context(), alert, []Place{n.place("a")}, Options{Most: 100}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(x.Rows) != 101 || !strings.Contains(strings.Join(x.Missing, "\n"), "a has more than the 100 events nearest to the alert") {
		t.Errorf("%d rows; %q", len(x.Rows), x.Missing)
	}
}

// A container on the host's network is known by no address: the other ends of
// its connections are asked for by the pair of addresses, in every place.
func TestFindOtherEnds(t *testing.T) {
	n := newNode()
	n.attack(web)
	far := newNode()
	c := far.container("0123456789ab", "listener", "c2-0")
	far.now = toolAt - second
	nc := far.runs(c, 900, 0, "nc")
	conn := func(n *node, p event.ProcID, what string, role event.Role) {
		client, server := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.66")
		o := event.Object{Kind: event.ObjIPv4, L4: event.L4TCP, Role: role, Local: event.EndpointOf(client, 40000), Remote: event.EndpointOf(server, 4444)}
		if role == event.RoleServer {
			o.Local, o.Remote = o.Remote, o.Local
		}
		n.does(p, what)
		n.b.Obj[n.b.Len()-1] = event.ObjID(n.t.Objs.Add(o))
	}
	conn(n, 3, "connect", event.RoleClient)
	conn(far, nc, "accept4", event.RoleServer)
	x := find(t, said{container: web, line: "tool", at: toolAt}.alert(), n.place("a"), far.place("b"))
	var asked Answer
	for _, a := range x.Answers {
		if a.Place == "b" && a.What == "the other ends of its connections" {
			asked = a
		}
	}
	if asked.Rows != 1 || !strings.Contains(asked.For, "fd.cport = 40000") {
		t.Errorf("b was asked for %q and had %d", asked.For, asked.Rows)
	}
	told := ""
	for _, s := range x.Trail.Story() {
		told += s.Text + "\n"
	}
	if !strings.Contains(told, "tool connected to 127.0.0.66 port 4444; at the other end was, it seems, nc in pod shop/c2-0") {
		t.Errorf("told:\n%s", told)
	}
}
