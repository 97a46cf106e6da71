package profile

import (
	"slices"

	"github.com/stoop-project/stoop/internal/event"
)

// Detect says which of the built-in profiles read these documents; see
// [Set.Detect].
func Detect(docs [][]byte) []Binding { return builtIn().Detect(docs) }

// Detect says which profiles read these documents, and where they lie in them;
// several for mixed samples, the one of the most documents first.
func (s *Set) Detect(docs [][]byte) []Binding {
	type tally struct {
		Binding
		docs int
	}
	var all []*tally
	c := s.Chooser()
	for _, doc := range docs {
		m, _, err := c.Map(doc)
		if err != nil {
			continue
		}
		found := m.binding()
		i := slices.IndexFunc(all, func(t *tally) bool {
			return t.Profile == found.Profile && t.Prefix == found.Prefix && t.Text == found.Text
		})
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

// Chooser reads documents of several kinds, each by the profile that knows it.
// It is for one goroutine.
type Chooser struct {
	mappers []*Mapper
}

// Chooser returns a chooser among the set's profiles, with tables of its own
// for each.
func (s *Set) Chooser() *Chooser {
	c := &Chooser{}
	for _, p := range s.profiles {
		c.mappers = append(c.mappers, NewMapper(p, event.NewTables()))
	}
	return c
}

// Map reads one document by the first profile that knows it, and returns the
// mapper that did. An error is an [*Error].
func (c *Chooser) Map(doc []byte) (*Mapper, event.Event, error) {
	var first error
	for _, m := range c.mappers {
		if !m.p.likely(doc) {
			continue
		}
		e, err := m.Map(doc)
		if err == nil {
			return m, e, nil
		}
		if first == nil {
			first = err
		}
	}
	if first == nil {
		first = check(doc)
	}
	return nil, event.Event{}, first
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

// Sniff returns the first built-in profile that knows a document, nil when none
// does.
func Sniff(doc []byte) *Profile { return builtIn().Sniff(doc) }

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
