package rules

import (
	"maps"
	"slices"

	"github.com/stoop-project/stoop/internal/event"
)

// linkSequences makes sequences of what was read, once the rules are there that
// they speak of.
func (l *loader) linkSequences() {
	for _, d := range l.sequences.order {
		s, err := l.compileSequence(d)
		if err != nil {
			l.note(err)
			continue
		}
		l.set.Sequences = append(l.set.Sequences, s)
	}
}

func (l *loader) compileSequence(d *sequenceDef) (*Sequence, error) {
	if l.rules.has(d.Name) {
		return nil, d.it.fail(d.it.node, ErrValidate, "A rule has the same name").hint("alerts are told apart by the name; choose another")
	}
	for _, check := range []func(*sequenceDef) error{l.checkShape, l.checkCount, l.checkAliases, l.checkGroups} {
		if err := check(d); err != nil {
			return nil, err
		}
	}
	s := d.Sequence
	s.Steps = slices.Clone(s.Steps)
	for i := range s.Steps {
		if err := l.compileStep(d.steps[i], &s.Steps[i]); err != nil {
			return nil, err
		}
	}
	return &s, l.compileSequenceOutput(d, &s)
}

// fail returns a problem at the value of a key, or at the item.
func (d *sequenceDef) fail(key string, code Code, format string, args ...any) *Problem {
	at := d.at(key)
	return at.fail(at.node, code, format, args...)
}

// at returns the value of a key, the whole item when it is not there.
func (d *sequenceDef) at(key string) *item {
	if it, ok := d.given[key]; ok {
		return it
	}
	return d.it
}

// checkShape looks at which steps there are.
func (l *loader) checkShape(d *sequenceDef) error {
	must, may := 0, 0
	for _, s := range d.Steps {
		switch {
		case s.Optional:
			may++
		case !s.Not:
			must++
		}
	}
	switch {
	case must == 0:
		return d.fail("steps", ErrValidate, "No step of the sequence must happen")
	case d.Type.Counts() && len(d.Steps) > 1:
		return d.fail("steps", ErrValidate, "A sequence of type %s has one step, not %d", d.Type, len(d.Steps))
	case !d.Type.Counts() && len(d.Steps) == 1:
		return d.fail("steps", ErrValidate, "A sequence of type %s has more than one step", d.Type).hint("what is one step is a rule; to count it, use event_count")
	case d.Type == Ordered && may > MaxOptional:
		return d.fail("steps", ErrValidate, "An ordered sequence has up to %d optional steps, not %d", MaxOptional, may)
	}
	if d.Type != Ordered {
		return nil
	}
	waits := false // a step that must not happen comes last, so that the end of the time span is waited for
	for _, s := range slices.Backward(d.Steps) {
		if !s.Optional && !s.Not {
			break
		}
		waits = waits || s.Not
	}
	for _, s := range slices.Backward(d.Steps) {
		if !s.Optional || waits {
			break
		}
		at := d.at("steps")
		at.warn(at.node, WarnIdleStep, "Step '%s' is never waited for: the sequence fires when the last step that must happen has", s.Name)
	}
	return nil
}

// checkCount looks at the keys of the types that count.
func (l *loader) checkCount(d *sequenceDef) error {
	type rule struct {
		key   string
		wants bool
	}
	for _, r := range []rule{{"count", d.Type.Counts()}, {"field", d.Type == ValueCount}} {
		switch has := d.given[r.key] != nil; {
		case has && !r.wants:
			return d.fail(r.key, ErrValidate, "A sequence of type %s has no '%s'", d.Type, r.key)
		case !has && r.wants:
			return d.fail("type", ErrValidate, "A sequence of type %s needs '%s'", d.Type, r.key)
		}
	}
	if d.Type == ValueCount {
		return l.checkField(d, "field", d.Field)
	}
	return nil
}

