package trail

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// Node is one process of a lineage.
type Node struct {
	Process  Process
	Parent   *Node
	Children []*Node // in the order of their start
	Outer    bool    // outside of the subject's container
	Ended    int64   // ns since 1970; 0: not seen
	Exit     int64   // what it ended with, negative the signal; only with Ended

	// Inferred says that no event of it was recorded: that it was, and what its
	// parent is, is concluded from alerts. It has no pid, and Start is when an
	// alert told of it first.
	Inferred bool

	// Images are the programs that it ran, in order, each once in a row: its own,
	// or its parent's when it never called exec.
	Images []string

	told   bool        // what it ended with was recorded
	serves bool        // it accepted connections
	states []event.Row // its rows in the tables, each with the tables alone
	parent Process

	entity, parentEntity string    // by which a reporting program knows it and its parent
	met                  bool      // it is in other events than the alert
	ghost                bool      // known only as the parent of another
	above                event.Row // what the process's report says of its parent, when it does not say when that started
}

// Name returns what the process calls itself last.
func (n *Node) Name() string {
	st := n.states[len(n.states)-1]
	return st.T.Text(st.P().Name)
}

// Line returns the command line of its last program.
func (n *Node) Line() string { return text(n.states[len(n.states)-1], fieldLine) }

// Title is its command line, and before that the programs that it was before:
// nc → bash -i.
func (n *Node) Title() string {
	var was strings.Builder
	for _, image := range n.Images[:max(len(n.Images)-1, 0)] {
		was.WriteString(image[strings.LastIndexByte(image, '/')+1:] + " → ")
	}
	return was.String() + cmp.Or(n.Line(), n.Name())
}

// Row returns what process fields read of the process, as it was last.
func (n *Node) Row() event.Row { return n.states[len(n.states)-1] }

// lineage is who made whom.
type lineage struct {
	nodes     map[Process]*Node
	seen      map[stateKey]*Node
	pids      map[int32][]*Node
	entities  map[string]*Node
	ghosts    map[Process]event.Row // parents that are known by their children's reports
	alias     map[Process]*Node     // by what other sources say of their start
	container string
	meeting   bool          // what is added is not of the alert itself
	own       *event.Tables // the alert's, where nothing else is in them
}

// stateKey names a row of processes; several sources have several tables.
type stateKey struct {
	t  *event.Tables
	id event.ProcID
}

func newLineage(container string) *lineage {
	return &lineage{
		nodes: map[Process]*Node{}, seen: map[stateKey]*Node{}, pids: map[int32][]*Node{}, entities: map[string]*Node{},
		ghosts: map[Process]event.Row{}, alias: map[Process]*Node{}, container: container,
	}
}

// add notes an event's process, and those before it.
func (l *lineage) add(r event.Row) *Node {
	t, id := r.T, r.Proc
	var below *Node
	var first *Node
	for range event.MaxAncestors {
		if id == 0 {
			break
		}
		n, known := l.state(t, id)
		if n == nil {
			if below != nil && below == first && below.parent == (Process{}) {
				l.reported(r, below, id)
			}
			break
		}
		if below != nil && below.parent == (Process{}) && n != below {
			below.parent = n.Process
		}
		if first == nil {
			first = n
		}
		if known && n.parent != (Process{}) {
			break
		}
		below, id = n, t.Proc(id).Parent
	}
	return first
}

// reported notes a parent of which only its child's report tells: its pid, and
// perhaps when it started.
func (l *lineage) reported(r event.Row, child *Node, id event.ProcID) {
	p := r.T.Proc(id)
	if !p.Knows(event.KnowPID) || p.PID == 0 {
		return
	}
	row := r.T.ProcRow(id)
	if start := number(r, fieldParentStart); start != 0 {
		child.parent = Process{PID: p.PID, Start: start}
		l.ghosts[child.parent] = row
		return
	}
	child.above = row
}

