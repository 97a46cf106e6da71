package engine

import (
	"math/bits"
	"slices"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/rules"
)

// Options says how rules are asked.
type Options struct {
	All   bool // all rules that hold fire (rule_matching: all), not the first alone
	Stats bool // measure what each rule costs
}

// Engine is a set of rules ready to be asked. It is for one goroutine, but for
// [Engine.Stats] and [Engine.Scope].
type Engine struct {
	opt     Options
	rules   []*asked
	group   *filter.Group
	classes []*class
	scope   filter.Scope

	index typeIndex
	sel   []uint64
	taken []uint64 // events for which a rule has fired already
	hits  []hit
}

// asked is a rule that is asked.
type asked struct {
	rule  *rules.Rule
	class *class
	count counter
}

// class is what the rules of the same event types have in common.
type class struct {
	types  filter.TypeSet
	sel    []uint64 // their events in the batch at hand
	events int
}

// hit is a rule that fired on an event of the batch.
type hit struct{ event, rule int }

// New readies the enabled rules of a set.
func New(set *rules.Set, opt Options) *Engine {
	e := &Engine{opt: opt}
	var conditions []*filter.Filter
	classes := make(map[filter.TypeSet]*class)
	for _, r := range set.Rules {
		if !r.Enabled {
			continue
		}
		types := typesOf(r)
		if types.Len() == 0 {
			continue // nothing that it could hold for
		}
		c := classes[types]
		if c == nil {
			c = &class{types: types}
			classes[types] = c
			e.classes = append(e.classes, c)
			e.index.want(types)
		}
		e.rules = append(e.rules, &asked{rule: r, class: c})
		conditions = append(conditions, r.Filter)
		if r.Source != event.SourceK8sAudit {
			e.scope = e.scope.Union(r.Filter.Scope())
		}
	}
	e.group = filter.NewGroup(conditions)
	return e
}

// typesOf returns the types of events that a rule is about.
func typesOf(r *rules.Rule) filter.TypeSet {
	types := r.Filter.Types()
	for i, w := range typesOfSource(r.Source) {
		types[i] &= w
	}
	return types
}

// Scope bounds the events of a kernel that the rules ask for.
func (e *Engine) Scope() filter.Scope { return e.scope }

// Rules returns how many rules are asked.
func (e *Engine) Rules() int { return len(e.rules) }

// Detect calls yield for each rule that fires, in the order of the batch's
// events and then of the rules. It allocates nothing for events on which no
// rule fires.
func (e *Engine) Detect(b *event.Batch, yield func(i int, r *rules.Rule)) {
	words := (b.Len() + 63) / 64
	if words == 0 || !e.classify(b, words) {
		return
	}
	e.sel, e.taken = sized(e.sel, words), sized(e.taken, words)
	clear(e.taken)
	e.hits = e.hits[:0]
	e.group.Begin(b)
	for k, r := range e.rules {
		if r.class.events > 0 {
			e.ask(k, r)
		}
	}
	e.group.End()
	if len(e.hits) > 1 {
		slices.SortFunc(e.hits, func(a, b hit) int {
			if a.event != b.event {
				return a.event - b.event
			}
			return a.rule - b.rule
		})
	}
	for _, h := range e.hits {
		yield(h.event, e.rules[h.rule].rule)
	}
}

// classify finds the events of each class, and reports whether there are any.
func (e *Engine) classify(b *event.Batch, words int) bool {
	if !e.index.read(b, words) {
		return false
	}
	for _, c := range e.classes {
		c.sel, c.events = sized(c.sel, words), 0
		clear(c.sel)
		for _, t := range e.index.present {
			if !c.types.Has(t) {
				continue
			}
			c.events += e.index.counts[t]
			for i, w := range e.index.of(t) {
				c.sel[i] |= w
			}
		}
	}
	return true
}

// ask asks one rule about the events of its types.
func (e *Engine) ask(k int, r *asked) {
	var start time.Time
	if e.opt.Stats {
		start = time.Now()
	}
	copy(e.sel, r.class.sel)
	if !e.opt.All {
		for i, w := range e.taken {
			e.sel[i] &^= w
		}
	}
	e.group.Select(k, e.sel)
	fired := 0
	for i, w := range e.sel {
		e.taken[i] |= w
		for ; w != 0; w &= w - 1 {
			e.hits = append(e.hits, hit{i<<6 + bits.TrailingZeros64(w), k})
			fired++
		}
	}
	r.count.fired.Add(uint64(fired))
	if e.opt.Stats {
		r.count.events.Add(uint64(r.class.events))
		r.count.nanos.Add(int64(time.Since(start)))
	}
}

// sized returns words of n, whatever stands in them.
func sized(words []uint64, n int) []uint64 {
	if cap(words) < n {
		return make([]uint64, n)
	}
	return words[:n]
}
