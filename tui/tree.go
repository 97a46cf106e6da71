package tui

import (
	"strings"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// tree shows the lineage of a process and what came of it.
type tree struct {
	lineage *lineage
	id      event.ProcID
	nodes   []treeNode
	entry   int
	up      int // the subtree is that of the ancestor this many steps above
	seen    int // process rows when the nodes were made

	cursor procKey
	top    int
	area   grid.Area
}

func newTree(t *event.Tables, id event.ProcID) *tree {
	tr := &tree{lineage: newLineage(t), id: id}
	tr.update()
	tr.cursor = keyOf(t, id)
	return tr
}

// update makes the nodes anew when processes have come.
func (t *tree) update() {
	if n := t.lineage.t.Procs.Len(); n != t.seen {
		t.seen = n
		t.nodes, t.entry = t.lineage.treeOf(t.id, t.up)
	}
}

// widen shows what came of the ancestor one step further up.
func (t *tree) widen() {
	if t.up < len(t.lineage.ancestors(t.id))-1 {
		t.up++
		t.seen = 0
	}
}

func (t *tree) at() int {
	for i, n := range t.nodes {
		if n.key == t.cursor {
			return i
		}
	}
	return 0
}

func (t *tree) move(n int) {
	if len(t.nodes) > 0 {
		t.cursor = t.nodes[min(max(t.at()+n, 0), len(t.nodes)-1)].key
	}
}

// selected returns the process under the cursor.
func (t *tree) selected() (event.Row, bool) {
	if len(t.nodes) == 0 {
		return event.Row{}, false
	}
	return t.lineage.t.ProcRow(t.nodes[t.at()].id), true
}

func (t *tree) draw(a grid.Area, r reader, c clock, focus bool) {
	t.update()
	head, body := a.CutTop(1)
	t.area = body
	st := styFaint
	if focus {
		st = styFocus
	}
	pidAt, userAt, startAt := a.W-39, a.W-31, a.W-21
	if a.W < 70 {
		pidAt, userAt, startAt = a.W-9, a.W, a.W
	}
	head.Text(2, 0, st, "process and what came of it")
	head.FitRight(pidAt, 0, 7, styFaint, "pid")
	head.Fit(userAt, 0, 8, styFaint, "user")
	head.Fit(startAt, 0, 20, styFaint, "started")
	if len(t.nodes) == 0 {
		body.Text(2, 1, styDim, "Nothing is known about the process of this event.")
		return
	}
	at := t.at()
	t.top = min(max(t.top, at-body.H+1), at)
	for y := 0; y < body.H && t.top+y < len(t.nodes); y++ {
		i := t.top + y
		line := body.Sub(0, y, body.W, 1)
		n := t.nodes[i]
		row := t.lineage.t.ProcRow(n.id)
		p := row.P()
		t.drawNode(line.Sub(0, 0, pidAt-1, 1), n, row, r, i == t.entry)
		if p.Knows(event.KnowPID) {
			line.FitRight(pidAt, 0, 7, styDim, itoa(int(p.PID)))
		}
		line.Fit(userAt, 0, 8, styDim, r.first(row, "user.name", "user.uid"))
		if p.Start != 0 {
			line.Fit(startAt, 0, 20, styDim, c.stamp(p.Start))
		}
		if i == at && focus {
			line.Tint(grid.Select, 0)
		} else if i == at {
			line.Tint(grid.Select2, 0)
		}
	}
	drawScrollbar(body, t.top, len(t.nodes))
}

// drawNode draws the branches and the command line; the images that a process
// ran before stand in front of its last.
func (t *tree) drawNode(a grid.Area, n treeNode, row event.Row, r reader, entry bool) {
	x := a.Text(0, 0, styFaint, "  "+branches(n))
	name, st := r.string(row, row.P().Name), styText
	switch {
	case n.self:
		st = styFocus
	case n.outer:
		st = styDim
	}
	if was := t.earlier(n, r); was != "" {
		x = a.Text(x, 0, styDim, was+" → ")
	}
	if name == "" {
		name = "?"
	}
	x = a.Text(x, 0, st, name)
	if entry {
		x = a.Text(x+1, 0, styAccent, "(entry point)")
	}
	if args := argsOf(row, r); args != "" {
		a.Fit(x+1, 0, a.W-x-1, styDim, args)
	}
	if n.hidden > 0 {
		a.Right(a.W, 0, styWarn, "… "+plural(int64(n.hidden), "more process")+"es")
	}
}

// branches draws the lines that lead to a node.
func branches(n treeNode) string {
	var b strings.Builder
	for d := 1; d <= n.depth; d++ {
		last := n.last[d]
		switch {
		case d < n.depth && last:
			b.WriteString("  ")
		case d < n.depth:
			b.WriteString("│ ")
		case last:
			b.WriteString("└─")
		default:
			b.WriteString("├─")
		}
	}
	return b.String()
}

// earlier names the images that the process ran before its last one.
func (t *tree) earlier(n treeNode, r reader) string {
	var names []string
	for _, id := range t.lineage.states[n.key] {
		row := t.lineage.t.ProcRow(id)
		name := r.string(row, row.P().Name)
		if name != "" && (len(names) == 0 || names[len(names)-1] != name) {
			names = append(names, name)
		}
	}
	if len(names) < 2 {
		return ""
	}
	return strings.Join(names[:len(names)-1], " → ")
}

// argsOf is a process's arguments in one line.
func argsOf(row event.Row, r reader) string {
	p := row.P()
	if p.Args <= event.EmptyStr {
		return ""
	}
	return strings.ReplaceAll(strings.TrimRight(r.string(row, p.Args), "\x00"), "\x00", " ")
}
