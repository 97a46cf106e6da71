package notify

import (
	"slices"
	"strconv"
	"strings"

	"github.com/stoop-project/stoop/internal/safetext"
)

// falcoTime is how Falco writes the time of an alert: UTC, all nine digits
// (falco userspace/falco/falco_outputs.cpp).
const falcoTime = "2006-01-02T15:04:05.000000000Z"

// AppendFalco appends an alert as Falco 0.44 writes it with json_output: the keys
// sorted, those of output_fields too, numbers as numbers, and null for what the
// event has not. evt.time is in nanoseconds since 1970. What Falco does not say
// stands in a member of its own, stoop.
func (a *Alert) AppendFalco(dst []byte) []byte {
	str := func(key, s string) {
		dst = append(dst, key...)
		dst = safetext.AppendJSON(dst, s)
	}
	str(`{"hostname":`, a.Hostname)
	str(`,"output":`, a.Output)
	dst = append(dst, `,"output_fields":{`...)
	for i, f := range a.told() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(safetext.AppendJSON(dst, f.Name), ':')
		if f.Name == "evt.time" {
			dst = strconv.AppendInt(dst, a.Time.UnixNano(), 10)
			continue
		}
		dst = append(dst, f.Value...)
	}
	str(`},"priority":`, a.Priority.String())
	str(`,"rule":`, a.Rule)
	str(`,"source":`, a.Source)
	dst = append(dst, `,"tags":[`...)
	for i, t := range a.sortedTags() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = safetext.AppendJSON(dst, t)
	}
	dst = a.appendOwn(append(dst, ']'))
	dst = append(dst, `,"time":"`...)
	dst = a.Time.UTC().AppendFormat(dst, falcoTime)
	return append(dst, `"}`...)
}

// appendOwn appends what is known beyond what Falco writes; its members have the
// names that they have in the documents of alerts made here.
func (a *Alert) appendOwn(dst []byte) []byte {
	if a.Why == "" && a.Open == "" && len(a.Sequence) == 0 {
		return dst
	}
	dst = append(dst, `,"stoop":{`...)
	for _, m := range [...]struct{ key, text string }{{"id", a.ID}, {"open", a.Open}, {"reason", a.Why}} {
		if m.text == "" {
			continue
		}
		if dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		dst = safetext.AppendJSON(append(safetext.AppendJSON(dst, m.key), ':'), m.text)
	}
	if len(a.Sequence) > 0 {
		if dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		dst = append(append(dst, `"sequence":`...), a.Sequence...)
	}
	return append(dst, '}')
}

// told returns the fields to write, sorted, with evt.time among them.
func (a *Alert) told() []Field {
	all := make([]Field, 0, len(a.Fields)+1)
	timed := false
	for _, f := range a.Fields {
		if a.Told == nil || a.Told[f.Name] || f.Name == "evt.time" {
			all = append(all, f)
			timed = timed || f.Name == "evt.time"
		}
	}
	if !timed {
		all = append(all, Field{Name: "evt.time"})
	}
	slices.SortFunc(all, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// sortedTags returns the tags as Falco holds them, in a set.
func (a *Alert) sortedTags() []string {
	tags := slices.Clone(a.Tags)
	slices.Sort(tags)
	return slices.Compact(tags)
}
