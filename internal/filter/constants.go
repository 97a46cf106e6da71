package filter

import "github.com/stoop-project/stoop/internal/event"

// Holds reports whether a check holds for a value of its field, whatever row
// that came from: for a backend that knows all values there are. A check that
// compares the field with another one, or its transformed value, is answered
// by ok false.
func Holds(c *Check, reg *event.Registry, v event.Value) (holds, ok bool) {
	if _, isField := c.Left.(*Field); !isField {
		return false, false
	}
	switch c.Right.(type) {
	case nil, *Value, *List:
	default:
		return false, false
	}
	b := &binder{reg: reg}
	left, err := b.operand(c.Left)
	if err != nil {
		return false, false
	}
	left.get = func(*probe) (event.Value, bool) { return v, true }
	l, err := b.leafOf(c, left)
	if err != nil {
		return false, false
	}
	return l.test(&probe{}), true
}

// Constants returns the values that a check compares its field with, read as
// the field's kind asks: numbers as C reads them, ports by name too, addresses.
// ok is false when there are none: nothing is compared, or another field is.
// Networks have no value of their own; their text is in [Value].
func Constants(c *Check, kind event.Kind) (values []event.Value, ok bool) {
	var texts []*Value
	switch r := c.Right.(type) {
	case *Value:
		texts = []*Value{r}
	case *List:
		texts = r.Items
	default:
		return nil, false
	}
	for _, t := range texts {
		k, err := readConstant(kind, c.Op, t)
		if err != nil {
			return nil, false
		}
		v := event.Value{Kind: kind, Str: k.text, Num: k.num, Addr: k.addr}
		switch kind {
		case event.Double:
			v = event.DoubleValue(k.float)
		case event.Net:
			v.Addr = k.prefix.Addr()
		}
		values = append(values, v)
	}
	return values, true
}
