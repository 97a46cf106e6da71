package event

import (
	"errors"
	"fmt"
	"strings"
)

// NotAvailable is what stands in an output for a value that is missing.
const NotAvailable = "<NA>"

// Format is a compiled output text: text with fields in it, %proc.name or
// %proc.aname[2], as in the output of a Falco rule. A percent sign is written
// %%.
type Format struct {
	parts []formatPart
}

// formatPart is text, then a field; the last part's field is nil.
type formatPart struct {
	text  string
	field *Field
	arg   Arg
	spell string // the field as it was written
}

// ErrFormat is wrapped by the errors of [ParseFormat].
var ErrFormat = errors.New("bad output format")

// ParseFormat compiles an output text with the fields of a registry. Errors
// name the place and what stands there.
func ParseFormat(text string, reg *Registry) (*Format, error) {
	f := &Format{}
	var plain strings.Builder
	rest := text
	for {
		at := strings.IndexByte(rest, '%')
		if at < 0 {
			plain.WriteString(rest)
			f.parts = append(f.parts, formatPart{text: plain.String()})
			return f, nil
		}
		plain.WriteString(rest[:at])
		rest = rest[at+1:]
		if strings.HasPrefix(rest, "%") {
			plain.WriteByte('%')
			rest = rest[1:]
			continue
		}
		n := fieldLen(rest)
		field, arg, err := reg.Parse(rest[:n])
		if err != nil {
			return nil, fmt.Errorf("%w, column %d: %w", ErrFormat, len(text)-len(rest), err)
		}
		f.parts = append(f.parts, formatPart{text: plain.String(), field: field, arg: arg, spell: rest[:n]})
		plain.Reset()
		rest = rest[n:]
	}
}

// fieldLen returns how long the field is that a text begins with: a name, and
// what stands in brackets behind it. A dot at the end ends a sentence.
func fieldLen(s string) int {
	n := 0
	for n < len(s) && (isWord(s[n]) || s[n] == '.') {
		n++
	}
	for n > 0 && s[n-1] == '.' {
		n--
	}
	if n < len(s) && s[n] == '[' {
		if end := strings.IndexByte(s[n:], ']'); end > 0 {
			return n + end + 1
		}
	}
	return n
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

// Parse reads a field as it is written in filters and outputs: proc.name,
// proc.aname[2], evt.arg.flags.
func (r *Registry) Parse(text string) (*Field, Arg, error) {
	name, inner, bracket := strings.Cut(text, "[")
	key := ""
	if bracket {
		var ok bool
		if key, ok = strings.CutSuffix(inner, "]"); !ok {
			return nil, Arg{}, fmt.Errorf("field %q: the bracket is not closed", text)
		}
	}
	f, rest := r.Lookup(name)
	if f == nil {
		return nil, Arg{}, fmt.Errorf("unknown field %q", name)
	}
	arg := Arg{Set: bracket || rest != "", Key: key, Index: -1}
	if rest != "" {
		if bracket {
			return nil, Arg{}, fmt.Errorf("field %q has two arguments", text)
		}
		arg.Key = rest
	}
	return f, arg, arg.check(f)
}

// check completes the argument of a field, and says what is wrong with it.
func (a *Arg) check(f *Field) error {
	switch {
	case !a.Set && f.Arg&ArgRequired != 0:
		return fmt.Errorf("field %q needs an argument: %s[…]", f.Name, f.Name)
	case !a.Set:
		*a = Arg{}
		return nil
	case f.Arg&(ArgIndex|ArgKey) == 0:
		return fmt.Errorf("field %q takes no argument", f.Name)
	}
	if n, ok := a.number(); ok && f.Arg&ArgIndex != 0 && a.Key != "" {
		a.Index = n
	} else if f.Arg&ArgKey == 0 {
		return fmt.Errorf("field %q takes a number in brackets, not %q", f.Name, a.Key)
	}
	return nil
}

// Append writes the text for a row. The values are as they came from outside;
// package safetext makes them fit to be shown.
func (f *Format) Append(dst []byte, r Row) []byte {
	for _, p := range f.parts {
		dst = append(dst, p.text...)
		if p.field == nil {
			continue
		}
		if v, ok := p.field.Show(r, p.arg); ok {
			dst = append(dst, v.String()...)
		} else {
			dst = append(dst, NotAvailable...)
		}
	}
	return dst
}

// String writes the text for a row; see [Format.Append].
func (f *Format) String(r Row) string { return string(f.Append(nil, r)) }

// Each calls yield with each field of the text, as it was written, and its
// value in a row; ok is false when that is missing.
func (f *Format) Each(r Row, yield func(name string, v Value, ok bool)) {
	for _, p := range f.parts {
		if p.field == nil {
			continue
		}
		v, ok := p.field.Show(r, p.arg)
		yield(p.spell, v, ok)
	}
}
