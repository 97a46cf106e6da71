package filter

import (
	"slices"
	"strings"
)

// Op is a comparison operator.
type Op uint8

// The operators. "==" is written "=" too.
const (
	OpExists Op = iota
	OpLE
	OpLT
	OpGE
	OpGT
	OpEq
	OpNE
	OpGlob
	OpIGlob
	OpContains
	OpIContains
	OpBContains
	OpStartsWith
	OpBStartsWith
	OpEndsWith
	OpRegex
	OpIntersects
	OpIn
	OpPMatch
)

// opClass says what may follow an operator.
type opClass uint8

const (
	unaryOp  opClass = iota // nothing
	numberOp                // a number
	stringOp                // a string
	listOp                  // a list
)

// operators holds each spelling in the order in which Falco tries and names
// them (libs userspace/libsinsp/filter/parser.cpp). A word that takes a string
// must be followed by a blank.
var operators = []struct {
	text  string
	op    Op
	class opClass
	blank bool
}{
	{"exists", OpExists, unaryOp, false},
	{"<=", OpLE, numberOp, false},
	{"<", OpLT, numberOp, false},
	{">=", OpGE, numberOp, false},
	{">", OpGT, numberOp, false},
	{"==", OpEq, stringOp, false},
	{"=", OpEq, stringOp, false},
	{"!=", OpNE, stringOp, false},
	{"glob", OpGlob, stringOp, true},
	{"iglob", OpIGlob, stringOp, true},
	{"contains", OpContains, stringOp, true},
	{"icontains", OpIContains, stringOp, true},
	{"bcontains", OpBContains, stringOp, true},
	{"startswith", OpStartsWith, stringOp, true},
	{"bstartswith", OpBStartsWith, stringOp, true},
	{"endswith", OpEndsWith, stringOp, true},
	{"regex", OpRegex, stringOp, true},
	{"intersects", OpIntersects, listOp, false},
	{"in", OpIn, listOp, false},
	{"pmatch", OpPMatch, listOp, false},
}

var opNames = func() (names [OpPMatch + 1]string) {
	for _, o := range operators {
		names[o.op] = o.text // "=" comes after "=="
	}
	return names
}()

func (o Op) String() string { return opNames[o] }

func (o Op) class() opClass {
	for _, s := range operators {
		if s.op == o {
			return s.class
		}
	}
	return unaryOp
}

// Mod is a modifier between a string operator and a list: the operator is
// applied to each member.
type Mod uint8

// The modifiers.
const (
	ModNone  Mod = iota
	ModOneOf     // exactly one member fulfils it
	ModAnyOf     // at least one does
	ModAllOf     // all do; none of an empty list
)

var modNames = [...]string{ModNone: "", ModOneOf: "oneof", ModAnyOf: "anyof", ModAllOf: "allof"}

func (m Mod) String() string { return modNames[m] }

// transformers holds the transformers' names, in Falco's order. val only
// marks a field on the right-hand side.
var transformers = []string{"tolower", "toupper", "b64", "basename", "len", "join", "concat", "getopt"}

const valTransformer = "val"

// Transformers returns the names of all transformers, val first.
func Transformers() []string { return append([]string{valTransformer}, transformers...) }

// Operators returns the spellings of all operators.
func Operators() []string {
	names := make([]string, len(operators))
	for i, o := range operators {
		names[i] = o.text
	}
	return names
}

// quoteEach writes names as 'a', 'b'.
func quoteEach(names []string) string {
	return "'" + strings.Join(names, "', '") + "'"
}

// Nearest returns the known name that needs the fewest edits to become name,
// or "" when none is near: more than a third of the letters would change.
func Nearest(name string, known []string) string {
	best, least := "", len(name)/3+1
	for _, k := range known {
		if d := edits(name, k, least); d <= least && (best == "" || d < least) {
			best, least = k, d
		}
	}
	return best
}

// edits counts insertions, deletions, replacements and swaps of neighbours
// that turn a into b; more than limit is reported as limit+1.
func edits(a, b string, limit int) int {
	if d := len(a) - len(b); d > limit || -d > limit {
		return limit + 1
	}
	before, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := range len(a) {
		cur[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			cur[j+1] = min(prev[j]+cost, prev[j+1]+1, cur[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				cur[j+1] = min(cur[j+1], before[j-1]+1)
			}
		}
		if slices.Min(cur) > limit {
			return limit + 1
		}
		before, prev, cur = prev, cur, before
	}
	return min(prev[len(b)], limit+1)
}
