package dsl

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/query/mapping"
)

// holds evaluates a node whose leaves are the bits of a number.
func holds(n *node, bits uint32) bool {
	switch n.op {
	case opAll:
		return true
	case opNone:
		return false
	case opLeaf:
		return bits>>n.leaf["bit"].(int)&1 != 0
	case opNot:
		return !holds(n.kids[0], bits)
	}
	for _, k := range n.kids {
		if holds(k, bits) != (n.op == opAnd) {
			return n.op == opOr
		}
	}
	return n.op == opAnd
}

func randomNode(rng *rand.Rand, depth int) *node {
	kids := make([]*node, 1+rng.IntN(4))
	if depth == 0 || rng.IntN(4) == 0 {
		return leaf("bit", rng.IntN(8))
	}
	for i := range kids {
		kids[i] = randomNode(rng, depth-1)
	}
	return []*node{and(kids...), or(kids...), not(kids[0])}[rng.IntN(3)]
}

// What is cut to fit finds all that it did, and fits.
func TestFitting(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	narrows := 0
	for range 2000 {
		n := randomNode(rng, 5)
		clauses, depth := rng.IntN(30), rng.IntN(6)
		cut := n.fitting(clauses, depth)
		if cut != all && (cut.clauses() > clauses || cut.depth() > depth) {
			t.Fatalf("%d queries %d deep, of %d and %d at most", cut.clauses(), cut.depth(), clauses, depth)
		}
		if cut != n && cut != all {
			narrows++
		}
		for bits := range uint32(256) {
			if holds(n, bits) && !holds(cut, bits) {
				t.Fatalf("%v does not find %b, as %v does", cut.query(), bits, n.query())
			}
		}
	}
	if narrows < 100 {
		t.Errorf("only %d were cut and still narrow", narrows)
	}
}

// keywords has every field as a keyword, and times as dates.
type keywords struct{}

func (keywords) Lookup(path string) []mapping.Field {
	kind := "keyword"
	if strings.HasSuffix(strings.ToLower(path), "timestamp") {
		kind = "date"
	}
	return []mapping.Field{indexed(path, kind)}
}

func (keywords) Below(string) []mapping.Field { return nil }

// Many conditions at once, more than a request takes, still ask for what each of
// them wants at least; and one that never holds asks for nothing.
func TestManyConditions(t *testing.T) {
	var all []string
	for n := range 400 {
		all = append(all, fmt.Sprintf("(ka.verb = create and ka.target.resource = r%d and not ka.user.name in (a, b) and (ka.target.namespace = n%d or ka.target.name startswith x))", n, n))
	}
	f, err := filter.Compile(strings.Join(all, " or ")+" or jevt.rawtime = 0 or evt.num = 0", event.Fields)
	if err != nil {
		t.Fatal(err)
	}
	b := &profile.Binding{Profile: profile.ByName("k8s-audit")}
	p := Compile(f, b, keywords{})
	if text := string(p.Query); p.Exact || !p.cut || !strings.Contains(text, `"create"`) || strings.Contains(text, "match_all") || len(text) > 1<<17 {
		t.Errorf("%.2000s", text)
	}
	if part := p.Part(f.Expr().(*filter.Or).X[0]); part != filter.Narrows {
		t.Errorf("a condition is said to be %v", part)
	}
}

// A server asks for each member of an object of which it is asked whether it is
// there: as many queries are counted.
func TestObjectsCountTheirMembers(t *testing.T) {
	many := exists("process_exec")
	many.many = 700
	both := or(many, leaf("term", Query{"a": 1}), many)
	if got := both.clauses(); got != 1402 {
		t.Errorf("%d queries", got)
	}
	if cut := and(both, leaf("term", Query{"b": 2})).fitting(maxClauses, maxDepth); cut.clauses() > maxClauses || cut == all {
		t.Errorf("cut to %d queries", cut.clauses())
	}
}
