package event

// SeveralReader is a [DocReader] that tells several values of one field apart.
type SeveralReader interface {
	// Several returns the values of a field of which the document has more than
	// one where one is expected, as Field.Several does.
	Several(doc []byte, f *Field, arg Arg) (Value, bool)
}

// bothEnds has the fields that stand for both ends of a connection.
var bothEnds = map[string][2]Asked{}

// oneAnAncestor has the fields that have a value for each ancestor.
var oneAnAncestor = map[*Field]bool{}

func init() {
	for _, what := range []string{"ip", "net", "port", "proto"} {
		bothEnds["fd."+what] = [2]Asked{MustAsk("fd.c" + what), MustAsk("fd.s" + what)}
	}
	for _, what := range []string{"aname", "aexe", "aexepath", "acmdline", "apid"} {
		oneAnAncestor[MustAsk("proc."+what).Field] = true
	}
}

// Several returns the values of a field of which an event has several although
// one is expected (the list ["sh", "bash"] as the name of a process). A filter's
// check holds if it does for one of them, and a check for inequality if it does
// for all: what an index of such documents tells of them. ok is false where the
// event has one value, or none.
func (f *Field) Several(r Row, a Arg) (v Value, ok bool) {
	if r.B == nil || r.B.Bits[r.I]&Several == 0 || f.Flags.Has(IsList) {
		return Value{}, false
	}
	if ends, both := bothEnds[f.Name]; both {
		return several(r, ends[0], ends[1])
	}
	if oneAnAncestor[f] && !a.Set {
		var each []Asked
		for n := 1; n <= MaxAncestors; n++ {
			each = append(each, Asked{f, Arg{Set: true, Index: n}})
		}
		return several(r, each...)
	}
	if docs, reads := r.T.Docs.(SeveralReader); reads {
		return docs.Several(r.B.Payload(r.I), f, a)
	}
	return Value{}, false
}

// several puts the values of some fields together, where one of them has several.
func several(r Row, fields ...Asked) (all Value, some bool) {
	for _, f := range fields {
		v, ok := f.Field.Several(r, f.Arg)
		some = some || ok
		if !ok {
			v, ok = f.Get(r)
		}
		if ok {
			all.List = append(all.List, v)
		}
	}
	return all, some
}
