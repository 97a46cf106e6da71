package trail

import (
	"cmp"
	"slices"

	"github.com/stoop-project/stoop/internal/event"
)

// Branch is one process of a lineage as it is drawn.
type Branch struct {
	Node  *Node // nil: a line that is no process
	Depth int32
	Last  bool // no sibling stands below it
	Place Place
	More  int    // with Node nil: how many siblings of the root are not listed
	Who   string // with Node nil: who stands behind the root, whose line is the next
}

// Place says where a process stands in a trail.
type Place uint8

// The places.
const (
	Within  Place = iota // in the trail
	Above                // an ancestor of the root
	Sibling              // made by the root's parent as well: no part of the trail
	Behind               // who stands behind the root
)

// Badges are what stands beside a process.
type Badges struct {
	Events, Alerts, Failed int
	Net                    int // calls on sockets of the internet
	Writes                 int // files that were opened to write, made, renamed or deleted
}

// Branches lists the lineage: the ancestors from the eldest, who stands behind
// the root, the trail's processes, and with siblings the other children of the root's parent. Without
// a root it is everything that has a step.
func (t *Trail) Branches(siblings bool) []Branch {
	var all []Branch
	if t.Root == nil {
		for _, n := range t.tops() {
			all = below(all, n, 0, Within, true)
		}
		return all
	}
	depth := int32(0)
	for _, n := range slices.Backward(t.Above) {
		all = append(all, Branch{Node: n, Depth: depth, Last: true, Place: Above})
		depth++
	}
	var others []*Node
	if t.Root.Parent != nil && !t.Root.Parent.Outer {
		for _, n := range t.Root.Parent.Children {
			if n != t.Root && !n.Outer {
				others = append(others, n)
			}
		}
	}
	if who, guess := t.Who(); who != "" {
		all = append(all, Branch{Depth: depth, Last: true, Place: Behind, Who: map[bool]string{true: "≈ "}[guess] + who})
	}
	all = below(all, t.Root, depth, Within, len(others) == 0)
	switch {
	case len(others) == 0:
	case !siblings:
		all = append(all, Branch{Depth: depth, Last: true, Place: Sibling, More: len(others)})
	default:
		for i, n := range others {
			all = append(all, Branch{Node: n, Depth: depth, Last: i == len(others)-1, Place: Sibling})
		}
	}
	return all
}

// below appends a process and all that came of it. It does not recurse: a
// lineage may be as deep as there are processes.
func below(all []Branch, n *Node, depth int32, place Place, last bool) []Branch {
	todo := []Branch{{Node: n, Depth: depth, Last: last, Place: place}}
	for len(todo) > 0 {
		b := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		all = append(all, b)
		for i, c := range slices.Backward(b.Node.Children) {
			todo = append(todo, Branch{Node: c, Depth: b.Depth + 1, Last: i == len(b.Node.Children)-1, Place: place})
		}
	}
	return all
}

// tops are the processes of a trail without a root that nothing in it made.
func (t *Trail) tops() (tops []*Node) {
	seen := map[*Node]bool{}
	for i := range t.Steps {
		n := t.Steps[i].Node
		for n.Parent != nil && !n.Parent.Outer {
			n = n.Parent
		}
		if !seen[n] {
			seen[n] = true
			tops = append(tops, n)
		}
	}
	slices.SortFunc(tops, func(a, b *Node) int {
		return cmp.Or(cmp.Compare(a.Process.Start, b.Process.Start), cmp.Compare(a.Process.PID, b.Process.PID))
	})
	return tops
}

// Badges counts what stands beside each process that has a step.
func (t *Trail) Badges() map[*Node]*Badges {
	all := map[*Node]*Badges{}
	var of *Node
	var b *Badges
	for i := range t.Steps {
		s := &t.Steps[i]
		if s.Node != of {
			of = s.Node
			if b = all[of]; b == nil {
				b = &Badges{}
				all[of] = b
			}
		}
		b.count(s.Row)
	}
	return all
}

func (b *Badges) count(r event.Row) {
	b.Events++
	switch {
	case r.Alert != 0:
		b.Alerts++
		return
	case fails(&r):
		b.Failed++
	}
	if r.Obj != 0 && r.O().Kind.Inet() {
		b.Net++
	}
	if changes(r) {
		b.Writes++
	}
}

var (
	opens  = typesOf("open", "openat", "openat2")
	alters = typesOf("creat", "unlink", "unlinkat", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "rmdir", "link", "linkat",
		"symlink", "symlinkat", "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "fchownat", "lchown", "truncate",
		"ftruncate", "setxattr", "removexattr", "mknod", "mknodat")
	fieldOpensWrite = mustField("evt.is_open_write")
)

// changes reports whether a call changed a file, or opened one to.
func changes(r event.Row) bool {
	return !fails(&r) && (alters[r.Type] || opens[r.Type] && number(r, fieldOpensWrite) != 0)
}

// Users are the users that a process ran as, in order, each once in a row.
func (n *Node) Users() (users []string) {
	for _, st := range n.states {
		name := text(st, fieldUser)
		if name == "" || name == event.NotAvailable {
			name = text(st, fieldUID)
		}
		if name != "" && (len(users) == 0 || users[len(users)-1] != name) {
			users = append(users, name)
		}
	}
	return users
}

var (
	fieldUser = mustField("user.name")
	fieldUID  = mustField("user.uid")
)
