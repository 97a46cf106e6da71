package event

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// AppendText appends a text to dst as a JSON string, quotes included: a place
// to mask secrets and to escape what a terminal must not see.
type AppendText func(dst []byte, s string) []byte

func (t AppendText) orPlain() AppendText {
	if t == nil {
		return appendString
	}
	return t
}

// appendArgJSON writes a number that says all as a number, and everything else
// as text.
func appendArgJSON(dst []byte, r Row, s *Shown, a NamedArg, raw RawArg, text AppendText) []byte {
	if s.Field != nil {
		v, _ := s.Field.Get(r, Arg{})
		return v.AppendJSON(dst, text)
	}
	if decimal[s.Kind] && a.Meaning == "" && raw.Kind != String && raw.Kind != Bytes {
		return append(dst, a.Raw...)
	}
	return text(dst, a.Text())
}

// decimal are the kinds of arguments whose Raw is a decimal number.
var decimal = [...]bool{
	ParamInt: true, ParamUint: true, ParamFD: true, ParamFlags: true, ParamEnum: true, ParamPID: true, ParamUID: true,
	ParamSig: true, ParamErr: true, ParamNS: true, ParamCaps: false,
}

func appendKey(dst []byte, name string, first *bool) []byte {
	return append(appendString(appendComma(dst, first), name), ':')
}

func appendComma(dst []byte, first *bool) []byte {
	if !*first {
		dst = append(dst, ',')
	}
	*first = false
	return dst
}

// outputFields are the fields that [JSON] writes, sorted by name.
func outputFields() (list []*Field) {
	for _, f := range Fields.All() {
		const never = Deprecated | TableOnly | FilterOnly
		if f.Flags&never != 0 || f.Arg&ArgRequired != 0 || f.From == 0 || repeats[f.Name] {
			continue
		}
		list = append(list, f)
	}
	return list
}

// repeats are fields that say what another says too.
var repeats = map[string]bool{
	"evt.time": true, "evt.time.s": true, "evt.datetime": true, "evt.datetime.s": true, "evt.outputtime": true,
	"evt.rawtime.s": true, "evt.rawtime.ns": true, "evt.reltime.s": true, "evt.reltime.ns": true, "evt.deltatime": true, "evt.deltatime.s": true,
	"evt.deltatime.ns": true, "evt.info": true, "evt.count": true, "evt.count.exit": true, "evt.count.error": true, "evt.count.error.file": true,
	"evt.count.error.net": true, "evt.count.error.memory": true, "evt.count.error.other": true, "evt.buffer": true, "k8s.pod.id": true,
	"proc.apid": true, "proc.aexe": true, "proc.aexepath": true, "proc.acmdline": true, "proc.aargs": true, "proc.aenv": true,
	"proc.vpgid.name": true, "proc.vpgid.exe": true, "proc.vpgid.exepath": true, "fd.uid": true, "fd.containername": true, "fd.containerdirectory": true,
	"json.obj": true, "json.rawtime": true, "jevt.obj": true, "jevt.rawtime": true,
}

// AppendJSON writes a value as JSON; see [JSON].
func (v Value) AppendJSON(dst []byte, text AppendText) []byte {
	text = text.orPlain()
	if v.List != nil {
		dst = append(dst, '[')
		for i, m := range v.List {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = m.AppendJSON(dst, text)
		}
		return append(dst, ']')
	}
	switch v.Kind {
	case Int, Time, Duration:
		return strconv.AppendInt(dst, int64(v.Num), 10)
	case Uint, Port:
		return strconv.AppendUint(dst, v.Num, 10)
	case Bool:
		return strconv.AppendBool(dst, v.Num != 0)
	case Double:
		if f := v.Float64(); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return strconv.AppendFloat(dst, f, 'g', -1, 64)
		}
		return append(dst, "null"...)
	}
	return text(dst, v.String())
}

// appendString writes a JSON string and escapes only what JSON asks for.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		size := 1
		switch {
		case c >= utf8.RuneSelf:
			var r rune
			if r, size = utf8.DecodeRuneInString(s[i:]); r == utf8.RuneError && size == 1 {
				dst = append(append(dst, s[start:i]...), "\ufffd"...)
				start = i + 1
			}
		case c == '"' || c == '\\':
			dst = append(append(dst, s[start:i]...), '\\', c)
			start = i + 1
		case c < ' ':
			dst = append(append(dst, s[start:i]...), '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			start = i + 1
		}
		i += size
	}
	return append(append(dst, s[start:]...), '"')
}
