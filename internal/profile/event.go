package profile

import (
	"github.com/stoop-project/stoop/internal/event"
)

// maxLost bounds what one document may claim to have lost, so that the sum of
// many does not overflow.
const maxLost = 1 << 40

// Lost returns how many events the makers of all documents so far say that they
// lost themselves.
func (m *Mapper) Lost() uint64 { return m.lost }

// event makes the event and its rows out of the slots.
func (m *Mapper) event() event.Event {
	e := event.Event{Bits: event.HasDoc, FD: -1, Dur: -1, Type: event.TypeUnknown, Time: m.time}
	if m.timed == 0 {
		e.Time = m.last
		e.Bits |= event.Inferred
	}
	m.last = e.Time
	if m.fromText = !m.hasFields && m.fromOutput(); m.fromText {
		e.Bits |= event.Inferred
	}
	if m.cut {
		e.Bits |= event.ArgsCut
	}
	if m.tellsMore() {
		e.Bits |= event.Incomplete
	}
	if m.several {
		e.Bits |= event.Several
	}
	if n, ok := m.num(slotLost); ok && n > 0 {
		m.lost += uint64(min(n, maxLost))
	}
	e.Alert = m.alert()
	e.Type = m.eventType()
	if n, ok := m.num32(slotTID); ok {
		e.TID = n
	}
	if n, ok := m.num(slotCPU); ok && n >= 0 && n < 1<<16 {
		e.CPU = uint16(n)
	}
	if n, ok := m.num32(slotFDNum); ok {
		e.FD = int32(n)
	}
	if n, ok := m.num(slotRawRes); ok {
		e.Res, e.Bits = n, e.Bits|event.HasRes
	}
	cont := m.container()
	e.Proc = m.process(cont)
	e.Obj = m.objectRow(e.Type)
	return e
}

func (m *Mapper) eventType() event.Type {
	if v := &m.vals[slotType]; v.kind == text {
		if t, ok := event.TypeOf(string(v.raw)); ok {
			return t
		}
	}
	return event.TypeUnknown
}

// alertMemo remembers what the last alert of a rule had, as it was written.
type alertMemo struct {
	priority, source, tags, origin string
	id                             event.AlertID
}

// alert makes the row of the alert; a document without a rule and a priority
// is none.
func (m *Mapper) alert() event.AlertID {
	if m.vals[slotRule].missing() && m.vals[slotPriority].missing() {
		return 0
	}
	rule := m.str(slotRule)
	priority, source := m.vals[slotPriority].raw, m.vals[slotSource].raw
	tags, origin := m.vals[slotTags].raw, m.vals[slotOrigin].raw
	memo := m.alerts[rule]
	if memo != nil && memo.priority == string(priority) && memo.source == string(source) && memo.tags == string(tags) &&
		memo.origin == string(origin) {
		return memo.id
	}
	row := event.Alert{
		Rule: rule, Source: m.str(slotSource), Origin: m.str(slotOrigin), Priority: event.PriorityOf(m.vals[slotPriority].String()),
	}
	if v := m.vals[slotTags]; !v.missing() && v.kind != object {
		var all []byte
		for _, tag := range v.listed(event.String) {
			all = append(append(all, tag.Str...), 0)
		}
		row.Tags = m.t.Strings.AddBytes(all)
	}
	id := event.AlertID(m.t.Alerts.Intern(row))
	m.alerts[rule] = &alertMemo{string(priority), string(source), string(tags), string(origin), id}
	return id
}
