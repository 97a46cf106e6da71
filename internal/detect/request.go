package detect

import (
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
)

// Events returns a filter that holds for the events that the rules may fire on,
// by their type above all, and for those that another filter holds for (nil:
// for none): what a kernel has to be asked for. It is nil when they want
// everything.
func (d *Detector) Events(or *filter.Filter) (*filter.Filter, error) {
	text := d.Scope().Condition()
	if text == "" {
		return nil, nil
	}
	e, err := filter.Parse(text)
	if err != nil {
		return nil, err
	}
	if audit := d.auditOnly(); audit != nil {
		e = either(e, audit)
	}
	return filter.Options{}.CompileExpr(either(e, exprOf(or)), event.Fields)
}

// AsksNames reports whether a rule, or a step of a sequence, asks for names of
// addresses.
func (d *Detector) AsksNames() bool {
	set := d.Set()
	for _, r := range set.Rules {
		if r.Enabled && source.AsksNames(r.Filter.Expr()) {
			return true
		}
	}
	for _, q := range set.Sequences {
		for _, s := range q.Steps {
			if q.Enabled && source.AsksNames(s.Expr) {
				return true
			}
		}
	}
	return false
}

// auditOnly is a condition for what rules about audit records want, nil when
// there are none.
func (d *Detector) auditOnly() filter.Expr {
	for _, r := range d.Set().Rules {
		if r.Enabled && r.Source == event.SourceK8sAudit {
			e, _ := filter.Parse("evt.type = pluginevent")
			return e
		}
	}
	return nil
}

// Conditions returns a filter that holds where the condition of one of the
// rules does, or another filter (nil: none): what a server is asked for.
func (d *Detector) Conditions(or *filter.Filter) (*filter.Filter, error) {
	var all []filter.Expr
	for _, r := range d.Set().Rules {
		if r.Enabled {
			all = append(all, r.Filter.Expr())
		}
	}
	return filter.Options{}.CompileExpr(either(append(all, exprOf(or))...), event.Fields)
}

func exprOf(f *filter.Filter) filter.Expr {
	if f == nil {
		return nil
	}
	return f.Expr()
}

// either joins conditions, nil ones left out.
func either(all ...filter.Expr) filter.Expr {
	var kept []filter.Expr
	for _, e := range all {
		if e != nil {
			kept = append(kept, e)
		}
	}
	if len(kept) == 1 {
		return kept[0]
	}
	return &filter.Or{X: kept}
}
