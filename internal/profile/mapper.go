package profile

import (
	"bytes"
	"math"

	"github.com/stoop-project/stoop/internal/event"
)

// Mapper turns documents of one kind into events of one Tables. It is for one
// goroutine, the one that appends to the Tables.
type Mapper struct {
	p *Profile
	t *event.Tables

	// Alone makes every event's fields depend on its own document alone. Without
	// it what one document knows of a container shows at the others' too.
	Alone bool

	guesser
	odd bool // the document has a member that is watched for

	vals  [numSlots]value
	ranks [numSlots]uint8
	set   []slot
	time  int64
	timed uint16 // the rank of time, and one; 0 when there is none yet
	have  uint16 // the needs that the document fulfils
	inner [maxWithin]value
	where int // of Within, where the document lay; -1 when it is the whole

	onHost    bool   // one of the places for a container's id names the host
	several   bool   // where one value is expected there may be several
	watched   []bool // the places that were seen which no slot has, by [target.watch]
	cut       bool   // a text was cut
	hasFields bool   // the document had the object of fields
	fromText  bool   // … and its fields were read out of its output
	last      int64  // time of the document before
	lost      uint64 // see Lost

	arena  []byte // what forms make
	inText []byte // a document that lay as text in another
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
		p: p, t: t, guesser: guesser{root: p.root}, watched: make([]bool, p.watches),
		conts:  make(map[event.Str][]event.ContID),
		alerts: make(map[event.Str]*alertMemo),
		procs:  map[procKey]event.ProcID{{}: 0},
	}
}

// Map reads one document. The event refers to rows that were added for it; its
// payload is to be the document. An error is an [*Error], and says why the
// document is none of this kind. One without a time that can be read gets that
// of the document before, and is marked as inferred.
func (m *Mapper) Map(doc []byte) (event.Event, error) {
	m.odd = false
	if err := m.read(doc, -1); err != nil {
		return event.Event{}, err
	}
	return m.event(), nil
}

// Tables returns the tables that the mapper adds rows to.
func (m *Mapper) Tables() *event.Tables { return m.t }

// Profile returns the profile that the mapper reads by.
func (m *Mapper) Profile() *Profile { return m.p }

// read fills the slots. where is the place in another document that doc was
// taken from, -1 when it is the whole.
func (m *Mapper) read(doc []byte, where int) error {
	m.reset()
	m.where = where
	m.cut = m.p.cut != nil && bytes.Contains(doc, m.p.cut)
	s := scanner{b: doc}
	if !m.object(&s, m.p.root, 1) {
		return s.err()
	}
	if s.peek(); s.at < len(s.b) {
		s.fail("the document goes on behind its end")
		return s.err()
	}
	if m.have == 1<<len(m.p.needs)-1 {
		for i := range m.p.consts {
			m.put(&m.p.consts[i], value{})
		}
		return nil
	}
	return m.readInner()
}

func (m *Mapper) reset() {
	for _, s := range m.set {
		m.vals[s] = value{}
	}
	m.set = m.set[:0]
	m.hasFields, m.have, m.timed, m.inner, m.several = false, 0, 0, [maxWithin]value{}, false
	m.onHost = false
	clear(m.watched)
	m.arena = m.arena[:0]
}

// object reads the members of an object that sc knows.
func (m *Mapper) object(s *scanner, sc *scope, depth int) bool {
	if depth >= maxDepth {
		return s.fail("the document is nested too deeply")
	}
	if !s.enter() {
		return false
	}
	known := m.guesser.of(sc)
	last := &known.start
	for first := true; ; first = false {
		name, ok := s.member(first)
		if !ok {
			return s.reason == ""
		}
		last = m.guesser.find(sc, known, last, name.raw)
		m.odd = m.odd || last.odd
		of := last.m
		if of == nil {
			v, ok := s.value(depth)
			if !ok {
				return false
			}
			if v.kind >= object { // or an array
				m.several = m.several || m.p.asksIn(sc.path, last.name, v)
			}
			continue
		}
		v, ok := m.value(s, of.sub, depth)
		if !ok {
			return false
		}
		for i := range of.targets {
			m.put(&of.targets[i], v)
		}
	}
}

