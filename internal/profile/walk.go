package profile

// walker goes through the members of a document, those of the objects in it
// included, with their dotted names. Either function may be nil.
type walker struct {
	p      *Profile
	field  func(name []byte, v value) // called with what lies among the fields
	member func(name []byte, v value) // … and with everything else
	path   []byte

	needs int // how many of the profile's needs the document has
	inner []value
}

// walk goes through a document. whole says that it is one of the profile's
// kind; otherwise inner is the one that lies in it, nil when there is none.
func (w *walker) walk(doc []byte) (inner []byte, whole bool) {
	w.path, w.needs, w.inner = w.path[:0], 0, nil
	s := scanner{b: doc}
	w.object(&s, 1, w.member, true)
	if w.needs >= len(w.p.Needs) {
		return nil, true
	}
	for _, v := range w.inner {
		if v.kind == absent || !w.p.likely(v.raw) {
			continue
		}
		if v.escaped {
			return appendUnescaped(nil, v.raw), false
		}
		return v.raw, false
	}
	return nil, false
}

// object goes through an object. top says that it is the document itself.
func (w *walker) object(s *scanner, depth int, yield func([]byte, value), top bool) bool {
	if depth >= maxDepth {
		return s.fail("the document is nested too deeply")
	}
	if !s.enter() {
		return false
	}
	prefix := len(w.path)
	for first := true; ; first = false {
		name, ok := s.member(first)
		if !ok {
			return s.reason == ""
		}
		full := name.raw
		if prefix > 0 {
			w.path = append(w.path[:prefix], name.raw...)
			full = w.path
		}
		start := s.at
		v := value{kind: object}
		switch {
		case s.peek() != '{':
			v, ok = s.value(depth + 1)
			if ok && yield != nil {
				yield(full, v)
			}
		case top && string(name.raw) == w.p.Fields:
			ok = w.object(s, depth+1, w.field, false)
		case yield != nil:
			w.path = append(append(w.path[:prefix], name.raw...), '.')
			ok = w.object(s, depth+1, yield, false)
		default:
			_, ok = s.value(depth + 1)
		}
		if !ok {
			return false
		}
		w.path = w.path[:prefix]
		if top {
			if v.kind == object {
				v.raw = s.b[start:s.at]
			}
			w.remember(name.raw, v)
		}
	}
}

// remember counts the needs, and keeps what may hold the document.
func (w *walker) remember(name []byte, v value) {
	for _, need := range w.p.Needs {
		if need == string(name) && !v.missing() {
			w.needs++
		}
	}
	for i, in := range w.p.Within {
		if in.holds(name, v) {
			if w.inner == nil {
				w.inner = make([]value, len(w.p.Within))
			}
			w.inner[i] = v
		}
	}
}

// holds reports whether a member may hold the document.
func (in *Within) holds(name []byte, v value) bool {
	return v.kind == object && in.Object == string(name) || v.kind == text && in.Text == string(name)
}
