package rules

import (
	"regexp"
	"strings"

	"github.com/stoop-project/stoop/internal/filter"
)

// macroDef is a macro as files define it.
type macroDef struct {
	name    string
	cond    pieces
	it      *item
	first   int // when it was defined
	changed int // when it was defined again or changed: it sees what was first defined before
	used    bool
	state   linkState
	body    filter.Expr // as it was parsed; nil when it could not be
}

var macroName = regexp.MustCompile(`^[a-zA-Z]+[a-zA-Z0-9_]*$`)

func readMacro(l *loader, it *item) error {
	name, err := it.text("macro")
	if err != nil {
		return err
	}
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
		def := &macroDef{name: name, cond: pieces{cond}, it: it, first: now, changed: now}
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
	flat := make(filter.Lists, len(l.lists.order))
	for _, d := range l.lists.order {
		flat[d.name] = d.flat
	}
	l.expander = filter.NewExpander(flat)
	l.known = make(filter.Macros, len(l.macros.order))
	for _, m := range l.macros.order {
		t := &text{owner: m.it}
		t.putAll(m.cond)
		body, err := l.parse(t)
		if err != nil {
			l.note(err)
			m.state = linkDone
			continue
		}
		m.body = body
	}
	for _, m := range l.macros.order {
		if err := l.linkMacro(m); err != nil {
			l.note(err)
		}
	}
}

// linkMacro resolves a macro, and before it those that it names.
func (l *loader) linkMacro(m *macroDef) error {
	if m.state != linkWaits {
		return nil
	}
	m.state = linkOpen
	defer func() { m.state = linkDone }()
	var err error
	filter.Walk(m.body, func(e filter.Expr) bool {
		if use, ok := e.(*filter.Macro); ok && err == nil {
			err = l.linkUse(m, use)
		}
		return err == nil
	})
	if err != nil {
		return err
	}
	body, used, err := l.known.Resolve(m.body)
	if err != nil {
		return l.unresolved(m.it, err)
	}
	l.known[m.name] = body
	l.useMacros(used)
	return nil
}

// linkUse links the macro that m names. It must have been defined before m was
// last changed.
func (l *loader) linkUse(m *macroDef, use *filter.Macro) error {
	d, ok := l.macros.get(use.Name)
	switch {
	case ok && d.state == linkOpen:
		return l.problem(m.it, ErrValidate, &filter.Error{Pos: use.Pos, Msg: "reference loop in macro '" + use.Name + "'"})
	case ok && d.first >= m.changed:
		return l.problem(m.it, ErrValidate, &filter.Error{
			Pos: use.Pos, Msg: "Undefined macro '" + use.Name + "' used in filter.",
			Hint: "it is defined at " + d.it.at().String() + ", below: a macro sees what stands above it",
		})
	case ok:
		return l.linkMacro(d)
	}
	return nil // Resolve says it
}

// unresolved makes a problem of an error of [filter.Macros.Resolve].
func (l *loader) unresolved(it *item, err error) *Problem {
	p := l.problem(it, ErrValidate, err)
	if _, name, ok := strings.Cut(p.Msg, "Undefined macro '"); ok {
		name, _, _ = strings.Cut(name, "'")
		if d, ok := l.macros.get(name); ok {
			p.Hint = "its definition at " + d.it.at().String() + " has an error itself"
		}
	}
	return p
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
