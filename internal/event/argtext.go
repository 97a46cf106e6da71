package event

import (
	"iter"
	"path"
	"strconv"
	"strings"
)

// NamedArg is one argument of an event in text.
type NamedArg struct {
	Name    string
	Raw     string // the number or text itself
	Meaning string // what the number stands for, or the full path; "" when Raw says it all
	Cut     bool   // there was more than what was kept
}

// Text returns what the argument says: its meaning, else itself (Falco's
// evt.arg.NAME).
func (a NamedArg) Text() string {
	if a.Meaning != "" {
		return a.Meaning
	}
	return a.Raw
}

// String writes the argument as Falco's evt.args does: flags=1(O_WRONLY).
func (a NamedArg) String() string {
	if a.Meaning == "" {
		return a.Name + "=" + a.Raw
	}
	return a.Name + "=" + a.Raw + "(" + a.Meaning + ")"
}

// maxDataText is how many bytes of data are shown among the arguments; Falco's
// snaplen is as long.
const maxDataText = 80

// Args returns the arguments of event i in the order of their type's Shown.
// Arguments that are not known are left out; so is all of them for an event
// that carries a document.
func Args(b *Batch, i int) iter.Seq[NamedArg] {
	return func(yield func(NamedArg) bool) {
		r := b.Row(i)
		for shown, raw := range r.args() {
			if a, ok := r.argText(shown, raw); ok && !yield(a) {
				return
			}
		}
	}
}

// args pairs the arguments of the row's event with their encoding, which is
// the zero RawArg for those that are not encoded.
func (r Row) args() iter.Seq2[*Shown, RawArg] {
	return func(yield func(*Shown, RawArg) bool) {
		if r.B == nil || r.B.Bits[r.I]&HasDoc != 0 {
			return
		}
		rest := r.B.Payload(r.I)
		info := r.Type.Info()
		for i := range info.Shown {
			s := &info.Shown[i]
			var raw RawArg
			if s.At >= 0 {
				var ok bool
				if raw, rest, ok = NextArg(rest); !ok {
					rest = nil // the end, or damage: what is not encoded is still known
				}
			}
			if !yield(s, raw) {
				return
			}
		}
	}
}

// arg finds one argument by name, or by number when name is "". A number
// counts what is shown, the result included.
func (r Row) arg(name string, n int) (*Shown, RawArg, bool) {
	i := 0
	for s, raw := range r.args() {
		if name == "" && i == n || name != "" && s.Name == name {
			return s, raw, true
		}
		i++
	}
	return nil, RawArg{}, false
}

// argText writes one argument; ok is false when it is not known.
func (r Row) argText(s *Shown, raw RawArg) (a NamedArg, ok bool) {
	a = NamedArg{Name: s.Name, Cut: raw.Cut}
	switch {
	case s.Field != nil:
		v, ok := s.Field.Get(r, Arg{})
		if a.Raw = v.String(); s.Kind == ParamHex {
			a.Raw = "0x" + strconv.FormatUint(v.Num, 16)
		}
		return a, ok
	case s.At < 0 && s.Set == setExec:
		flags, ok := r.execFlags()
		a.Raw, a.Meaning = strconv.FormatUint(flags, 10), FlagNames(setExec, flags)
		return a, ok
	case s.At < 0:
		if r.B.Bits[r.I]&HasRes == 0 {
			return a, false
		}
		r.numberText(&a, s, uint64(r.B.Res[r.I]))
		return a, true
	}
	switch raw.Kind {
	case Int, Uint:
		r.numberText(&a, s, raw.Num)
	case Bytes:
		a.Raw = dataText(raw.Bytes)
	case String:
		a.Raw = r.givenText(raw)
		if s.Kind == ParamPath {
			if full := r.fullPath(s, raw); full != a.Raw {
				a.Meaning = full
			}
		}
	default:
		return a, false
	}
	return a, true
}

// numberText writes a number by its kind.
func (r Row) numberText(a *NamedArg, s *Shown, n uint64) {
	a.Raw = strconv.FormatInt(int64(n), 10)
	switch s.Kind {
	case ParamErr, ParamPID:
		a.Meaning = ErrnoName(int64(n))
	case ParamFD:
		a.Meaning = r.fdText(int64(int32(n)), s.Result())
		a.Raw = strconv.FormatInt(int64(int32(n)), 10)
	case ParamUint, ParamNS:
		a.Raw = strconv.FormatUint(n, 10)
	case ParamUID:
		a.Raw = strconv.FormatInt(int64(int32(n)), 10)
	case ParamHex:
		if s.Result() && Failed(int64(n)) {
			a.Meaning = ErrnoName(int64(n))
			break
		}
		a.Raw = "0x" + strconv.FormatUint(n, 16)
	case ParamOct:
		if a.Raw = strconv.FormatUint(n, 8); n != 0 {
			a.Raw = "0" + a.Raw
		}
		if s.Set != "" {
			a.Meaning = FlagNames(s.Set, n)
		}
	case ParamFlags:
		a.Raw = strconv.FormatUint(n, 10)
		a.Meaning = FlagNames(s.Set, n)
		if s.Set == setOpen {
			a.Meaning = r.layerFlags(a.Meaning)
		}
	case ParamEnum:
		a.Raw = strconv.FormatInt(int64(n), 10)
		a.Meaning = EnumName(s.Set, n)
	case ParamSig:
		a.Meaning = SignalName(int64(n))
	case ParamCaps:
		a.Raw = "0x" + strconv.FormatUint(n, 16)
		a.Meaning = CapNames(n)
	}
}

