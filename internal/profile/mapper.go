package profile

import (
	"github.com/stoop-project/stoop/internal/event"
)

// Mapper turns documents of one kind into events of one Tables. It is for one
// goroutine, the one that appends to the Tables.
type Mapper struct {
	p *Profile
	t *event.Tables

	members, fields *keys
	vals            [numSlots]value
	set             []slot
	path            []byte // dotted name of a field that lies in nested objects

	hasFields bool   // the document had a member of fields
	lost      uint64 // see Lost

	inner  []byte // a document that lay as text in another
	output []byte // an output that was unescaped
	buf    []byte // a text that was just unescaped
	recent [numSlots]event.Str
	conts  map[event.Str][]event.ContID
	alerts map[event.Str]*alertMemo
	procs  map[procKey]event.ProcID
}

// NewMapper returns a mapper that adds rows to t. It sets t.Docs.
func NewMapper(p *Profile, t *event.Tables) *Mapper {
	t.Docs = p.Docs()
	return &Mapper{
		p: p, t: t, members: newMemberKeys(p), fields: newFieldKeys(p),
		conts:  make(map[event.Str][]event.ContID),
		alerts: make(map[event.Str]*alertMemo),
		procs:  map[procKey]event.ProcID{{}: 0},
	}
}

// Map reads one document. The event refers to rows that were added for it; its
// payload is to be the document. An error is an [*Error], and says why the
// document is none of this kind.
func (m *Mapper) Map(doc []byte) (event.Event, error) {
	if err := m.read(doc, 0); err != nil {
		return event.Event{}, err
	}
	return m.event()
}

// read fills the slots.
func (m *Mapper) read(doc []byte, depth int) error {
	m.reset()
	inner := make([]value, len(m.p.Within))
	s := scanner{b: doc}
	if !s.enter() {
		return s.err()
	}
	m.members.rewind()
	for first := true; ; first = false {
		name, ok := s.member(first)
		if !ok {
			break
		}
		if string(name.raw) == m.p.Fields && s.peek() == '{' {
			m.fields.rewind()
			m.path = m.path[:0]
			m.hasFields = true
			if !m.readFields(&s, 1) {
				break
			}
			continue
		}
		v, ok := s.value(1)
		if !ok {
			break
		}
		if slot := m.members.find(name.raw); slot != noSlot {
			m.put(slot, v)
		} else if v.kind == object || v.kind == text {
			m.within(name.raw, v, inner)
		}
	}
	if s.reason != "" {
		return s.err()
	}
	if s.peek(); s.at < len(s.b) {
		s.fail("the document goes on behind its end")
		return s.err()
	}
	if m.complete() {
		return nil
	}
	return m.readInner(inner, depth)
}

func (m *Mapper) reset() {
	for _, s := range m.set {
		m.vals[s] = value{}
	}
	m.set = m.set[:0]
	m.hasFields = false
}

func (m *Mapper) put(s slot, v value) {
	if m.vals[s].kind == absent {
		m.set = append(m.set, s)
	}
	m.vals[s] = v
}

// readFields reads the object of fields; objects in it continue the name.
func (m *Mapper) readFields(s *scanner, depth int) bool {
	if depth >= maxDepth {
		return s.fail("the document is nested too deeply")
	}
	if !s.enter() {
		return false
	}
	prefix := len(m.path)
	for first := true; ; first = false {
		name, ok := s.member(first)
		if !ok {
			return s.reason == ""
		}
		full := name.raw
		if prefix > 0 {
			m.path = append(m.path[:prefix], name.raw...)
			full = m.path
		}
		if s.peek() == '{' {
			m.path = append(append(m.path[:prefix], name.raw...), '.')
			if !m.readFields(s, depth+1) {
				return false
			}
			m.path = m.path[:prefix]
			continue
		}
		v, ok := s.value(depth + 1)
		if !ok {
			return false
		}
		if slot := m.fields.find(full); slot != noSlot {
			m.put(slot, v)
		}
	}
}

// within keeps a value that may hold the document.
func (m *Mapper) within(name []byte, v value, inner []value) {
	for i, w := range m.p.Within {
		if w.holds(name, v) {
			inner[i] = v
		}
	}
}

// complete reports whether what was read is a whole document of the kind.
func (m *Mapper) complete() bool {
	for _, need := range m.p.Needs {
		if found := m.members.byName[need]; found == nil || m.vals[found.slot].missing() {
			return false
		}
	}
	return true
}

// readInner reads the document that lies in another.
func (m *Mapper) readInner(inner []value, depth int) error {
	if depth == 0 {
		for _, v := range inner {
			if v.kind == absent || !m.p.likely(v.raw) {
				continue
			}
			doc := v.raw
			if v.escaped {
				m.inner = appendUnescaped(m.inner[:0], v.raw)
				doc = m.inner
			}
			if m.read(doc, depth+1) == nil {
				return nil
			}
		}
	}
	return &Error{Offset: -1, Reason: "the document is none of the " + m.p.About}
}

// str interns the value of a slot, [event.NoStr] when it is missing.
func (m *Mapper) str(s slot) event.Str {
	v := &m.vals[s]
	if v.missing() || v.kind == object {
		return event.NoStr
	}
	if v.kind == array {
		return m.t.Strings.Add(v.joined())
	}
	b := v.bytes(&m.buf)
	if r := m.recent[s]; r != event.NoStr && m.t.Strings.Get(r) == string(b) {
		return r
	}
	id := m.t.Strings.AddBytes(b)
	m.recent[s] = id
	return id
}

// num returns the whole number of a slot.
func (m *Mapper) num(s slot) (int64, bool) {
	if v := &m.vals[s]; v.kind != absent {
		return v.integer()
	}
	return 0, false
}

// num32 is num for numbers of 32 bits, signed or not.
func (m *Mapper) num32(s slot) (uint32, bool) {
	n, ok := m.num(s)
	return uint32(n), ok && n >= -1<<31 && n < 1<<32
}
