package sequence

import (
	"container/list"
	"slices"

	"github.com/stoop-project/stoop/internal/rules"
)

// listed is how many of the events that were counted are kept, to be told of:
// the last ones.
const listed = 16

// counter counts events, or the distinct values in them.
//
// A count without an upper bound looks at the time span that ends at each
// event, and fires as soon as there are enough. One with an upper bound can
// only be decided when the time span is over that began with the first event.
type counter struct {
	seen list.List                // of sighting, the one seen longest ago first
	of   map[string]*list.Element // of distinct values: where each is in seen; else nil
	last []sighting               // with their events, at most listed

	since int64 // of a count with an upper bound: when its time span began
	open  bool  // … and whether it has
}

// sighting is what is counted: an event, or when a value was seen last.
type sighting struct {
	time  int64
	value string
	event *Event
}

func newCounter(p *plan) machine {
	c := &counter{}
	c.clear(p)
	return c
}

func (c *counter) clear(p *plan) {
	*c = counter{}
	if p.seq.Type == rules.ValueCount {
		c.of = map[string]*list.Element{}
	}
}

func (c *counter) add(p *plan, in *input) (match, bool) {
	if c.of == nil {
		c.see(p, in, "")
	}
	for _, v := range in.values {
		c.see(p, in, v)
	}
	want := p.seq.Count
	if want.Bounded() {
		return match{}, false
	}
	for front := c.seen.Front(); front != nil && in.time-front.Value.(sighting).time > p.span; front = c.seen.Front() {
		c.forget(front)
	}
	if c.seen.Len() < want.Min {
		return match{}, false
	}
	m := c.progress(p)
	c.clear(p)
	return m, true
}

// see counts an event, or one of its values.
func (c *counter) see(p *plan, in *input, value string) {
	if !c.open {
		c.open, c.since = true, in.time
	}
	if e, ok := c.of[value]; ok && c.of != nil {
		c.forget(e)
	} else if c.seen.Len() > p.seq.Count.Max {
		return // it is too many already, whatever follows
	}
	e := c.seen.PushBack(sighting{time: in.time, value: value})
	if c.of != nil {
		c.of[value] = e
	}
	c.last = append(c.last, sighting{in.time, value, in.event()})
	if len(c.last) > listed {
		c.last = slices.Delete(c.last, 0, len(c.last)-listed)
	}
}

func (c *counter) forget(e *list.Element) {
	s := c.seen.Remove(e).(sighting)
	if c.of != nil {
		delete(c.of, s.value)
		c.last = slices.DeleteFunc(c.last, func(l sighting) bool { return l.value == s.value })
	} else if len(c.last) > c.seen.Len() {
		c.last = slices.Delete(c.last, 0, 1)
	}
}

func (c *counter) due(p *plan) (int64, bool) {
	return c.since + p.span, c.open && p.seq.Count.Bounded()
}

func (c *counter) decide(p *plan) (match, bool) {
	m := c.progress(p)
	c.clear(p)
	return m, m.count >= p.seq.Count.Min && m.count <= p.seq.Count.Max
}

func (c *counter) progress(*plan) match {
	m := match{count: c.seen.Len()}
	if front := c.seen.Front(); front != nil {
		m.since = front.Value.(sighting).time
	}
	for i, s := range c.last {
		if i == 0 || s.event != c.last[i-1].event {
			m.taken = append(m.taken, taken{0, s.event})
		}
	}
	return m
}

func (c *counter) each(yield func(*Event)) {
	for _, s := range c.last {
		yield(s.event)
	}
}
