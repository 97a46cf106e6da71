package profile

import (
	"bytes"

	"github.com/stoop-project/stoop/internal/event"
)

// fromOutput fills slots from the labels in an output's text, for an alert that
// has no fields: "… (user=root command=cat /etc/shadow terminal=0)". A value
// goes up to the next label that is known. It reports whether it found any.
func (m *Mapper) fromOutput() bool {
	out := m.vals[slotOutput]
	if len(m.p.labels) == 0 || out.kind != text || string(m.vals[slotSource].raw) == event.SourceK8sAudit {
		return false
	}
	line := out.bytes(&m.output)
	_, at, ok := m.nextLabel(line, 0)
	found := false
	for ok {
		name := m.labelBefore(line, at)
		end, next, more := m.nextLabel(line, at)
		if !more {
			end = len(line)
		}
		v := bytes.TrimRight(line[at:end], " |")
		if !more {
			v = bytes.TrimSuffix(v, []byte{')'})
		}
		if s := fieldSlots[m.p.labels[string(name)]]; s != noSlot && m.vals[s].kind == absent && string(v) != "<NA>" {
			m.set = append(m.set, s)
			m.vals[s], m.ranks[s] = value{kind: text, raw: v}, 0
			found = true
		}
		at, ok = next, more
	}
	return found
}

// nextLabel finds the next known label behind a place: where the space before
// it is, and where its value begins.
func (m *Mapper) nextLabel(line []byte, from int) (start, value int, ok bool) {
	for {
		n := bytes.IndexByte(line[from:], '=')
		if n < 0 {
			return 0, 0, false
		}
		at := from + n
		name := m.labelBefore(line, at+1)
		if _, known := m.p.labels[string(name)]; known {
			return max(at-len(name)-1, 0), at + 1, true
		}
		from = at + 1
	}
}

// labelBefore returns the word that ends with the = before at.
func (m *Mapper) labelBefore(line []byte, at int) []byte {
	head := line[:at-1]
	return head[bytes.LastIndexAny(head, " (")+1:]
}
