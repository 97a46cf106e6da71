package trail

import (
	"slices"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// Alerts that no recorded process fits still say something of one: Falco's give
// no pid, but a name, a command line, and the names of the ancestors. What follows
// makes processes of that. Alerts that agree in all of it, as far as they say it,
// are taken for one process's, and names of ancestors for the processes of these
// names. Two of a kind look like one then, so all of it is marked as concluded.

// claim is what an alert, or the child of a process, says of one.
type claim struct {
	row   event.Row   // what it says of the process itself
	own   bool        // it is an alert of the process
	above []event.Row // what it says of its ancestors, the nearest first
	time  int64
}

func (k *claim) name() string { return k.row.T.Text(k.row.P().Name) }

// lineIn is the command line that a row says of a process; "" where it says
// the name alone, as it does of ancestors mostly.
func lineIn(r event.Row) string {
	line := text(r, fieldLine)
	if line == r.T.Text(r.P().Name) {
		return ""
	}
	return line
}

// alike reports whether two rows may be of one process: of one name, and of one
// command line where both say it.
func alike(a, b event.Row) bool {
	if a.T.Text(a.P().Name) != b.T.Text(b.P().Name) {
		return false
	}
	la, lb := lineIn(a), lineIn(b)
	return la == "" || lb == "" || la == lb
}

// agrees reports whether two claims may be of one process.
func (k *claim) agrees(o *claim) bool {
	for i := range min(len(k.above), len(o.above)) {
		if !alike(k.above[i], o.above[i]) {
			return false
		}
	}
	return alike(k.row, o.row) && (!k.own || !o.own || lineIn(k.row) == lineIn(o.row))
}

// learn adds what another claim says of the same process.
func (k *claim) learn(o *claim) {
	better := func(mine *event.Row, other event.Row) {
		if lineIn(*mine) == "" && lineIn(other) != "" {
			*mine = other
		}
	}
	if k.own = k.own || o.own; o.own {
		k.row = o.row
	}
	better(&k.row, o.row)
	for i := range o.above {
		if i == len(k.above) {
			k.above = append(k.above, o.above[i])
		}
		better(&k.above[i], o.above[i])
	}
	k.time = min(k.time, o.time)
}

// concluding makes nodes of claims.
type concluding struct {
	l      *lineage
	claims map[*Node]*claim
	byName map[string][]*Node // in the order in which they were told of
	real   map[string][]*Node // recorded processes by their names
}

// mostAlike bounds with how many processes of its name a claim is compared, the
// latest first.
const mostAlike = 500

// conclude puts alerts that fit no recorded process among the steps, each with
// what it says of its own, and finds the subject's there when it has none yet.
func (t *Trail) conclude(l *lineage, alerts []event.Row, held []Step) []Step {
	if len(alerts) == 0 {
		return held
	}
	steps := l.processesOf(alerts)
	for _, s := range steps {
		s.Node.note(s.Row)
		t.Coverage.see(s.Row)
		if t.Self == nil && s.Row.B == t.Alert.B && s.Row.I == t.Alert.I {
			t.chooseConcluded(l, s.Node)
		}
	}
	return append(held, steps...)
}

// processesOf makes processes of what alerts say, and returns a step for each alert
// that says any. Alerts come in the order of time.
func (l *lineage) processesOf(alerts []event.Row) (steps []Step) {
	c := &concluding{l: l, claims: map[*Node]*claim{}, byName: map[string][]*Node{}, real: map[string][]*Node{}}
	for _, n := range l.nodes {
		if n.met && !n.Outer {
			c.real[n.Name()] = append(c.real[n.Name()], n)
		}
	}
	for _, r := range alerts {
		if k, ok := claimOf(r); ok {
			n, _ := c.node(k, nil)
			n.met, n.ghost = true, false
			steps = append(steps, Step{r, n})
		}
	}
	var todo []*Node
	for _, s := range steps {
		todo = append(todo, s.Node)
	}
	for len(todo) > 0 {
		n := todo[0]
		todo = todo[1:]
		if n.Parent == nil && !n.Outer {
			if made := c.raise(n); made != nil {
				todo = append(todo, made)
			}
		}
	}
	return steps
}

// claimOf reads what an alert says of its process; false when it names none.
func claimOf(r event.Row) (*claim, bool) {
	k := &claim{row: r.T.ProcRow(r.Proc), own: true, time: r.B.Time[r.I]}
	for id := r.P().Parent; id != 0 && len(k.above) < event.MaxAncestors; id = r.T.Proc(id).Parent {
		if r.T.Text(r.T.Proc(id).Name) == "" {
			break
		}
		k.above = append(k.above, r.T.ProcRow(id))
	}
	return k, k.name() != ""
}

// node returns the process that a claim is of, a new one where there is none.
// It is none that came of child, if that is given.
func (c *concluding) node(k *claim, child *Node) (n *Node, made bool) {
	others := c.byName[k.name()]
	for i, n := range slices.Backward(others) {
		if len(others)-i > mostAlike {
			break
		}
		if known := c.claims[n]; known.agrees(k) && (child == nil || n != child && !isBelow(n, child)) {
			known.learn(k)
			n.states[0] = known.row
			return n, false
		}
	}
	n = c.l.make(Process{PID: -int32(len(c.claims)) - 1, Start: k.time}) // the kernel's pids are above 0
	n.Inferred, n.ghost, n.states = true, true, []event.Row{k.row}
	if image := k.row.T.Text(k.row.P().ExePath); image != "" {
		n.Images = []string{image}
	}
	if d := n.door(); d != nil && d.Door == "runtime" {
		n.Outer = true
	}
	c.claims[n] = k
	c.byName[k.name()] = append(others, n)
	return n, true
}

// raise gives a process the parent that is told of: a recorded one, one of which
// another alert is, or a new one, which is returned.
func (c *concluding) raise(n *Node) (made *Node) {
	k := c.claims[n]
	if len(k.above) == 0 {
		return nil
	}
	p := &claim{row: k.above[0], above: slices.Clone(k.above[1:]), time: k.time}
	parent := c.recorded(p)
	if parent == nil {
		var isNew bool
		if parent, isNew = c.node(p, n); isNew {
			made = parent
		}
	}
	n.Parent = parent
	parent.Children = append(parent.Children, n)
	return made
}

// isBelow reports whether a process came of another.
func isBelow(n, of *Node) bool {
	for up, steps := n.Parent, 0; up != nil && steps < event.MaxAncestors; up, steps = up.Parent, steps+1 {
		if up == of {
			return true
		}
	}
	return false
}

// recorded returns the recorded process that a claim may be of: of those that
// lived then the last that had started.
func (c *concluding) recorded(k *claim) (best *Node) {
	for _, n := range c.real[k.name()] {
		if !n.lived(k.time) || lineIn(k.row) != "" && !n.ran(lineIn(k.row)) || best != nil && best.Process.Start > n.Process.Start {
			continue
		}
		fits, up := true, n.Parent
		for _, a := range k.above {
			if up == nil {
				break
			}
			fits = fits && up.called(a.T.Text(a.P().Name))
			up = up.Parent
		}
		if fits {
			best = n
		}
	}
	return best
}

// chooseConcluded takes the process that the alert's own words made for the
// subject's, unless events were recorded and none of its ancestors is in them:
// then all of the container tells more.
func (t *Trail) chooseConcluded(l *lineage, own *Node) {
	recorded, joined := false, false
	for _, n := range l.nodes {
		recorded = recorded || n.met && !n.Outer && !n.Inferred
	}
	for up, steps := own, 0; up != nil && steps < event.MaxAncestors; up, steps = up.Parent, steps+1 {
		joined = joined || !up.Inferred && !up.Outer
	}
	if own.Outer || recorded && !joined {
		return
	}
	t.Subject.Key, t.Subject.Process, t.Subject.Choices = ByAlerts, own.Process, 1
	t.Self, t.RootInferred = own, true
	if joined {
		t.Root, _ = rootOf(own)
	} else {
		t.Root = concludedRoot(own)
	}
	t.climb()
}

// concludedRoot returns the first ancestor of a process that is called otherwise
// than what the container began with, as [rootOf] does of recorded processes; a
// shell that came from outside is a root itself.
func concludedRoot(n *Node) *Node {
	var chain []*Node
	for up := n; up != nil && !up.Outer && len(chain) < event.MaxAncestors; up = up.Parent {
		chain = append(chain, up)
	}
	slices.Reverse(chain)
	service := chain[0]
	if shells[service.Name()] && strings.HasSuffix(service.Name(), "sh") {
		return service
	}
	for _, p := range chain[1:] {
		if p.Name() != service.Name() {
			return p
		}
	}
	return n
}
