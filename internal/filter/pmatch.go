package filter

import "strings"

// pathSet answers whether a path is, or lies below, one of a set of paths. A
// path's parts may be globs, whose wildcards then do not reach over a slash
// (libs userspace/libsinsp/prefix_search.h).
type pathSet struct {
	end   bool // a path of the set ends here
	names map[string]*pathSet
	globs []pathGlob
}

type pathGlob struct {
	pattern string
	match   func(string) bool
	below   *pathSet
}

func (s *pathSet) add(path string) {
	part, rest := nextPart(path)
	if part == "" {
		s.end = true
		return
	}
	if !strings.ContainsAny(part, `*?[`) {
		if s.names == nil {
			s.names = map[string]*pathSet{}
		}
		if s.names[part] == nil {
			s.names[part] = &pathSet{}
		}
		s.names[part].add(rest)
		return
	}
	for i := range s.globs {
		if s.globs[i].pattern == part {
			s.globs[i].below.add(rest)
			return
		}
	}
	below := &pathSet{}
	below.add(rest)
	s.globs = append(s.globs, pathGlob{part, globMatcher(part, false), below})
}

func (s *pathSet) match(path string) bool {
	if s.end {
		return true
	}
	part, rest := nextPart(path)
	if part == "" {
		return false
	}
	if below := s.names[part]; below != nil && below.match(rest) {
		return true
	}
	for i := range s.globs {
		if s.globs[i].match(part) && s.globs[i].below.match(rest) {
			return true
		}
	}
	return false
}

// nextPart cuts the first part off a path; slashes around it are dropped.
func nextPart(path string) (part, rest string) {
	path = strings.TrimLeft(path, "/")
	part, rest, _ = strings.Cut(path, "/")
	return part, rest
}
