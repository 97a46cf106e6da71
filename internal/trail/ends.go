package trail

import (
	"github.com/stoop-project/stoop/internal/event"
)

// meets are the calls that tell which process has an end of a connection.
var meets = typesOf("connect", "accept", "accept4", "listen")

var typePlugin, _ = event.TypeOf("pluginevent")

// typeSet has a flag for each type.
type typeSet = [event.NumTypes]bool

// ends are the sockets of processes outside of the subject's container, by the
// client's end of the connection, which is the client's alone.
type ends struct {
	byClient map[endKey][]event.Row
	n        int
}

type endKey struct {
	client event.Endpoint
	l4     event.L4Proto
	serves bool
}

// maxEnds bounds how many are kept.
const maxEnds = 200_000

func newEnds() ends { return ends{byClient: map[endKey][]event.Row{}} }

func (e *ends) note(r event.Row) {
	o := r.O()
	if !o.Kind.Inet() || !o.Client().Known || o.Client().Port == 0 || e.n == maxEnds {
		return
	}
	e.n++
	k := endKey{o.Client(), o.L4, o.Role == event.RoleServer}
	e.byClient[k] = append(e.byClient[k], r)
}

// meetWithin is how far apart the two ends of one connection are made.
const meetWithin = 10e9

// Far returns the event by which another container's process, or the host's,
// took or made the connection of r; ok is false when there is none. guess says
// that it was concluded: the server's address is another one, as behind a
// service, or it is loopback, which each pod has for itself.
func (t *Trail) Far(r event.Row) (far event.Row, guess, ok bool) {
	if r.Obj == 0 || r.B == nil {
		return far, false, false
	}
	o := r.O()
	if !o.Kind.Inet() || !o.Client().Known {
		return far, false, false
	}
	best := int64(meetWithin)
	for _, x := range t.ends.byClient[endKey{o.Client(), o.L4, o.Role != event.RoleServer}] {
		if d := apart(x.B.Time[x.I], r.B.Time[r.I]); d < best {
			far, ok, best = x, true, d
		}
	}
	if !ok {
		return far, false, false
	}
	server := far.O().Server()
	return far, server != o.Server() || server.Addr().Unmap().IsLoopback(), true
}

// title names a process of elsewhere: mysqld in pod shop/db-0.
func title(r event.Row) string {
	return text(r, fieldName) + where(r)
}
