package filter

import (
	"encoding/base64"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// textTransformers holds the transformers that make one text of another.
// binary says that they take byte buffers too; ok false makes the value
// missing (libs userspace/libsinsp/sinsp_filter_transformers).
var textTransformers = map[string]struct {
	binary bool
	apply  func(string) (string, bool)
}{
	"tolower":  {false, func(s string) (string, bool) { return lower(s), true }},
	"toupper":  {false, func(s string) (string, bool) { return upper(s), true }},
	"basename": {false, func(s string) (string, bool) { return s[strings.LastIndexByte(s, '/')+1:], true }},
	"b64":      {true, decodeBase64},
}

// decodeBase64 decodes with and without padding.
func decodeBase64(s string) (string, bool) {
	out, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.TrimRight(s, "\x00"), "="))
	return string(out), err == nil
}

func (b *binder) transform(t *Transform) (*operand, *Error) {
	if t.HasArg && t.Name != "getopt" {
		return nil, &Error{Pos: t.Pos, Msg: "filter error: transformer '" + t.Name + "' does not support field arguments"}
	}
	args := make([]*operand, len(t.Args))
	for i, a := range t.Args {
		var err *Error
		if args[i], err = b.operand(a); err != nil {
			return nil, err
		}
		if args[i].flags.Has(event.NoTransformer) && t.Name != valTransformer {
			return nil, &Error{Pos: a.At(), Msg: "field '" + args[i].name + "' does not support transformers"}
		}
	}
	switch t.Name {
	case "join":
		return b.join(t, args)
	case "concat":
		return b.concat(t, args)
	case "getopt":
		return b.getopt(t, args)
	}
	if len(args) != 1 {
		return nil, &Error{Pos: t.Pos, Msg: "transformer '" + t.Name + "' takes one argument"}
	}
	in := args[0]
	switch t.Name {
	case valTransformer:
		return in, nil
	case "len":
		return b.length(t, in)
	}
	return b.text(t, in)
}

func refuseTransform(t *Transform, in *operand) *Error {
	list := ""
	if in.list {
		list = "list "
	}
	return &Error{Pos: t.Pos, Msg: "can't add field transformer: type '" + kindName(in.kind, false) + "' is not supported by '" + t.Name + "' transformer applied on " + list + "field '" + in.name + "'"}
}

// derive returns an operand that reads what in does.
func derive(in *operand, kind event.Kind, list bool, get func(p *probe) (event.Value, bool)) *operand {
	return &operand{name: in.name, kind: kind, list: list, flags: in.flags, homes: in.homes, fields: in.fields, get: get}
}

func (b *binder) text(t *Transform, in *operand) (*operand, *Error) {
	tr := textTransformers[t.Name]
	if in.kind != event.String && (in.kind != event.Bytes || !tr.binary) {
		return nil, refuseTransform(t, in)
	}
	return derive(in, in.kind, in.list, func(p *probe) (event.Value, bool) {
		v, ok := in.get(p)
		if !ok {
			return v, false
		}
		return transformText(v, tr.apply)
	}), nil
}

// transformText applies a transformer to a text, or to each of a list.
func transformText(v event.Value, apply func(string) (string, bool)) (event.Value, bool) {
	var ok bool
	if v.List == nil {
		v.Str, ok = apply(v.Str)
		return v, ok
	}
	list := make([]event.Value, len(v.List))
	for i, m := range v.List {
		if m.Str, ok = apply(m.Str); !ok {
			return event.Value{}, false
		}
		list[i] = m
	}
	v.List = list
	return v, true
}

// Output returns the transformers that the outputs of rules may use: those
// that make one text of another.
func Output() event.Transformers {
	all := make(event.Transformers, len(textTransformers))
	for name, tr := range textTransformers {
		all[name] = func(v event.Value) (event.Value, bool) { return transformText(v, tr.apply) }
	}
	return all
}

// length counts the members of a list, or the bytes of a text or buffer.
func (b *binder) length(t *Transform, in *operand) (*operand, *Error) {
	if !in.list && in.kind != event.String && in.kind != event.Bytes {
		return nil, refuseTransform(t, in)
	}
	return derive(in, event.Uint, false, func(p *probe) (event.Value, bool) {
		v, ok := in.get(p)
		if !ok {
			return v, false
		}
		if in.list {
			return event.UintValue(uint64(len(v.List))), true
		}
		if v.List != nil {
			list := make([]event.Value, len(v.List))
			for i, m := range v.List {
				list[i] = event.UintValue(uint64(len(m.Str)))
			}
			return event.Value{Kind: event.Uint, List: list}, true
		}
		return event.UintValue(uint64(len(v.Str))), true
	}), nil
}

// merge returns an operand that reads what all of args do.
func merge(name string, args []*operand) *operand {
	out := &operand{name: name, kind: event.String}
	for _, a := range args {
		out.homes |= a.homes
		out.fields = append(out.fields, a.fields...)
	}
	return out
}

func (b *binder) join(t *Transform, args []*operand) (*operand, *Error) {
	switch {
	case len(args) != 2:
		return nil, &Error{Pos: t.Pos, Msg: "join() requires exactly 2 arguments: separator and list"}
	case args[0].list:
		return nil, &Error{Pos: t.Args[0].At(), Msg: "join() first argument (separator) must be a single value, not a list"}
	case !args[1].list:
		return nil, &Error{Pos: t.Args[1].At(), Msg: "join() second argument must be a list"}
	}
	out := merge("join", args)
	out.get = func(p *probe) (event.Value, bool) {
		sep, ok := args[0].get(p)
		if !ok {
			return sep, false
		}
		v, ok := args[1].get(p)
		if !ok {
			return v, false
		}
		var b strings.Builder
		for i, m := range v.List {
			if i > 0 {
				b.WriteString(sep.Str)
			}
			b.WriteString(m.String())
		}
		return event.StringValue(b.String()), true
	}
	return out, nil
}

func (b *binder) concat(t *Transform, args []*operand) (*operand, *Error) {
	if len(args) < 2 {
		return nil, &Error{Pos: t.Pos, Msg: "concat() requires at least 2 arguments"}
	}
	for i, a := range args {
		if a.kind != event.String || a.list {
			return nil, &Error{Pos: t.Args[i].At(), Msg: "concat() arguments must be strings"}
		}
	}
	out := merge("concat", args)
	out.get = func(p *probe) (event.Value, bool) {
		var b strings.Builder
		for _, a := range args {
			v, ok := a.get(p)
			if !ok {
				return v, false
			}
			b.WriteString(v.String())
		}
		return event.StringValue(b.String()), true
	}
	return out, nil
}

// lower turns ASCII capitals into small letters and leaves all other bytes,
// as C's tolower does.
func lower(s string) string {
	for i := range len(s) {
		if s[i] >= 'A' && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if b[i] >= 'A' && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// upper is the inverse of lower.
func upper(s string) string {
	for i := range len(s) {
		if s[i] >= 'a' && s[i] <= 'z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if b[i] >= 'a' && b[i] <= 'z' {
					b[i] -= 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}
