package profile

import (
	"errors"
	"slices"

	"github.com/stoop-project/stoop/internal/event"
)

// Detect says which of the profiles in use read these documents; see
// [Set.Detect].
func Detect(docs [][]byte) []Binding { return InUse().Detect(docs) }

// Detect says which profiles read these documents, and where they lie in them;
// several for mixed samples, the one of the most documents first.
func (s *Set) Detect(docs [][]byte) []Binding {
	type tally struct {
		Binding
		docs int
	}
	var all []*tally
	c := s.Choose(event.NewTables)
	for _, doc := range docs {
		m, _, err := c.Map(doc)
		if err != nil {
			continue
		}
		found := m.binding()
		i := slices.IndexFunc(all, func(t *tally) bool { return t.Same(&found) })
		if i < 0 {
			i = len(all)
			all = append(all, &tally{Binding: found})
		}
		all[i].docs++
		all[i].Derived = all[i].Derived || found.Derived
	}
	slices.SortStableFunc(all, func(a, b *tally) int { return b.docs - a.docs })
	bindings := make([]Binding, len(all))
	for i, t := range all {
		bindings[i] = t.Binding
	}
	return bindings
}

// Bindings are all ways in which documents may hold those of the set's profiles,
// in the order in which they are tried.
func (s *Set) Bindings() (all []Binding) {
	for _, p := range s.profiles {
		all = append(all, Binding{Profile: p, Derived: true})
		for _, w := range p.Within {
			b := Binding{Profile: p, Text: w.Text, Derived: true}
			if w.Object != "" {
				b.Prefix = w.Object + "."
			}
			all = append(all, b)
		}
	}
	return all
}

// Same reports whether two bindings are of the same kind of documents.
func (b *Binding) Same(o *Binding) bool {
	return b.Profile == o.Profile && b.Prefix == o.Prefix && b.Text == o.Text
}

// binding says where the document that was mapped last lay.
func (m *Mapper) binding() Binding {
	b := Binding{Profile: m.p, Derived: m.fromText}
	if m.where >= 0 {
		w := m.p.Within[m.where]
		b.Text = w.Text
		if w.Object != "" {
			b.Prefix = w.Object + "."
		}
	}
	return b
}

// Chooser reads documents of several kinds, each by the first profile that
// knows it. It is for one goroutine.
type Chooser struct {
	Alone bool // makes mappers that are [Mapper.Alone]; set before the first document

	set     *Set
	tables  func() *event.Tables
	mappers []*Mapper // by profile; nil until one is needed
	last    int       // the profile that read the document before
}

// Choose returns a chooser among the profiles in use; see [Set.Choose].
func Choose(tables func() *event.Tables) *Chooser { return InUse().Choose(tables) }

// Choose returns a chooser among the set's profiles. tables makes the tables of
// each kind of documents that turns up.
func (s *Set) Choose(tables func() *event.Tables) *Chooser {
	return &Chooser{set: s, tables: tables, mappers: make([]*Mapper, len(s.profiles))}
}

// Map reads one document, and returns the mapper that did. An error is an
// [*Error].
//
// Documents of one kind follow each other, so that the profile of the one before
// is tried without a glance, and those that come before it only when the
// document has a member by which they know theirs.
func (c *Chooser) Map(doc []byte) (*Mapper, event.Event, error) {
	m := c.mappers[c.last]
	if m == nil || m.watch == nil {
		return c.choose(doc, len(c.mappers))
	}
	e, err := m.Map(doc)
	switch {
	case err != nil:
		return c.choose(doc, len(c.mappers))
	case !m.odd:
		return m, e, nil
	}
	if other, first, err := c.choose(doc, c.last); err == nil {
		return other, first, nil
	}
	return m, e, nil
}

// choose tries the first n profiles.
func (c *Chooser) choose(doc []byte, n int) (*Mapper, event.Event, error) {
	var first error
	for i, p := range c.set.profiles[:n] {
		if !p.likely(doc) {
			continue
		}
		m := c.mappers[i]
		if m == nil {
			if !p.Knows(doc) {
				continue
			}
			m = c.mapper(i)
		}
		e, err := m.Map(doc)
		if err == nil {
			c.last = i
			return m, e, nil
		}
		var at *Error
		if first == nil || errors.As(err, &at) && at.Offset >= 0 {
			first = err
		}
		if at != nil && at.Offset >= 0 {
			break // it is no JSON
		}
	}
	if first == nil {
		first = check(doc)
	}
	return nil, event.Event{}, first
}

// mapper makes the mapper of a profile.
func (c *Chooser) mapper(i int) *Mapper {
	m := NewMapper(c.set.profiles[i], c.tables())
	m.Alone, m.watch = c.Alone, c.set.watch(i)
	c.mappers[i] = m
	return m
}

// watch returns the members by which the profiles before one know documents: of
// each the first parts of a need that the profile itself does not have, and of
// the places where its documents lie in others. It is nil when one of them has
// nothing of its own, so that it must be asked each time.
func (s *Set) watch(i int) map[string]bool {
	names := make(map[string]bool)
	for _, p := range s.profiles[:i] {
		own := slices.IndexFunc(p.needs, func(n need) bool {
			return !slices.ContainsFunc(n.paths, s.profiles[i].needsPart)
		})
		if own < 0 {
			return nil
		}
		for _, path := range p.needs[own].paths {
			names[firstPart(path)] = true
		}
		for _, w := range p.Within {
			names[firstPart(w.path())] = true
		}
	}
	return names
}

// needsPart reports whether a need of the profile begins as a path does.
func (p *Profile) needsPart(path string) bool {
	return slices.ContainsFunc(p.needs, func(n need) bool {
		return slices.ContainsFunc(n.paths, func(own string) bool { return firstPart(own) == firstPart(path) })
	})
}

// Renew makes a mapper go on with new tables.
func (c *Chooser) Renew(m *Mapper) *Mapper {
	for i, old := range c.mappers {
		if old == m {
			return c.mapper(i)
		}
	}
	return m
}

// check says what is wrong with a document that no profile knows.
func check(doc []byte) *Error {
	s := scanner{b: doc}
	if s.enter() {
		s.at--
		if _, ok := s.value(0); ok {
			if s.peek(); s.at < len(doc) {
				s.fail("the document goes on behind its end")
			}
		}
	}
	if s.reason != "" {
		return &Error{Offset: s.at, Reason: s.reason}
	}
	return &Error{Offset: -1, Reason: "no profile knows such documents"}
}

// Sniff returns the first profile that knows a document, nil when none does.
func (s *Set) Sniff(doc []byte) *Profile {
	if check(doc).Offset >= 0 {
		return nil
	}
	for _, p := range s.profiles {
		if p.Knows(doc) {
			return p
		}
	}
	return nil
}

// Sniff returns the first profile in use that knows a document, nil when none
// does.
func Sniff(doc []byte) *Profile { return InUse().Sniff(doc) }

// Knows reports whether a document, which is to be JSON, is of the profile's
// kind, or one lies in it.
func (p *Profile) Knows(doc []byte) bool {
	if !p.likely(doc) {
		return false
	}
	f := finders.Get().(*finder)
	defer finders.Put(f)
	f.paths = append(f.paths[:0], p.inPaths...)
	f.lookIn(p, doc)
	return p.whole(f.found)
}
