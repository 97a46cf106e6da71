package filter

import "github.com/stoop-project/stoop/internal/event"

// Filter is a compiled condition. It may be used by many goroutines at a time.
type Filter struct {
	text     string
	expr     Expr
	root     *pred
	plan     *step
	slots    int
	warnings []Warning
	memos    memos
}

// Options says how a condition is read.
type Options struct {
	Falco  bool   // refuse what Falco itself would: stoop's own fields and event types
	Lists  Lists  // names of lists, replaced before the text is parsed
	Macros Macros // names of conditions
}

// Compile parses, checks and compiles a condition over the fields of a
// registry. An error is an [*Error].
func Compile(text string, reg *event.Registry) (*Filter, error) {
	return Options{}.Compile(text, reg)
}

// Compile is [Compile] with options.
func (o Options) Compile(text string, reg *event.Registry) (*Filter, error) {
	x := o.Lists.Expand(text)
	e, err := Parse(x.Text)
	if err != nil {
		return nil, x.moved(err, text)
	}
	f, err := o.CompileExpr(e, reg)
	if err != nil {
		return nil, x.moved(err, text)
	}
	f.text = text
	for i := range f.warnings {
		f.warnings[i].Pos = x.place(f.warnings[i].Pos, text)
	}
	return f, nil
}

// CompileExpr compiles a tree. An error is an [*Error].
func (o Options) CompileExpr(e Expr, reg *event.Registry) (*Filter, error) {
	if len(o.Macros) == 0 {
		return o.compile(e, reg)
	}
	full, used, err := o.Macros.Resolve(e)
	if err != nil {
		return nil, err
	}
	f, err := o.compile(full, reg)
	if len(used) > 0 && (err != nil || len(f.warnings) > 0) {
		// Places in a macro's text mean nothing to who reads this one.
		if full, _, err = o.Macros.inline(e); err != nil {
			return nil, err
		}
		return o.compile(full, reg)
	}
	return f, err
}

// compile compiles a tree without macros.
func (o Options) compile(e Expr, reg *event.Registry) (*Filter, error) {
	b := &binder{reg: reg, strict: o.Falco}
	root, err := b.expr(e)
	if err != nil {
		return nil, err
	}
	pl := &planner{}
	f := &Filter{text: Source(e), expr: e, root: root, plan: pl.plan(root), warnings: b.warnings}
	f.slots = pl.slots
	return f, nil
}

// Check reports what is wrong with a condition, as [Options.Compile] would,
// and what is odd about it.
func (o Options) Check(text string, reg *event.Registry) ([]Warning, error) {
	f, err := o.Compile(text, reg)
	if err != nil {
		return nil, err
	}
	return f.warnings, nil
}

// String returns the condition as it was written.
func (f *Filter) String() string { return f.text }

// Expr returns the condition with lists and macros replaced.
func (f *Filter) Expr() Expr { return f.expr }

// Warnings returns what is odd about the condition.
func (f *Filter) Warnings() []Warning { return f.warnings }

// Select clears the bits of sel, one an event of b (bit i of word i/64), of
// those events that the condition does not hold for. Bits that are clear
// already are not looked at. Bits beyond the last event are cleared.
func (f *Filter) Select(b *event.Batch, sel []uint64) {
	n := b.Len()
	if words := (n + 63) / 64; len(sel) > words {
		clear(sel[words:])
		sel = sel[:words]
	}
	if n&63 != 0 && len(sel)<<6 > n {
		sel[n>>6] &= 1<<(n&63) - 1
	}
	r := &run{memo: f.memos.of(b.Tables, f.slots)}
	r.turnTo(b)
	r.do(f.plan, sel)
}

// Match reports whether the condition holds for event i.
func (f *Filter) Match(b *event.Batch, i int) bool {
	at := probes.Get().(*probe)
	at.row, at.open = b.Row(i), false
	holds := f.root.eval(at)
	*at = probe{} // it holds no event any longer
	probes.Put(at)
	return holds
}

// Homes returns the set of homes (bit 1<<home) whose rows decide the result.
func (f *Filter) Homes() uint8 { return uint8(f.root.homes) }
