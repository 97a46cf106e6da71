package filter

import (
	"strconv"
	"strings"
)

// maxDepth bounds how deep parentheses and transformers may nest; maxRuleDepth
// how deep in the conditions of rules (falco userspace/engine/
// rule_loader_compiler.cpp, parse_condition).
const (
	maxDepth     = 100
	maxRuleDepth = 1000
)

// Parse reads an expression. An error is an [*Error].
func Parse(src string) (Expr, error) {
	return (&parser{src: src, pos: startPos(), deepest: maxDepth}).run()
}

// ParseRule reads a condition of a rule file, which may nest deeper than what
// people type. The index of every place counts from base: who gives each of
// several texts a stretch of numbers knows by the index of a place which text
// it is in, whatever trees are made of them.
func ParseRule(src string, base int) (Expr, error) {
	p := &parser{src: src, pos: startPos(), base: base, deepest: maxRuleDepth}
	p.pos.Index = base
	return p.run()
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
	src     string
	pos     Pos
	base    int    // the index of the first byte
	last    string // the last token, which an error names
	depth   int
	deepest int
}

// run is parse with an error that is nil when there is none.
func (p *parser) run() (Expr, error) {
	e, err := p.parse()
	if err != nil {
		return nil, err
	}
	return e, nil
}

func (p *parser) rest() string { return p.src[p.pos.Index-p.base:] }

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
	if p.depth++; p.depth > p.deepest {
		return &Error{Pos: p.pos, Msg: "exceeded max depth limit of " + strconv.Itoa(p.deepest)}
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
	if p.pos.Index-p.base != len(p.src) {
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
