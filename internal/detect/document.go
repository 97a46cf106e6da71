package detect

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/trail"
)

// writer writes alerts as Falco does (falco userspace/falco/falco_outputs.cpp
// and userspace/engine/formats.cpp).
type writer struct {
	fields *event.JSON
	doc    []byte
	output []byte
}

func newWriter() writer { return writer{fields: event.NewJSON(nil)} }

// header is what an alert's document begins with.
type header struct {
	id, name, source, host string
	time                   int64
	priority               event.Priority
	tags                   []string
}

// document returns the document of a rule's alert, valid until the next call.
func (w *writer) document(r event.Row, rule *rules.Rule) []byte {
	at := r.B.Time[r.I]
	d := w.head(header{
		id: alertID(r, rule.Name), time: at, name: rule.Name, priority: rule.Priority, source: rule.Source, tags: rule.Tags, host: r.T.Text(r.T.Host),
	})
	w.output = rule.Format.Append(w.output[:0], r)
	d = w.said(d, at, rule.Priority, string(w.output))
	d = append(d, `,"output_fields":`...)
	d = w.fields.Append(d, r)
	d = w.named(d[:len(d)-1], r, rule)
	d = append(d, '}')
	if why := trail.Why(r); why != "" {
		d = append(text(append(d, `,"stoop":{"reason":`...), why), '}')
	}
	w.doc = append(d, '}')
	return w.doc
}

func (w *writer) head(h header) []byte {
	d := text(append(w.doc[:0], `{"uuid":`...), h.id)
	d = timeText(append(d, `,"time":`...), h.time)
	d = text(append(d, `,"rule":`...), h.name)
	d = text(append(d, `,"priority":`...), h.priority.String())
	d = text(append(d, `,"source":`...), h.source)
	d = append(d, `,"tags":[`...)
	for i, t := range h.tags {
		if i > 0 {
			d = append(d, ',')
		}
		d = text(d, t)
	}
	d = append(d, ']')
	if h.host != "" {
		d = text(append(d, `,"hostname":`...), h.host)
	}
	return d
}

// said appends the output with the time and the priority before it.
func (w *writer) said(d []byte, ns int64, p event.Priority, output string) []byte {
	line := time.Unix(0, ns).UTC().AppendFormat(nil, "15:04:05.000000000: ")
	line = append(append(append(line, p.String()...), ' '), output...)
	return text(append(d, `,"output":`...), string(line))
}

// named appends the fields that the rule's output names and that are written
// with an argument, or missing: the others are there already.
func (w *writer) named(d []byte, r event.Row, rule *rules.Rule) []byte {
	rule.Format.Each(r, func(name string, v event.Value, ok bool) {
		if !plainFields[name] || !ok {
			d = member(d, name, v, ok)
		}
	})
	for _, x := range rule.Extra {
		if !x.Raw {
			d = member(d, x.Key, event.StringValue(x.Format.String(r)), true)
			continue
		}
		x.Format.Each(r, func(_ string, v event.Value, ok bool) { d = member(d, x.Key, v, ok) })
	}
	return d
}

// member appends a member to an object; what is missing is null.
func member(d []byte, name string, v event.Value, ok bool) []byte {
	if d[len(d)-1] != '{' {
		d = append(d, ',')
	}
	if d = append(text(d, name), ':'); !ok {
		return append(d, "null"...)
	}
	return v.AppendJSON(d, nil)
}

func timeText(d []byte, ns int64) []byte {
	d = time.Unix(0, ns).UTC().AppendFormat(append(d, '"'), "2006-01-02T15:04:05.000000000Z07:00")
	return append(d, '"')
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
// the event is read.
func alertID(r event.Row, rule string) string {
	h := sha256.New()
	for _, part := range [][]byte{[]byte(r.T.Text(r.T.Host)), {0}, []byte(rule), {0}, r.AppendIdentity(nil)} {
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
