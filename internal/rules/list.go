package rules

import (
	"slices"
	"strings"
)

// listDef is a list as files define it.
type listDef struct {
	name  string
	items []string
	it    *item
	first int // when it was defined
	used  bool
	state linkState
	flat  []string // the items, lists among them replaced
}

// linkState says how far the linking of a definition is.
type linkState uint8

const (
	linkWaits linkState = iota
	linkOpen            // on the way: who comes here again has found a loop
	linkDone
)

// listNameBad holds what a list's name may not have: it could not be told from
// the text around it.
const listNameBad = "()\"' \t\n\v\f\r=,"

func readList(l *loader, it *item) error {
	name, err := it.text("list")
	if err != nil {
		return err
	}
	if strings.ContainsAny(name, listNameBad) {
		it.warn(it.node, WarnInvalidListName, `List has an invalid name. List names should match a regular expression: ([^()\"'[:space:]=,]+)`)
	}
	items, err := it.texts("items")
	if err != nil {
		return err
	}
	o, err := it.override([]string{"items"}, []string{"items"})
	if err != nil {
		return err
	}
	if !o.flag && len(o.append) == 0 {
		def := &listDef{name: name, items: items, it: it, first: l.tick()}
		if prev, ok := l.lists.get(name); ok {
			def.first = prev.first
		}
		l.lists.put(name, def)
		return nil
	}
	prev, ok := l.lists.get(name)
	if !ok {
		return it.fail(it.node, ErrValidate, "List uses 'append' or 'override.items: append' but no list by that name already exists")
	}
	prev.items = slices.Concat(prev.items, items)
	l.tick()
	return nil
}

// linkLists replaces the names of lists within lists. A list's own name in it
// is a value like others, and so is one that leads back to it.
func (l *loader) linkLists() {
	for _, d := range l.lists.order {
		l.linkList(d)
	}
}

func (l *loader) linkList(d *listDef) {
	if d.state != linkWaits {
		return
	}
	d.state = linkOpen
	d.flat = make([]string, 0, len(d.items))
	for _, v := range d.items {
		ref, ok := l.lists.get(v)
		if ok && ref != d {
			l.linkList(ref)
		}
		if !ok || ref.state == linkOpen {
			d.flat = append(d.flat, v)
			continue
		}
		ref.used = true
		if err := d.it.spend(d.it.node, len(ref.flat)); err != nil {
			l.note(err)
			break
		}
		d.flat = append(d.flat, ref.flat...)
	}
	d.state = linkDone
}
