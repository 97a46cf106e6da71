package trail

import (
	"fmt"
	"slices"
	"time"
)

// Unknown lists what the trail does not tell, a sentence each.
func (t *Trail) Unknown() (lines []string) {
	const layout = "15:04:05.000"
	if t.Looked == 0 {
		return []string{"No event of this container was found: what led to the alert was not recorded."}
	}
	lines = append(lines, t.coverage()...)
	lines = append(lines, fmt.Sprintf("Events were looked at from %s to %s UTC; nothing outside of that is known.",
		time.Unix(0, t.From).UTC().Format(layout), time.Unix(0, t.To).UTC().Format(layout)))
	switch {
	case t.Self == nil && t.Subject.Process != (Process{}):
		lines = append(lines, "The alert's process is not among the events: all of its container was told.")
	case t.Self == nil:
		lines = append(lines, "The alert does not say which process it is about: all of its container was told.")
	case t.Self.Inferred:
		lines = append(lines, "No event of the alert's process was recorded. It, and what is marked with ≈, is concluded from the names, command lines and parents that alerts say: what was done between the alerts, and how it ended, is not known.")
	case t.Root.ghost:
		lines = append(lines, "Who started "+t.Root.Name()+" was not seen: it is known only as the parent of what it started.")
	case t.Root.Parent == nil || t.Root.Parent.Outer:
		if len(t.Visits) == 0 {
			lines = append(lines, t.unvisited())
		}
	case len(t.Visits) > 0, t.door() != nil && t.Entry.B != nil:
	case t.Entry.B == nil && t.door() != nil && t.door().Door == "cron":
		lines = append(lines, "Who wrote the job that "+t.Root.Parent.Name()+" started is not told here, unless the story says so.")
	case t.Entry.B == nil:
		lines = append(lines, "What made "+t.Root.Parent.Name()+" start "+t.Root.Name()+" was not seen: no connection was spoken on before.")
	}
	if len(t.Visits) > 0 && !t.VisitSure {
		lines = append(lines, "That "+t.Visits[0].Who()+" is behind "+t.Root.Name()+" is concluded from pod and time: "+count(len(t.Visits), "request", "requests")+" to the API server fit"+map[bool]string{true: "s", false: ""}[len(t.Visits) == 1]+".")
	}
	if open := t.open(); len(open) > 0 {
		lines = append(lines, fmt.Sprintf("%s had not ended when the events end: %s.", count(len(open), "process", "processes"), list(open)))
	}
	return lines
}

// unvisited says why it is not known who started the root.
func (t *Trail) unvisited() string {
	s := "Who asked the runtime to start " + t.Root.Name() + " is not in these events: "
	if t.Audited == 0 {
		return s + "the API server's audit log says so, and it was not among them."
	}
	return s + "among " + count(t.Audited, "audit record", "audit records") + " of ways into a pod none fits this pod and time."
}

// open returns the processes of the subtree whose end was not seen.
func (t *Trail) open() (nodes []*Node) {
	for n := range t.members() {
		if n.Ended == 0 && !n.ghost && !n.Inferred {
			nodes = append(nodes, n)
		}
	}
	slices.SortFunc(nodes, func(a, b *Node) int { return int(a.Process.PID) - int(b.Process.PID) })
	return nodes
}

// list names some processes.
func list(nodes []*Node) (s string) {
	const most = 5
	for i, n := range nodes {
		if i == most {
			return s + fmt.Sprintf(" and %d others", len(nodes)-most)
		}
		if i > 0 {
			s += ", "
		}
		s += fmt.Sprintf("%s (%d)", n.Name(), n.Process.PID)
	}
	return s
}
