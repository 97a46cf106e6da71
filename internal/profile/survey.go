package profile

// survey reads a document once for all paths that are asked of it, and notes all
// its members. What it finds is what a [finder] finds.
type survey struct {
	guesser
	known *builder
	paths map[string]int // the numbers of the paths, from 1

	found  []value // by the number of the path
	set    []int   // what of it is set
	leaves []leaf  // the members that are not looked into, in their order
	s      scanner
}

// leaf is a member of a document that is no object that was looked into.
type leaf struct {
	in *scope
	g  *guess
	shown
}

func newSurvey() survey {
	b := newBuilder()
	return survey{guesser: guesser{root: b.scope("")}, known: b, paths: make(map[string]int), found: make([]value, 1)}
}

// path returns the number of a path, which counts from the next document on.
// That of a constant is 0, where nothing is found.
func (s *survey) path(path string) int {
	n, ok := s.paths[path]
	if ok || path == "" {
		return n
	}
	n = len(s.paths) + 1
	s.paths[path] = n
	for _, m := range s.known.ends(path) {
		m.path = n
	}
	s.found = append(s.found, value{})
	s.all, s.names = nil, 0 // what was met meant less
	return n
}

// read reads a document. What is found lies in it.
func (s *survey) read(doc []byte) {
	for _, n := range s.set {
		s.found[n] = value{}
	}
	s.set, s.leaves = s.set[:0], s.leaves[:0]
	s.s = scanner{b: doc}
	s.object(s.root, 1, true)
}

// object reads the members of an object. They are noted where all of them are
// members of the document by their path: not in arrays.
func (s *survey) object(sc *scope, depth int, note bool) bool {
	if depth >= maxDepth || s.s.peek() != '{' {
		return false
	}
	s.s.at++
	known := s.of(sc)
	last := &known.start
	for first := true; ; first = false {
		name, ok := s.s.member(first)
		if !ok {
			return s.s.reason == ""
		}
		last = s.find(sc, known, last, name.raw)
		var sub *scope
		path := 0
		if last.m != nil {
			sub, path = last.m.sub, last.m.path
		}
		v, ok := s.value(sub, depth, note)
		if !ok {
			return false
		}
		if path != 0 {
			if s.found[path].kind == absent {
				s.set = append(s.set, path)
			}
			s.found[path] = v
		}
		if note && (sub == nil || v.kind != object) {
			s.leaves = append(s.leaves, leaf{sc, last, shown{v}})
		}
	}
}

// value reads a member's value, and what is known of what lies in it.
func (s *survey) value(sub *scope, depth int, note bool) (value, bool) {
	in := &s.s
	c := in.peek()
	if sub == nil || c != '{' && c != '[' {
		return in.value(depth)
	}
	start := in.at
	if c == '{' {
		ok := s.object(sub, depth+1, note)
		return value{kind: object, raw: in.b[start:in.at]}, ok
	}
	if depth >= maxDepth {
		return value{}, in.fail("the document is nested too deeply")
	}
	in.at++
	for first := true; in.element(first); first = false {
		if in.peek() == '{' {
			if !s.object(sub, depth+1, false) {
				return value{}, false
			}
		} else if _, ok := in.value(depth + 1); !ok {
			return value{}, false
		}
	}
	return value{kind: array, raw: in.b[start:in.at]}, in.reason == ""
}

// path returns the dotted path of a member.
func (l *leaf) path() string {
	if l.in.path == "" {
		return l.g.name
	}
	return l.in.path + "." + l.g.name
}
