package event

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// NotAvailable is what stands in an output for a value that is missing.
const NotAvailable = "<NA>"

// Format is a compiled output text: text with fields in it, %proc.name or
// %proc.aname[2], as in the output of a Falco rule (libs userspace/libsinsp/
// eventformatter.cpp). A number before the field is the width that its value
// is cut or filled to, %10proc.name; transformers may stand around the field,
// %toupper(proc.name). A percent sign is written %%.
type Format struct {
	parts []formatPart
}

// formatPart is text, then a field; the last part's field is nil.
type formatPart struct {
	text  string
	field *Field
	arg   Arg
	spell string // the field as it was written, transformers included
	apply []Transformer
	width int // 0: as wide as it is
}

// Transformer makes one value of another; ok false makes it missing.
type Transformer func(Value) (v Value, ok bool)

// Transformers are those that an output may use, by name. They take texts and
// byte buffers.
type Transformers map[string]Transformer

// ErrFormat is wrapped by the errors of [ParseFormat], ErrUnknownField by those
// about a field that there is not.
var (
	ErrFormat       = errors.New("bad output format")
	ErrUnknownField = errors.New("unknown field")
)

// ParseFormat compiles an output text with the fields of a registry, without
// transformers. Errors name the place and what stands there.
func ParseFormat(text string, reg *Registry) (*Format, error) {
	return Transformers(nil).ParseFormat(text, reg)
}

// ParseFormat is [ParseFormat] with transformers.
func (tr Transformers) ParseFormat(text string, reg *Registry) (*Format, error) {
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
		part, n, err := tr.part(rest, reg)
		if err != nil {
			return nil, fmt.Errorf("%w, column %d: %w", ErrFormat, len(text)-len(rest), err)
		}
		part.text = plain.String()
		f.parts = append(f.parts, part)
		plain.Reset()
		rest = rest[n:]
	}
}

// maxWidth bounds the width of a field in an output.
const maxWidth = 4096

// part reads what stands behind a percent sign, and how long it is.
func (tr Transformers) part(s string, reg *Registry) (p formatPart, n int, err error) {
	digits := 0
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		digits++
	}
	if digits > 0 {
		if p.width, err = strconv.Atoi(s[:digits]); err != nil || p.width > maxWidth {
			return p, 0, fmt.Errorf("a field is at most %d wide, not %s", maxWidth, s[:digits])
		}
	}
	n = digits
	var names []string
	for {
		name, _, ok := strings.Cut(s[n:], "(")
		t, known := tr[name]
		if !ok || !known {
			break
		}
		names = append(names, name)
		p.apply = append([]Transformer{t}, p.apply...) // the innermost first
		n += len(name) + 1
	}
	length := fieldLen(s[n:])
	if p.field, p.arg, err = reg.Parse(s[n : n+length]); err != nil {
		return p, 0, err
	}
	if len(names) > 0 && p.field.Kind != String && p.field.Kind != Bytes {
		return p, 0, fmt.Errorf("%s() takes a text, which %s is not", names[len(names)-1], p.field.Name)
	}
	n += length
	for _, name := range names {
		if n >= len(s) || s[n] != ')' {
			return p, 0, fmt.Errorf("the parenthesis of %s( is not closed", name)
		}
		n++
	}
	p.spell = s[digits:n]
	return p, n, nil
}

// value returns the field's value in a row, transformed.
func (p *formatPart) value(r Row) (v Value, ok bool) {
	v, ok = p.field.Show(r, p.arg)
	for _, t := range p.apply {
		if !ok {
			break
		}
		v, ok = t(v)
	}
	return v, ok
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
		return nil, Arg{}, fmt.Errorf("%w %q", ErrUnknownField, name)
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
	for i := range f.parts {
		p := &f.parts[i]
		dst = append(dst, p.text...)
		if p.field == nil {
			continue
		}
		text := NotAvailable
		if v, ok := p.value(r); ok {
			text = v.String()
		}
		if p.width > 0 {
			text = resize(text, p.width)
		}
		dst = append(dst, text...)
	}
	return dst
}

// resize cuts a text to a number of characters, or fills it with blanks.
func resize(s string, width int) string {
	n := 0
	for i := range s {
		if n == width {
			return s[:i]
		}
		n++
	}
	return s + strings.Repeat(" ", width-n)
}

// String writes the text for a row; see [Format.Append].
func (f *Format) String(r Row) string { return string(f.Append(nil, r)) }

// Each calls yield with each field of the text, as it was written, and its
// value in a row; ok is false when that is missing.
func (f *Format) Each(r Row, yield func(name string, v Value, ok bool)) {
	for i := range f.parts {
		p := &f.parts[i]
		if p.field == nil {
			continue
		}
		v, ok := p.value(r)
		yield(p.spell, v, ok)
	}
}
