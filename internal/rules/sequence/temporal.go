package sequence

import (
	"cmp"
	"slices"
)

// temporal waits for all steps in any order. The last event of each step is
// enough: others of the same step lie further back.
type temporal struct {
	last   []*Event // by step
	barred uint64   // place of the last event that must not happen in between
}

func (t *temporal) add(p *plan, in *input) (match, bool) {
	if took := in.steps & (p.must | p.may); took != 0 {
		for i := range p.steps {
			if took&(1<<i) != 0 {
				t.last[i] = in.event()
			}
		}
		if m := t.within(p, in.time); took&p.must != 0 && t.complete(p, m) {
			clear(t.last)
			return m, true
		}
	}
	if in.steps&p.never != 0 {
		t.barred = in.ord
	}
	return match{}, false
}

// within returns the last events of the time span that ends at a moment, as
// far as nothing that must not happen lies between them and that moment.
func (t *temporal) within(p *plan, until int64) (m match) {
	for i, e := range t.last {
		if e != nil && until-e.Time <= p.span && e.ord >= t.barred {
			m.taken = append(m.taken, taken{i, e})
		}
	}
	slices.SortStableFunc(m.taken, func(a, b taken) int { return cmp.Compare(a.event.ord, b.event.ord) })
	if len(m.taken) > 0 {
		m.since = m.taken[0].event.Time
	}
	return m
}

func (t *temporal) complete(p *plan, m match) bool {
	left := p.must
	for _, took := range m.taken {
		left &^= 1 << took.step
	}
	return left == 0
}

func (t *temporal) due(*plan) (int64, bool)    { return 0, false }
func (t *temporal) decide(*plan) (match, bool) { return match{}, false }

// progress tells of what lies within the time span that ends at the last
// event.
func (t *temporal) progress(p *plan) match {
	newest := int64(0)
	for _, e := range t.last {
		if e != nil {
			newest = max(newest, e.Time)
		}
	}
	return t.within(p, newest)
}

func (t *temporal) each(yield func(*Event)) {
	for _, e := range t.last {
		if e != nil {
			yield(e)
		}
	}
}
