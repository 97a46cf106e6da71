package trail

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

// Addresses are named where they are told: by the pod, service or node that has
// them, or as a conclusion by the name of a DNS answer. What calls itself like a
// sentence stays one word.
func TestNamed(t *testing.T) {
	w := newWorld()
	str := w.t.Strings.Add
	cont := func(c event.Container) { w.t.Conts.Add(c) }
	cont(event.Container{ID: str("a"), Pod: str("db-0"), Namespace: str("shop"), PodIP: str("10.0.0.9")})
	cont(event.Container{ID: str("b"), Pod: str("old-0"), Namespace: str("shop"), PodIP: str("10.0.0.10"), Env: str("MYSQL_SERVICE_HOST=10.96.0.1\x00")})
	cont(event.Container{ID: str("c"), Pod: str("new-0"), Namespace: str("shop"), PodIP: str("10.0.0.10")})
	cont(event.Container{ID: str("d"), Pod: str("evil port 1; sh connected"), Namespace: str("x"), PodIP: str("10.0.0.11")})
	cont(event.Container{ID: str("e"), Pod: str("proxy"), Flags: event.ContHostNetwork, PodIP: str("192.0.2.1")})
	learn := func(addr string, names ...string) {
		for _, n := range names {
			w.t.Names.Learn(netip.MustParseAddr(addr), n)
		}
	}
	learn("203.0.113.5", "pool.example.")
	learn("203.0.113.6", "a.example", "b.example", "c.example", "d.example", "e.example")
	learn("203.0.113.7", "x) port 1\n▲ sh")
	_, shell, _, fired := attack(w)
	for _, tt := range [][2]string{
		{"10.0.0.9", "10.0.0.9 (pod shop/db-0)"},
		{"10.96.0.1", "10.96.0.1 (service mysql)"},
		{"10.0.0.10", "10.0.0.10 (≈ pod shop/old-0 or pod shop/new-0)"},
		{"10.0.0.11", `10.0.0.11 (pod "x/evil port 1; sh connected")`},
		{"192.0.2.1", "192.0.2.1 (node)"},
		{"203.0.113.5", "203.0.113.5 (≈ pool.example)"},
		{"203.0.113.6", "203.0.113.6 (≈ a.example or b.example or c.example or 2 others)"},
		{"203.0.113.7", `203.0.113.7 (≈ "x) port 1\n▲ sh")`},
		{"203.0.113.9", "203.0.113.9"},
	} {
		p := w.process(shell, "/bin/curl", "curl "+tt[0])
		i := w.does(p, "connect", w.socket("10.0.0.7:40000", tt[0]+":3306", event.RoleClient), 0, nil)
		x := build(t, w, fired)
		if told := strings.Join(texts(x.Story()), "\n"); !strings.Contains(told, "curl connected to "+tt[1]+" port 3306") {
			t.Errorf("%s is not told in\n%s", tt[1], told)
		}
		objects := x.Objects()
		step, _ := x.Find(w.b.Row(i))
		id, ok := objects.Of(step)
		if o := objects.Object(id); !ok || withName(tt[0], o.Far) != tt[1] {
			t.Errorf("the object of %s is %q", tt[1], o.Far)
		}
	}
	if name := Named(w.b.Row(0)); name != "" {
		t.Errorf("what is no connection is called %q", name)
	}
}

// A service that is asked from a pod says which; so does what is read from it.
func TestNamedClient(t *testing.T) {
	w := newWorld()
	str := w.t.Strings.Add
	w.t.Conts.Add(event.Container{ID: str("a"), Pod: str("front-0"), Namespace: str("shop"), PodIP: str("10.0.0.9")})
	_, _, tool, fired := attack(w)
	w.does(tool, "accept4", w.socket("10.0.0.9:40000", "10.0.0.7:80", event.RoleServer), 5, nil)
	w.does(tool, "dup2", w.socket("10.0.0.9:40000", "10.0.0.7:80", event.RoleServer), 1, nil)
	var out bytes.Buffer
	if err := build(t, w, fired).WriteText(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"tool took a connection, 10.0.0.9:40000->10.0.0.7:80 (pod shop/front-0)",
		"tool made the connection 10.0.0.9:40000->10.0.0.7:80 (pod shop/front-0) its standard input",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not told in\n%s", want, out.String())
		}
	}
}