// summon makes nodes of parents that no event is of.
func (l *lineage) summon() {
	for _, n := range l.nodes {
		if n.parent == (Process{}) && n.above.T != nil {
			n.parent = l.lastOf(n)
			if l.known(n.parent) == nil {
				l.ghosts[n.parent] = n.above
			}
		}
	}
	for _, n := range slices.Collect(maps.Values(l.nodes)) {
		row, told := l.ghosts[n.parent]
		if !told || l.known(n.parent) != nil || l.entities[n.parentEntity] != nil {
			continue
		}
		g := l.make(n.parent)
		g.ghost, g.states, g.Outer = true, []event.Row{row}, n.Outer
		if d := g.door(); d != nil && d.Door == "runtime" {
			g.Outer = true
		}
	}
}

// lastOf finds the parent of which only the pid is known: the last process with
// that pid that started before.
func (l *lineage) lastOf(n *Node) Process {
	best := Process{PID: n.above.P().PID}
	for p := range l.nodes {
		if p.PID == best.PID && p.Start > best.Start && p.Start <= n.Process.Start && p != n.Process {
			best = p
		}
	}
	return best
}

// state notes one row; known says that it was noted before.
func (l *lineage) state(t *event.Tables, id event.ProcID) (n *Node, known bool) {
	k := stateKey{t, id}
	if seen := l.seen[k]; seen != nil {
		seen.met = seen.met || l.meeting
		return seen, true
	}
	p := t.Proc(id)
	name, ok := named(p)
	if !ok {
		return nil, false
	}
	row := t.ProcRow(id)
	outer := text(row, fieldContainer) != l.container
	if t == l.own && text(row, fieldContainer) == "" {
		outer = false // the alert does not say
	}
	if n = l.nodes[name]; n == nil {
		n = l.alias[name]
	}
	if n == nil {
		n = l.alike(t, name, outer)
	}
	if n == nil {
		n = l.make(name)
	}
	n.met = n.met || l.meeting
	l.seen[k] = n
	n.states = append(n.states, row)
	n.Outer = outer
	return n, false
}

// known returns the node of a process, by whichever start it goes; nil for none.
func (l *lineage) known(name Process) *Node {
	if n := l.nodes[name]; n != nil {
		return n
	}
	if n := l.alias[name]; n != nil {
		return n
	}
	for _, n := range l.pids[name.PID] {
		if name.Start != 0 && near(n.Process.Start, name.Start, startSlack) {
			return n
		}
	}
	return nil
}

func (l *lineage) make(name Process) *Node {
	n := &Node{Process: name}
	l.nodes[name] = n
	l.pids[name.PID] = append(l.pids[name.PID], n)
	return n
}

// alike returns the process that another source knows by a start a little
// apart: one cuts it to ms, one has computed it from another clock. Two starts
// in one source are two processes, however near.
func (l *lineage) alike(t *event.Tables, name Process, outer bool) *Node {
	for _, n := range l.pids[name.PID] {
		if n.Outer == outer && near(n.Process.Start, name.Start, startSlack) && !slices.ContainsFunc(n.states, func(st event.Row) bool { return st.T == t }) {
			l.alias[name] = n
			return n
		}
	}
	return nil
}

// startSlack is how far apart two sources may say that one process started.
const startSlack = 5e8

// entity notes by which ids the program that reports an event knows its process
// and the parent. A process without a start is known by its id alone, and began
// at the latest when it was first seen.
func (l *lineage) entity(r event.Row, n *Node) *Node {
	if r.B.Bits[r.I]&event.HasDoc == 0 || !l.meeting {
		return n
	}
	id := text(r, fieldEntity)
	if id == "" {
		return n
	}
	if n == nil {
		n = l.entities[id]
	}
	if n == nil {
		n = l.make(Process{PID: r.P().PID, Start: r.B.Time[r.I]})
		n.states = append(n.states, r.T.ProcRow(r.Proc))
		n.Outer = text(r, fieldContainer) != l.container
		n.met = true
	}
	if n.entity == "" {
		n.entity, n.parentEntity = id, text(r, fieldParentEntity)
		l.entities[id] = n
	}
	return n
}

