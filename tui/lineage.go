package tui

import (
	"sort"

	"github.com/stoop-project/stoop/internal/event"
)

// procKey names a process over its execs and changes of credentials: rows of
// one process have the same pid and start. A process whose pid no source knew
// is its row.
type procKey struct {
	pid   int32
	start int64
	row   event.ProcID // only when the pid is not known
}

func keyOf(t *event.Tables, id event.ProcID) procKey {
	p := t.Proc(id)
	if !p.Knows(event.KnowPID) || p.PID == 0 && p.Start == 0 {
		return procKey{row: id}
	}
	return procKey{pid: p.PID, start: p.Start}
}

// lineage is an index of who made whom among the processes of a table. It is
// brought up to date by the rows that came since.
type lineage struct {
	t        *event.Tables
	seen     int // rows indexed
	states   map[procKey][]event.ProcID
	children map[procKey][]procKey
}

func newLineage(t *event.Tables) *lineage {
	return &lineage{t: t, seen: 1, states: make(map[procKey][]event.ProcID), children: make(map[procKey][]procKey)}
}

// update indexes the rows that came since the last call.
func (l *lineage) update() {
	for n := l.t.Procs.Len(); l.seen < n; l.seen++ {
		id := event.ProcID(l.seen)
		k := keyOf(l.t, id)
		first := len(l.states[k]) == 0
		l.states[k] = append(l.states[k], id)
		if parent := l.t.Proc(id).Parent; first && parent != 0 {
			pk := keyOf(l.t, parent)
			if pk != k {
				l.children[pk] = append(l.children[pk], k)
			}
		}
	}
}

// ancestors returns a process and those before it, the oldest first. The walk
// is bounded, since a recording may claim a circle.
func (l *lineage) ancestors(id event.ProcID) []event.ProcID {
	var chain []event.ProcID
	seen := map[procKey]bool{}
	for n := 0; id != 0 && n < event.MaxAncestors; n++ {
		k := keyOf(l.t, id)
		if seen[k] {
			break
		}
		seen[k] = true
		chain = append([]event.ProcID{id}, chain...)
		id = l.t.Proc(l.origin(k, id)).Parent
	}
	return chain
}

// origin returns a process's first state, whose parent made it.
func (l *lineage) origin(k procKey, id event.ProcID) event.ProcID {
	if s := l.states[k]; len(s) > 0 {
		return s[0]
	}
	return id
}

// latest returns a process's last state.
func (l *lineage) latest(k procKey) event.ProcID {
	if s := l.states[k]; len(s) > 0 {
		return s[len(s)-1]
	}
	return k.row
}

// treeNode is one line of a process tree.
type treeNode struct {
	id     event.ProcID
	key    procKey
	depth  int
	last   []bool // for each depth, whether the branch ends here
	self   bool   // the process that the tree is about
	outer  bool   // outside of the container
	hidden int    // further children that are not shown
}

// maxTree bounds how many lines a tree has.
const maxTree = 5000

// treeOf lists a process's ancestors, itself, and its subtree; with up, the
// subtree of the ancestor that many steps above it. entry is the index of the
// container's entry point: the first ancestor inside the container of the
// process.
func (l *lineage) treeOf(id event.ProcID, up int) (nodes []treeNode, entry int) {
	l.update()
	chain := l.ancestors(id)
	chain = chain[:max(len(chain)-up, min(len(chain), 1))]
	cont := l.t.Text(l.t.Cont(l.t.Proc(id).Cont).ID)
	entry = -1
	for depth, a := range chain {
		inside := l.t.Text(l.t.Cont(l.t.Proc(a).Cont).ID) == cont
		if inside && entry < 0 {
			entry = depth
		}
		last := make([]bool, depth+1)
		for i := range last {
			last[i] = true
		}
		nodes = append(nodes, treeNode{id: a, key: keyOf(l.t, a), depth: depth, last: last, outer: !inside})
	}
	if len(nodes) == 0 {
		return nil, -1
	}
	root := &nodes[len(nodes)-1]
	if latest := l.latest(root.key); latest != 0 {
		root.id = latest
	}
	seen := map[procKey]bool{}
	for _, n := range nodes {
		seen[n.key] = true
	}
	nodes = l.subtree(nodes, *root, seen)
	for i, self := 0, keyOf(l.t, id); i < len(nodes); i++ {
		nodes[i].self = nodes[i].key == self
	}
	return nodes, entry
}

// subtree appends the processes below parent, in the order of their start.
func (l *lineage) subtree(nodes []treeNode, parent treeNode, seen map[procKey]bool) []treeNode {
	kids := append([]procKey(nil), l.children[parent.key]...)
	sort.SliceStable(kids, func(i, j int) bool { return l.t.Proc(l.latest(kids[i])).Start < l.t.Proc(l.latest(kids[j])).Start })
	for i, k := range kids {
		if seen[k] || parent.depth >= event.MaxAncestors {
			continue
		}
		if len(nodes) >= maxTree {
			nodes[len(nodes)-1].hidden += len(kids) - i
			return nodes
		}
		seen[k] = true
		last := append(append([]bool(nil), parent.last...), i == len(kids)-1)
		n := treeNode{id: l.latest(k), key: k, depth: parent.depth + 1, last: last}
		nodes = l.subtree(append(nodes, n), n, seen)
	}
	return nodes
}
