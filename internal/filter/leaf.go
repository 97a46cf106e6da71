package filter

import (
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// leaf is a bound [Check].
type leaf struct {
	check  *Check
	left   *operand
	right  *operand   // nil when compared with constants
	consts []constant // as read; empty for exists
	test   func(p *probe) bool
}

func (b *binder) leaf(c *Check) (*leaf, *Error) {
	left, err := b.operand(c.Left)
	if err != nil {
		return nil, err
	}
	return b.leafOf(c, left)
}

// leafOf binds a check whose left side was bound already.
func (b *binder) leafOf(c *Check, left *operand) (*leaf, *Error) {
	if err := checkOperator(c, left); err != nil {
		return nil, err
	}
	l := &leaf{check: c, left: left}
	b.warnUnfilled(left, c.Left.At())
	switch r := c.Right.(type) {
	case nil:
		l.test = func(p *probe) bool { _, ok := left.get(p); return ok }
		return l, nil
	case *Value:
		if c.Op.class() == listOp || c.Mod != ModNone {
			b.warn(WarnList, r.Pos, "there is no list of the name '"+r.Text+"', so it counts as one value; in parentheses it is meant to")
		}
		return l, b.constants(l, []*Value{r})
	case *List:
		return l, b.constants(l, r.Items)
	}
	right, err := b.operand(c.Right)
	if err != nil {
		return nil, err
	}
	l.right = right
	if err := checkRight(c, left, l.right); err != nil {
		return nil, err
	}
	b.warnUnfilled(l.right, c.Right.At())
	l.compareFields()
	return l, nil
}

// constants reads the right-hand side of l and makes its test.
func (b *binder) constants(l *leaf, values []*Value) *Error {
	c := l.check
	for _, v := range values {
		b.warnValue(c.Op, c.Right.At(), v.Text)
		if err := b.eventType(l.left, c.Op, v); err != nil {
			return err
		}
		k, err := readConstant(l.left.kind, c.Op, v)
		if err != nil {
			return err
		}
		l.consts = append(l.consts, k)
	}
	m, err := constMatcher(l.left.kind, c.Op, c.Mod, l.consts, values)
	if err != nil {
		return err
	}
	get := l.left.get
	if l.left.list {
		all := c.Op == OpIn
		l.test = func(p *probe) bool {
			v, ok := get(p)
			return ok && members(v.List, m, all)
		}
		return nil
	}
	each, err := eachMatcher(l.left.kind, c, l.consts, values)
	if err != nil {
		return err
	}
	// A field that is no list may still stand for several values: an ancestor
	// without index for all ancestors, fd.ip for both ends. One of them must
	// fulfil the check; of a connection's ends, both must differ for !=.
	all := c.Op == OpNE && l.left.flags.Has(event.FilterOnly)
	one := func(v *event.Value) bool { return several(v, m, each, c) }
	l.test = func(p *probe) bool {
		v := &p.value
		var ok bool
		if *v, ok = get(p); !ok {
			return false
		}
		switch {
		case v.List == nil:
			return m(v)
		case v.Several:
			return one(v)
		}
		return len(v.List) > 0 && members(v.List, one, all)
	}
	return nil
}

// several decides on the values that a document has for one ([event.Field.Several]):
// of each constant by itself whether one of them fulfils the check, or for !=
// whether all do.
func several(v *event.Value, m matcher, each []matcher, c *Check) bool {
	if !v.Several {
		return m(v)
	}
	if each == nil {
		return members(v.List, m, false)
	}
	held := 0
	for _, m := range each {
		if members(v.List, m, c.Op == OpNE) {
			held++
		}
	}
	switch c.Mod {
	case ModAllOf:
		return held == len(each) && held > 0
	case ModOneOf:
		return held == 1
	}
	return held > 0
}

// eachMatcher returns a matcher for each constant, nil where one of a value's
// alternatives must be among them.
func eachMatcher(kind event.Kind, c *Check, cs []constant, at []*Value) (each []matcher, err *Error) {
	switch c.Op {
	case OpIn, OpIntersects, OpPMatch:
		return nil, nil
	}
	each = make([]matcher, len(cs))
	for i := range cs {
		if each[i], err = constMatcher(kind, c.Op, ModNone, cs[i:i+1], at[i:i+1]); err != nil {
			return nil, err
		}
	}
	return each, nil
}

// members applies m to all, or to any, of a list.
func members(list []event.Value, m matcher, all bool) bool {
	for i := range list {
		if m(&list[i]) != all {
			return !all
		}
	}
	return all
}

// compareFields makes the test of a check between two values of a row.
func (l *leaf) compareFields() {
	left, right, op, mod, kind := l.left, l.right, l.check.Op, l.check.Mod, l.left.kind
	l.test = func(p *probe) bool {
		a, ok := left.get(p)
		if !ok {
			return false
		}
		z, ok := right.get(p)
		if !ok {
			return false
		}
		if !left.list {
			if mod == ModNone || len(z.List) == 0 {
				return valueMatcher(kind, op, &z)(&a)
			}
			return false
		}
		inRight := func(v *event.Value) bool {
			for i := range z.List {
				if valueMatcher(kind, OpEq, &z.List[i])(v) {
					return true
				}
			}
			return false
		}
		return members(a.List, inRight, op == OpIn)
	}
}

// eventType warns, or for Falco fails, when evt.type is compared with a name
// that no type has.
func (b *binder) eventType(left *operand, op Op, v *Value) *Error {
	if left.direct == nil || left.direct.Name != "evt.type" && left.direct.Name != "syscall.type" {
		return nil
	}
	switch op {
	case OpEq, OpNE, OpIn, OpIntersects:
	default:
		return nil
	}
	t, ok := event.TypeOf(v.Text)
	switch {
	case ok && b.strict && ownTypes[t]:
		return &Error{Pos: v.Pos, Msg: "'" + v.Text + "' is an event type of stoop, Falco does not know it"}
	case ok:
		return nil
	case b.strict:
		return &Error{Pos: v.Pos, Msg: "unknown event type " + v.Text, Hint: nearestType(v.Text)}
	}
	msg := "no event has the type '" + v.Text + "'"
	if hint := nearestType(v.Text); hint != "" {
		msg += ", " + hint
	}
	b.warn(WarnUnknownType, v.Pos, msg)
	return nil
}

// ownTypes are the event types that Falco does not have.
var ownTypes = map[event.Type]bool{event.TypeUnknown: true, event.TypeIOUring: true, event.TypeLost: true, event.TypeLog: true, event.TypeExeHash: true}

func nearestType(name string) string {
	if near := Nearest(name, typeNames()); near != "" {
		return "did you mean '" + near + "'?"
	}
	return ""
}

func typeNames() []string {
	var names []string
	for t := range event.NumTypes {
		if name := event.Type(t).String(); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// warnUnfilled warns of a field that nothing can read, so that an expression
// on it does not just find nothing.
func (b *binder) warnUnfilled(o *operand, at Pos) {
	for _, f := range o.fields {
		if f.Read == nil && f.From == 0 {
			why := ""
			if f.Why != "" {
				why = " (" + f.Why + ")"
			}
			b.warn(WarnUnfilled, at, "no source fills '"+f.Name+"', so this check never holds"+why)
		}
	}
}

// warnValue gives Falco's warnings about constants (libs
// userspace/libsinsp/filter.cpp, check_value_and_add_warnings).
func (b *binder) warnValue(op Op, at Pos, text string) {
	if op == OpRegex && simpleRegex(text) {
		b.warn(WarnValue, at, "regex check with '"+text+"' may be optimized with simpler operators such as '=', 'contains', 'startswith', 'endswith'")
	}
	bare := strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r < 0x80 && isSpace(byte(r)) }), "")
	if b.namesField(bare) {
		b.warn(WarnValue, at, "'"+text+"' may be a valid field misused as a const string value")
	}
	for _, t := range Transformers() {
		if strings.HasPrefix(bare, t+"(") && strings.HasSuffix(bare, ")") {
			b.warn(WarnValue, at, "'"+text+"' may be a valid field transformer misused as a const string value")
		}
	}
}

func (b *binder) namesField(text string) bool {
	n := fieldName(text)
	if n == 0 {
		return false
	}
	f, rest := b.reg.Lookup(text[:n])
	if f == nil {
		return false
	}
	if n == len(text) {
		return rest != "" || f.Arg&event.ArgRequired == 0
	}
	return rest == "" && f.Arg != event.NoArg && text[n] == '[' && text[len(text)-1] == ']'
}
