package sequence

import (
	"fmt"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/rules"
)

// plan is a sequence as it is run.
type plan struct {
	seq        *rules.Sequence
	span       int64 // ns
	steps      []step
	by         []string // how the group's values are called
	field      ref      // of a value count
	rules      map[string]uint32
	conditions []condition

	must, may, never uint32 // steps that must, may and must not happen, a bit each
	required         []int  // the steps of must, in order
	first            uint32 // steps that a group can begin with
	before           uint32 // of an ordered sequence: those of never before the first of must
}

// step is a step with the fields that group its events.
type step struct {
	*rules.Step
	by []ref
	// gap is, of an ordered sequence, how many of the required steps come
	// before the step.
	gap int
}

// ref is a field with its argument.
type ref struct {
	field *event.Field
	arg   event.Arg
}

// condition is a condition of one step or several.
type condition struct {
	filter *filter.Filter
	steps  uint32
}

func newPlan(seq *rules.Sequence, reg *event.Registry) (*plan, error) {
	p := &plan{seq: seq, span: int64(seq.Timespan), by: seq.GroupBy, rules: map[string]uint32{}}
	if len(seq.Steps) == 0 || len(seq.Steps) > rules.MaxSteps {
		return nil, fmt.Errorf("sequence %q: it has %d steps; 1 to %d can be followed", seq.Name, len(seq.Steps), rules.MaxSteps)
	}
	var err error
	if seq.Type == rules.ValueCount {
		if p.field.field, p.field.arg, err = reg.Parse(seq.Field); err != nil {
			return nil, fmt.Errorf("sequence %q: %w", seq.Name, err)
		}
	}
	for i := range seq.Steps {
		if err := p.addStep(i, reg); err != nil {
			return nil, fmt.Errorf("sequence %q, step %q: %w", seq.Name, seq.Steps[i].Name, err)
		}
	}
	if len(p.required) == 0 {
		return nil, fmt.Errorf("sequence %q: no step of it must happen", seq.Name)
	}
	p.first = p.must | p.may
	if p.ordered() {
		p.first = 0
		for i := range p.steps {
			if p.steps[i].gap == 0 {
				p.first |= 1 << i
				p.before |= 1 << i & p.never
			}
		}
	}
	return p, nil
}

func (p *plan) addStep(i int, reg *event.Registry) error {
	s := step{Step: &p.seq.Steps[i], gap: len(p.required)}
	bit := uint32(1) << i
	switch {
	case s.Not:
		p.never |= bit
	case s.Optional:
		p.may |= bit
	default:
		p.must |= bit
		p.required = append(p.required, i)
	}
	for _, by := range p.seq.GroupBy {
		f, arg, err := reg.Parse(p.seq.GroupField(by, s.Step))
		if err != nil {
			return err
		}
		s.by = append(s.by, ref{f, arg})
	}
	p.steps = append(p.steps, s)
	if s.Rule != "" {
		p.rules[s.Rule] |= bit
		return nil
	}
	return p.addCondition(s.Step, bit, reg)
}

// addCondition compiles a step's condition, once for steps that share it.
func (p *plan) addCondition(s *rules.Step, bit uint32, reg *event.Registry) error {
	for i := range p.conditions {
		if p.conditions[i].filter.String() == filter.Source(s.Expr) {
			p.conditions[i].steps |= bit
			return nil
		}
	}
	f, err := filter.Options{}.CompileExpr(s.Expr, reg)
	if err != nil {
		return err
	}
	p.conditions = append(p.conditions, condition{f, bit})
	return nil
}

// trailing reports whether a step that must not happen stands behind all that
// must: an ordered sequence then fires only when the time span is over.
func (p *plan) trailing() bool {
	for i := range p.steps {
		if p.steps[i].Not && p.steps[i].gap == len(p.required) {
			return true
		}
	}
	return false
}

// missing returns the steps of some that did not happen.
func (p *plan) missing(taken []taken) (missing []*rules.Step) {
	left := p.must | p.may
	for _, t := range taken {
		left &^= 1 << t.step
	}
	for i := range p.steps {
		if left&(1<<i) != 0 {
			missing = append(missing, p.steps[i].Step)
		}
	}
	return missing
}

func (p *plan) ordered() bool { return p.seq.Type == rules.Ordered }
