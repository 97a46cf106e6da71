package compare

import (
	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/filter"
)

// candidates are the values of one aspect that the others do not have as they
// are: by their pattern, or by themselves.
type candidates struct {
	aspect *Aspect
	known  int
	order  []string // patterns and values, in the order of the count
	by     map[string]*candidate
}

type candidate struct {
	glob   bool // a pattern, and not the value itself
	values []dashboard.Group
}

func newCandidates(a *Aspect, mine, theirs *dashboard.Result) *candidates {
	c := &candidates{aspect: a, by: make(map[string]*candidate)}
	if mine == nil {
		return c
	}
	has := make(map[string]bool)
	for _, v := range keys(theirs) {
		has[v] = true
	}
	for _, g := range mine.Groups {
		v := g.Keys[0]
		if has[v] {
			c.known++
			continue
		}
		key, glob := v, false
		if a.Patterns {
			if p, ok := pattern(v); ok {
				key, glob = p, true
			}
		}
		if c.by[key] == nil {
			c.by[key] = &candidate{glob: glob}
			c.order = append(c.order, key)
		}
		c.by[key].values = append(c.by[key].values, g)
	}
	return c
}

// maxGlobs is how many patterns are asked for in one condition.
const maxGlobs = 200

// globs are the patterns that the others may have other values of.
func (c *candidates) globs() (all []string) {
	for _, key := range c.order {
		if c.by[key].glob && len(all) < maxGlobs {
			all = append(all, key)
		}
	}
	return all
}

// answer is what is left when the others' values of the patterns are known.
func (c *candidates) answer(self string, similar *dashboard.Result) Answer {
	a := Answer{Aspect: c.aspect, Known: c.known}
	theirs := keys(similar)
	for _, key := range c.order {
		one := c.by[key]
		if one.glob && fitsOne(key, theirs) {
			a.Known += len(one.values)
			continue
		}
		a.Only = append(a.Only, c.value(key, one, self))
	}
	sortValues(a.Only)
	return a
}

func (c *candidates) value(key string, one *candidate, self string) Value {
	v := Value{Text: one.values[0].Keys[0], Values: len(one.values)}
	condition := equals(c.aspect.Field, v.Text)
	if v.Values > 1 {
		v.Text, condition = key, like(c.aspect.Field, []string{key})
	}
	for _, g := range one.values {
		v.Count += g.Count
		v.Last = max(v.Last, g.Last)
	}
	v.Condition = filter.All(self, c.aspect.Filter, condition)
	return v
}

func fitsOne(glob string, values []string) bool {
	fits := filter.Glob(glob)
	for _, v := range values {
		if fits(v) {
			return true
		}
	}
	return false
}
