package profile

import (
	"slices"
	"strings"
)

// Reads reports whether a profile of the set reads what lies at a dotted path of
// a document.
func (s *Set) Reads(path string) bool {
	return slices.ContainsFunc(s.profiles, func(p *Profile) bool { return p.reads(path) })
}

func (p *Profile) reads(path string) bool {
	for i := range p.Within {
		w := &p.Within[i]
		if path == w.Text && w.Text != "" {
			return true
		}
		if inner, ok := strings.CutPrefix(path, w.Object+"."); ok && w.Object != "" && p.readsOwn(inner) {
			return true
		}
	}
	return p.readsOwn(path)
}

// readsOwn is about a path of the document itself, wherever it lies.
func (p *Profile) readsOwn(path string) bool {
	return p.used[path] || p.fields != "" && strings.HasPrefix(path, p.fields+".") ||
		slices.ContainsFunc(p.needs, func(n need) bool { return slices.Contains(n.paths, path) })
}

// Has reports whether a document has a value at a dotted path, however its
// objects and dots are mixed.
func Has(doc []byte, path string) bool { return !at(doc, path).missing() }
