package profile

import (
	"bytes"
	"strings"
)

// The bounds of a profile.
const (
	maxNeeds  = 16
	maxWithin = 8
	maxPlaces = 32
)

// scope knows what the members of an object in a document are, by the names
// that they may have in it: since shippers mix nested objects with dotted
// names, a member a.b of an object may be its own, or the b in its a.
type scope struct {
	id      int
	members map[string]*member
}

// member is what lies under one name of a scope.
type member struct {
	targets []target
	sub     *scope // of an object that lies there
}

// target is what becomes of a value.
type target struct {
	slot slot
	rank uint8 // of the places of one slot, the lowest that is present counts
	pl   *place
	need *need
	bit  uint16 // of the need
}

// index makes the tables that a mapper works by.
func (p *Profile) index() {
	b := &builder{p: p, scopes: make(map[string]*scope)}
	p.root = b.scope("")
	p.slots = make(map[slot][]place)
	for _, name := range slotNames {
		s := fieldSlots[name]
		f, a := fieldNamed(name)
		for _, pl := range p.placesOf(f, a) {
			if !pl.form.wide() {
				p.slots[s] = append(p.slots[s], pl)
			}
		}
	}
	if p.lost != "" {
		p.slots[slotLost] = []place{{path: p.fields + "." + p.lost}}
	}
	for s, places := range p.slots {
		for rank := range places {
			if places[rank].form == formConst {
				p.consts = append(p.consts, target{slot: s, rank: uint8(min(rank, 255)), pl: &places[rank]})
			}
			b.add(places[rank].path, target{slot: s, rank: uint8(min(rank, 255)), pl: &places[rank]})
		}
	}
	for i := range p.needs {
		n := &p.needs[i]
		var paths [][][]byte
		for _, path := range n.paths {
			b.add(path, target{slot: slotNeed, need: n, bit: 1 << i})
			paths = append(paths, bytes.Split([]byte(path), []byte{'.'}))
		}
		p.hints = append(p.hints, paths)
	}
	for i, w := range p.Within {
		b.add(w.path(), target{slot: slotWithin + slot(i)})
	}
	if p.fields != "" {
		b.add(p.fields, target{slot: slotFields})
	}
	for i, n := range p.needs {
		for _, path := range n.paths {
			p.inPaths, p.needPaths = append(p.inPaths, []byte(path)), append(p.needPaths, i)
		}
	}
	for _, w := range p.Within {
		p.inPaths = append(p.inPaths, []byte(w.path()))
	}
	p.scopes = len(b.scopes)
	p.shown, p.used = make(map[string]string), make(map[string]bool)
	for _, name := range p.names {
		for _, pl := range p.places[name] {
			p.used[pl.path] = true
			if pl.form == formSame && p.shown[pl.path] == "" {
				p.shown[pl.path] = name
			}
		}
	}
}

// lastWord is the end of a path as it stands in every document that has it.
func lastWord(path string) []byte {
	return []byte(path[strings.LastIndexByte(path, '.')+1:])
}

// builder makes the scopes of a profile: one for each path that is the
// beginning of another.
type builder struct {
	p      *Profile
	scopes map[string]*scope
}

func (b *builder) scope(path string) *scope {
	s := b.scopes[path]
	if s == nil {
		s = &scope{id: len(b.scopes), members: make(map[string]*member)}
		b.scopes[path] = s
	}
	return s
}

func (s *scope) member(name string) *member {
	m := s.members[name]
	if m == nil {
		m = &member{}
		s.members[name] = m
	}
	return m
}

// add makes a path known, in every way in which its parts may be joined.
func (b *builder) add(path string, t target) {
	if path == "" {
		return
	}
	for start := 0; start <= len(path); {
		in := b.scope(strings.TrimSuffix(path[:start], "."))
		for end := start; ; end++ {
			n := strings.IndexByte(path[end:], '.')
			if n < 0 {
				break
			}
			end += n
			in.member(path[start:end]).sub = b.scope(path[:end])
		}
		m := in.member(path[start:])
		m.targets = append(m.targets, t)
		n := strings.IndexByte(path[start:], '.')
		if n < 0 {
			break
		}
		start += n + 1
	}
}

// guess is a name as it was met, and what lies under it.
type guess struct {
	name string
	m    *member // nil when it is nothing
	odd  bool    // of the document itself: another profile may know it, see [Mapper.watch]
	next *guess  // the one that came after it last time: the next one's likeliest
}

// guesses finds the members of one scope. Documents of one kind have the same
// members in the same order, so that nearly every name is found by a comparison
// with the one that followed last time.
type guesses struct {
	met   map[string]*guess
	start guess
}

// The bounds of what a mapper remembers of names; others are looked up anew.
const (
	maxNames   = 1 << 14
	maxNameLen = 256
)

// find returns the guess of a name that follows another.
func (m *Mapper) find(sc *scope, g *guesses, last *guess, name []byte) *guess {
	if next := last.next; next != nil && next.name == string(name) {
		return next
	}
	found := g.met[string(name)]
	if found == nil {
		found = &guess{name: string(name), odd: sc == m.p.root && m.watch[firstPart(string(name))]}
		found.m = sc.members[found.name]
		if m.names >= maxNames || len(name) > maxNameLen {
			return found
		}
		m.names++
		g.met[found.name] = found
	}
	last.next = found
	return found
}

// firstPart is what a path begins with.
func firstPart(path string) string {
	first, _, _ := strings.Cut(path, ".")
	return first
}

// guessesOf returns what was met in a scope.
func (m *Mapper) guessesOf(sc *scope) *guesses {
	g := m.guesses[sc.id]
	if g == nil {
		g = &guesses{met: make(map[string]*guess)}
		m.guesses[sc.id] = g
	}
	return g
}
