package profile

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// need reads a need: a path, several with | between them, or {path, is}.
func (l *loader) need(n *yaml.Node) need {
	if n.Kind == yaml.ScalarNode {
		return need{paths: alternatives(n.Value)}
	}
	var is need
	l.pairs(n, func(key, v *yaml.Node) {
		switch key.Value {
		case "path":
			is.paths = alternatives(v.Value)
		case "is":
			is.values = l.texts(v)
		default:
			l.fail(key, "a need has a path and what it is, no %q", key.Value)
		}
	})
	if len(is.paths) == 0 {
		l.fail(n, "a need has a path")
	}
	return is
}

func alternatives(paths string) []string {
	all := strings.Split(paths, "|")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}

// texts reads a text or a list of them.
func (l *loader) texts(n *yaml.Node) []string {
	if n.Kind == yaml.ScalarNode {
		return []string{n.Value}
	}
	var all []string
	if err := n.Decode(&all); err != nil {
		l.fail(n, "a text or a list of texts is expected")
	}
	return all
}

// expand writes out a field whose name stands for several: with a part in
// braces, {of}, that the file's parts list.
func (l *loader) expand(key *yaml.Node, parts map[string][]string) []string {
	before, rest, ok := strings.Cut(key.Value, "{")
	part, after, closed := strings.Cut(rest, "}")
	if !ok {
		return []string{key.Value}
	}
	if !closed || len(parts[part]) == 0 {
		l.fail(key, "%s names no part of parts in its braces", key.Value)
	}
	var all []string
	for _, p := range parts[part] {
		all = append(all, before+p+after)
	}
	return all
}

// part writes the part that a field's name has in place of its pattern's
// braces into the paths of the place.
func (pl place) part(pattern, name string) place {
	before, rest, ok := strings.Cut(pattern, "{")
	if !ok {
		return pl
	}
	part, after, _ := strings.Cut(rest, "}")
	pl.path = strings.ReplaceAll(pl.path, "{"+part+"}", name[len(before):len(name)-len(after)])
	return pl
}

// rooted returns the place under each of the roots that $ stands for.
func (pl place) rooted(roots []string) []place {
	rest, ok := strings.CutPrefix(pl.path, "$.")
	if !ok || len(roots) == 0 {
		return []place{pl}
	}
	all := make([]place, len(roots))
	for i, r := range roots {
		all[i] = pl
		all[i].path = r + "." + rest
	}
	return all
}

// placesAt reads the places of a field: one, or a list of them.
func (l *loader) placesAt(n *yaml.Node) []place {
	if n.Kind != yaml.SequenceNode {
		return []place{l.place(n)}
	}
	all := make([]place, len(n.Content))
	for i, c := range n.Content {
		all[i] = l.place(c)
	}
	if len(all) > maxPlaces {
		l.fail(n, "a field has at most %d places", maxPlaces)
	}
	return all
}

// place reads a place: a path, or {path, do, …}.
func (l *loader) place(n *yaml.Node) place {
	if n.Kind == yaml.ScalarNode {
		return place{path: n.Value}
	}
	var pl place
	l.pairs(n, func(key, v *yaml.Node) {
		switch key.Value {
		case "path":
			pl.path = v.Value
		case "const":
			pl.form, pl.fixed, pl.made = formConst, v.Value, textValue(v.Value)
		case "is":
			pl.form, pl.fixed, pl.made = formIs, v.Value, textValue(v.Value)
		case "values":
			pl.form = formTable
			pl.table = make(map[string]value)
			l.pairs(v, func(stored, is *yaml.Node) { pl.table[stored.Value] = textValue(is.Value) })
		case "each":
			pl.each = v.Value
			if pl.form == formSame {
				pl.form = formEach
			}
		case "else":
			pl.other = v.Value
		case "missing":
			pl.missing = v.Value
		case "without":
			pl.form, pl.without = formWithout, l.texts(v)
		case "alone":
			pl.alone = v.Value == "true"
		case "last":
			pl.last = v.Value == "true"
		case "do":
			if v.Value == "repositories" {
				pl.cut = true
				return
			}
			f, ok := formOf(v.Value)
			if !ok || f == formConst || f == formIs || f == formTable || f == formEach || f == formWithout {
				l.fail(v, "there is nothing %q to do; there are %s", v.Value, doNames())
			}
			pl.form = f
		default:
			l.fail(key, "a place has path, do, values, is, const, each, else, missing, without, alone and last, no %q", key.Value)
		}
	})
	if pl.path == "" && pl.form != formConst {
		l.fail(n, "a place has a path")
	}
	return pl
}

// doNames lists what can be done with a value.
func doNames() string {
	var all []string
	for f, name := range &formNames {
		switch form(f) {
		case formSame, formConst, formIs, formTable, formEach, formWithout, formPriority, formObjKind, formFilled:
		default:
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// String writes a place as a list of places shows it.
func (pl *place) String() string {
	switch pl.form {
	case formSame:
		return pl.path
	case formConst:
		return fmt.Sprintf("always %s", pl.fixed)
	case formIs:
		return fmt.Sprintf("%s when there is %s", pl.fixed, pl.path)
	case formTable:
		return pl.path + ", by a table"
	case formEach:
		return pl.path + "[]." + pl.each
	}
	return pl.path + ", " + formNames[pl.form]
}
