package dsl

// Query is a query as it is written in JSON.
type Query = map[string]any

// node is a query, or several in boolean terms.
type node struct {
	op   nodeOp
	kids []*node
	leaf Query
	many int // of a leaf: of how many queries the server makes it; 0 is one
}

type nodeOp uint8

const (
	opAll nodeOp = iota // every document
	opNone
	opLeaf
	opAnd
	opOr
	opNot
)

var (
	all  = &node{op: opAll}
	none = &node{op: opNone}
)

func leaf(kind string, body any) *node { return &node{op: opLeaf, leaf: Query{kind: body}} }

func and(kids ...*node) *node { return join(opAnd, all, none, kids) }

func or(kids ...*node) *node { return join(opOr, none, all, kids) }

// join puts nodes together. unit changes nothing, zero decides.
func join(op nodeOp, unit, zero *node, kids []*node) *node {
	n := &node{op: op}
	for _, k := range kids {
		switch {
		case k == unit:
		case k == zero:
			return zero
		case k.op == op:
			n.kids = append(n.kids, k.kids...)
		default:
			n.kids = append(n.kids, k)
		}
	}
	switch len(n.kids) {
	case 0:
		return unit
	case 1:
		return n.kids[0]
	}
	return n
}

func not(n *node) *node {
	switch n.op {
	case opAll:
		return none
	case opNone:
		return all
	case opNot:
		return n.kids[0]
	}
	return &node{op: opNot, kids: []*node{n}}
}

// depth returns how deep the bool queries of a node are nested.
func (n *node) depth() int {
	deepest := 0
	for _, k := range n.kids {
		deepest = max(deepest, k.depth())
	}
	if n.op == opLeaf || n.op == opAll || n.op == opNone {
		return 0
	}
	return deepest + 1
}

// clauses returns of how many queries a node is made.
func (n *node) clauses() int {
	count := max(n.many, 1)
	for _, k := range n.kids {
		count += k.clauses()
	}
	return count
}

// query writes a node.
func (n *node) query() Query {
	switch n.op {
	case opAll:
		return Query{"match_all": Query{}}
	case opNone:
		return Query{"match_none": Query{}}
	case opLeaf:
		return n.leaf
	case opOr:
		return boolean(Query{"should": queries(n.kids), "minimum_should_match": 1})
	case opNot:
		return boolean(Query{"must_not": queries(alternatives(n.kids[0]))})
	}
	var must, mustNot []*node
	for _, k := range n.kids {
		if k.op == opNot {
			mustNot = append(mustNot, alternatives(k.kids[0])...)
		} else {
			must = append(must, k)
		}
	}
	body := Query{}
	if len(must) > 0 {
		body["filter"] = queries(must)
	}
	if len(mustNot) > 0 {
		body["must_not"] = queries(mustNot)
	}
	return boolean(body)
}

func boolean(body Query) Query { return Query{"bool": body} }

func queries(ns []*node) []Query {
	qs := make([]Query, len(ns))
	for i, n := range ns {
		qs[i] = n.query()
	}
	return qs
}

// alternatives returns the members of an "or", or the node alone: none of them
// holds where it does not.
func alternatives(n *node) []*node {
	if n.op == opOr {
		return n.kids
	}
	return []*node{n}
}

// bound encloses the documents that a part of a filter holds for.
type bound struct {
	upper *node // finds all of them, and perhaps others
	lower *node // finds some of them, and no others
}

// exactly is the bound of what an index decides.
func exactly(n *node) bound { return bound{n, n} }

// atMost is the bound of what an index can only narrow.
func atMost(n *node) bound { return bound{n, none} }

// anything is the bound of what an index knows nothing about.
var anything = bound{all, none}

func (b bound) exact() bool { return b.upper == b.lower }

func allOf(bs ...bound) bound { return combine(and, bs) }

func anyOf(bs ...bound) bound { return combine(or, bs) }

func combine(op func(...*node) *node, bs []bound) bound {
	uppers, lowers, exact := make([]*node, len(bs)), make([]*node, len(bs)), true
	for i, b := range bs {
		uppers[i], lowers[i] = b.upper, b.lower
		exact = exact && b.exact()
	}
	upper := op(uppers...)
	if exact {
		return exactly(upper)
	}
	return bound{upper, op(lowers...)}
}

func (b bound) negated() bound {
	if b.exact() {
		return exactly(not(b.upper))
	}
	return bound{not(b.lower), not(b.upper)}
}
