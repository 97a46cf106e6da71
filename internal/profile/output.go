package profile

import (
	"bytes"

	"github.com/stoop-project/stoop/internal/event"
)

// fromOutput fills slots from the labels in an output's text, for an alert that
// has no fields: "… (user=root command=cat /etc/shadow terminal=0)". It reports
// whether it found any.
func (m *Mapper) fromOutput() bool {
	out := m.vals[slotOutput]
	if len(m.p.labels) == 0 || out.kind != text || string(m.vals[slotSource].raw) == event.SourceK8sAudit {
		return false
	}
	found := false
	eachLabel(m.p.labels, out.bytes(&m.output), func(field string, v []byte) {
		if s := fieldSlots[field]; s != noSlot && m.vals[s].kind == absent {
			m.set = append(m.set, s)
			m.vals[s], m.ranks[s] = value{kind: text, raw: v}, 0
			found = true
		}
	})
	return found
}

// tellsMore reports whether an output's text may name fields that the document does
// not hold.
func (m *Mapper) tellsMore() bool {
	out := m.vals[slotOutput]
	if len(m.p.told) == 0 || out.kind != text {
		return false
	}
	more := false
	eachLabel(m.p.told, out.bytes(&m.output), func(field string, _ []byte) {
		s := fieldSlots[field]
		more = more || field != "" && (s == noSlot || m.vals[s].missing())
	})
	return more
}

var _ event.LossReader = (*Docs)(nil)

// Told implements [event.LossReader].
func (d *Docs) Told(payload []byte, yield func(name string)) {
	doc := d.p.inside(Document(payload))
	for _, pl := range d.p.slots[slotOutput] {
		if v := at(doc, pl.path); v.kind == text {
			eachLabel(d.p.told, v.bytes(new([]byte)), func(field string, _ []byte) {
				if field != "" {
					yield(field)
				}
			})
			return
		}
	}
}

// IsCut implements [event.LossReader].
func (d *Docs) IsCut(text string) bool {
	return d.p.cut != nil && len(text) >= len(d.p.cut) && text[len(text)-len(d.p.cut)+1:] == string(d.p.cut[:len(d.p.cut)-1])
}

// eachLabel calls yield with the fields that labels in an output's text stand for
// and their values, where there is one. A value goes up to the next label that is
// known.
func eachLabel(labels map[string]string, line []byte, yield func(field string, v []byte)) {
	_, at, ok := nextLabel(labels, line, 0)
	for ok {
		name := labelBefore(line, at)
		end, next, more := nextLabel(labels, line, at)
		if !more {
			end = len(line)
		}
		v := bytes.TrimRight(line[at:end], " |")
		if !more {
			v = bytes.TrimSuffix(v, []byte{')'})
		}
		if string(v) != "<NA>" {
			yield(labels[string(name)], v)
		}
		at, ok = next, more
	}
}

// nextLabel finds the next known label behind a place: where the space before
// it is, and where its value begins.
func nextLabel(labels map[string]string, line []byte, from int) (start, value int, ok bool) {
	for {
		n := bytes.IndexByte(line[from:], '=')
		if n < 0 {
			return 0, 0, false
		}
		at := from + n
		name := labelBefore(line, at+1)
		if _, known := labels[string(name)]; known {
			return max(at-len(name)-1, 0), at + 1, true
		}
		from = at + 1
	}
}

// labelBefore returns the word that ends with the = before at.
func labelBefore(line []byte, at int) []byte {
	head := line[:at-1]
	return head[bytes.LastIndexAny(head, " (")+1:]
}