// checkField looks at a field whose values are to be kept.
func (l *loader) checkField(d *sequenceDef, key, name string) error {
	f, _, err := l.opt.Registry.Parse(name)
	switch {
	case err != nil:
		return d.fail(key, ErrValidate, "%v", err)
	case f.Flags.Has(event.FilterOnly) || f.Flags.Has(event.TableOnly):
		return d.fail(key, ErrValidate, "field '%s' has no value of its own", name)
	case l.opt.Falco && f.Flags.Has(event.Extension):
		return d.fail(key, ErrValidate, "field '%s' is stoop's own", name)
	}
	return nil
}

func (l *loader) checkAliases(d *sequenceDef) error {
	for _, alias := range slices.Sorted(maps.Keys(d.Aliases)) {
		of := d.Aliases[alias]
		for _, step := range slices.Sorted(maps.Keys(of)) {
			field := of[step]
			if d.Step(step) == nil {
				return d.fail("aliases", ErrValidate, "Alias '%s' speaks of a step '%s', which there is not", alias, step).hint(didYouMean(step, stepNames(d.Steps)))
			}
			if err := l.checkField(d, "aliases", field); err != nil {
				return err
			}
		}
		if !slices.Contains(d.GroupBy, alias) {
			at := d.at("aliases")
			at.warn(at.node, WarnUnusedAlias, "Alias '%s' is not in 'group-by'", alias)
		}
	}
	return nil
}

// checkGroups sees to it that every step has every value that is grouped by.
func (l *loader) checkGroups(d *sequenceDef) error {
	for _, by := range d.GroupBy {
		of, isAlias := d.Aliases[by]
		if !isAlias {
			if err := l.checkField(d, "group-by", by); err != nil {
				return err
			}
			continue
		}
		for _, s := range d.Steps {
			if of[s.Name] == "" {
				return d.fail("aliases", ErrValidate, "Alias '%s' says nothing of step '%s'", by, s.Name).hint("name the field that its events are grouped by")
			}
		}
	}
	return nil
}

func (l *loader) compileStep(at *item, s *Step) error {
	if s.Rule != "" {
		return l.checkStepRule(at, s)
	}
	piece, err := at.piece("condition")
	if err != nil {
		return err
	}
	t := &text{owner: at}
	t.put(piece)
	f, err := l.compileText(t, "")
	if err != nil {
		return err
	}
	s.Expr = f.Expr()
	return nil
}

// checkStepRule warns of a rule that is not there: its alerts may still come
// from elsewhere.
func (l *loader) checkStepRule(at *item, s *Step) error {
	if l.sequences.has(s.Rule) {
		return at.fail(at.get("rule"), ErrValidate, "'%s' is a sequence; a step is a rule or a condition", s.Rule)
	}
	switch d, ok := l.rules.get(s.Rule); {
	case !ok:
		l.report.add(at.fail(at.get("rule"), WarnUnknownRule, "No rule has the name '%s': only alerts that other programs raise can be this step", s.Rule).
			hint(didYouMean(s.Rule, slices.Sorted(maps.Keys(l.rules.byName)))))
	case !d.Enabled:
		at.warn(at.get("rule"), WarnUnknownRule, "Rule '%s' is not enabled: only alerts that other programs raise can be this step", s.Rule)
	}
	return nil
}

func (l *loader) compileSequenceOutput(d *sequenceDef, s *Sequence) error {
	if s.Output == "" {
		return nil
	}
	var err error
	if s.Format, err = parseSequenceFormat(s.Output, l.opt.Registry); err != nil {
		at := d.at("output")
		return l.problem(at, ErrCompileOutput, err)
	}
	for _, name := range s.Format.steps() {
		switch step := s.Step(name); {
		case step == nil:
			return d.fail("output", ErrCompileOutput, "the output speaks of a step '%s', which there is not", name).hint(didYouMean(name, stepNames(s.Steps)))
		case step.Not:
			return d.fail("output", ErrCompileOutput, "the output speaks of step '%s', which must not happen", name)
		}
	}
	return nil
}

func stepNames(steps []Step) []string {
	names := make([]string, len(steps))
	for i := range steps {
		names[i] = steps[i].Name
	}
	return names
}
