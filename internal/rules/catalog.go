package rules

import (
	"sync"

	"github.com/stoop-project/stoop/internal/filter"
)

// Catalog tells of rules and sequences by their names, whoever evaluated them:
// of an alert that Falco wrote is known which rule it was, and no more. It may
// be used by many goroutines.
type Catalog struct {
	sets func() []*Set

	once  sync.Once
	named map[string]Entry
}

// Entry is what an alert does not say of its rule.
type Entry struct {
	Desc   string
	Tags   []string
	Guide  Guide
	Fields []string // that its condition names, in their order; of a sequence those that it groups by
	Steps  []string // of a sequence, their names
}

// NewCatalog returns a catalog of sets, which are asked for when the first rule
// is. Of rules with one name that of the earlier set counts.
func NewCatalog(sets func() []*Set) *Catalog { return &Catalog{sets: sets} }

// Find returns what is known of a rule or sequence. A nil catalog knows none.
func (c *Catalog) Find(name string) (Entry, bool) {
	if c == nil {
		return Entry{}, false
	}
	c.once.Do(c.fill)
	e, ok := c.named[name]
	return e, ok
}

func (c *Catalog) fill() {
	c.named = make(map[string]Entry)
	add := func(name string, e Entry) {
		if _, ok := c.named[name]; !ok {
			c.named[name] = e
		}
	}
	for _, s := range c.sets() {
		if s == nil {
			continue
		}
		for _, r := range s.Rules {
			add(r.Name, Entry{Desc: r.Desc, Tags: r.Tags, Guide: r.Guide, Fields: fieldsOf(r.Expr)})
		}
		for _, q := range s.Sequences {
			e := Entry{Desc: q.Desc, Tags: q.Tags, Guide: q.Guide, Fields: q.GroupBy}
			for _, step := range q.Steps {
				e.Steps = append(e.Steps, step.Name)
			}
			add(q.Name, e)
		}
	}
}

// fieldsOf returns the fields that a condition names, each once.
func fieldsOf(e filter.Expr) (names []string) {
	if e == nil {
		return nil
	}
	seen := make(map[string]bool)
	filter.Fields(e, func(f *filter.Field) {
		if name := f.String(); !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	})
	return names
}
