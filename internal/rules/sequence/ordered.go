package sequence

import (
	"math/bits"
	"slices"
)

// ordered follows the steps in their order.
//
// at[g] holds what has come as far as the first g required steps: of chains
// that took the same optional steps only the one that began last, since it can
// go on to everything that the others can, and for longer. A step that must
// not happen ends all chains that are between the two required steps that
// stand around it.
type ordered struct {
	at      [][]*chain
	barred  int64 // time of the last event that must not come before the first required step, with hasBar
	hasBar  bool
	waiting *chain // complete, if nothing that must not happen follows
}

// chain is a chain of events, the last one first. Chains share what they have
// in common.
type chain struct {
	prev  *chain
	step  int
	event *Event
	start int64  // time of its first event
	may   uint32 // the optional steps in it
}

// extend returns the chain with one more event.
func (c *chain) extend(p *plan, in *input, step int) *chain {
	next := &chain{prev: c, step: step, event: in.event(), start: in.time}
	if c != nil {
		next.start, next.may = c.start, c.may
	}
	next.may |= p.may & (1 << step)
	return next
}

// add goes through the steps from the last to the first, so that an event is
// used once in a chain, and one that must not happen only ends what was there
// before it.
func (o *ordered) add(p *plan, in *input) (match, bool) {
	for i := len(p.steps) - 1; i >= 0; i-- {
		bit := uint32(1) << i
		if in.steps&bit == 0 {
			continue
		}
		switch g := p.steps[i].gap; {
		case p.never&bit != 0:
			o.bar(p, in, g)
		case p.may&bit != 0:
			o.optional(p, in, i, g)
		default:
			if full := o.required(p, in, i, g); full != nil {
				if !p.trailing() {
					m := o.fire(full)
					if in.steps&p.before != 0 {
						o.bar(p, in, 0)
					}
					return m, true
				}
				if o.waiting == nil {
					o.waiting = full
				}
			}
		}
	}
	return match{}, false
}

// bar ends the chains that are in a gap.
func (o *ordered) bar(p *plan, in *input, gap int) {
	o.at[gap] = nil
	switch gap {
	case 0:
		o.barred, o.hasBar = in.time, true
	case len(p.required):
		o.waiting = nil
	}
}

// optional puts an optional step's event into the chains of its gap.
func (o *ordered) optional(p *plan, in *input, step, gap int) {
	if gap == len(p.required) {
		if w := o.waiting; w != nil && w.may>>step == 0 && in.time-w.start <= p.span {
			o.waiting = w.extend(p, in, step)
		}
		return
	}
	longer := []*chain(nil)
	if gap == 0 {
		longer = append(longer, (*chain)(nil).extend(p, in, step))
	}
	for _, c := range o.live(p, in, gap) {
		if c.may>>step == 0 { // nothing that comes after the step in order, nor the step itself
			longer = append(longer, c.extend(p, in, step))
		}
	}
	for _, c := range longer {
		o.put(gap, c)
	}
}

// required takes the chains of a gap across its step. It returns the best of
// those that are then complete.
func (o *ordered) required(p *plan, in *input, step, gap int) (full *chain) {
	from := o.live(p, in, gap)
	if gap == 0 {
		if o.hasBar && in.time-o.barred <= p.span {
			return nil
		}
		from = append(slices.Clip(from), nil)
	}
	for _, c := range from {
		next := c.extend(p, in, step)
		switch {
		case gap+1 < len(p.required):
			o.put(gap+1, next)
		case full == nil || next.better(full):
			full = next
		}
	}
	return full
}

// live returns the chains of a gap that have not grown too old.
func (o *ordered) live(p *plan, in *input, gap int) []*chain {
	o.at[gap] = slices.DeleteFunc(o.at[gap], func(c *chain) bool { return in.time-c.start > p.span })
	return o.at[gap]
}

// put adds a chain to a gap, in the place of one that is no better.
func (o *ordered) put(gap int, c *chain) {
	for i, old := range o.at[gap] {
		if old.may == c.may {
			if c.start >= old.start {
				o.at[gap][i] = c
			}
			return
		}
	}
	o.at[gap] = append(o.at[gap], c)
}

// better reports whether a complete chain says more than another one: it took
// more of the optional steps, or took less time.
func (c *chain) better(than *chain) bool {
	if n, m := bits.OnesCount32(c.may), bits.OnesCount32(than.may); n != m {
		return n > m
	}
	if c.start != than.start {
		return c.start > than.start
	}
	return c.may < than.may
}

// fire ends all chains, and tells of one.
func (o *ordered) fire(c *chain) match {
	clear(o.at)
	o.waiting = nil
	return c.match()
}

func (c *chain) match() match {
	var m match
	for ; c != nil; c = c.prev {
		m.taken = append(m.taken, taken{c.step, c.event})
		m.since = c.start
	}
	slices.Reverse(m.taken)
	if len(m.taken) > 0 {
		m.since = m.taken[0].event.Time
	}
	return m
}

func (o *ordered) due(p *plan) (int64, bool) {
	if o.waiting == nil {
		return 0, false
	}
	return o.waiting.start + p.span, true
}

func (o *ordered) decide(*plan) (match, bool) {
	if o.waiting == nil {
		return match{}, false
	}
	return o.fire(o.waiting), true
}

// progress tells of the chain that has come furthest.
func (o *ordered) progress(*plan) match {
	if o.waiting != nil {
		return o.waiting.match()
	}
	for _, chains := range slices.Backward(o.at) {
		var best *chain
		for _, c := range chains {
			if best == nil || c.better(best) {
				best = c
			}
		}
		if best != nil {
			return best.match()
		}
	}
	return match{}
}

func (o *ordered) each(yield func(*Event)) {
	for _, chains := range o.at {
		for _, c := range chains {
			c.each(yield)
		}
	}
	o.waiting.each(yield)
}

func (c *chain) each(yield func(*Event)) {
	for ; c != nil; c = c.prev {
		yield(c.event)
	}
}
