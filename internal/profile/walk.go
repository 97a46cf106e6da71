package profile

import "fmt"

// walker goes through the members of a document, those of the objects in it
// included, with the names that fields have, or else their dotted paths.
type walker struct {
	p     *Profile
	yield func(name string, value fmt.Stringer) bool
	path  []byte
	at    shown // the latest value
	done  bool
}

func (w *walker) walk(doc []byte) {
	s := scanner{b: doc}
	w.object(&s, 1)
}

func (w *walker) object(s *scanner, depth int) bool {
	if depth >= maxDepth || !s.enter() {
		return false
	}
	prefix := len(w.path)
	for first := true; ; first = false {
		name, ok := s.member(first)
		if !ok {
			return s.reason == ""
		}
		w.path = append(w.path[:prefix], name.raw...)
		if s.peek() == '{' {
			w.path = append(w.path, '.')
			ok = w.object(s, depth+1)
		} else {
			var v value
			if v, ok = s.value(depth + 1); ok {
				w.emit(v)
			}
		}
		if !ok || w.done {
			return false
		}
		w.path = w.path[:prefix]
	}
}

func (w *walker) emit(v value) {
	if !v.missing() {
		w.at.v = v
		w.done = !w.yield(w.p.nameOf(string(w.path)), &w.at)
	}
}

// shown prints a value for people.
type shown struct{ v value }

func (s *shown) String() string { return s.v.shown() }

// nameOf returns the field that a path holds as it is, or the path.
func (p *Profile) nameOf(path string) string {
	if name := p.shown[path]; name != "" {
		return name
	}
	if n := len(p.fields); n > 0 && len(path) > n && path[:n] == p.fields && path[n] == '.' {
		return fieldName(path[n+1:])
	}
	return path
}

// shown writes a value for people: an array of plain values as Falco prints
// lists, anything else as it is.
func (v value) shown() string {
	for _, m := range v.elements() {
		if m.kind == object || m.kind == array {
			return string(v.raw)
		}
	}
	return v.String()
}
