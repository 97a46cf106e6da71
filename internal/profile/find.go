package profile

import (
	"bytes"
	"strings"
)

// finder looks for the values at some paths of a document, however its objects
// and dots are mixed. Of what is there twice the last counts; through arrays of
// objects a path may lead to several values.
type finder struct {
	paths []string
	found []value   // by path, the last one
	all   [][]value // by path, when many is set
	many  bool
	s     scanner
}

// pathRest is what is left of a path inside an object.
type pathRest struct {
	rest string
	i    int
}

// find looks through a document.
func (f *finder) find(doc []byte) {
	f.found = append(f.found[:0], make([]value, len(f.paths))...)
	if f.many {
		f.all = make([][]value, len(f.paths))
	}
	f.s = scanner{b: doc}
	var room [12]pathRest
	live := room[:0]
	for i, p := range f.paths {
		live = append(live, pathRest{p, i})
	}
	f.object(live, 1)
}

func (f *finder) object(live []pathRest, depth int) bool {
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
		var room [12]pathRest
		inside, here := room[:0], false
		for _, l := range live {
			if rest, ok := strings.CutPrefix(l.rest, string(name.raw)); ok {
				if rest == "" {
					here = true
				} else if rest[0] == '.' {
					inside = append(inside, pathRest{rest[1:], l.i})
				}
			}
		}
		v, ok := f.value(inside, depth)
		if !ok {
			return false
		}
		if !here {
			continue
		}
		for _, l := range live {
			if l.rest == string(name.raw) {
				f.take(l.i, v)
			}
		}
	}
}

// value reads a member's value and looks for what is left of paths in it.
func (f *finder) value(inside []pathRest, depth int) (value, bool) {
	s := &f.s
	c := s.peek()
	if len(inside) == 0 || c != '{' && c != '[' {
		return s.value(depth)
	}
	start := s.at
	if c == '{' {
		ok := f.object(inside, depth+1)
		return value{kind: object, raw: s.b[start:s.at]}, ok
	}
	s.at++
	for first := true; s.element(first); first = false {
		if s.peek() == '{' {
			if !f.object(inside, depth+1) {
				return value{}, false
			}
		} else if _, ok := s.value(depth + 1); !ok {
			return value{}, false
		}
	}
	return value{kind: array, raw: s.b[start:s.at]}, s.reason == ""
}

func (f *finder) take(i int, v value) {
	f.found[i] = v
	if f.many {
		f.all[i] = append(f.all[i], v)
	}
}

// at returns the value at one path of a document, missing when there is none.
func at(doc []byte, path string) value {
	f := finder{paths: []string{path}}
	f.find(doc)
	return f.found[0]
}

// inside returns the document of the profile's kind that lies in doc, doc
// itself when it is one or none is found. buf is where it lies when it is no part
// of doc.
func (p *Profile) inside(doc []byte, buf *[]byte) []byte {
	f := finder{paths: p.inPaths}
	f.find(doc)
	if p.whole(f.found) {
		return doc
	}
	for i := range p.Within {
		v := f.found[len(p.needPaths)+i]
		if !p.Within[i].holds(v) || !p.likely(v.raw) {
			continue
		}
		in := v.raw
		if v.escaped {
			*buf = appendUnescaped((*buf)[:0], v.raw)
			in = *buf
		}
		f := finder{paths: p.inPaths[:len(p.needPaths)]}
		if f.find(in); p.whole(f.found) {
			return in
		}
	}
	return doc
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
