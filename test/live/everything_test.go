//go:build linux

package livetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/test/oracle"
)

// TestEverything records a container in bulk while the actor plays, and holds
// what the ring has of every call, watched or not, against strace.
func TestEverything(t *testing.T) {
	c := actorPod(t)
	w := watch(t, "evt.type = vhangup", source.Options{Payload: -1, BulkRing: 16 << 20, Durations: true})
	a := hire(t, c)
	if !eventually(waitShort, func() bool { return w.Fly(c.ID[:12], true) == nil }) {
		t.Fatal(w.Fly(c.ID[:12], true))
	}
	names := append(sceneNames(), "everyday")
	names = slices.DeleteFunc(names, func(n string) bool { return n == "uring" }) // see TestURing
	trace := oracle.Attach(t, oracle.Options{Strace: []string{"-v"}}, a.pid)
	for _, name := range names {
		a.play(t, name)
	}
	calls := trace.Stop(t)
	var past kept
	if err := w.Drain(t.Context(), c.ID[:12], time.Now().Add(-time.Minute), &past); err != nil {
		t.Fatal(err)
	}
	wanted := func(oracle.Record) bool { return true }
	for _, s := range divide(t, a.pid, names, calls, past.rows) {
		t.Run(s.name, func(t *testing.T) {
			for _, p := range align(t, s, wanted) {
				p.compare(t)
				p.duration(t)
				p.data(t)
				if p.event.b.Bits[p.event.i]&(event.FromBulk|event.FromDeeds) == 0 {
					t.Errorf("%s does not say that it was drained", printed(p.call))
				}
			}
		})
	}
}

// duration compares the time spent in a call. strace stops the thread on both
// sides of it, so that its time is the longer one.
func (p pair) duration(t *testing.T) {
	t.Helper()
	have := time.Duration(p.event.b.DurAt(p.event.i))
	switch {
	case p.call.Name == "execve" || p.call.Name == "execveat":
	case have < 0:
		t.Errorf("%s has no duration, strace has %v", printed(p.call), p.call.Duration)
	case have > p.call.Duration+time.Millisecond:
		t.Errorf("%s took %v, strace has %v", printed(p.call), have, p.call.Duration)
	}
}

// data compares the bytes that a call read or wrote on pipes and on sockets
// that carry HTTP.
func (p pair) data(t *testing.T) {
	t.Helper()
	if p.call.Errno != "" || len(p.call.Args) < 2 || p.call.Return.Int <= 0 {
		return
	}
	fd, ok := p.call.Args[0].FD()
	want, isText := p.call.Args[1].Text()
	carries := fd.Kind == "pipe" || strings.HasPrefix(fd.Kind, "TCP") && strings.HasPrefix(want, "GET ")
	if !ok || !isText || !carries || !slices.Contains([]string{"read", "write", "sendto", "recvfrom"}, p.call.Name) {
		return
	}
	if have := p.event.text(t, "evt.buffer"); !strings.HasPrefix(want, have) || have == "" {
		t.Errorf("%s: the data is %q", printed(p.call), have)
	}
}