const atFDCWD = -100

// fdText says what a descriptor is: the error instead of it, AT_FDCWD, or the
// file as Falco writes it, <f>/etc/passwd. Only the event's own descriptor
// and the standard ones are known.
func (r Row) fdText(fd int64, result bool) string {
	switch {
	case fd == atFDCWD && !result:
		return "AT_FDCWD"
	case fd < 0:
		return ErrnoName(fd)
	}
	obj := r.fdObj(int32(fd))
	if obj == 0 {
		return ""
	}
	o := r.T.Obj(obj)
	return "<" + o.typeMark() + ">" + o.Title(r.T)
}

// fdObj returns what a descriptor of the row's process refers to, 0 when that
// is not known.
func (r Row) fdObj(fd int32) ObjID {
	if r.B != nil && r.B.FD[r.I] == fd {
		return r.Obj
	}
	p := r.P()
	switch fd {
	case 0:
		return p.Stdin
	case 1:
		return p.Stdout
	case 2:
		return p.Stderr
	}
	return 0
}

// execFlags are the facts of the process's executable as the bits of Falco's
// flags argument of execve.
func (r Row) execFlags() (bits uint64, known bool) {
	p := r.P()
	for _, f := range [...]struct {
		has ProcFlags
		bit uint64
	}{{ExeWritable, 1}, {ExeUpperLayer, 2}, {ExeFromMemfd, 4}, {ExeLowerLayer, 8}} {
		if p.Flags&f.has != 0 {
			bits |= f.bit
		}
	}
	return bits, p.Knows(KnowExeFlags)
}

// layerFlags adds Falco's flags for the overlay layer that the file lies in.
func (r Row) layerFlags(names string) string {
	o := r.O()
	for _, f := range [...]struct {
		has  ObjFlags
		name string
	}{{ObjUpperLayer, "FD_UPPER_LAYER"}, {ObjLowerLayer, "FD_LOWER_LAYER"}} {
		if o.Flags&f.has == 0 {
			continue
		}
		if names != "" {
			names += "|"
		}
		names += f.name
	}
	return names
}

// givenText returns a text argument as the program gave it. A path may have
// been encoded as the file that it means.
func (r Row) givenText(raw RawArg) string {
	if raw.Obj == 0 {
		return r.T.Text(raw.Str)
	}
	o := r.T.Obj(raw.Obj)
	if o.Raw != NoStr {
		return r.T.Text(o.Raw)
	}
	return o.Title(r.T)
}

// fullPath makes a path argument absolute: by the file that it was encoded
// as, by the file that the event refers to when that has this path, else by
// the working directory. It is returned as it is where none of them is known.
func (r Row) fullPath(s *Shown, raw RawArg) string {
	given := r.givenText(raw)
	if raw.Obj != 0 {
		if o := r.T.Obj(raw.Obj); o.Name != NoStr {
			return r.T.Text(o.Name)
		}
	} else if o := r.O(); o.Name != NoStr && (o.Raw != NoStr && r.T.Text(o.Raw) == given || raw.Str == o.Name) {
		return r.T.Text(o.Name) // which need not be a path: a namespace's is uts:[4026531838]
	}
	if given == "" || strings.HasPrefix(given, "/") || !r.atCwd(s) {
		return given
	}
	return r.fromCwd(given)
}

// fromCwd joins a relative path to the process's working directory.
func (r Row) fromCwd(given string) string {
	if cwd := r.P().Cwd; cwd != NoStr && !strings.HasPrefix(given, "/") {
		return path.Join(r.T.Text(cwd), given)
	}
	return given
}

// atCwd reports whether a path argument is relative to the working directory:
// no directory descriptor stands before it, or that is AT_FDCWD.
func (r Row) atCwd(of *Shown) bool {
	dir, known := int64(atFDCWD), true
	for s, raw := range r.args() {
		if s == of {
			break
		}
		if s.At >= 0 && s.Kind == ParamFD {
			dir, known = int64(int32(raw.Num)), raw.Kind == Int || raw.Kind == Uint
		}
	}
	return known && dir == atFDCWD
}

// dataText writes data as one line: what is no printable ASCII is a dot, as in
// Falco.
func dataText(p []byte) string {
	cut := len(p) > maxDataText
	if cut {
		p = p[:maxDataText]
	}
	b := make([]byte, len(p), len(p)+3)
	for i, c := range p {
		if c < ' ' || c > '~' {
			c = '.'
		}
		b[i] = c
	}
	if cut {
		b = append(b, "..."...)
	}
	return string(b)
}

// argValue returns one argument as a value: numbers as numbers, text as text
// (Falco's evt.rawarg.NAME).
func (r Row) argValue(s *Shown, raw RawArg) (Value, bool) {
	switch {
	case s.Field != nil:
		return s.Field.Get(r, Arg{})
	case s.At < 0 && s.Set == setExec:
		flags, ok := r.execFlags()
		return UintValue(flags), ok
	case s.At < 0:
		return IntValue(r.B.Res[r.I]), r.B.Bits[r.I]&HasRes != 0
	}
	switch raw.Kind {
	case Int, Uint:
		return Value{Kind: raw.Kind, Num: raw.Num}, true
	case Bytes:
		return BytesValue(raw.Bytes), true
	case String:
		return StringValue(r.givenText(raw)), true
	}
	return Value{}, false
}

// argStr returns an encoded text of the event's arguments.
func (r Row) argStr(name string) (string, bool) {
	_, raw, ok := r.arg(name, 0)
	return r.givenText(raw), ok && raw.Kind == String
}
