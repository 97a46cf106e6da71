package tui

import (
	"strconv"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/safetext"
)

// reader reads fields for the screen: by name, as text, with secrets masked.
// It holds no state of a row; its value is cheap to copy.
type reader struct {
	showSecrets bool
	fields      map[string]fieldRef // looked up once
}

// fieldRef is a field with its argument, as a name such as proc.aname[2] or
// evt.arg[flags] gives them.
type fieldRef struct {
	field *event.Field // nil when there is none of that name
	arg   event.Arg
}

func newReader(showSecrets bool) reader {
	return reader{showSecrets: showSecrets, fields: make(map[string]fieldRef)}
}

// ref finds a field by name.
func (r reader) ref(name string) fieldRef {
	if f, ok := r.fields[name]; ok {
		return f
	}
	f := parseRef(name)
	r.fields[name] = f
	return f
}

func parseRef(name string) fieldRef {
	base, key, bracket := strings.Cut(strings.TrimSuffix(name, "]"), "[")
	f, rest := event.Fields.Lookup(base)
	if f == nil {
		return fieldRef{}
	}
	if rest != "" {
		key, bracket = rest, true
	}
	if !bracket {
		return fieldRef{field: f}
	}
	n, err := strconv.Atoi(key)
	if err != nil {
		n = 0
	}
	return fieldRef{field: f, arg: event.Arg{Set: true, Index: n, Key: key}}
}

// text reads a field; ok is false when it is missing.
func (r reader) text(row event.Row, name string) (string, bool) {
	ref := r.ref(name)
	if ref.field == nil || row.B == nil && ref.field.Home == event.HomeEvent {
		return "", false
	}
	v, ok := ref.field.Get(row, ref.arg)
	if !ok {
		return "", false
	}
	return r.mask(v.String()), true
}

// first reads the first of some fields that has a value.
func (r reader) first(row event.Row, names ...string) string {
	for _, n := range names {
		if s, ok := r.text(row, n); ok && s != "" {
			return s
		}
	}
	return ""
}

// string reads an interned string.
func (r reader) string(row event.Row, s event.Str) string { return r.mask(row.T.Text(s)) }

// safe makes a text printable on one line.
func safe(s string) string { return safetext.Line(s) }

// mask hides the secrets in a text.
func (r reader) mask(s string) string {
	if r.showSecrets || s == "" {
		return s
	}
	return safetext.Redact(s)
}

// raw reads a field unmasked, for filters.
func (r reader) raw(row event.Row, name string) (string, bool) {
	ref := r.ref(name)
	if ref.field == nil || row.B == nil && ref.field.Home == event.HomeEvent {
		return "", false
	}
	v, ok := ref.field.Get(row, ref.arg)
	if !ok || v.List != nil {
		return "", false
	}
	return v.String(), true
}
