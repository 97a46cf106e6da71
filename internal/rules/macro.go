package rules

import (
	"regexp"

	"github.com/stoop-project/stoop/internal/filter"
)

// macroDef is a macro as files define it.
type macroDef struct {
	name    string
	cond    source
	it      *item
	first   int // when it was defined
	changed int // when it was defined again or changed: it sees what was first defined before
	used    bool
}

var macroName = regexp.MustCompile(`^[a-zA-Z]+[a-zA-Z0-9_]*$`)

func readMacro(l *loader, it *item) error {
	name, err := it.text("macro")
	if err != nil {
		return err
	}
	it.named(name)
	if !macroName.MatchString(name) {
		it.warn(it.node, WarnInvalidMacroName, "Macro has an invalid name. Macro names should match a regular expression: ([a-zA-Z]+[a-zA-Z0-9_]*)")
	}
	cond, err := it.piece("condition")
	if err != nil {
		return err
	}
	o, err := it.override([]string{"condition"}, []string{"condition"})
	if err != nil {
		return err
	}
	prev, known := l.macros.get(name)
	now := l.tick()
	if !o.flag && len(o.append) == 0 {
		def := &macroDef{name: name, cond: source{cond}, it: it, first: now, changed: now}
		if known {
			def.first = prev.first
		}
		l.macros.put(name, def)
		return nil
	}
	if !known {
		return it.fail(it.node, ErrValidate, "Macro uses 'append' or 'override.condition: append' but no macro by that name already exists")
	}
	prev.cond = append(prev.cond, cond)
	prev.changed = now
	return nil
}

// linkMacros parses the macros and resolves the macros within them.
func (l *loader) linkMacros() {
	l.flat = make(filter.Lists, len(l.lists.order))
	for _, d := range l.lists.order {
		l.flat[d.name] = d.flat
	}
	l.known = make(filter.Macros, len(l.macros.order))
	bodies := make(filter.Macros, len(l.macros.order))
	for _, m := range l.macros.order {
		e, err := l.parse(m.cond.String())
		if err != nil {
			l.note(m.cond.problem(ErrCompileCondition, err))
			continue
		}
		bodies[m.name] = e
	}
	for _, m := range l.macros.order {
		body, ok := bodies[m.name]
		if !ok {
			continue
		}
		visible := make(filter.Macros)
		for _, o := range l.macros.order {
			if e, ok := bodies[o.name]; ok && o.first < m.changed {
				visible[o.name] = e
			}
		}
		e, used, err := visible.Resolve(body)
		if err != nil {
			l.note(m.cond.problem(ErrValidate, err))
			continue
		}
		l.known[m.name] = e
		l.useMacros(used)
	}
}

func (l *loader) useMacros(names []string) {
	for _, name := range names {
		if m, ok := l.macros.get(name); ok {
			m.used = true
		}
	}
}

// unused warns of macros and lists that nothing uses.
func (l *loader) unused() {
	for _, m := range l.macros.order {
		if !m.used {
			m.it.warn(m.it.node, WarnUnusedMacro, "Macro not referred to by any other rule/macro")
		}
	}
	for _, d := range l.lists.order {
		if !d.used {
			d.it.warn(d.it.node, WarnUnusedList, "List not referred to by any other rule/macro")
		}
	}
}
