package event

import "strings"

// The small readers that the tables of fields are made of.

type reader = func(r Row, a Arg) (Value, bool)

// group fills in what the fields of one table have in common.
func group(class string, home Home, from Origin, fields []Field) []Field {
	for i := range fields {
		f := &fields[i]
		f.Class, f.Home = class, home
		// A field of tables only is in no alert: without a reader nobody fills it.
		if f.From == 0 && (f.Read != nil || !f.Flags.Has(TableOnly)) {
			f.From = from
		}
	}
	return fields
}

func procStr(get func(*Proc) Str) reader {
	return func(r Row, _ Arg) (Value, bool) { return r.Str(get(r.P())) }
}

func procInt(know ProcKnown, get func(*Proc) int64) reader {
	return func(r Row, _ Arg) (Value, bool) {
		p := r.P()
		return IntValue(get(p)), p.Knows(know)
	}
}

func procUint(know ProcKnown, get func(*Proc) uint64) reader {
	return func(r Row, _ Arg) (Value, bool) {
		p := r.P()
		return UintValue(get(p)), p.Knows(know)
	}
}

func procFlag(flag ProcFlags) reader {
	return func(r Row, _ Arg) (Value, bool) {
		p := r.P()
		return BoolValue(p.Flags&flag != 0), p.Knows(KnowExeFlags)
	}
}

// ofProc reads another process than the row's: its parent, its session's
// leader.
func ofProc(which func(r Row) ProcID, read reader) reader {
	return func(r Row, a Arg) (Value, bool) {
		if r.Proc = which(r); r.Proc == 0 {
			return Value{}, false
		}
		return read(r, a)
	}
}

func parent(r Row) ProcID { return r.P().Parent }

// ofAncestors reads a field of the ancestors: of the n-th with an index, 0
// being the process itself; without, of all from the parent on, as
// alternatives.
func ofAncestors(read reader) reader {
	return func(r Row, a Arg) (Value, bool) {
		if a.Set {
			if r.Proc = r.T.Ancestor(r.Proc, a.Index); r.Proc == 0 || a.Index < 0 {
				return Value{}, false
			}
			return read(r, Arg{})
		}
		var all []Value
		id := r.P().Parent
		for n := 0; id != 0 && n < MaxAncestors; n++ {
			r.Proc = id
			if v, ok := read(r, Arg{}); ok {
				all = append(all, v)
			}
			id = r.P().Parent
		}
		return Value{List: all}, all != nil
	}
}

// printAncestors prints what ofAncestors reads, separated by blanks.
func printAncestors(read reader) reader {
	one := ofAncestors(read)
	return func(r Row, a Arg) (Value, bool) {
		if a.Set {
			return one(r, a)
		}
		var room [256]byte
		words, some := room[:0], false
		id := r.P().Parent
		for n := 0; id != 0 && n < MaxAncestors; n++ {
			r.Proc = id
			if v, ok := read(r, Arg{}); ok {
				if some {
					words = append(words, ' ')
				}
				words, some = append(words, v.String()...), true
			}
			id = r.P().Parent
		}
		if !some {
			return Value{}, false
		}
		return StringValue(string(words)), true
	}
}

// objFlag reads a fact of an object; of a reported one, what the report does
// not say is not known.
func objFlag(flag ObjFlags) reader {
	return func(r Row, _ Arg) (Value, bool) {
		is := r.O().Flags
		return BoolValue(is&flag != 0), r.Obj != 0 && (is&flag != 0 || is&ObjReported == 0)
	}
}

// reported reports whether the event came as a document: what that does not
// say is not known.
func (r Row) reported() bool { return r.B != nil && r.B.Bits[r.I]&HasDoc != 0 }

func contStr(get func(*Container) Str) reader {
	return func(r Row, _ Arg) (Value, bool) { return r.Str(get(r.C())) }
}

// contStrHost reads what Falco gives as an empty text for the host.
func contStrHost(get func(*Container) Str) reader {
	return func(r Row, _ Arg) (Value, bool) {
		c := r.C()
		if s := get(c); s != NoStr || !c.IsHost() {
			return r.Str(s)
		}
		return StringValue(""), true
	}
}

func contFlag(flag ContFlags) reader {
	return func(r Row, _ Arg) (Value, bool) {
		f := r.C().Flags
		return BoolValue(f&flag != 0), f&ContSecurityKnown != 0
	}
}

func alertStr(get func(*Alert) Str) reader {
	return func(r Row, _ Arg) (Value, bool) { return r.Str(get(r.A())) }
}

// splitNUL returns the texts that each end in a NUL; one of them may be "".
func splitNUL(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\x00"), "\x00")
}

// countNUL returns how many texts there are.
func countNUL(text string) int {
	if text == "" {
		return 0
	}
	return strings.Count(strings.TrimSuffix(text, "\x00"), "\x00") + 1
}

// spaced returns the texts with a blank between them.
func spaced(text string) string {
	return strings.ReplaceAll(strings.TrimSuffix(text, "\x00"), "\x00", " ")
}

// number returns the number that stood in the brackets.
func (a Arg) number() (int, bool) {
	if !a.Set {
		return 0, false
	}
	if a.Key == "" {
		return a.Index, true
	}
	n := 0
	for i := 0; i < len(a.Key); i++ {
		c := a.Key[i]
		if c < '0' || c > '9' || n > 1<<20 {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}
