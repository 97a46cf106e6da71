package filter

import (
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// getopt reads short options off a list of arguments as getopt(3) does,
// without permuting. Without an argument in brackets it yields a list of the
// options, each behind it its value; with one, the last value of that option,
// or the option itself when it takes none. Long options are passed over; "--"
// and the first argument that is no option end it (libs
// userspace/libsinsp/sinsp_filtercheck_multivalue_transformer.cpp).
func (b *binder) getopt(t *Transform, args []*operand) (*operand, *Error) {
	if len(args) != 2 {
		return nil, &Error{Pos: t.Pos, Msg: "getopt() requires exactly 2 arguments: args list and optstring"}
	}
	argv, spec := args[0], args[1]
	switch {
	// A process's arguments are a text in the registry, as in Falco's; it is
	// taken apart at blanks rather than refused.
	case !argv.list && (b.strict || argv.direct == nil):
		return nil, &Error{Pos: t.Args[0].At(), Msg: "getopt() first argument must be a list"}
	case spec.list:
		return nil, &Error{Pos: t.Args[1].At(), Msg: "getopt() second argument (optstring) must be a single value"}
	case argv.kind != event.String || spec.kind != event.String:
		return nil, &Error{Pos: t.Pos, Msg: "getopt() arguments must be strings"}
	case t.HasArg && len(t.Arg) != 1:
		return nil, &Error{Pos: t.Pos, Msg: "getopt() field argument must be a single option character"}
	}
	out := merge("getopt", args)
	out.list = !t.HasArg
	read := func(p *probe) (words []string, opts string, ok bool) {
		s, ok := spec.get(p)
		if !ok {
			return nil, "", false
		}
		v, ok := argv.get(p)
		if !ok {
			return nil, "", false
		}
		if v.List == nil {
			return strings.Fields(v.Str), s.Str, true
		}
		words = make([]string, len(v.List))
		for i, m := range v.List {
			words[i] = m.Str
		}
		return words, s.Str, true
	}
	if t.HasArg {
		out.get = func(p *probe) (v event.Value, found bool) {
			words, opts, ok := read(p)
			if !ok {
				return v, false
			}
			for _, o := range scanOptions(words, opts) {
				if o.known && o.name == t.Arg {
					v, found = event.StringValue(o.value), true
					if !o.valued {
						v = event.StringValue(o.name)
					}
				}
			}
			return v, found
		}
		return out, nil
	}
	out.get = func(p *probe) (event.Value, bool) {
		words, opts, ok := read(p)
		if !ok {
			return event.Value{}, false
		}
		list := []event.Value{}
		for _, o := range scanOptions(words, opts) {
			switch {
			case !o.known:
				list = append(list, event.StringValue("?"))
			case o.missing:
				list = append(list, event.StringValue(""))
			case o.valued:
				list = append(list, event.StringValue(o.name), event.StringValue(o.value))
			default:
				list = append(list, event.StringValue(o.name))
			}
		}
		return event.Value{Kind: event.String, List: list}, true
	}
	return out, nil
}

// option is one short option that was found.
type option struct {
	name    string // one byte
	known   bool   // the optstring has it
	valued  bool   // it takes a value
	missing bool   // its value is not there
	value   string
}

func scanOptions(words []string, optstring string) []option {
	var found []option
	for w := 0; w < len(words); w++ {
		word := words[w]
		if word == "--" || len(word) < 2 || word[0] != '-' {
			break
		}
		if word[1] == '-' {
			continue
		}
		for i := 1; i < len(word); i++ {
			o := option{name: word[i : i+1]}
			at := strings.IndexByte(optstring, word[i])
			o.known = at >= 0 && word[i] != ':'
			o.valued = o.known && at+1 < len(optstring) && optstring[at+1] == ':'
			if o.valued {
				if o.value = word[i+1:]; o.value == "" {
					if w++; w < len(words) {
						o.value = words[w]
					} else {
						o.missing = true
					}
				}
			}
			found = append(found, o)
			if o.valued {
				break
			}
		}
	}
	return found
}
