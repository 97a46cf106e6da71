package filter

import "strings"

// printer writes nodes. As Falco's as_string it leaves texts bare that would
// not be read back as they were (a value with a comma in it, say); exact asks
// for text that parses to the same tree.
type printer struct {
	strings.Builder
	exact bool
}

// Source writes e so that [Parse] reads the same tree from it.
func Source(e Expr) string {
	p := &printer{exact: true}
	p.expr(e)
	return p.Builder.String()
}

func exprString(e Expr) string {
	p := &printer{}
	p.expr(e)
	return p.Builder.String()
}

func operandString(o Operand) string {
	p := &printer{}
	p.operand(o)
	return p.Builder.String()
}

func (e *And) String() string       { return exprString(e) }
func (e *Or) String() string        { return exprString(e) }
func (e *Not) String() string       { return exprString(e) }
func (e *Macro) String() string     { return exprString(e) }
func (e *Check) String() string     { return exprString(e) }
func (o *Field) String() string     { return operandString(o) }
func (o *Transform) String() string { return operandString(o) }
func (o *Value) String() string     { return operandString(o) }
func (o *List) String() string      { return operandString(o) }
func (o *Tuple) String() string     { return operandString(o) }

func (p *printer) expr(e Expr) {
	switch e := e.(type) {
	case *And:
		p.joined(" and ", e.X)
	case *Or:
		p.joined(" or ", e.X)
	case *Not:
		p.WriteString("not ")
		// Two nots in a row would cancel out when read again.
		_, twice := e.X.(*Not)
		if twice && p.exact {
			p.WriteByte('(')
		}
		p.expr(e.X)
		if twice && p.exact {
			p.WriteByte(')')
		}
	case *Macro:
		p.WriteString(e.Name)
	case *Check:
		p.operand(e.Left)
		p.WriteByte(' ')
		p.WriteString(e.Op.String())
		if e.Mod != ModNone {
			p.WriteByte(' ')
			p.WriteString(e.Mod.String())
		}
		if e.Right != nil {
			p.WriteByte(' ')
			p.right(e)
		}
	}
}

func (p *printer) joined(op string, xs []Expr) {
	p.WriteByte('(')
	for i, x := range xs {
		if i > 0 {
			p.WriteString(op)
		}
		p.expr(x)
	}
	p.WriteByte(')')
}

// right writes a check's right-hand side. A number must not be quoted after a
// number operator, nor the name of a list after a list operator.
func (p *printer) right(c *Check) {
	v, ok := c.Right.(*Value)
	if !ok {
		p.operand(c.Right)
		return
	}
	if p.exact && (c.Op.class() == numberOp || c.Op.class() == listOp || c.Mod != ModNone) {
		p.WriteString(v.Text)
		return
	}
	p.value(v)
}

func (p *printer) operand(o Operand) {
	switch o := o.(type) {
	case *Field:
		p.WriteString(o.Name)
		p.arg(o.Arg, o.HasArg)
	case *Transform:
		p.WriteString(o.Name)
		p.WriteByte('(')
		for i, a := range o.Args {
			if i > 0 {
				p.WriteByte(',')
			}
			if v, ok := a.(*Value); ok && p.exact {
				p.transformArg(v)
				continue
			}
			p.operand(a)
		}
		p.WriteByte(')')
		p.arg(o.Arg, o.HasArg)
	case *Value:
		p.value(o)
	case *List:
		p.WriteByte('(')
		for i, v := range o.Items {
			if i > 0 {
				p.WriteString(", ")
			}
			p.value(v)
		}
		p.WriteByte(')')
	case *Tuple:
		p.WriteByte('(')
		for i, a := range o.Items {
			if i > 0 {
				p.WriteString(", ")
			}
			if v, ok := a.(*Value); ok && p.exact {
				p.transformArg(v)
				continue
			}
			p.operand(a)
		}
		p.WriteByte(')')
	}
}

func (p *printer) arg(arg string, has bool) {
	if !has || (arg == "" && !p.exact) {
		return
	}
	text := escape(arg, false)
	if p.exact && (arg == "" || fieldArgBare(arg) != len(arg) || text != arg) {
		text = quoteExact(arg)
	}
	p.WriteString("[" + text + "]")
}

func (p *printer) value(v *Value) {
	text := escape(v.Text, false)
	if p.exact && (v.Quoted || v.Text == "" || bareString(v.Text) != len(v.Text) || text != v.Text) {
		text = quoteExact(v.Text)
	}
	p.WriteString(text)
}

// transformArg writes a constant argument, which unlike a check's value may
// only be a number or a quoted string.
func (p *printer) transformArg(v *Value) {
	if v.Quoted {
		p.WriteString(quoteExact(v.Text))
		return
	}
	p.WriteString(v.Text)
}
