package trail

import (
	"github.com/stoop-project/stoop/internal/event"
)

// meets are the calls that tell which process has an end of a connection.
var meets = typesOf("connect", "accept", "accept4", "listen")

var typePlugin, _ = event.TypeOf("pluginevent")

// typeSet has a flag for each type.
type typeSet = [event.NumTypes]bool

// ends are the sockets of processes outside of the subject's container, and those
// on its own loopback, by the client's end of the connection, which is the client's alone; where that was not
// known yet (a connection that nobody waited for), by the server's.
type ends struct {
	byClient map[endKey][]event.Row
	byServer map[endKey][]event.Row
	n        int
}

type endKey struct {
	end    event.Endpoint
	l4     event.L4Proto
	serves bool
}

// maxEnds bounds how many are kept.
const maxEnds = 200_000

func newEnds() ends {
	return ends{byClient: map[endKey][]event.Row{}, byServer: map[endKey][]event.Row{}}
}

func (e *ends) note(r event.Row) {
	o := r.O()
	if !o.Kind.Inet() || e.n == maxEnds {
		return
	}
	e.n++
	if whole(o.Client()) {
		k := endKey{o.Client(), o.L4, o.Role == event.RoleServer}
		e.byClient[k] = append(e.byClient[k], r)
	}
	if whole(o.Server()) {
		k := endKey{o.Server(), o.L4, o.Role == event.RoleServer}
		e.byServer[k] = append(e.byServer[k], r)
	}
}

// Ends is how many ends of connections are known that other processes had.
func (t *Trail) Ends() int { return t.ends.n }

// whole reports whether an end has an address and a port.
func whole(e event.Endpoint) bool { return e.Known && e.Port != 0 }

// meetWithin is how far apart the two ends of one connection are made.
const meetWithin = 10e9

// Far returns the event by which another process, mostly of another container or
// the host, took or made the connection of r; ok is false when there is none. guess says
// that it was concluded: the server's address is another one, as behind a
// service; it is loopback, which each pod has for itself, and they are not of one
// container nor both share the host's network; or the client's port is not known, and one process alone took
// a connection there, or listened, at that time.
func (t *Trail) Far(r event.Row) (far event.Row, guess, ok bool) {
	if r.Obj == 0 || r.B == nil {
		return far, false, false
	}
	o := r.O()
	if !o.Kind.Inet() {
		return far, false, false
	}
	other := o.Role != event.RoleServer
	if !whole(o.Client()) {
		far, ok = t.ends.alone(endKey{o.Server(), o.L4, other}, r)
		return far, ok, ok
	}
	best := int64(meetWithin)
	for _, x := range t.ends.byClient[endKey{o.Client(), o.L4, other}] {
		if d := apart(x.B.Time[x.I], r.B.Time[r.I]); d < best && !own(x, r) {
			far, ok, best = x, true, d
		}
	}
	if !ok {
		return far, false, false
	}
	server := far.O().Server()
	return far, server != o.Server() || server.Addr().IsLoopback() && !sameNetwork(r, far), true
}

// alone returns the event nearest to r by which a process has an end, when it is
// one process alone that has it at that time.
func (e *ends) alone(k endKey, r event.Row) (far event.Row, ok bool) {
	best := int64(meetWithin)
	for _, x := range e.byServer[k] {
		d := apart(x.B.Time[x.I], r.B.Time[r.I])
		if d >= meetWithin || own(x, r) {
			continue
		}
		if ok && (x.T != far.T || x.P().PID != far.P().PID) {
			return event.Row{}, false
		}
		if ok = true; d < best || far.B == nil {
			far, best = x, d
		}
	}
	return far, ok
}

// own reports whether two events are of one process.
func own(a, b event.Row) bool { return a.T == b.T && a.P().PID == b.P().PID }

// sameNetwork reports whether two processes have one loopback.
func sameNetwork(a, b event.Row) bool {
	return onHost(a) && onHost(b) || text(a, fieldContainer) != "" && text(a, fieldContainer) == text(b, fieldContainer)
}

// onHost reports whether an event's process shares the host's network: its
// loopback is the host's.
func onHost(r event.Row) bool {
	return r.C().Flags&event.ContHostNetwork != 0 || text(r, fieldContainer) == event.HostID
}

// title names a process of elsewhere: mysqld in pod shop/db-0.
func title(r event.Row) string {
	return text(r, fieldName) + where(r)
}
