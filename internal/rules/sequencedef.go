package rules

import (
	"slices"
	"strings"
)

// sequenceDef is a sequence as files define it.
type sequenceDef struct {
	Sequence
	it    *item
	given map[string]*item // the values of the keys that are there
	steps []*item          // those of Steps
}

// The keys of a sequence beside its name, those that must be there first, and
// which of them an override may change.
var (
	sequenceMust = []string{"type", "steps", "timespan", "priority"}
	sequenceMay  = []string{"desc", "count", "field", "group-by", "aliases", "suppress", "output", "tags", "guide", "enabled"}
	sequenceKeys = slices.Concat(sequenceMust, sequenceMay)

	sequenceAppend = []string{"desc", "output", "tags"}
)

func readSequence(l *loader, it *item) error {
	name, err := it.text("sequence")
	if err != nil {
		return err
	}
	o, err := it.override(sequenceAppend, sequenceKeys)
	if err != nil {
		return err
	}
	if o.any() {
		return l.overrideSequence(it, o, name)
	}
	d := &sequenceDef{it: it, given: map[string]*item{}, Sequence: Sequence{Name: name, Enabled: true, Count: Count{Max: NoMax}, At: it.at()}}
	for _, key := range sequenceKeys {
		if it.has(key) || slices.Contains(sequenceMust, key) {
			if err := d.set(it, key); err != nil {
				return err
			}
		}
	}
	l.sequences.put(name, d)
	return nil
}

func (l *loader) overrideSequence(it *item, o *override, name string) error {
	d, ok := l.sequences.get(name)
	if !ok {
		return it.fail(it.node, ErrValidate, "Sequence uses 'override' but no sequence by that name already exists")
	}
	if err := it.checkOverridden(o, sequenceKeys); err != nil {
		return err
	}
	for _, key := range o.append {
		text, tags := "", d.Tags
		switch key {
		case "tags":
			if err := d.set(it, key); err != nil {
				return err
			}
			d.Tags = append(tags, slices.DeleteFunc(d.Tags, func(t string) bool { return slices.Contains(tags, t) })...)
			continue
		case "desc":
			text = d.Desc
		case "output":
			text = d.Output
		}
		if err := d.set(it, key); err != nil {
			return err
		}
		if key == "desc" {
			d.Desc = text + " " + d.Desc
		} else {
			d.Output = text + " " + d.Output
		}
	}
	for _, key := range o.replace {
		if err := d.set(it, key); err != nil {
			return err
		}
	}
	return nil
}

// set gives the sequence the value of a key, in place of what it has.
func (d *sequenceDef) set(it *item, key string) (err error) {
	if n := it.get(key); n != nil {
		d.given[key] = it.within(n, "")
	}
	switch key {
	case "type":
		return d.setType(it)
	case "desc":
		d.Desc, err = it.text(key)
	case "steps":
		d.Steps, d.steps, err = it.steps()
	case "count":
		d.Count, err = it.count()
	case "field":
		d.Field, err = it.text(key)
	case "group-by":
		d.GroupBy, err = it.texts(key)
	case "aliases":
		d.Aliases, err = it.aliases()
	case "timespan":
		d.Timespan, err = it.span(key)
	case "suppress":
		d.Suppress, err = it.span(key)
	case "priority":
		d.Priority, err = it.priority()
	case "output":
		d.Output, err = it.text(key)
		d.Output = strings.TrimSpace(d.Output)
	case "tags":
		d.Tags = nil
		tags, err := it.texts(key)
		for _, t := range tags {
			if !slices.Contains(d.Tags, t) {
				d.Tags = append(d.Tags, t)
			}
		}
		return err
	case "guide":
		d.Guide, err = it.guide()
	case "enabled":
		return it.optBool(key, &d.Enabled)
	}
	return err
}

func (d *sequenceDef) setType(it *item) error {
	n, err := it.value("type")
	if err != nil {
		return err
	}
	at := slices.Index(sequenceTypes[:], n.Value)
	if at < 0 {
		return it.fail(n, ErrYAMLValidate, "Invalid type '%s'", n.Value).hint("one of " + strings.Join(sequenceTypes[:], ", "))
	}
	d.Type = SequenceType(at)
	return nil
}
