package trail

import (
	"iter"

	"github.com/stoop-project/stoop/internal/event"
)

// Trail is what led to an alert and what came of it.
type Trail struct {
	Alert   event.Row
	Subject Subject

	Self *Node // the subject's process; nil with ByContainer
	Root *Node // where it began; nil with ByContainer
	// RootInferred says that the root was concluded, not seen.
	RootInferred bool
	// Above are the root's ancestors, the nearest first.
	Above []*Node

	// Steps are the events of the subtree in the order of time, alerts among
	// them, and of the processes above only how they made the root.
	Steps []Step

	// Entry is the event by which the root's parent was spoken to before it made
	// the root; Row.B is nil when there is none.
	Entry         event.Row
	EntryInferred bool // it was another thread's, or before others

	From, To int64 // ns since 1970: the first and the last event that was looked at
	Looked   int   // events that were looked at
}

// Step is one event of a trail.
type Step struct {
	Row  event.Row
	Node *Node
}

// Build makes the trail of an alert from events in the order of time: those of
// its container at least, others are passed over. It reads them once.
func Build(alert event.Row, rows iter.Seq[event.Row]) *Trail {
	return BuildFor(subjectOf(alert), alert, rows)
}

// BuildFor is Build for a subject of which more is known than the alert says:
// its container, where the alert names a pod.
func BuildFor(of Subject, alert event.Row, rows iter.Seq[event.Row]) *Trail {
	t := &Trail{Alert: alert, Subject: of}
	l := newLineage(t.Subject.Container)
	if id := alert.Proc; id != 0 {
		l.add(alert.T, id)
	}
	var held []Step
	for r := range rows {
		if t.Looked == 0 {
			t.From = r.B.Time[r.I]
		}
		t.To = r.B.Time[r.I]
		t.Looked++
		if r.Proc == 0 {
			continue
		}
		n := l.entity(r, l.add(r.T, r.Proc))
		if n == nil || n.Outer {
			continue
		}
		n.note(r)
		held = append(held, Step{r, n})
	}
	l.link()
	t.Subject.join(l.nodes)
	t.choose(l)
	inside := t.members()
	for _, s := range held {
		if inside == nil || inside[s.Node] {
			t.Steps = append(t.Steps, s)
		}
	}
	if t.Root != nil && t.Root.Parent != nil {
		t.findEntry(held)
	}
	return t
}

// note keeps what an event says of a process: that it serves, how it ended.
func (n *Node) note(r event.Row) {
	if r.Type != event.TypeProcExit {
		n.serves = n.serves || accepts(r)
		return
	}
	n.Ended = r.B.Time[r.I]
	n.Exit = number(r, fieldExit)
	if sig := number(r, fieldSignal); sig != 0 {
		n.Exit = -sig
	}
}

var (
	fieldExit   = mustField("evt.arg.ret")
	fieldSignal = mustField("evt.arg.sig")
)

// number reads a field as a number, 0 when it is missing.
func number(r event.Row, f field) int64 {
	v, ok := f.f.Get(r, f.arg)
	if !ok {
		return 0
	}
	return int64(v.Num)
}

// choose finds the subject's process and the root above it.
func (t *Trail) choose(l *lineage) {
	if t.Subject.Process == (Process{}) {
		return
	}
	t.Self = l.nodes[t.Subject.Process]
	if t.Self == nil {
		return
	}
	t.Root, t.RootInferred = rootOf(t.Self)
	for up := t.Root.Parent; up != nil && len(t.Above) < event.MaxAncestors; up = up.Parent {
		t.Above = append(t.Above, up)
	}
}

// members returns the processes of the subtree; nil means all.
func (t *Trail) members() map[*Node]bool {
	if t.Root == nil {
		return nil
	}
	in := map[*Node]bool{}
	var add func(n *Node)
	add = func(n *Node) {
		if in[n] {
			return
		}
		in[n] = true
		for _, c := range n.Children {
			add(c)
		}
	}
	add(t.Root)
	return in
}
