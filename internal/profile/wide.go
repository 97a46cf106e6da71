package profile

import (
	"bytes"
	"net/url"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// lookup makes a field's value of several values of a document.
func (pl *place) lookup(doc []byte, f *event.Field, a event.Arg) (event.Value, bool) {
	if pl.form == formParam {
		return param(at(doc, pl.path).String(), pl.arg)
	}
	found, ok := pl.collect(doc, a)
	switch pl.form {
	case formAny, formPrefix:
		is := false
		for _, v := range found {
			is = is || pl.form == formAny && v.isTrue() || pl.form == formPrefix && fits(v.String(), pl.arg)
		}
		return event.StringValue(boolText(is)), ok
	}
	list := make([]event.Value, 0, len(found))
	for _, v := range found {
		if one, ok := v.json().as(f.Kind); ok {
			list = append(list, one)
		}
	}
	if f.Flags.Has(event.IsList) {
		return event.Value{Kind: f.Kind, List: list}, ok
	}
	if len(list) == 0 {
		return event.Value{}, false
	}
	return list[0], true
}

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// param returns a query parameter of a URI.
func param(uri, name string) (event.Value, bool) {
	u, err := url.Parse(uri)
	if err != nil {
		return event.Value{}, false
	}
	values := u.Query()[name]
	if len(values) == 0 {
		return event.Value{}, false
	}
	return event.StringValue(values[0]), true
}

// collect returns the values that a place leads to through arrays; ok is false
// when there is nothing at its path. A number in the brackets picks one member
// of the first array on the way.
func (pl *place) collect(doc []byte, a event.Arg) (all []value, ok bool) {
	pick := -1
	if n, ok := argNumber(a); ok && pl.form != formPrefix {
		pick = n
	}
	c := collector{pick: pick}
	c.walk(value{kind: object, raw: bytes.TrimLeft(doc, " \t\r\n")}, strings.Split(pl.path, "."))
	if pl.form == formKeys {
		return keysOf(c.found), c.ok
	}
	if pl.each == "" {
		return c.found, c.ok
	}
	return pl.eachOf(doc, c.found), c.ok
}

// collector goes along a path, through arrays.
type collector struct {
	pick  int // the member of the first array, -1 for all
	found []value
	ok    bool
}

func (c *collector) walk(v value, path []string) {
	switch {
	case v.kind == array:
		all := v.elements()
		if c.pick >= 0 {
			if c.pick >= len(all) {
				return
			}
			all, c.pick = all[c.pick:c.pick+1], -1
		}
		c.ok = c.ok || len(path) == 0
		for _, m := range all {
			c.walk(m, path)
		}
	case len(path) == 0:
		if !v.missing() {
			c.found, c.ok = append(c.found, v), true
		}
	case v.kind == object:
		for n := 1; n <= len(path); n++ { // a.b may be its own name, or the b in a
			c.walk(v.member(strings.Join(path[:n], ".")), path[n:])
		}
	}
}

// eachOf reads a value of each object: at one of the paths in it, else what
// stands in for it. Paths joined by a colon make one value of several; behind a
// question mark stands what a member must be.
func (pl *place) eachOf(doc []byte, objects []value) []value {
	instead := value{}
	if pl.other != "" {
		instead = at(doc, pl.other)
	}
	if instead.missing() && pl.missing != "" {
		instead = textValue(pl.missing)
	}
	each, when, _ := strings.Cut(pl.each, "?")
	member, want, asks := strings.Cut(when, "=")
	var all []value
	for _, o := range objects {
		if o.kind != object || asks && at(o.raw, member).String() != want {
			continue
		}
		v := instead
		for _, path := range strings.Split(each, "|") {
			if got := joinedAt(o.raw, path); !got.missing() {
				v = got
				break
			}
		}
		if !v.missing() {
			all = append(all, pl.shorten(v))
		}
	}
	return all
}

// joinedAt returns the value at a path, or of paths that a colon divides their
// values with a colon between them.
func joinedAt(doc []byte, path string) value {
	first, second, two := strings.Cut(path, ":")
	a := at(doc, first)
	if !two || a.missing() {
		return a
	}
	b := at(doc, second)
	if b.missing() {
		return b
	}
	return textValue(a.String() + ":" + b.String())
}

// shorten makes of an image's name its repository, as Falco's plugin does: what
// stands before the first colon and the first @.
func (pl *place) shorten(v value) value {
	if !pl.cut {
		return v
	}
	name, _, _ := strings.Cut(v.String(), ":")
	name, _, _ = strings.Cut(name, "@")
	return textValue(name)
}

// keysOf returns the names of objects' members, but name.
func keysOf(objects []value) (all []value) {
	for _, o := range objects {
		if o.kind != object {
			continue
		}
		s := scanner{b: o.raw, at: 1}
		for first := true; ; first = false {
			name, ok := s.member(first)
			if !ok {
				break
			}
			if string(name.raw) != "name" {
				all = append(all, name)
			}
			if _, ok := s.value(1); !ok {
				break
			}
		}
	}
	return all
}
