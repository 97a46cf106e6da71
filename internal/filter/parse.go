package filter

import "strings"

// maxDepth bounds how deep parentheses and transformers may nest.
const maxDepth = 100

// Parse reads an expression. An error is an [*Error].
func Parse(src string) (Expr, error) {
	p := &parser{src: src, pos: startPos()}
	e, err := p.parse()
	if err != nil {
		return nil, err
	}
	return e, nil
}

// MustParse is Parse for expressions in the program itself; it panics.
func MustParse(src string) Expr {
	e, err := Parse(src)
	if err != nil {
		panic("filter: " + src + ": " + err.Error())
	}
	return e
}

// parser is a recursive descent over the grammar in the package's doc. The
// methods that read a node leave pos behind it.
type parser struct {
	src   string
	pos   Pos
	last  string // the last token, which an error names
	depth int
}

func (p *parser) rest() string { return p.src[p.pos.Index:] }

// take consumes the next n bytes as a token.
func (p *parser) take(n int) bool {
	if n == 0 {
		return false
	}
	p.last = p.rest()[:n]
	p.pos = p.pos.over(p.last)
	return true
}

func (p *parser) takeText(text string) bool {
	return strings.HasPrefix(p.rest(), text) && p.take(len(text))
}

// blank skips blanks and reports whether there were any.
func (p *parser) blank() bool {
	s, n := p.rest(), 0
	for n < len(s) && isBlank(s[n]) {
		n++
	}
	p.pos = p.pos.over(s[:n])
	return n > 0
}

// fail makes an error about what stands at the parser's position.
func (p *parser) fail(msg string) *Error {
	return &Error{Pos: p.pos, Msg: msg, Found: foundAt(p.rest())}
}

// foundAt names the token at the head of s.
func foundAt(s string) string {
	if s == "" {
		return "the end"
	}
	n := max(fieldName(s), bareString(s))
	if n == 0 {
		if n, _ = quotedString(s); n == 0 {
			n = 1
		}
	}
	const most = 40
	if n > most {
		return escape(s[:most], true) + "…"
	}
	return escape(s[:n], true)
}

func (p *parser) enter() *Error {
	if p.depth++; p.depth > maxDepth {
		return &Error{Pos: p.pos, Msg: "exceeded max depth limit of 100"}
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

func (p *parser) parse() (Expr, *Error) {
	if p.src == "" {
		return nil, &Error{Pos: p.pos, Msg: "filter input string is empty"}
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.pos.Index != len(p.src) {
		return nil, p.fail("unexpected token after '" + p.last + "', expecting 'or', 'and'")
	}
	return e, nil
}

func (p *parser) or() (Expr, *Error) {
	at := p.pos
	xs, err := p.chain("or", p.and)
	if err != nil {
		return nil, err
	}
	if len(xs) == 1 {
		return xs[0], nil
	}
	return &Or{Pos: at, X: xs}, nil
}

func (p *parser) and() (Expr, *Error) {
	at := p.pos
	xs, err := p.chain("and", p.not)
	if err != nil {
		return nil, err
	}
	if len(xs) == 1 {
		return xs[0], nil
	}
	return &And{Pos: at, X: xs}, nil
}

// chain reads terms with word between them. The word needs a blank or a
// parenthesis behind it.
func (p *parser) chain(word string, term func() (Expr, *Error)) ([]Expr, *Error) {
	p.blank()
	x, err := term()
	if err != nil {
		return nil, err
	}
	xs := []Expr{x}
	p.blank()
	for p.takeText(word) {
		switch {
		case p.blank():
			x, err = term()
		case p.takeText("("):
			x, err = p.parenthesised()
		default:
			err = p.fail("expected blank or '(' after '" + word + "'")
		}
		if err != nil {
			return nil, err
		}
		xs = append(xs, x)
		p.blank()
	}
	return xs, nil
}

func (p *parser) not() (Expr, *Error) {
	at := p.pos
	p.blank()
	negate := false
	for {
		s := p.rest()
		n := len("not")
		if !strings.HasPrefix(s, "not") || len(s) == n || !isSpace(s[n]) {
			break
		}
		for n < len(s) && isSpace(s[n]) {
			n++
		}
		p.take(n)
		negate = !negate
	}
	var x Expr
	var err *Error
	if p.takeText("not(") {
		negate = !negate
		x, err = p.parenthesised()
	} else {
		x, err = p.check()
	}
	if err != nil {
		return nil, err
	}
	if negate {
		return &Not{Pos: at, X: x}, nil
	}
	return x, nil
}

// parenthesised reads what follows an opening parenthesis, the closing one
// included.
func (p *parser) parenthesised() (Expr, *Error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	p.blank()
	x, err := p.or()
	if err != nil {
		return nil, err
	}
	p.blank()
	if !p.takeText(")") {
		return nil, p.fail("expected a ')' token")
	}
	return x, nil
}

func (p *parser) check() (Expr, *Error) {
	at := p.pos
	p.blank()
	if p.takeText("(") {
		return p.parenthesised()
	}
	if p.take(fieldName(p.rest())) {
		left, err := p.fieldTail(p.last, at)
		if err != nil {
			return nil, err
		}
		return p.condition(left, at)
	}
	if name := p.transformer(transformers); name != "" {
		left, err := p.transformTail(name, at)
		if err != nil {
			return nil, err
		}
		return p.condition(left, at)
	}
	if p.take(identifier(p.rest())) {
		return &Macro{Pos: at, Name: p.last}, nil
	}
	return nil, p.fail("expected a '(' token, a field check, or an identifier")
}

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
		if near := nearest(strings.ToLower(s[:n]), Operators()); near != "" {
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
