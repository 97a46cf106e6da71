package profile

// walker goes through the members of a document, those of the objects in it
// included, with their dotted names.
type walker struct {
	p      *Profile
	doc    []byte
	field  func(name []byte, v value) // called with what lies among the fields
	member func(name []byte, v value) // … and with everything else
	path   []byte
}

// walk goes through a document. One that only holds the document of the kind
// is gone through up to it, and then that one.
func (w *walker) walk(doc []byte, depth int) {
	inner, ok := w.locate(doc, depth)
	if !ok {
		return
	}
	if inner != nil {
		w.walk(inner, depth+1)
		return
	}
	s := scanner{b: doc}
	w.path = w.path[:0]
	w.members(&s, 1, w.member, true)
}

// locate finds the document that lies in another; nil when doc is one itself.
func (w *walker) locate(doc []byte, depth int) (inner []byte, ok bool) {
	candidates := make([]value, len(w.p.Within))
	needs := 0
	s := scanner{b: doc}
	if !s.enter() {
		return nil, false
	}
	for first := true; ; first = false {
		name, ok := s.member(first)
		if !ok {
			break
		}
		v, ok := s.value(1)
		if !ok {
			break
		}
		for _, need := range w.p.Needs {
			if need == string(name.raw) {
				needs++
			}
		}
		if needs >= len(w.p.Needs) {
			return nil, true
		}
		for i, in := range w.p.Within {
			if v.kind == object && in.Object == string(name.raw) || v.kind == text && in.Text == string(name.raw) {
				candidates[i] = v
			}
		}
	}
	if depth > 0 {
		return nil, true
	}
	for _, v := range candidates {
		if v.kind == absent || !w.p.likely(v.raw) {
			continue
		}
		if v.escaped {
			return appendUnescaped(nil, v.raw), true
		}
		return v.raw, true
	}
	return nil, true
}

// members goes through an object. top says that it is the document itself,
// whose member of fields is told apart.
func (w *walker) members(s *scanner, depth int, yield func([]byte, value), top bool) bool {
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
		if s.peek() == '{' {
			if top && string(name.raw) == w.p.Fields {
				ok = w.members(s, depth+1, w.field, false)
			} else {
				w.path = append(append(w.path[:prefix], name.raw...), '.')
				ok = w.members(s, depth+1, yield, false)
			}
			w.path = w.path[:prefix]
			if !ok {
				return false
			}
			continue
		}
		v, ok := s.value(depth + 1)
		if !ok {
			return false
		}
		w.path = append(w.path[:prefix], name.raw...)
		yield(w.path, v)
		w.path = w.path[:prefix]
	}
}
