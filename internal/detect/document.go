package detect

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/rules"
)

// writer writes alerts as Falco does (falco userspace/falco/falco_outputs.cpp
// and userspace/engine/formats.cpp).
type writer struct {
	fields *event.JSON
	doc    []byte
	output []byte
}

func newWriter() writer { return writer{fields: event.NewJSON(nil)} }

// document returns the document of an alert, valid until the next call.
func (w *writer) document(r event.Row, rule *rules.Rule) []byte {
	at := time.Unix(0, r.B.Time[r.I]).UTC()
	d := append(w.doc[:0], `{"uuid":"`...)
	d = append(d, alertID(r, rule.Name)...)
	d = append(d, `","time":"`...)
	d = at.AppendFormat(d, "2006-01-02T15:04:05.000000000Z07:00")
	d = text(append(d, `","rule":`...), rule.Name)
	d = text(append(d, `,"priority":`...), rule.Priority.String())
	d = text(append(d, `,"source":`...), rule.Source)
	d = append(d, `,"tags":[`...)
	for i, t := range rule.Tags {
		if i > 0 {
			d = append(d, ',')
		}
		d = text(d, t)
	}
	d = append(d, ']')
	if host := r.T.Text(r.T.Host); host != "" {
		d = text(append(d, `,"hostname":`...), host)
	}
	w.output = at.AppendFormat(w.output[:0], "15:04:05.000000000: ")
	w.output = append(append(w.output, rule.Priority.String()...), ' ')
	w.output = rule.Format.Append(w.output, r)
	d = text(append(d, `,"output":`...), string(w.output))
	d = append(d, `,"output_fields":`...)
	d = w.fields.Append(d, r)
	d = w.named(d[:len(d)-1], r, rule)
	w.doc = append(d, "}}"...)
	return w.doc
}

// named appends the fields that the rule's output names and that are written
// with an argument, or missing: the others are there already.
func (w *writer) named(d []byte, r event.Row, rule *rules.Rule) []byte {
	add := func(name string, v event.Value, ok bool) {
		if d[len(d)-1] != '{' {
			d = append(d, ',')
		}
		if d = append(text(d, name), ':'); !ok {
			d = append(d, "null"...)
			return
		}
		d = v.AppendJSON(d, nil)
	}
	rule.Format.Each(r, func(name string, v event.Value, ok bool) {
		if !plainFields[name] || !ok {
			add(name, v, ok)
		}
	})
	for _, x := range rule.Extra {
		if !x.Raw {
			add(x.Key, event.StringValue(x.Format.String(r)), true)
			continue
		}
		x.Format.Each(r, func(_ string, v event.Value, ok bool) { add(x.Key, v, ok) })
	}
	return d
}

// plainFields are the names of the fields that [event.JSON] writes.
var plainFields = func() map[string]bool {
	names := make(map[string]bool)
	for _, f := range event.JSONFields() {
		names[f.Name] = true
	}
	return names
}()

func text(dst []byte, s string) []byte {
	v := event.StringValue(s)
	return v.AppendJSON(dst, nil)
}

// alertID returns the id of the alert of a rule on an event: the same wherever
// the event is read, from the kernel or from a recording of it. No thread does
// two things in one nanosecond; a document tells itself from others.
func alertID(r event.Row, rule string) string {
	e := r.B.At(r.I)
	var n []byte
	n = binary.LittleEndian.AppendUint64(n, uint64(e.Time))
	n = binary.LittleEndian.AppendUint64(n, uint64(e.Res))
	n = binary.LittleEndian.AppendUint32(n, e.TID)
	n = binary.LittleEndian.AppendUint32(n, uint32(e.FD))
	n = binary.LittleEndian.AppendUint16(n, uint16(e.Type))
	if e.Bits&event.HasDoc != 0 {
		n = append(n, r.B.Payload(r.I)...)
	}
	h := sha256.New()
	for _, part := range [][]byte{[]byte(r.T.Text(r.T.Host)), {0}, []byte(rule), {0}, n} {
		h.Write(part)
	}
	return uuid(h.Sum(nil))
}

// uuid writes 16 bytes as a UUID of version 8 (RFC 9562, section 5.8).
func uuid(sum []byte) string {
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	s := hex.EncodeToString(sum[:16])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
