package filter

// How the parser reads fields, transformers and constants.

// transformer consumes one of names with its parenthesis and returns it, or "".
func (p *parser) transformer(names []string) string {
	s := p.rest()
	for _, name := range names {
		if len(s) > len(name) && s[len(name)] == '(' && s[:len(name)] == name {
			p.take(len(name) + 1)
			return name
		}
	}
	return ""
}

func (p *parser) fieldTail(name string, at Pos) (*Field, *Error) {
	f := &Field{Pos: at, Name: name}
	var err *Error
	f.Arg, f.HasArg, err = p.bracketed()
	return f, err
}

// bracketed reads an argument in brackets, when there is one.
func (p *parser) bracketed() (arg string, has bool, err *Error) {
	if !p.takeText("[") {
		return "", false, nil
	}
	v, err := p.quoted()
	switch {
	case err != nil:
		return "", false, err
	case v != nil:
		arg = v.Text
	case p.take(fieldArgBare(p.rest())):
		arg = p.last
	default:
		return "", false, p.fail("expected a valid field argument: a quoted string or a bare string")
	}
	if !p.takeText("]") {
		return "", false, p.fail("expected a ']' token")
	}
	return arg, true, nil
}

// transformTail reads a transformer's arguments, what closes it, and its own
// argument in brackets.
func (p *parser) transformTail(name string, at Pos) (*Transform, *Error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	t := &Transform{Pos: at, Name: name}
	p.blank()
	for {
		argAt := p.pos
		p.blank()
		arg, err := p.transformArg(argAt)
		if err != nil {
			return nil, err
		}
		t.Args = append(t.Args, arg)
		p.blank()
		if !p.takeText(",") {
			break
		}
	}
	return t, p.closeTransform(t)
}

func (p *parser) closeTransform(t *Transform) (err *Error) {
	if !p.takeText(")") {
		return p.fail("expected a ')' token closing the transformer")
	}
	t.Arg, t.HasArg, err = p.bracketed()
	return err
}

func (p *parser) transformArg(at Pos) (Operand, *Error) {
	if p.takeText("(") {
		return p.tuple(at)
	}
	arg, err := p.plainArg(at)
	if arg == nil && err == nil {
		return nil, p.fail("expected field transformer argument: field, transformer, quoted string, number, or transformer list")
	}
	return arg, err
}

// plainArg reads a number, a quoted string, a transformer or a field; nil
// when none of them is there.
func (p *parser) plainArg(at Pos) (Operand, *Error) {
	if p.take(number(p.rest())) {
		return &Value{Pos: at, Text: p.last}, nil
	}
	if v, err := p.quoted(); v != nil || err != nil {
		if v != nil {
			v.Pos = at
			return v, nil
		}
		return nil, err
	}
	if name := p.transformer(transformers); name != "" {
		return p.transformTail(name, at)
	}
	if p.take(fieldName(p.rest())) {
		return p.fieldTail(p.last, at)
	}
	return nil, nil
}

// tuple reads what follows the parenthesis of a list of operands.
func (p *parser) tuple(at Pos) (Operand, *Error) {
	t := &Tuple{Pos: at}
	p.blank()
	if p.takeText(")") {
		return t, nil
	}
	for {
		p.blank()
		arg, err := p.plainArg(p.pos)
		if err != nil {
			return nil, err
		}
		if arg == nil {
			return nil, p.fail("expected transformer list argument: field, transformer, quoted string, or number")
		}
		t.Items = append(t.Items, arg)
		p.blank()
		if !p.takeText(",") {
			break
		}
	}
	if !p.takeText(")") {
		return nil, p.fail("expected ')'")
	}
	return t, nil
}

// transformOrVal reads a transformer on the right-hand side, where val may
// stand around a plain field; nil when there is none.
func (p *parser) transformOrVal() (*Transform, *Error) {
	at := p.pos
	if p.transformer([]string{valTransformer}) != "" {
		p.blank()
		fieldAt := p.pos
		if !p.take(fieldName(p.rest())) {
			return nil, p.fail("expected a field within 'val' transformer")
		}
		f, err := p.fieldTail(p.last, fieldAt)
		if err != nil {
			return nil, err
		}
		p.blank()
		t := &Transform{Pos: at, Name: valTransformer, Args: []Operand{f}}
		return t, p.closeTransform(t)
	}
	if name := p.transformer(transformers); name != "" {
		return p.transformTail(name, at)
	}
	return nil, nil
}

// constant reads a quoted or a bare string; nil when there is neither.
func (p *parser) constant() (*Value, *Error) {
	at := p.pos
	if v, err := p.quoted(); v != nil || err != nil {
		return v, err
	}
	if p.take(bareString(p.rest())) {
		return &Value{Pos: at, Text: p.last}, nil
	}
	return nil, nil
}

// quoted reads a quoted string; nil when none is there.
func (p *parser) quoted() (*Value, *Error) {
	at := p.pos
	n, closed := quotedString(p.rest())
	if n == 0 {
		return nil, nil
	}
	if !closed {
		return nil, &Error{Pos: at, Msg: "expected a string value: this quoted string has no end"}
	}
	raw := p.rest()[:n]
	text, bad, msg := unescape(raw[1:n-1], raw[0])
	if msg != "" {
		return nil, &Error{Pos: at.over(raw[:1+bad]), Msg: msg}
	}
	p.take(n)
	p.last = text
	return &Value{Pos: at, Text: text, Quoted: true}, nil
}

// operandOrNil keeps a nil *Transform from becoming a non-nil Operand.
func operandOrNil(t *Transform) Operand {
	if t == nil {
		return nil
	}
	return t
}
