package filter

import (
	"math"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// matcher decides on one value that is no list.
type matcher func(v *event.Value) bool

// constMatcher returns a matcher of values of kind against constants. A list
// operator and equality with a modifier take all of cs; with other modifiers
// the operator is applied to each.
func constMatcher(kind event.Kind, op Op, mod Mod, cs []constant, at []*Value) (matcher, *Error) {
	switch op {
	case OpIn, OpIntersects:
		return memberMatcher(kind, cs), nil
	case OpPMatch:
		set := &pathSet{}
		for _, c := range cs {
			set.add(c.text)
		}
		return func(v *event.Value) bool { return set.match(v.Str) }, nil
	}
	each := make([]matcher, len(cs))
	for i, c := range cs {
		m, err := oneMatcher(kind, op, c)
		if err != nil {
			return nil, &Error{Pos: at[i].Pos, Msg: "invalid regex pattern: " + err.Error(), Found: escape(at[i].Text, true)}
		}
		each[i] = m
	}
	switch mod {
	case ModNone:
		return each[0], nil
	case ModAnyOf:
		if op == OpEq {
			return memberMatcher(kind, cs), nil
		}
		return func(v *event.Value) bool {
			for _, m := range each {
				if m(v) {
					return true
				}
			}
			return false
		}, nil
	case ModAllOf:
		return func(v *event.Value) bool {
			for _, m := range each {
				if !m(v) {
					return false
				}
			}
			return len(each) > 0
		}, nil
	}
	return func(v *event.Value) bool {
		n := 0
		for _, m := range each {
			if m(v) {
				n++
			}
		}
		return n == 1
	}, nil
}

// memberMatcher matches values that equal one of cs; of a network, that lie in
// one.
func memberMatcher(kind event.Kind, cs []constant) matcher {
	switch kind {
	case event.String, event.Bytes:
		set := make(map[string]struct{}, len(cs))
		for _, c := range cs {
			set[c.text] = struct{}{}
		}
		return func(v *event.Value) bool {
			_, ok := set[v.Str]
			return ok
		}
	case event.Int, event.Uint, event.Port, event.Time, event.Duration, event.Bool:
		set := make(map[uint64]struct{}, len(cs))
		for _, c := range cs {
			set[c.num] = struct{}{}
		}
		return func(v *event.Value) bool {
			_, ok := set[v.Num]
			return ok
		}
	}
	each := make([]matcher, len(cs))
	for i, c := range cs {
		each[i], _ = oneMatcher(kind, OpEq, c)
	}
	return func(v *event.Value) bool {
		for _, m := range each {
			if m(v) {
				return true
			}
		}
		return false
	}
}

func oneMatcher(kind event.Kind, op Op, c constant) (matcher, error) {
	switch kind {
	case event.String, event.Bytes:
		m, err := textMatcher(op, c.text)
		return func(v *event.Value) bool { return m(v.Str) }, err
	case event.Int, event.Time, event.Duration:
		n := int64(c.num)
		return func(v *event.Value) bool { return ordered(op, v.Int64(), n) }, nil
	case event.Uint, event.Port, event.Bool:
		return func(v *event.Value) bool { return ordered(op, v.Num, c.num) }, nil
	case event.Double:
		return func(v *event.Value) bool { return ordered(op, v.Float64(), c.float) }, nil
	case event.IP:
		return func(v *event.Value) bool { return (v.Addr == c.addr) == (op == OpEq) }, nil
	case event.Net:
		return func(v *event.Value) bool { return c.prefix.Contains(v.Addr) == (op == OpEq) }, nil
	}
	return dynamicMatcher(op, c)
}

// dynamicMatcher serves fields whose kind comes only with the value: numbers
// compare as numbers when the constant is one, all else as text.
func dynamicMatcher(op Op, c constant) (matcher, error) {
	text, err := textMatcher(op, c.text)
	if err != nil {
		return nil, err
	}
	byNumber := c.isNum && numberOps.has(op)
	return func(v *event.Value) bool {
		switch {
		case v.Kind == event.Double && byNumber:
			return ordered(op, v.Float64(), float64(int64(c.num)))
		case v.Kind.Numeric() && byNumber:
			return ordered(op, v.Int64(), int64(c.num))
		}
		return text(v.String())
	}, nil
}

func ordered[T int64 | uint64 | float64 | string](op Op, a, b T) bool {
	switch op {
	case OpEq:
		return a == b
	case OpNE:
		return a != b
	case OpLT:
		return a < b
	case OpLE:
		return a <= b
	case OpGT:
		return a > b
	case OpGE:
		return a >= b
	}
	return false
}

// textMatcher returns a test of texts and byte buffers. Texts are compared
// byte by byte.
func textMatcher(op Op, want string) (func(string) bool, error) {
	switch op {
	case OpContains, OpBContains:
		return func(s string) bool { return strings.Contains(s, want) }, nil
	case OpIContains:
		want = lower(want)
		return func(s string) bool { return strings.Contains(lower(s), want) }, nil
	case OpStartsWith, OpBStartsWith:
		return func(s string) bool { return strings.HasPrefix(s, want) }, nil
	case OpEndsWith:
		return func(s string) bool { return strings.HasSuffix(s, want) }, nil
	case OpGlob:
		return globMatcher(want, false), nil
	case OpIGlob:
		return globMatcher(want, true), nil
	case OpRegex:
		return regexMatcher(want)
	case OpPMatch:
		set := &pathSet{}
		set.add(want)
		return set.match, nil
	}
	return func(s string) bool { return ordered(op, s, want) }, nil
}

// valueMatcher compares with a value that was read from the same row.
func valueMatcher(kind event.Kind, op Op, right *event.Value) matcher {
	c := constant{text: right.Str, num: right.Num, addr: right.Addr}
	if kind == event.Double {
		c.float = math.Float64frombits(right.Num)
	}
	if kind == event.None {
		c.text, c.isNum = right.String(), right.Kind.Numeric()
	}
	if op == OpIn || op == OpIntersects {
		op = OpEq
	}
	m, err := oneMatcher(kind, op, c)
	if err != nil {
		return func(*event.Value) bool { return false }
	}
	return m
}