// link gives all nodes their parents and children. A lineage that claims a
// circle is cut where it closes.
func (l *lineage) link() {
	l.summon()
	all := make([]*Node, 0, len(l.nodes))
	for _, n := range l.nodes {
		all = append(all, n)
	}
	slices.SortFunc(all, func(a, b *Node) int {
		return cmp.Or(cmp.Compare(a.Process.Start, b.Process.Start), cmp.Compare(a.Process.PID, b.Process.PID))
	})
	for _, n := range all {
		if l.own != nil && n.met {
			n.states = slices.DeleteFunc(n.states, func(st event.Row) bool { return st.T == l.own })
		}
		n.order()
		parent := l.known(n.parent)
		if parent == nil && n.parentEntity != "" {
			parent = l.entities[n.parentEntity]
		}
		for up, steps := parent, 0; up != nil; up, steps = up.Parent, steps+1 {
			if up == n || steps > event.MaxAncestors {
				parent = nil
				break
			}
		}
		if parent != nil {
			n.Parent = parent
			parent.Children = append(parent.Children, n)
			n.disinherit()
		}
	}
}

// order puts a process's states into the order of its execs, and reads its
// programs from them.
func (n *Node) order() {
	slices.SortStableFunc(n.states, func(a, b event.Row) int { return cmp.Compare(a.P().ExecTime, b.P().ExecTime) })
	inherited := true
	for _, st := range n.states {
		p := st.P()
		image := st.T.Text(p.ExePath)
		if inherited && p.ExecTime >= p.Start {
			n.Images, inherited = nil, false
		}
		if image != "" && (len(n.Images) == 0 || n.Images[len(n.Images)-1] != image) {
			n.Images = append(n.Images, image)
		}
	}
}

// disinherit takes the parent's program from a process that ran another, where
// its reports do not say when it did: documents have no times of execs.
func (n *Node) disinherit() {
	timed := slices.ContainsFunc(n.states, func(st event.Row) bool { return st.P().ExecTime != 0 })
	if !timed && len(n.Images) > 1 && slices.Contains(n.Parent.Images, n.Images[0]) {
		n.Images = n.Images[1:]
	}
}

// rootOf returns the process by which what happened began: below the
// container's entry point and the processes of its service, the first ancestor
// of n that runs another program. inferred says that it was concluded from
// programs and times; a process that came into the container from outside is
// a root for sure.
func rootOf(n *Node) (root *Node, inferred bool) {
	var chain []*Node // from n up to the entry point
	for up := n; up != nil && !up.Outer && len(chain) < event.MaxAncestors; up = up.Parent {
		chain = append(chain, up)
	}
	if len(chain) == 0 {
		return n, false
	}
	slices.Reverse(chain)
	entry := chain[0]
	if !isInit(entry) {
		return entry, false // an exec: nothing in the container made it
	}
	service := entry
	for _, p := range chain[1:] {
		atOnce := p.Process.Start-entry.Process.Start < settling
		if p.image() != service.image() && !p.serves && !atOnce && p.door() == nil {
			return p, true
		}
		service = p
	}
	return n, true
}

// settling is how long after its start a container's entry point may still be
// starting the service.
const settling = 2e9

var fieldParentStart = mustField("proc.ppid.ts")

// image returns the program that a process ran last.
func (n *Node) image() string {
	if len(n.Images) == 0 {
		return ""
	}
	return n.Images[len(n.Images)-1]
}

// isInit reports whether a process is its container's first.
func isInit(n *Node) bool {
	for _, st := range n.states {
		p := st.P()
		if p.VPID == 1 || st.C().InitPID != 0 && st.C().InitPID == p.PID {
			return true
		}
	}
	return false
}
