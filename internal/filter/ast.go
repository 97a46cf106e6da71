package filter

// Expr is a node of an expression: [*And], [*Or], [*Not], [*Macro] or
// [*Check]. Trees are not changed once they were made and may be shared.
type Expr interface {
	// At returns where the node begins.
	At() Pos
	// String writes the node as Falco's as_string does.
	String() string
	expr()
}

// And holds when all of X hold. X has at least two members.
type And struct {
	Pos Pos
	X   []Expr
}

// Or holds when one of X holds. X has at least two members.
type Or struct {
	Pos Pos
	X   []Expr
}

// Not holds when X does not.
type Not struct {
	Pos Pos
	X   Expr
}

// Macro stands for the condition of that name.
type Macro struct {
	Pos  Pos
	Name string
}

// Check compares a field, or what transformers make of it, with a value.
type Check struct {
	Pos   Pos
	Left  Operand // *Field or *Transform
	Op    Op
	Mod   Mod
	Right Operand // nil for OpExists; else *Value, *List or *Transform
}

func (e *And) At() Pos   { return e.Pos }
func (e *Or) At() Pos    { return e.Pos }
func (e *Not) At() Pos   { return e.Pos }
func (e *Macro) At() Pos { return e.Pos }
func (e *Check) At() Pos { return e.Pos }

func (*And) expr()   {}
func (*Or) expr()    {}
func (*Not) expr()   {}
func (*Macro) expr() {}
func (*Check) expr() {}

// Operand is one side of a [Check] or an argument of a [Transform]: [*Field],
// [*Transform], [*Value], [*List] or [*Tuple].
type Operand interface {
	At() Pos
	String() string
	operand()
}

// Field is a field's name with its argument: proc.aname[2].
type Field struct {
	Pos    Pos
	Name   string
	Arg    string
	HasArg bool
}

// Transform is a transformer around its arguments: tolower(proc.name). Only
// getopt takes an argument in brackets.
type Transform struct {
	Pos    Pos
	Name   string
	Args   []Operand
	Arg    string
	HasArg bool
}

// Value is a constant. Text has its escapes resolved.
type Value struct {
	Pos    Pos
	Text   string
	Quoted bool
}

// List is a list of constants.
type List struct {
	Pos   Pos
	Items []*Value
}

// Tuple is a list of operands, the second argument of join.
type Tuple struct {
	Pos   Pos
	Items []Operand
}

func (o *Field) At() Pos     { return o.Pos }
func (o *Transform) At() Pos { return o.Pos }
func (o *Value) At() Pos     { return o.Pos }
func (o *List) At() Pos      { return o.Pos }
func (o *Tuple) At() Pos     { return o.Pos }

func (*Field) operand()     {}
func (*Transform) operand() {}
func (*Value) operand()     {}
func (*List) operand()      {}
func (*Tuple) operand()     {}

// Walk calls visit for e and, while it returns true, for the nodes below, in
// the order of the text.
func Walk(e Expr, visit func(Expr) bool) {
	if !visit(e) {
		return
	}
	switch e := e.(type) {
	case *And:
		for _, x := range e.X {
			Walk(x, visit)
		}
	case *Or:
		for _, x := range e.X {
			Walk(x, visit)
		}
	case *Not:
		Walk(e.X, visit)
	}
}

// Fields calls visit for each mention of a field in e, in the order of the
// text.
func Fields(e Expr, visit func(*Field)) {
	Walk(e, func(e Expr) bool {
		if c, ok := e.(*Check); ok {
			operandFields(c.Left, visit)
			operandFields(c.Right, visit)
		}
		return true
	})
}

func operandFields(o Operand, visit func(*Field)) {
	switch o := o.(type) {
	case *Field:
		visit(o)
	case *Transform:
		for _, a := range o.Args {
			operandFields(a, visit)
		}
	case *Tuple:
		for _, a := range o.Items {
			operandFields(a, visit)
		}
	}
}
