package filter

import "github.com/stoop-project/stoop/internal/event"

// opSet is a set of operators, bit 1<<op.
type opSet uint32

func opsOf(ops ...Op) (s opSet) {
	for _, o := range ops {
		s |= 1 << o
	}
	return s
}

func (s opSet) has(o Op) bool { return s&(1<<o) != 0 }

var (
	equalityOps = opsOf(OpEq, OpNE, OpIn, OpIntersects, OpExists)
	numberOps   = equalityOps | opsOf(OpLT, OpLE, OpGT, OpGE)
	stringOps   = numberOps | opsOf(OpContains, OpIContains, OpStartsWith, OpEndsWith, OpGlob, OpIGlob, OpPMatch, OpRegex)
	bufferOps   = equalityOps | opsOf(OpContains, OpStartsWith, OpEndsWith, OpBContains, OpBStartsWith)
	listOps     = opsOf(OpIn, OpIntersects, OpExists)
)

// allowedOps returns the operators for values of a kind and what Falco calls
// such filters in its errors (libs userspace/libsinsp/filter_compare.cpp).
func allowedOps(kind event.Kind, list bool) (opSet, string) {
	if list {
		return listOps, "list filters"
	}
	switch kind {
	case event.None:
		return stringOps | numberOps, "for dynamic filters"
	case event.String:
		return stringOps, "for string filters"
	case event.Bytes:
		return bufferOps, "for buffer filters"
	case event.IP, event.Net:
		return equalityOps, "for ip address and network filters"
	case event.Bool:
		return equalityOps, "for numeric filters"
	}
	return numberOps, "for numeric filters"
}

// OperatorsFor returns the operators that a field's values can be compared
// with, in the order of [Operators].
func OperatorsFor(f *event.Field) []string {
	allowed, _ := allowedOps(f.Kind, f.Flags.Has(event.IsList))
	var names []string
	for _, o := range operators {
		if allowed.has(o.op) && o.text != "==" {
			names = append(names, o.text)
		}
	}
	return names
}

func checkOperator(c *Check, left *operand) *Error {
	allowed, what := allowedOps(left.kind, left.list)
	if !allowed.has(c.Op) {
		return &Error{Pos: c.Pos, Msg: "filter error: '" + c.Op.String() + "' operator not supported " + what}
	}
	return nil
}

// checkRight checks that a field or transformer may stand right of c's
// operator (sinsp_filter_check::add_filter_value).
func checkRight(c *Check, left, right *operand) *Error {
	at := c.Right.At()
	switch {
	case c.Op == OpPMatch || c.Op == OpRegex:
		return &Error{Pos: at, Msg: "operator '" + c.Op.String() + "' doesn't support right-hand side fields"}
	case left.kind == event.Net:
		return &Error{Pos: at, Msg: "field type 'IPNET' doesn't support right-hand side fields"}
	case left.flags.Has(event.NoRHS):
		return &Error{Pos: at, Msg: "field '" + left.name + "' doesn't support right-hand side fields"}
	case right.flags.Has(event.NoRHS):
		return &Error{Pos: at, Msg: "field '" + right.name + "' can't be used as a right-hand side field"}
	case left.kind != right.kind || left.list != right.list:
		return &Error{Pos: at, Msg: "field '" + left.name + "' has type '" + kindName(left.kind, left.list) +
			"' while the right-hand side field '" + right.name + "' has incompatible type '" + kindName(right.kind, right.list) + "'"}
	}
	return nil
}

// kindName names a kind as Falco names the type (param_type_to_string).
func kindName(k event.Kind, list bool) string {
	name := "DYNAMIC"
	switch k {
	case event.String:
		name = "CHARBUF"
	case event.Int:
		name = "INT64"
	case event.Uint:
		name = "UINT64"
	case event.Bool:
		name = "BOOL"
	case event.Double:
		name = "DOUBLE"
	case event.Time:
		name = "ABSTIME"
	case event.Duration:
		name = "RELTIME"
	case event.IP:
		name = "IPADDR"
	case event.Net:
		name = "IPNET"
	case event.Port:
		name = "PORT"
	case event.Bytes:
		name = "BYTEBUF"
	}
	if list {
		name += " (list)"
	}
	return name
}
