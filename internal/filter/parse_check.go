package filter

import "strings"

// How the parser reads what stands behind a field: operator, modifier, value.

// condition reads the operator behind left, and its right-hand side.
func (p *parser) condition(left Operand, at Pos) (Expr, *Error) {
	p.blank()
	c := &Check{Pos: at, Left: left}
	var class opClass
	found := false
	for _, o := range operators {
		s := p.rest()
		if !strings.HasPrefix(s, o.text) {
			continue
		}
		if o.blank && (len(s) == len(o.text) || !isBlank(s[len(o.text)])) {
			continue
		}
		p.take(len(o.text))
		c.Op, class, found = o.op, o.class, true
		break
	}
	if !found {
		return nil, p.badOperator()
	}
	var err *Error
	switch class {
	case numberOp:
		c.Right, err = p.numberValue()
	case stringOp:
		if c.Mod = p.modifier(); c.Mod != ModNone {
			c.Right, err = p.listValue()
		} else {
			c.Right, err = p.stringValue()
		}
	case listOp:
		c.Right, err = p.listValue()
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (p *parser) badOperator() *Error {
	err := p.fail("expected a valid check operator: one of " + quoteEach(Operators()))
	s := p.rest()
	if n := identifier(s); n > 0 {
		if near := Nearest(strings.ToLower(s[:n]), Operators()); near != "" {
			err.Hint = "did you mean '" + near + "'?"
		}
	}
	return err
}

// modifier consumes oneof, anyof or allof. They are words only between two
// blanks and before a list; elsewhere they are values, as in
// "proc.name = anyof and evt.type = open".
func (p *parser) modifier() Mod {
	start := p.pos
	if !p.blank() {
		return ModNone
	}
	for m := ModOneOf; m <= ModAllOf; m++ {
		if !p.takeText(m.String()) {
			continue
		}
		if p.blank() && p.listAhead() {
			return m
		}
		break
	}
	p.pos = start
	return ModNone
}

func (p *parser) listAhead() bool {
	s := p.rest()
	if strings.HasPrefix(s, "(") {
		return true
	}
	switch s[:identifier(s)] {
	case "", "and", "or":
		return false
	}
	return true
}

func (p *parser) numberValue() (Operand, *Error) {
	p.blank()
	at := p.pos
	if t, err := p.transformOrVal(); t != nil || err != nil {
		return operandOrNil(t), err
	}
	if p.take(number(p.rest())) {
		return &Value{Pos: at, Text: p.last}, nil
	}
	return nil, p.fail("expected a number value or a field with a valid transformer: " + quoteEach(Transformers()))
}

func (p *parser) stringValue() (Operand, *Error) {
	p.blank()
	if t, err := p.transformOrVal(); t != nil || err != nil {
		return operandOrNil(t), err
	}
	v, err := p.constant()
	if err != nil {
		return nil, err
	}
	if v == nil {
		return nil, p.fail("expected a string value or a field with a valid transformer: " + quoteEach(Transformers()))
	}
	return v, nil
}

func (p *parser) listValue() (Operand, *Error) {
	p.blank()
	at := p.pos
	if p.takeText("(") {
		return p.list(at)
	}
	if t, err := p.transformOrVal(); t != nil || err != nil {
		return operandOrNil(t), err
	}
	if p.take(identifier(p.rest())) {
		return &Value{Pos: at, Text: p.last}, nil
	}
	return nil, p.fail("expected a list, an identifier, or a field with a valid transformer: " + quoteEach(Transformers()))
}

// list reads what follows the parenthesis of a list of constants.
func (p *parser) list(at Pos) (Operand, *Error) {
	l := &List{Pos: at}
	p.blank()
	v, err := p.constant()
	for v != nil && err == nil {
		l.Items = append(l.Items, v)
		p.blank()
		if !p.takeText(",") {
			break
		}
		p.blank()
		if v, err = p.constant(); v == nil && err == nil {
			err = p.fail("expected a string value")
		}
	}
	if err != nil {
		return nil, err
	}
	if !p.takeText(")") {
		return nil, p.fail("expected a ')' token")
	}
	return l, nil
}
