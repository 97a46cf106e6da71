package profile

import (
	"bytes"
	"slices"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// Where one value is expected, a document may have a list, or a list of objects
// on the way. What is shown is all of it, or the first; a filter looks at each
// ([event.Field.Several]), as an index of such documents does.

// asJoined are fields whose text some documents hold as a list of its parts, and
// those that have several names themselves.
var asJoined = map[string]bool{"k8s.pod.labels": true, "fd.cip.name": true, "fd.sip.name": true, "fd.lip.name": true, "fd.rip.name": true}

// watch makes a mapper look at places that documents are asked for, and no slot has.
func (p *Profile) watch(b *builder) {
	for _, name := range p.names {
		f, a := fieldNamed(name)
		if f == nil || f.Flags.Has(event.IsList) || fieldSlots[fullName(f.Name, a)] != noSlot || asJoined[f.Name] {
			continue
		}
		for _, pl := range p.places[name] {
			if pl.path != "" && pl.form.ofOne() && !pl.form.wide() {
				b.add(pl.path, target{slot: slotWatch, watch: p.watches})
				p.watches++
			}
		}
	}
}

// asksIn reports whether a member that no place names may be a field that has
// several values: a list among the fields, or an object there that has one.
func (p *Profile) asksIn(scope, name string, v value) bool {
	if p.fields == "" || v.kind == object && bytes.IndexByte(v.raw, '[') < 0 {
		return false
	}
	path := name
	if scope != "" {
		path = scope + "." + name
	}
	path, ok := strings.CutPrefix(path, p.fields+".")
	if !ok || v.kind != object && !v.several() || asJoined[fieldName(path)] {
		return false
	}
	f, _ := fieldNamed(fieldName(path))
	return f == nil || !f.Flags.Has(event.IsList) // those have lists
}

// several reports whether an array has more than one value.
func (v value) several() bool {
	if v.kind != array || bytes.IndexByte(v.raw, ',') < 0 {
		return false
	}
	n := 0
	v.members(func(value) bool { n++; return n < 2 })
	return n > 1
}

// members calls yield for what an array holds, those of arrays in it included,
// until yield returns false.
func (v value) members(yield func(value) bool) bool {
	s := scanner{b: v.raw, at: 1}
	for first := true; s.element(first); first = false {
		m, ok := s.value(1)
		if !ok {
			return true
		}
		switch {
		case m.kind == array:
			ok = m.members(yield)
		case !m.missing():
			ok = yield(m)
		}
		if !ok {
			return false
		}
	}
	return true
}

// some reports whether an array has a value that is no array or object.
func (v value) some() bool {
	return !v.members(func(m value) bool { return m.kind == object })
}

// filled reports whether a value is one, or has any in it.
func (v value) filled() bool {
	switch v.kind {
	case array:
		return slices.ContainsFunc(v.elements(), value.filled)
	case object:
		s := scanner{b: v.raw, at: 1}
		for first := true; ; first = false {
			if _, ok := s.member(first); !ok {
				return false
			}
			if m, ok := s.value(1); !ok || m.filled() {
				return ok
			}
		}
	}
	return !v.missing()
}

// has reports whether a value is a text, or has it as a member.
func (v value) has(text string) bool {
	if v.kind == array {
		return slices.ContainsFunc(v.elements(), func(m value) bool { return m.has(text) })
	}
	return string(v.raw) == text
}

var _ event.SeveralReader = (*Docs)(nil)

// Several implements [event.SeveralReader].
func (d *Docs) Several(payload []byte, f *event.Field, a event.Arg) (event.Value, bool) {
	if asJoined[f.Name] {
		return event.Value{}, false
	}
	if alias := sameField[f.Name]; alias != "" {
		f, _ = event.Fields.Lookup(alias)
	}
	doc := d.p.inside(Document(payload))
	for _, pl := range d.p.looks(f, a) {
		if pl.path == "" || pl.form.wide() {
			return event.Value{}, false
		}
		if all, of := pl.values(doc, f, a); len(all) > 0 {
			return event.Value{Kind: f.Kind, List: all, Several: true}, of > 1
		}
	}
	return event.Value{}, false
}

// values makes a field's value of each that lies at a place, as far as it can be
// one, and returns of how many.
func (pl *place) values(doc []byte, f *event.Field, a event.Arg) (all []event.Value, of int) {
	c := collector{pick: -1}
	c.walk(value{kind: object, raw: bytes.TrimLeft(doc, " \t\r\n")}, strings.Split(pl.path, "."))
	s := fieldSlots[fullName(f.Name, a)]
	for _, found := range c.found {
		if found.kind == object {
			continue
		}
		made, ok := pl.apply(found, new([]byte))
		if !ok {
			continue
		}
		if one, ok := made.inSlot(s, f); ok {
			all = append(all, one)
		}
	}
	return all, len(c.found)
}

// inSlot reads a value as the field that a slot is for has it.
func (v value) inSlot(s slot, f *event.Field) (event.Value, bool) {
	switch s {
	case slotPriority:
		return event.StringValue(event.PriorityOf(v.String()).String()), true
	case slotTime:
		ns, ok := v.time()
		return event.TimeValue(ns), ok
	case slotStart:
		ns, ok := v.time()
		return event.DurationValue(ns), ok
	}
	one, ok := v.as(f.Kind)
	if !ok {
		return one, false
	}
	n := one.Int64()
	switch {
	case f.Kind == event.Port && (n < 0 || n > 1<<16-1):
		one.Num = 0
	case bitsOf[s] == Bits64:
	case !inBits32(n):
		return one, false
	case bitsOf[s] == Signed32:
		one.Num = uint64(int64(int32(n)))
	default:
		one.Num = uint64(uint32(n))
	}
	return one, true
}
