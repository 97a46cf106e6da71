package filter

import (
	"strconv"
	"sync"

	"github.com/stoop-project/stoop/internal/event"
)

// probe is one row that an expression is evaluated on.
type probe struct {
	row event.Row
	// open is set when a field was missing in the row's dimensions that an
	// event's document may hold: the answer is then final only for events
	// without a document.
	open bool

	value event.Value // room for the value at hand
}

// probes lends probes: one that an expression sees is on the heap.
var probes = sync.Pool{New: func() any { return new(probe) }}

// homeSet is a set of homes, bit 1<<home.
type homeSet uint8

// home returns the narrowest home whose rows decide all of s. A container is
// decided by its process; two other dimensions together only by the event.
func (s homeSet) home() event.Home {
	switch s {
	case 0, 1 << event.HomeType:
		return event.HomeType
	case 1 << event.HomeCont, 1 << event.HomeProc, 1<<event.HomeCont | 1<<event.HomeProc:
		return event.HomeProc
	case 1 << event.HomeObj:
		return event.HomeObj
	case 1 << event.HomeAlert:
		return event.HomeAlert
	}
	return event.HomeEvent
}

// operand is a bound [Operand]: it reads a value of a row.
type operand struct {
	name   string     // the field's, for messages
	kind   event.Kind // event.None: known only with the value
	list   bool       // yields lists
	flags  event.FieldFlags
	homes  homeSet
	fields []*event.Field // all that are read
	direct *event.Field   // set when the operand is a field and nothing else
	arg    event.Arg      // of direct
	get    func(p *probe) (event.Value, bool)
}

// binder resolves names against a registry and collects what is odd.
type binder struct {
	reg      *event.Registry
	strict   bool // refuse what Falco does not know
	warnings []Warning
}

func (b *binder) warn(kind WarningKind, at Pos, msg string) {
	b.warnings = append(b.warnings, Warning{Pos: at, Kind: kind, Msg: msg})
}

func (b *binder) operand(o Operand) (*operand, *Error) {
	switch o := o.(type) {
	case *Field:
		return b.field(o)
	case *Transform:
		return b.transform(o)
	case *Value:
		v := event.StringValue(o.Text)
		return &operand{
			name: "NA", kind: event.String,
			get: func(*probe) (event.Value, bool) { return v, true },
		}, nil
	case *Tuple:
		return b.tuple(o)
	}
	return nil, &Error{Pos: o.At(), Msg: "filter error: a list of constants cannot be read as a field"}
}

func (b *binder) field(o *Field) (*operand, *Error) {
	f, rest := b.reg.Lookup(o.Name)
	if f == nil || (rest != "" && o.HasArg) {
		return nil, b.unknownField(o)
	}
	if b.strict && f.Flags.Has(event.Extension) {
		return nil, &Error{Pos: o.Pos, Msg: "'" + f.Name + "' is a field of stoop, Falco does not know it"}
	}
	if f.Flags.Has(event.PrintOnly) {
		return nil, &Error{Pos: o.Pos, Msg: "'" + f.Name + "' is print only and cannot be used in a filter"}
	}
	arg, err := bindArg(f, o, rest)
	if err != nil {
		return nil, err
	}
	if f.Flags.Has(event.Deprecated) {
		b.warn(WarnDeprecated, o.Pos, "usage of deprecated field '"+f.Name+"' has been detected in the condition")
	}
	return &operand{
		name: f.Name, kind: f.Kind, list: f.Flags.Has(event.IsList), flags: f.Flags, homes: 1 << f.Home,
		fields: []*event.Field{f}, direct: f, arg: arg,
		get: func(p *probe) (event.Value, bool) {
			v, ok := f.Get(p.row, arg)
			if all, several := f.Several(p.row, arg); several {
				return all, true
			}
			if !ok && !p.open && p.row.T != nil && p.row.T.Docs != nil && p.row.T.Docs.Holds(f) {
				p.open = true
			}
			return v, ok
		},
	}, nil
}

func (b *binder) unknownField(o *Field) *Error {
	err := &Error{Pos: o.Pos, Msg: "filter_check called with nonexistent field " + o.Name}
	names := make([]string, 0, len(b.reg.All()))
	for _, f := range b.reg.All() {
		if !f.Flags.Has(event.TableOnly) {
			names = append(names, f.Name)
		}
	}
	if near := Nearest(o.Name, names); near != "" {
		err.Hint = "did you mean '" + near + "'?"
	}
	return err
}

// bindArg checks what stands in brackets, or behind the last dot, against
// what the field takes.
func bindArg(f *event.Field, o *Field, rest string) (event.Arg, *Error) {
	text, set := o.Arg, o.HasArg
	if rest != "" {
		text, set = rest, true
	}
	if !set {
		if f.Arg&event.ArgRequired != 0 {
			return event.Arg{}, &Error{Pos: o.Pos, Msg: "field '" + f.Name + "' requires an argument, as in " + f.Name + argExample(f)}
		}
		return event.Arg{}, nil
	}
	if f.Arg&(event.ArgIndex|event.ArgKey) == 0 {
		return event.Arg{}, &Error{Pos: o.Pos, Msg: "field '" + f.Name + "' takes no argument"}
	}
	arg := event.Arg{Set: true, Key: text}
	if f.Arg&event.ArgIndex != 0 {
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil && f.Arg&event.ArgKey == 0 {
			return event.Arg{}, &Error{Pos: o.Pos, Msg: "the argument of '" + f.Name + "' must be a number, not '" + text + "'"}
		}
		if err != nil {
			arg.Index = -1
		} else {
			arg.Index = int(n)
		}
	}
	return arg, nil
}

func argExample(f *event.Field) string {
	if f.Arg&event.ArgKey != 0 {
		return "[name]"
	}
	return "[1]"
}

// tuple makes a list of operands' values; it is missing when one of them is.
func (b *binder) tuple(o *Tuple) (*operand, *Error) {
	out := &operand{name: "NA", kind: event.String, list: true}
	items := make([]*operand, len(o.Items))
	for i, item := range o.Items {
		bound, err := b.operand(item)
		if err != nil {
			return nil, err
		}
		items[i] = bound
		out.homes |= bound.homes
		out.fields = append(out.fields, bound.fields...)
	}
	out.get = func(p *probe) (event.Value, bool) {
		list := make([]event.Value, len(items))
		for i, item := range items {
			v, ok := item.get(p)
			if !ok {
				return event.Value{}, false
			}
			list[i] = v
		}
		return event.Value{Kind: event.String, List: list}, true
	}
	return out, nil
}
