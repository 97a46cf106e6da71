package keep

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/stoop-project/stoop/internal/event"
)

// target is whom an alert is about.
type target struct {
	key        string   // tells targets apart: a container's id, pod/NS/NAME, host/PID/START
	containers []string // ids; more than one for a pod
	root       *process // on the host: the process below which all is kept; nil: everything
}

// process is a process in whichever tables.
type process struct {
	pid   int32
	start int64
	name  string
}

// shortID is how a container is known.
var shortID = regexp.MustCompile(`^[0-9a-f]{12}$`)

// nearby is how far the time of a process's events may be from that of an
// alert which names it without a pid.
const nearby = 2 * time.Second

// target finds out whom an alert is about; ok is false when it does not say, or
// says what is not here. The stream tells who was there.
func find(alert event.Row, stream []*event.Batch) (to target, ok bool) {
	c := alert.C()
	id := alert.T.Text(c.ID)
	if shortID.MatchString(id) {
		return target{key: id, containers: []string{id}}, true
	}
	if pod, ns := alert.T.Text(c.Pod), alert.T.Text(c.Namespace); id == "" && pod != "" {
		ids := containersOf(pod, ns, stream)
		return target{key: "pod/" + ns + "/" + pod, containers: ids}, len(ids) > 0
	}
	if id != event.HostID && id != "" {
		return target{}, false
	}
	if root := culprit(alert, stream); root != nil {
		return target{key: fmt.Sprintf("host/%d/%d", root.pid, root.start), containers: []string{event.HostID}, root: root}, true
	}
	return target{key: event.HostID, containers: []string{event.HostID}}, id == event.HostID
}

// containersOf returns the ids of a pod's containers that the stream knows.
func containersOf(pod, ns string, stream []*event.Batch) (ids []string) {
	seen := make(map[*event.Tables]bool)
	for _, b := range slices.Backward(stream) {
		t := b.Tables
		if seen[t] {
			continue
		}
		seen[t] = true
		for n := 1; n < t.Conts.Len(); n++ {
			c := t.Cont(event.ContID(n))
			if id := t.Text(c.ID); t.Text(c.Pod) == pod && t.Text(c.Namespace) == ns && shortID.MatchString(id) && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// culprit finds the process of an alert of the host in the stream, and returns
// the leader of its session, or itself where that is not known.
func culprit(alert event.Row, stream []*event.Batch) *process {
	want, line := alert.P(), cmdline(alert)
	name := alert.T.Text(want.Name)
	byPID := want.Known&event.KnowPID != 0
	if !byPID && name == "" {
		return nil
	}
	at := alert.B.Time[alert.I]
	var best event.Row
	closest := int64(nearby)
	for _, b := range slices.Backward(stream) {
		if last(b) < at-int64(nearby) {
			break
		}
		for i, when := range b.Time {
			apart := max(when-at, at-when)
			if apart > closest {
				continue
			}
			r := b.Row(i)
			p := r.P()
			if r.T.Text(r.C().ID) != event.HostID || byPID && p.PID != want.PID || !byPID && (r.T.Text(p.Name) != name || line != "" && cmdline(r) != line) {
				continue
			}
			best, closest = r, apart
		}
	}
	if best.B == nil {
		return nil
	}
	p := best.P()
	if leader := best.T.Proc(p.SidLeader); p.SidLeader != 0 && leader.PID > 1 {
		p = leader
	}
	return &process{p.PID, p.Start, best.T.Text(p.Name)}
}

// cmdline is the command line of an event's process, "" when it is not known.
func cmdline(r event.Row) string {
	v, ok := cmdlineField.Show(r, event.Arg{})
	if !ok {
		return ""
	}
	return v.String()
}

var cmdlineField, _, _ = event.Fields.Parse("proc.cmdline")

// matcher tells which events of some tables are a target's. It decides once
// for each process.
type matcher struct {
	to      target
	verdict map[*event.Tables]map[event.ProcID]bool
}

func newMatcher(to target) *matcher {
	return &matcher{to: to, verdict: make(map[*event.Tables]map[event.ProcID]bool)}
}

func (m *matcher) match(r event.Row) bool {
	known := m.verdict[r.T]
	if known == nil {
		known = make(map[event.ProcID]bool)
		m.verdict[r.T] = known
	}
	id := r.B.Proc[r.I]
	is, ok := known[id]
	if !ok {
		is = m.decide(r.T, id)
		known[id] = is
	}
	return is
}

func (m *matcher) decide(t *event.Tables, id event.ProcID) bool {
	p := t.Proc(id)
	c := t.Text(t.Cont(p.Cont).ID)
	if c == "" || !slices.Contains(m.to.containers, c) {
		return false
	}
	if m.to.root == nil {
		return true
	}
	for range event.MaxAncestors {
		if p.PID == m.to.root.pid && (p.Start == m.to.root.start || p.Start == 0) {
			return true
		}
		if p.Parent == 0 {
			return false
		}
		p = t.Proc(p.Parent)
	}
	return false
}
