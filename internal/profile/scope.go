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
	path    string // of the object
	members map[string]*member
}

// member is what lies under one name of a scope.
type member struct {
	targets []target
	path    int    // of a [survey]: the number of the path that ends here; 0 for none
	sub     *scope // of an object that lies there
}

// target is what becomes of a value.
type target struct {
	slot  slot
	rank  uint8 // of the places of one slot, the lowest that is present counts
	pl    *place
	need  *need
	bit   uint16 // of the need
	watch int    // of slotWatch: the number of the place
}

// ofSlot are the forms of slots that take few texts, so that another place counts
// where a document has one that says nothing.
var ofSlot = map[slot]form{slotPriority: formPriority, slotFDType: formObjKind, slotContID: formFilled}

// index makes the tables that a mapper works by.
func (p *Profile) index() {
	b := newBuilder()
	p.root = b.scope("")
	p.slots = make(map[slot][]place)
	for _, name := range slotNames {
		s := fieldSlots[name]
		f, a := fieldNamed(name)
		for _, pl := range p.placesOf(f, a) {
			if own, ok := ofSlot[s]; ok && pl.form == formSame {
				pl.form = own
			}
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
	p.watch(b)
	for i, n := range p.needs {
		for _, path := range n.paths {
			p.inPaths, p.needPaths = append(p.inPaths, []byte(path)), append(p.needPaths, i)
		}
	}
	for _, w := range p.Within {
		p.inPaths = append(p.inPaths, []byte(w.path()))
	}
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

// builder makes the scopes of some paths: one for each path that is the
// beginning of another.
type builder struct {
	scopes map[string]*scope
}

func newBuilder() *builder { return &builder{scopes: make(map[string]*scope)} }

func (b *builder) scope(path string) *scope {
	s := b.scopes[path]
	if s == nil {
		s = &scope{id: len(b.scopes), path: path, members: make(map[string]*member)}
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

// add makes a path known, and what becomes of what lies there.
func (b *builder) add(path string, t target) {
	for _, m := range b.ends(path) {
		m.targets = append(m.targets, t)
	}
}

// ends makes a path known, in every way in which its parts may be joined. It
// returns the members that it ends with.
func (b *builder) ends(path string) (all []*member) {
	if path == "" {
		return nil
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
		all = append(all, in.member(path[start:]))
		n := strings.IndexByte(path[start:], '.')
		if n < 0 {
			break
		}
		start += n + 1
	}
	return all
}
