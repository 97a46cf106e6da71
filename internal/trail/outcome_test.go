package trail

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

func (w *world) socket(client, server string, role event.Role) event.ObjID {
	end := func(s string) event.Endpoint {
		a := netip.MustParseAddrPort(s)
		return event.EndpointOf(a.Addr(), a.Port())
	}
	o := event.Object{Kind: event.ObjIPv4, L4: event.L4TCP, Role: role, Local: end(client), Remote: end(server)}
	if role == event.RoleServer {
		o.Local, o.Remote = o.Remote, o.Local
	}
	return event.ObjID(w.t.Objs.Add(o))
}

func (w *world) ends(p event.ProcID, code int64) {
	w.does(p, "procexit", 0, 0, func(a *event.ArgWriter) {
		a.Int(code << 8)
		a.Int(code)
		a.Int(0)
		a.Uint(0)
		a.Int(0)
	})
}

func factsOf(x *Trail) (s string) {
	for _, f := range x.Outcome() {
		s += f.Text + "\n"
	}
	return s
}

// An nmap that ended with 127 scanned nothing: it is said on the alert, and in
// the story.
func TestOutcomeOfNothing(t *testing.T) {
	w := newWorld()
	_, shell, _, _ := attack(w)
	other := w.process(shell, "/usr/bin/curl", "curl http://192.0.2.1")
	w.execs(other)
	w.does(other, "connect", w.socket("192.0.2.7:40000", "192.0.2.1:80", event.RoleClient), -111, nil)
	tool := w.process(shell, "/usr/bin/nmap", "nmap 192.0.2.0/24")
	fired := w.execs(tool)
	w.ends(tool, 127)
	x := build(t, w, fired)
	for _, want := range []string{"nmap ended with 127 (the program, or something that it needs, was not found)", "it tried no connection that was seen"} {
		if got := factsOf(x); !strings.Contains(got, want) {
			t.Errorf("%q is not said: %s", want, got)
		}
	}
	told := strings.Join(texts(x.Story()), "\n")
	for _, want := range []string{"sh ran nmap 192.0.2.0/24; it ended with 127 (", "and did nothing that was seen", "curl tried to connect to 192.0.2.1 port 80: ECONNREFUSED"} {
		if !strings.Contains(told, want) {
			t.Errorf("%q is not told:\n%s", want, told)
		}
	}
}

// A connection that nobody waited for counts as answered when data goes over
// it, whatever its own port is said to be.
func TestOutcomeOfConnections(t *testing.T) {
	w := newWorld()
	_, _, tool, fired := attack(w)
	w.does(tool, "connect", w.socket("0.0.0.0:0", "192.0.2.1:80", event.RoleClient), -115, nil)
	w.does(tool, "connect", w.socket("0.0.0.0:0", "192.0.2.1:81", event.RoleClient), -115, nil)
	w.does(tool, "sendto", w.socket("192.0.2.7:40001", "192.0.2.1:80", event.RoleClient), 1500, nil)
	x := build(t, w, fired)
	if got := factsOf(x); !strings.Contains(got, "it began 2 connections without waiting; data was seen to go over 1") || !strings.Contains(got, "it sent 1.5 kB and received 0 bytes") {
		t.Error(got)
	}
	told := strings.Join(texts(x.Story()), "\n")
	if !strings.Contains(told, "without waiting for the answers; 1 of them were answered") || !strings.Contains(told, "tool sent 1.5 kB to 192.0.2.1 port 80") {
		t.Error(told)
	}
}

// An act that is worth an alert is marked where none fired, and not where one
// did.
func TestSilent(t *testing.T) {
	w := newWorld()
	_, shell, _, _ := attack(w)
	remove := func(path string) int {
		rm := w.process(shell, "/bin/rm", "rm "+path)
		w.execs(rm)
		return w.does(rm, "unlink", 0, 0, func(a *event.ArgWriter) { a.Str(w.t.Strings.Add(path)) })
	}
	fired := remove("/var/log/seen.log")
	remove("/var/log/unseen.log")
	var silent []string
	for _, s := range build(t, w, fired).Story() {
		if s.Silent {
			silent = append(silent, s.Text)
		}
	}
	if !slices.Equal(silent, []string{"rm deleted /var/log/unseen.log"}) {
		t.Errorf("marked: %q", silent)
	}
}

// The other end of a connection is another container's process; behind a
// service's address it is a conclusion.
func TestFar(t *testing.T) {
	w := newWorld()
	_, _, tool, fired := attack(w)
	db := event.ContID(w.t.Conts.Add(event.Container{ID: w.t.Strings.Add("0123456789ab"), Pod: w.t.Strings.Add("db-0"), Namespace: w.t.Strings.Add("shop")}))
	own := w.cont
	w.cont = db
	mysqld := w.process(0, "/usr/sbin/mysqld", "mysqld")
	w.cont = own
	direct := w.does(tool, "connect", w.socket("10.0.0.7:40000", "10.0.0.9:3306", event.RoleClient), 0, nil)
	w.does(mysqld, "accept4", w.socket("10.0.0.7:40000", "10.0.0.9:3306", event.RoleServer), 5, nil)
	service := w.does(tool, "connect", w.socket("10.0.0.7:40001", "10.96.0.1:3306", event.RoleClient), 0, nil)
	w.does(mysqld, "accept4", w.socket("10.0.0.7:40001", "10.0.0.9:3306", event.RoleServer), 6, nil)
	nobody := w.does(tool, "connect", w.socket("10.0.0.7:40002", "203.0.113.5:443", event.RoleClient), 0, nil)
	x := build(t, w, fired)
	for i, want := range map[int]struct{ ok, guess bool }{direct: {true, false}, service: {true, true}, nobody: {false, false}} {
		far, guess, ok := x.Far(w.b.Row(i))
		if ok != want.ok || guess != want.guess || ok && title(far) != "mysqld in pod shop/db-0" {
			t.Errorf("event %d: %v, guess %v", i, ok, guess)
		}
	}
	told := strings.Join(texts(x.Story()), "\n")
	if !strings.Contains(told, "tool connected to 10.0.0.9 port 3306; at the other end was mysqld in pod shop/db-0") || !strings.Contains(told, "10.96.0.1 port 3306; at the other end was, it seems, mysqld") {
		t.Error(told)
	}
}
