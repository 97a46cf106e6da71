package trail

import "github.com/stoop-project/stoop/internal/event"

// makes are the calls by which processes are made.
var makes = map[string]bool{"clone": true, "clone3": true, "fork": true, "vfork": true}

// speaks are the calls by which a service is spoken to.
var speaks = map[string]bool{
	"accept": true, "accept4": true, "recvfrom": true, "recvmsg": true, "read": true, "readv": true,
}

// entryWithin is how long before the root a connection may have been accepted
// by another thread to count as what led to it.
const entryWithin = 30e9

// findEntry looks for what the root's parent was told before it made the root:
// on the thread that made it, the last connection that a client spoke on; else
// the last connection that any of its threads accepted, which is an inference.
func (t *Trail) findEntry(held []Step) {
	parent := t.Root.Parent
	at, thread := len(held), uint32(0)
	for i, s := range held {
		if s.Node == parent && t.Root.madeBy(s.Row) {
			at, thread = i, s.Row.B.TID[s.Row.I]
			break
		}
	}
	if at == len(held) { // the call was not seen: everything before the process counts
		for at > 0 && held[at-1].Row.B.Time[held[at-1].Row.I] > t.Root.Process.Start {
			at--
		}
	}
	for i := at - 1; i >= 0; i-- {
		r := held[i].Row
		if held[i].Node != parent || r.B.Time[r.I] < t.Root.Process.Start-entryWithin || !spokenTo(r) {
			continue
		}
		if r.B.TID[r.I] == thread && thread != 0 {
			t.Entry, t.EntryInferred = r, false
			return
		}
		if t.Entry.B == nil && accepts(r) {
			t.Entry, t.EntryInferred = r, true
		}
	}
}

// madeBy reports whether a call made the process: its result is the child's
// pid in the caller's namespace.
func (n *Node) madeBy(r event.Row) bool {
	if !makes[r.Type.String()] || r.B.Bits[r.I]&event.HasRes == 0 || r.B.Res[r.I] <= 0 {
		return false
	}
	p, made := n.states[0].P(), int32(r.B.Res[r.I])
	near := r.B.Time[r.I]-n.Process.Start < clockSlack && n.Process.Start-r.B.Time[r.I] < clockSlack
	return near && (p.VPID == made || p.PID == made)
}

// spokenTo reports whether a call took something from a client's connection.
func spokenTo(r event.Row) bool {
	if r.Obj == 0 || !speaks[r.Type.String()] {
		return false
	}
	o := r.O()
	return o.Kind.Inet() && o.Role == event.RoleServer && r.B.Bits[r.I]&event.HasRes != 0 && r.B.Res[r.I] >= 0
}

// accepts reports whether a call accepted a connection.
func accepts(r event.Row) bool {
	return (r.Type.String() == "accept" || r.Type.String() == "accept4") && spokenTo(r)
}
