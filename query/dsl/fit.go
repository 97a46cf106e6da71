package dsl

import (
	"encoding/json"
	"slices"
)

// fitting returns a node that finds all that this one does, and perhaps others,
// of at most so many queries and nested no deeper: as many of the parts that
// narrow stay as there is room for, the smallest first.
func (n *node) fitting(clauses, depth int) *node {
	if n.clauses() <= clauses && n.depth() <= depth {
		return n
	}
	for width := widest; width > 0; width-- {
		if thin := n.thin(width, depth); thin.clauses() <= clauses {
			return thin
		}
	}
	return all
}

// widest is how many parts of an "and" stay at most, where some must go.
const widest = 12

// thin leaves of each "and" only so many parts, and of what is nested deeper
// nothing. Alternatives that have become the same are one.
func (n *node) thin(width, depth int) *node {
	switch {
	case n.op == opAll || n.op == opNone || n.op == opLeaf:
		return n
	case depth < 1:
		return all
	case n.op == opNot: // what widens it would narrow this
		if n.depth() > depth {
			return all
		}
		return n
	}
	var kids []*node
	for _, k := range n.kids {
		if thin := k.thin(width, depth-1); n.op == opOr || thin != all {
			kids = append(kids, thin)
		}
	}
	if n.op == opOr {
		return or(distinct(kids)...)
	}
	slices.SortStableFunc(kids, func(a, b *node) int { return a.clauses() - b.clauses() })
	return and(kids[:min(width, len(kids))]...)
}

// distinct leaves out nodes that ask what one before them does.
func distinct(nodes []*node) (kept []*node) {
	asked := make(map[string]bool)
	for _, n := range nodes {
		text, err := json.Marshal(n.query())
		if err == nil && asked[string(text)] {
			continue
		}
		asked[string(text)] = true
		kept = append(kept, n)
	}
	return kept
}
