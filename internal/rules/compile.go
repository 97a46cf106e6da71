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
	if r.Source == event.SourceSyscall && d.warnTypes {
		if types := r.Filter.Scope().Types; types.Len() > manyTypes {
			d.it.warn(d.it.node, WarnNoEvtType, "Rule matches too many evt.type values. This has a significant performance penalty.")
		}
	}
	return &r, nil
}

// compileCondition joins the condition and the exceptions, and compiles them;
// ok is false when the rule is left out.
func (l *loader) compileCondition(d *ruleDef, r *Rule) (ok bool, err error) {
	text := r.Condition
	if len(d.exceptions) > 0 {
		text = "(" + text + ")"
		for _, ex := range d.exceptions {
			not, err := ex.condition()
			if err != nil {
				return false, err
			}
			if not != "" {
				text += " and not " + not
			}
		}
	}
	e, err := l.parse(text)
	if err != nil {
		return false, d.cond.problem(ErrCompileCondition, err)
	}
	e, used, err := l.known.Resolve(e)
	if err != nil {
		return false, d.cond.problem(ErrValidate, err)
	}
	l.useMacros(used)
	r.Filter, err = filter.Options{Falco: l.opt.Falco}.CompileExpr(e, l.opt.Registry)
	if err != nil {
		p := d.cond.problem(ErrCompileCondition, err)
		if d.skip && unknownName(p.Msg) {
			p.Code = WarnUnknownFilter
			l.note(p)
			return false, nil
		}
		return false, p
	}
	for _, w := range r.Filter.Warnings() {
		d.it.warn(d.cond[0].node, WarnCompileCondition, "%s", w.Msg)
	}
	r.Expr = r.Filter.Expr()
	return true, nil
}

// unknownName reports whether an error says that a field or an event type is
// not known, which skip-if-unknown-filter allows.
func unknownName(msg string) bool {
	return strings.Contains(msg, "nonexistent field") || strings.Contains(msg, "unknown event type") || strings.Contains(msg, "unknown field")
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
	r.Format, err = event.ParseFormat(text, l.opt.Registry)
	if err != nil {
		p := d.output.problem(ErrCompileOutput, err)
		if d.skip && unknownName(err.Error()) {
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
		format, err := event.ParseFormat(text, l.opt.Registry)
		if err != nil {
			return d.output.problem(ErrCompileOutput, errors.Join(errors.New("field "+f.Key+" of append_output"), err))
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
