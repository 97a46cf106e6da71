package rules

import (
	"errors"
	"fmt"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// File is a rule file: what it is called in messages, and its text.
type File struct {
	Name string
	Text []byte

	// Beside says that the file changes rules which need not be there: what it
	// says of others is passed over.
	Beside bool

	// Choice says which of the file's rules are at work; nil: as it says itself.
	Choice *Choice
}

// Options says how files are read. The zero value reads as Falco does, with
// stoop's own fields and items allowed.
type Options struct {
	Registry *event.Registry // the fields; nil: event.Fields
	Lenient  bool            // keep what has no errors; else a set with an error is empty
	Falco    bool            // refuse what Falco itself would: stoop's own fields and event types
	Append   []AppendOutput  // what is added to the rules' outputs
}

// Load reads files, in their order, into one set. The set is never nil; with
// errors it is empty, or with Options.Lenient lacks the items that have them.
func Load(files []File, opt Options) (*Set, *Report) {
	if opt.Registry == nil {
		opt.Registry = event.Fields
	}
	l := &loader{
		opt: opt, report: &Report{}, set: newSet(),
		lists: newTable[*listDef](), macros: newTable[*macroDef](), rules: newTable[*ruleDef](), sequences: newTable[*sequenceDef](),
		warned: map[warned]bool{},
	}
	for _, f := range files {
		l.read(&file{name: f.Name, text: f.Text, beside: f.Beside, choice: f.Choice})
	}
	l.link()
	if len(l.report.Errors) > 0 && !opt.Lenient {
		l.set = newSet()
	}
	return l.set, l.report
}

func newSet() *Set { return &Set{byName: map[string]*Rule{}} }

// loader holds what the files' items said, until all are read.
type loader struct {
	opt       Options
	report    *Report
	set       *Set
	lists     *table[*listDef]
	macros    *table[*macroDef]
	rules     *table[*ruleDef]
	sequences *table[*sequenceDef]
	clock     int // counts definitions and changes
	values    int // how many values of lists and exceptions were read

	expander *filter.Expander // of the lists, linked
	known    filter.Macros    // resolved
	texts    []*text          // of all conditions, in the order of their base
	nextBase int
	parts    int             // of the conditions that were compiled
	warned   map[warned]bool // what was said of conditions already
}

// tick returns the number of a definition or change: what is visible to what
// depends on it.
func (l *loader) tick() int { l.clock++; return l.clock }

// note adds an error or a warning to the report.
func (l *loader) note(err error) {
	var p *Problem
	if !errors.As(err, &p) {
		panic(fmt.Sprintf("rules: %T is no problem", err))
	}
	l.report.add(p)
}

// link makes rules of what was read.
func (l *loader) link() {
	l.linkLists()
	l.linkMacros()
	for _, r := range l.rules.order {
		rule, err := l.compile(r)
		switch {
		case err != nil:
			l.note(err)
		case rule != nil:
			l.set.Rules = append(l.set.Rules, rule)
			l.set.byName[rule.Name] = rule
		}
	}
	l.linkSequences()
	l.unused()
	l.set.Macros, l.set.Lists = len(l.macros.order), len(l.lists.order)
}

// table holds definitions by name, in the order in which the names came up.
type table[T any] struct {
	order  []T
	byName map[string]int
}

func newTable[T any]() *table[T] { return &table[T]{byName: map[string]int{}} }

func (t *table[T]) get(name string) (v T, ok bool) {
	i, ok := t.byName[name]
	if ok {
		v = t.order[i]
	}
	return v, ok
}

func (t *table[T]) has(name string) bool { _, ok := t.byName[name]; return ok }

// put adds a definition, or puts it in the place of the earlier one.
func (t *table[T]) put(name string, v T) {
	if i, ok := t.byName[name]; ok {
		t.order[i] = v
		return
	}
	t.byName[name] = len(t.order)
	t.order = append(t.order, v)
}
