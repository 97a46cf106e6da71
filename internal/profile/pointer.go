package profile

import (
	"strconv"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// lookupJSON reads the fields of Falco's json plugin, which any document has:
// a value by its JSON pointer (RFC 6901) into what is the document of the
// profile's kind, or else into the one that it lies in, and the whole.
func (d *Docs) lookupJSON(doc []byte, f *event.Field, a event.Arg) (event.Value, bool) {
	switch f.Name {
	case "json.obj", "jevt.obj":
		return event.StringValue(string(doc)), true
	case "json.value", "jevt.value":
		v := pointed(d.p.inside(doc), a.Key)
		if v.missing() {
			v = pointed(doc, a.Key)
		}
		return event.StringValue(v.whole()), !v.missing()
	}
	return event.Value{}, false
}

// whole writes a value as it is, a text without its quotes.
func (v value) whole() string {
	if v.kind == text {
		return v.String()
	}
	return string(v.raw)
}

// pointed returns what a JSON pointer leads to. Of members that are there twice
// the last counts.
func pointed(doc []byte, pointer string) value {
	s := scanner{b: doc}
	v, ok := s.value(0)
	if !ok || pointer != "" && pointer[0] != '/' {
		return value{}
	}
	if pointer == "" {
		return v
	}
	for _, name := range strings.Split(pointer[1:], "/") {
		name = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
		switch v.kind {
		case object:
			v = v.member(name)
		case array:
			all := v.elements()
			n, err := strconv.Atoi(name)
			if err != nil || n < 0 || n >= len(all) {
				return value{}
			}
			v = all[n]
		default:
			return value{}
		}
	}
	return v
}

// member returns an object's member of a name.
func (v value) member(want string) (found value) {
	s := scanner{b: v.raw, at: 1}
	for first := true; ; first = false {
		name, ok := s.member(first)
		if !ok {
			return found
		}
		m, ok := s.value(1)
		if !ok {
			return found
		}
		if name.String() == want {
			found = m
		}
	}
}
