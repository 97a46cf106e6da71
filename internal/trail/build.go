package trail

import (
	"cmp"
	"iter"
	"slices"
	"strconv"

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

	// Visits are the requests to the API server by which somebody may have made
	// the root, the most likely first. VisitSure says that it was the first one:
	// the only one at that time that names the root's command.
	Visits    []*Visit
	VisitSure bool
	Audited   int // audit records of ways into a pod that were looked at

	// Coverage is what is known of how the events were recorded; the caller adds
	// to it what the sources say.
	Coverage Coverage

	From, To int64 // ns since 1970: the first and the last event that was looked at
	Looked   int   // events that were looked at

	ends ends // sockets of other processes, by which the other end of a connection is found
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
	l.own = alert.T
	if alert.Proc != 0 {
		l.add(alert)
	}
	var held []Step
	var loose []event.Row
	var self event.Row // the alert's own row, where it is no alert
	at := 0            // where it belongs in held
	came, far := visits{byID: map[string]*Visit{}}, newEnds()
	for r := range rows {
		if r.Proc == 0 && r.Type == typePlugin {
			came.note(r)
			continue
		}
		if r.Proc != 0 && r.Obj != 0 && int(r.Type) < event.NumTypes && meets[r.Type] {
			elsewhere := text(r, fieldContainer) != t.Subject.Container
			if elsewhere || r.O().Server().Addr().IsLoopback() {
				far.note(r)
			}
			if elsewhere {
				continue
			}
		}
		if t.Looked == 0 {
			t.From = r.B.Time[r.I]
		}
		t.To = r.B.Time[r.I]
		t.Looked++
		if r.Proc == 0 {
			continue
		}
		if r.B == alert.B && r.I == alert.I && r.Alert == 0 {
			self, at = r, len(held)
			continue
		}
		if l.meeting = r.B != alert.B || r.I != alert.I; l.meeting && r.T == alert.T {
			l.own = nil
		}
		n := l.entity(r, l.add(r))
		if n == nil && r.Alert != 0 && len(loose) < maxLoose && (!l.meeting || ContainerID(text(r, fieldContainer)) == t.Subject.Container) {
			loose = append(loose, r)
		}
		if n == nil || n.Outer {
			continue
		}
		n.note(r)
		t.Coverage.see(r)
		held = append(held, Step{r, n})
	}
	if self.B != nil {
		held = t.own(l, held, at, self)
	}
	l.link()
	t.Subject.join(l.nodes)
	t.choose(l)
	held, loose = t.tie(l, loose, held)
	held = alertsLast(t.conclude(l, loose, held))
	if t.Root != nil && t.Root.Parent != nil {
		t.findEntry(held)
	}
	t.Steps = held
	if inside := t.members(); inside != nil {
		t.Steps = slices.DeleteFunc(held, func(s Step) bool { return !inside[s.Node] })
	}
	t.findVisits(&came)
	t.ends = far
	return t
}

// own puts the row that the trail is of among the steps, where it is no alert: an
// event of one of the sources, or one from elsewhere, which those may have too.
func (t *Trail) own(l *lineage, held []Step, at int, r event.Row) []Step {
	l.meeting = false
	n := l.add(r)
	elsewhere := l.own != nil && n != nil && n.met // others know its process
	if l.meeting = !elsewhere; l.meeting {
		l.own = nil // what it says counts
	}
	if n = l.entity(r, l.add(r)); n == nil || n.Outer {
		return held
	}
	if elsewhere && slices.ContainsFunc(held, func(s Step) bool {
		return s.Node == n && s.Row.Type == r.Type && near(s.Row.B.Time[s.Row.I], r.B.Time[r.I], sameAct) && text(s.Row, fieldName) == text(r, fieldName)
	}) {
		return held
	}
	n.note(r)
	t.Coverage.see(r)
	return slices.Insert(held, at, Step{r, n})
}

// alertsLast puts alerts behind the events of their time: those are what they
// are of.
func alertsLast(steps []Step) []Step {
	order := func(a, b Step) int {
		if c := cmp.Compare(a.Row.B.Time[a.Row.I], b.Row.B.Time[b.Row.I]); c != 0 {
			return c
		}
		return cmp.Compare(min(a.Row.Alert, 1), min(b.Row.Alert, 1))
	}
	if !slices.IsSortedFunc(steps, order) {
		slices.SortStableFunc(steps, order)
	}
	return steps
}

// maxLoose bounds how many alerts without a process are kept.
const maxLoose = 10_000

// tie gives alerts that do not say their process to the one that had their
// command line at that time, the trail's own to the one that it was found to be
// about, and puts them among the steps. Those that fit none are left.
func (t *Trail) tie(l *lineage, loose []event.Row, held []Step) (steps []Step, left []event.Row) {
	if len(loose) == 0 {
		return held, nil
	}
	byLine := map[string]map[Process]*Node{}
	for p, n := range l.nodes {
		for _, st := range n.states {
			line := text(st, fieldLine)
			if byLine[line] == nil {
				byLine[line] = map[Process]*Node{}
			}
			byLine[line][p] = n
		}
	}
	for _, r := range loose {
		if r.B == t.Alert.B && r.I == t.Alert.I && t.Self != nil {
			held = append(held, Step{r, t.Self})
			continue
		}
		s := subjectOf(r)
		s.join(byLine[s.Line])
		if n := byLine[s.Line][s.Process]; n != nil {
			held = append(held, Step{r, n})
		} else {
			left = append(left, r)
		}
	}
	return held, left
}

// note keeps what an event says of a process: that it serves, how it ended.
func (n *Node) note(r event.Row) {
	if r.Type != event.TypeProcExit {
		n.serves = n.serves || accepts(r)
		return
	}
	n.Ended = r.B.Time[r.I]
	if n.Exit, n.told = exitOf(r); n.Exit == 0 {
		if sig := signalOf(r); sig != 0 {
			n.Exit, n.told = -sig, true
		}
	}
}

var (
	fieldExit       = mustField("evt.rawarg.ret")
	fieldSignal     = mustField("evt.rawarg.sig")
	fieldExitText   = mustField("evt.arg.ret") // documents have arguments as they are shown
	fieldSignalText = mustField("evt.arg.sig")
)

// exitOf is the exit code that a process's end tells.
func exitOf(r event.Row) (code int64, told bool) {
	if v, ok := fieldExit.Get(r); ok {
		return int64(v.Num), true
	}
	code, err := strconv.ParseInt(text(r, fieldExitText), 10, 64)
	return code, err == nil
}

// signalOf is the signal that ended a process, 0 for none.
func signalOf(r event.Row) int64 {
	if sig := number(r, fieldSignal); sig != 0 {
		return sig
	}
	name := text(r, fieldSignalText)
	for sig := int64(1); name != "" && sig <= 64; sig++ {
		if event.SignalName(sig) == name {
			return sig
		}
	}
	return 0
}

// number reads a field as a number, 0 when it is missing.
func number(r event.Row, f field) int64 { return f.Number(r) }

// choose finds the subject's process and the root above it.
func (t *Trail) choose(l *lineage) {
	if t.Subject.Process == (Process{}) {
		return
	}
	if n := l.nodes[t.Subject.Process]; n != nil && n.met {
		t.Self = n
	}
	if t.Self == nil {
		return
	}
	t.Root, t.RootInferred = rootOf(t.Self)
	t.climb()
}

// climb notes the root's ancestors.
func (t *Trail) climb() {
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
