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
	lines = append(lines, fmt.Sprintf("Events were looked at from %s to %s UTC; nothing outside of that is known.",
		time.Unix(0, t.From).UTC().Format(layout), time.Unix(0, t.To).UTC().Format(layout)))
	switch {
	case t.Self == nil && t.Subject.Process != (Process{}):
		lines = append(lines, "The alert's process is not among the events: all of its container was told.")
	case t.Self == nil:
		lines = append(lines, "The alert does not say which process it is about: all of its container was told.")
	case t.Root.Parent == nil || t.Root.Parent.Outer:
		lines = append(lines, "Who asked the runtime to start "+t.Root.Name()+" is not in these events: the API server's audit log says so.")
	case t.Entry.B == nil:
		lines = append(lines, "What made "+t.Root.Parent.Name()+" start "+t.Root.Name()+" was not seen: no connection was spoken on before.")
	}
	if open := t.open(); len(open) > 0 {
		lines = append(lines, fmt.Sprintf("%d processes had not ended when the events end: %s.", len(open), list(open)))
	}
	return lines
}

// open returns the processes of the subtree whose end was not seen.
func (t *Trail) open() (nodes []*Node) {
	for n := range t.members() {
		if n.Ended == 0 {
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
