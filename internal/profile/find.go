package profile

import (
	"bytes"
	"sync"
)

// finder looks for the values at some paths of a document, however its objects
// and dots are mixed. Of what is there twice the last counts, and through an
// array of objects the path leads to the last of them that has it.
type finder struct {
	paths [][]byte
	found []value // by path
	rests []pathRest
	s     scanner
}

// pathRest is what is left of a path inside an object.
type pathRest struct {
	rest []byte
	i    int
}

var finders = sync.Pool{New: func() any { return &finder{} }}

// find looks through a document. The values lie in it.
func (f *finder) find(doc []byte) {
	f.found = append(f.found[:0], make([]value, len(f.paths))...)
	f.rests = f.rests[:0]
	for i, p := range f.paths {
		f.rests = append(f.rests, pathRest{p, i})
	}
	f.s = scanner{b: doc}
	f.object(0, len(f.rests), 1)
}

// object looks through an object for what is left of paths, which is rests[from:to].
func (f *finder) object(from, to, depth int) bool {
	s := &f.s
	if depth >= maxDepth || s.peek() != '{' {
		return false
	}
	s.at++
	for first := true; ; first = false {
		name, ok := s.member(first)
		if !ok {
			return s.reason == ""
		}
		here := false
		for i := from; i < to; i++ {
			rest := f.rests[i].rest
			n := len(name.raw)
			if len(rest) < n || n > 0 && rest[0] != name.raw[0] || !bytes.Equal(rest[:n], name.raw) {
				continue
			}
			if len(rest) == n {
				here = true
			} else if rest[n] == '.' {
				f.rests = append(f.rests, pathRest{rest[n+1:], f.rests[i].i})
			}
		}
		v, ok := f.value(to, depth)
		f.rests = f.rests[:to]
		if !ok {
			return false
		}
		for i := from; here && i < to; i++ {
			if r := f.rests[i]; bytes.Equal(r.rest, name.raw) {
				f.found[r.i] = v
			}
		}
	}
}

// value reads a member's value and looks in it for what is left of paths, which
// is rests[from:].
func (f *finder) value(from, depth int) (value, bool) {
	s := &f.s
	c := s.peek()
	if len(f.rests) == from || c != '{' && c != '[' {
		return s.value(depth)
	}
	start, to := s.at, len(f.rests)
	if c == '{' {
		ok := f.object(from, to, depth+1)
		return value{kind: object, raw: s.b[start:s.at]}, ok
	}
	if depth >= maxDepth {
		return value{}, s.fail("the document is nested too deeply")
	}
	s.at++
	for first := true; s.element(first); first = false {
		if s.peek() == '{' {
			if !f.object(from, to, depth+1) {
				return value{}, false
			}
		} else if _, ok := s.value(depth + 1); !ok {
			return value{}, false
		}
	}
	return value{kind: array, raw: s.b[start:s.at]}, s.reason == ""
}

// at returns the value at one path of a document, missing when there is none.
func at(doc []byte, path string) value {
	f := finders.Get().(*finder)
	defer finders.Put(f)
	f.paths = append(f.paths[:0], []byte(path))
	f.find(doc)
	return f.found[0]
}

// lookIn looks for paths in the document of the profile's kind that lies in doc,
// or in doc itself when none does. The paths begin with the profile's own, see
// [Profile.inPaths]. It returns the document.
func (f *finder) lookIn(p *Profile, doc []byte) []byte {
	f.find(doc)
	if len(p.Within) == 0 || p.whole(f.found) {
		return doc
	}
	within := f.found[len(p.needPaths):len(p.inPaths)]
	for i, v := range within {
		if !p.Within[i].holds(v) || !p.likely(v.raw) {
			continue
		}
		in := v.raw
		if v.escaped {
			in = appendUnescaped(nil, v.raw)
		}
		inner := finders.Get().(*finder)
		inner.paths = append(inner.paths[:0], f.paths...)
		if inner.find(in); p.whole(inner.found) {
			f.found, inner.found = inner.found, f.found
			finders.Put(inner)
			return in
		}
		finders.Put(inner)
	}
	return doc
}

// inside returns the document of the profile's kind that lies in doc, doc
// itself when it is one or none is found.
func (p *Profile) inside(doc []byte) []byte {
	if len(p.Within) == 0 {
		return doc
	}
	f := finders.Get().(*finder)
	defer finders.Put(f)
	f.paths = append(f.paths[:0], p.inPaths...)
	return f.lookIn(p, doc)
}

// whole reports whether what was found at the paths of the needs fulfils them.
func (p *Profile) whole(found []value) bool {
	var have uint16
	for i, at := range p.needPaths {
		if p.needs[at].holds(found[i]) {
			have |= 1 << at
		}
	}
	return have == 1<<len(p.needs)-1
}

// has reports whether a document may have a member whose name ends with word,
// by a glance. Names are compared as they are written: one that is spelt with \u
// escapes is another name, here as in a [Mapper].
func has(doc, word []byte) bool {
	for {
		n := bytes.Index(doc, word)
		if n < 0 {
			return false
		}
		if doc = doc[n+len(word):]; len(doc) > 0 && (doc[0] == '"' || doc[0] == '\\') {
			return true
		}
	}
}
