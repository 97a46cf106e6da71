package tui

import (
	"fmt"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
)

func addProc(t *event.Tables, pid int32, parent event.ProcID) event.ProcID {
	return event.ProcID(t.Procs.Add(event.Proc{PID: pid, Start: int64(pid), Parent: parent, Known: event.KnowPID | event.KnowStart}))
}

func names(t *event.Tables, nodes []treeNode) (s string) {
	for _, n := range nodes {
		s += fmt.Sprintf("%d@%d ", t.Proc(n.id).PID, n.depth)
	}
	return s
}

func TestTreeOf(t *testing.T) {
	tb := event.NewTables()
	one := addProc(tb, 1, 0)
	two := addProc(tb, 2, one)
	addProc(tb, 3, one)
	four := addProc(tb, 4, two)
	addProc(tb, 5, two)
	addProc(tb, 6, four)
	l := newLineage(tb)
	for up, want := range []string{"1@0 2@1 4@2 6@3 ", "1@0 2@1 4@2 6@3 5@2 ", "1@0 2@1 4@2 6@3 5@2 3@1 ", "1@0 2@1 4@2 6@3 5@2 3@1 "} {
		nodes, _ := l.treeOf(four, up)
		if got := names(tb, nodes); got != want {
			t.Errorf("up %d: %s, want %s", up, got, want)
		}
		for _, n := range nodes {
			if n.self != (tb.Proc(n.id).PID == 4) {
				t.Errorf("up %d: %d is marked %v", up, tb.Proc(n.id).PID, n.self)
			}
		}
	}
	// What comes later is found too, and an exec is no further process.
	addProc(tb, 7, four)
	again := *tb.Proc(four)
	again.ExecGen, again.Name = 1, tb.Strings.Add("after")
	last := event.ProcID(tb.Procs.Add(again))
	nodes, _ := l.treeOf(four, 0)
	if got := names(tb, nodes); got != "1@0 2@1 4@2 6@3 7@3 " || nodes[2].id != last {
		t.Errorf("later: %s, shown as %d, want %d", got, nodes[2].id, last)
	}
}

// A recording may claim that a process is its own ancestor.
func TestTreeOfACircleEnds(t *testing.T) {
	tb := event.NewTables()
	a := addProc(tb, 1, 2)
	addProc(tb, 2, a)
	addProc(tb, 3, 3)
	l := newLineage(tb)
	for id := event.ProcID(1); id <= 3; id++ {
		if nodes, _ := l.treeOf(id, 0); len(nodes) == 0 || len(nodes) > 2 {
			t.Errorf("%d: %s", id, names(tb, nodes))
		}
	}
	if nodes, _ := l.treeOf(99, 0); len(nodes) > 1 {
		t.Errorf("no process: %s", names(tb, nodes))
	}
}

// A fork bomb's tree is cut and says so.
func TestTreeIsBounded(t *testing.T) {
	tb := event.NewTables()
	root := addProc(tb, 1, 0)
	for i := range maxTree * 2 {
		addProc(tb, int32(i+2), root)
	}
	nodes, _ := newLineage(tb).treeOf(root, 0)
	if len(nodes) != maxTree || nodes[len(nodes)-1].hidden != maxTree+1 {
		t.Errorf("%d nodes, %d hidden", len(nodes), nodes[len(nodes)-1].hidden)
	}
}
