package rules

import (
	"errors"
	"slices"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// AppendOutput adds to the outputs of the rules that it speaks of: append_output
// of Falco's falco.yaml.
type AppendOutput struct {
	Source string   // of this source; "": of any
	Tags   []string // with all these tags
	Rule   string   // of this name; "": of any
	Output string   // added to the output, behind a blank
	Fields []Field  // added to the alert's fields
}

// Field is a field that an alert gets beside those that its output names.
type Field struct {
	Key    string
	Format string // an output text; "": the field Key itself, as it is
}

func (a *AppendOutput) speaksOf(r *ruleDef) bool {
	if a.Source != "" && a.Source != r.Source || a.Rule != "" && a.Rule != r.Name {
		return false
	}
	for _, t := range a.Tags {
		if !slices.Contains(r.Tags, t) {
			return false
		}
	}
	return true
}

// outputs reads the outputs of rules, with Falco's transformers.
var outputs = filter.Output()

// manyTypes is how many event types a rule may ask for without a warning.
const manyTypes = 100

// compile makes a rule of its definition; nil for one that is left out, as a
// warning says.
func (l *loader) compile(d *ruleDef) (*Rule, error) {
	if d.foreign {
		return nil, nil
	}
	r := d.Rule
	r.Condition = d.cond.String()
	for _, ex := range d.exceptions {
		r.Exceptions = append(r.Exceptions, ex.Exception)
	}
	if ok, err := l.compileOutput(d, &r); !ok || err != nil {
		return nil, err
	}
	if ok, err := l.compileCondition(d, &r); !ok || err != nil {
		return nil, err
	}
	d.it.file.choice.apply(&r)
	if r.Source == event.SourceSyscall && d.warnTypes && !namesTypes(r.Expr) {
		if types := r.Filter.Scope().Types; types.Len() > manyTypes {
			d.it.warn(d.it.node, WarnNoEvtType, "Rule matches too many evt.type values. This has a significant performance penalty.")
		}
	}
	return &r, nil
}

// namesTypes reports whether a condition plainly asks for few event types, as
// most do. The scope says it of any, but has to try every type.
func namesTypes(e filter.Expr) bool {
	switch e := e.(type) {
	case *filter.And:
		return slices.ContainsFunc(e.X, namesTypes)
	case *filter.Check:
		f, ok := e.Left.(*filter.Field)
		if !ok || f.Name != "evt.type" || e.Mod != filter.ModNone {
			return false
		}
		list, many := e.Right.(*filter.List)
		return e.Op.String() == "=" || e.Op.String() == "in" && many && len(list.Items) <= manyTypes
	}
	return false
}

// compileCondition joins the condition and the exceptions, and compiles them;
// ok is false when the rule is left out.
func (l *loader) compileCondition(d *ruleDef, r *Rule) (ok bool, err error) {
	t, err := d.text()
	if err != nil {
		return false, err
	}
	r.Filter, err = l.compileText(t, d.Source)
	var p *Problem
	switch {
	case errors.As(err, &p) && p.Code == ErrCompileCondition && d.skip && unknownName(p.Msg):
		p.Code = WarnUnknownFilter
		l.note(p)
		return false, nil
	case err != nil:
		return false, err
	}
	r.Expr = r.Filter.Expr()
	return true, nil
}

// compileText makes a filter of a condition for events of a source; "" is any.
func (l *loader) compileText(t *text, source string) (*filter.Filter, error) {
	e, err := l.parse(t)
	if err != nil {
		return nil, err
	}
	e, used, err := l.known.Resolve(e)
	if err != nil {
		return nil, l.unresolved(t.owner, err)
	}
	l.useMacros(used)
	filter.Walk(e, func(filter.Expr) bool { l.parts++; return l.parts <= maxTrees })
	if l.parts > maxTrees {
		return nil, t.owner.fail(t.owner.node, ErrCompileCondition, "the conditions have more than %d parts with their macros", maxTrees)
	}
	f, err := filter.Options{Falco: l.opt.Falco}.CompileExpr(e, l.opt.Registry)
	if err == nil && source != "" {
		err = l.checkFields(t.owner, source, e)
	}
	if err != nil {
		return nil, l.problem(t.owner, ErrCompileCondition, err)
	}
	l.warn(t.owner, f)
	return f, nil
}

// text returns the condition with its exceptions.
func (r *ruleDef) text() (*text, error) {
	t := &text{owner: r.it}
	if len(r.exceptions) == 0 {
		t.putAll(r.cond)
		return t, nil
	}
	t.add("(")
	t.putAll(r.cond)
	t.add(")")
	for _, ex := range r.exceptions {
		not, err := ex.condition()
		if err != nil {
			return nil, err
		}
		if not != "" {
			t.add(" and not ")
			t.put(piece{text: not, it: ex.it, node: ex.it.node})
		}
	}
	return t, nil
}

// checkFields looks for fields that events of a source do not have: Falco
// refuses them, otherwise they are worth a warning.
func (l *loader) checkFields(it *item, source string, e filter.Expr) (err error) {
	filter.Fields(e, func(f *filter.Field) {
		field, _ := l.opt.Registry.Lookup(f.Name)
		switch {
		case err != nil || field == nil || sourceHas(source, field):
		case l.opt.Falco:
			err = &filter.Error{Pos: f.Pos, Msg: "filter_check called with nonexistent field " + f.Name, Hint: "events of source " + source + " do not have it"}
		default:
			l.warnAt(it, WarnUnavailableField, f.Pos, "events of source "+source+" do not have "+f.Name+": the check never holds, and Falco refuses it")
		}
	})
	return err
}

// sourceHas reports whether events of a source may have a field.
func sourceHas(source string, f *event.Field) bool {
	audit := f.Class == "ka" || f.Class == "jevt" || f.Class == "json"
	if source == event.SourceSyscall {
		return !audit
	}
	return audit || f.Class == "evt" || f.Flags.Has(event.Extension)
}

// warned is a warning about a place of a condition. A macro's are said once,
// whoever uses it.
type warned struct {
	at  int
	msg string
}

// warn reports what is odd about a condition.
func (l *loader) warn(it *item, f *filter.Filter) {
	for _, w := range f.Warnings() {
		l.warnAt(it, warningCodes[w.Kind], w.Pos, w.Msg)
	}
	filter.Walk(f.Expr(), func(e filter.Expr) bool {
		if c, ok := e.(*filter.Check); ok && unsafeNA(c) {
			l.warnAt(it, WarnUnsafeNA, c.Pos, "comparing a field value with <NA> is unsafe and can lead to unpredictable behavior of the rule condition")
		}
		return true
	})
}

func (l *loader) warnAt(it *item, code Code, at filter.Pos, msg string) {
	if key := (warned{at.Index, msg}); !l.warned[key] {
		l.warned[key] = true
		p := l.at(it, code, at)
		p.Msg = msg
		l.note(p)
	}
}

var warningCodes = map[filter.WarningKind]Code{
	filter.WarnValue:       WarnCompileCondition,
	filter.WarnDeprecated:  WarnDeprecatedItem,
	filter.WarnUnknownType: WarnCompileCondition,
	filter.WarnUnfilled:    WarnUnavailableField,
	filter.WarnList:        WarnCompileCondition,
}

// unsafeNA reports whether a check compares a field that may be missing with
// the text that outputs have for it (falco userspace/engine/
// filter_warning_resolver.cpp).
func unsafeNA(c *filter.Check) bool {
	f, ok := c.Left.(*filter.Field)
	if !ok || !strings.HasPrefix(f.Name, "ka.") && !strings.HasPrefix(f.Name, "jevt.") {
		return false
	}
	switch r := c.Right.(type) {
	case *filter.Value:
		return r.Text == event.NotAvailable
	case *filter.List:
		return slices.ContainsFunc(r.Items, func(v *filter.Value) bool { return v.Text == event.NotAvailable })
	}
	return false
}

// unknownName reports whether an error says that a field or an event type is
// not known, which skip-if-unknown-filter allows.
func unknownName(msg string) bool {
	return strings.Contains(msg, "nonexistent field") || strings.Contains(msg, "unknown event type")
}

// compileOutput compiles the output and what is added to it; ok is false when
// the rule is left out.
func (l *loader) compileOutput(d *ruleDef, r *Rule) (ok bool, err error) {
	r.Output = d.output.String()
	text := r.Output
	for i := range l.opt.Append {
		a := &l.opt.Append[i]
		if !a.speaksOf(d) {
			continue
		}
		if a.Output != "" {
			text += " " + a.Output
		}
		if err := l.extra(d, r, a.Fields); err != nil {
			return false, err
		}
	}
	if strings.Contains(text, "%container.info") {
		l.note(d.it.fail(d.output[0].node, WarnDeprecatedItem, "%%container.info is deprecated and no more useful, and will be dropped by Falco 1.0.0.").
			hint("name the fields: container_id=%container.id container_name=%container.name"))
		text = strings.ReplaceAll(text, "%container.info", "")
	}
	r.Format, err = outputs.ParseFormat(text, l.opt.Registry)
	if err != nil {
		p := d.it.fail(d.output[0].node, ErrCompileOutput, "%v", err)
		if d.skip && errors.Is(err, event.ErrUnknownField) {
			p.Code = WarnUnknownFilter
			l.note(p)
			return false, nil
		}
		return false, p
	}
	return true, nil
}

// extra compiles the fields that an AppendOutput adds; a later one of the same
// key replaces the earlier.
func (l *loader) extra(d *ruleDef, r *Rule, fields []Field) error {
	for _, f := range fields {
		text, raw := f.Format, false
		if text == "" {
			text, raw = "%"+f.Key, true
		}
		format, err := outputs.ParseFormat(text, l.opt.Registry)
		if err != nil {
			return d.it.fail(d.output[0].node, ErrCompileOutput, "field %s of append_output: %v", f.Key, err)
		}
		x := Extra{Key: f.Key, Format: format, Raw: raw}
		at, found := slices.BinarySearchFunc(r.Extra, f.Key, func(x Extra, key string) int { return strings.Compare(x.Key, key) })
		if found {
			r.Extra[at] = x
		} else {
			r.Extra = slices.Insert(r.Extra, at, x)
		}
	}
	return nil
}