// value reads a member's value, and what its scope knows of what lies in it.
func (m *Mapper) value(s *scanner, sub *scope, depth int) (value, bool) {
	c := s.peek()
	if sub == nil || c != '{' && c != '[' {
		return s.value(depth)
	}
	start := s.at
	if c == '{' {
		ok := m.object(s, sub, depth+1)
		return value{kind: object, raw: s.b[start:s.at]}, ok
	}
	if depth >= maxDepth {
		return value{}, s.fail("the document is nested too deeply")
	}
	s.at++
	for first := true; s.element(first); first = false {
		if s.peek() == '{' {
			if !m.object(s, sub, depth+1) {
				return value{}, false
			}
		} else if _, ok := s.value(depth + 1); !ok {
			return value{}, false
		}
	}
	return value{kind: array, raw: s.b[start:s.at]}, s.reason == ""
}

// put keeps a value, unless a better place gave one.
func (m *Mapper) put(t *target, v value) {
	if t.slot >= slotNeed {
		m.putOther(t, v)
		return
	}
	m.onHost = m.onHost || t.slot == slotContID && v.has(event.HostID)
	if v.kind == array && t.slot != slotTags {
		if m.several = m.several || t.pl.form.ofOne() && v.several(); !v.some() {
			v = value{kind: null}
		}
	}
	if t.pl.form != formSame {
		var ok bool
		if v, ok = t.pl.apply(v, &m.arena); !ok {
			return
		}
	}
	if t.slot == slotTime {
		m.several = m.several || m.timed == uint16(t.rank)+1
		m.putTime(uint16(t.rank)+1, v)
		return
	}
	old := &m.vals[t.slot]
	if old.kind == absent {
		m.set = append(m.set, t.slot)
	} else if rank := m.ranks[t.slot]; !old.missing() {
		if t.rank > rank || v.missing() {
			return
		}
		m.several = m.several || t.rank == rank
	}
	m.vals[t.slot], m.ranks[t.slot] = v, t.rank
}

// putTime keeps a time that can be read, unless a better place gave one.
func (m *Mapper) putTime(rank uint16, v value) {
	if m.timed != 0 && m.timed < rank {
		return
	}
	if ns, ok := v.time(); ok {
		m.time, m.timed = ns, rank
	}
}

// putOther notes what is no field.
func (m *Mapper) putOther(t *target, v value) {
	switch t.slot {
	case slotNeed:
		if t.need.holds(v) {
			m.have |= t.bit
		}
	case slotFields:
		m.hasFields = m.hasFields || v.kind == object
	case slotWatch:
		m.several = m.several || v.several() || m.watched[t.watch] && !v.missing()
		m.watched[t.watch] = m.watched[t.watch] || !v.missing()
	default:
		if at := t.slot - slotWithin; m.p.Within[at].holds(v) {
			m.inner[at] = v
		}
	}
}

// holds reports whether a value may be the document.
func (w *Within) holds(v value) bool {
	return v.kind == object && w.Object != "" || v.kind == text && w.Text != ""
}

// readInner reads the document that lies in another.
func (m *Mapper) readInner() error {
	if m.where < 0 {
		inner, time, timed := m.inner, m.time, m.timed
		for i, v := range inner {
			if v.kind == absent || !m.p.likely(v.raw) {
				continue
			}
			doc := v.raw
			if v.escaped {
				m.inText = appendUnescaped(m.inText[:0], v.raw)
				doc = m.inText
			}
			if m.read(doc, i) == nil {
				if m.timed == 0 {
					m.time, m.timed = time, timed
				}
				return nil
			}
		}
	}
	return &Error{Offset: -1, Reason: "the document is none of the " + m.p.About}
}

// str interns the value of a slot, [event.NoStr] when it is missing.
func (m *Mapper) str(s slot) event.Str {
	v := &m.vals[s]
	switch v.kind {
	case absent, null, object:
		return event.NoStr
	case array:
		return m.t.Strings.Add(v.joined())
	case words:
		return m.t.Strings.AddBytes(v.spaced(&m.buf))
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
	if v, ok := m.vals[s].only(); ok {
		return v.integer()
	}
	return 0, false
}

// num32 is num for numbers of 32 bits, signed or not.
func (m *Mapper) num32(s slot) (uint32, bool) {
	n, ok := m.num(s)
	return uint32(n), ok && inBits32(n)
}

// inBits32 reports whether a number has 32 bits, signed or not.
func inBits32(n int64) bool { return n >= math.MinInt32 && n <= math.MaxUint32 }
