package rules

import (
	"fmt"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// Set is what rule files say together.
type Set struct {
	Rules     []*Rule // in the order of their first definition; disabled ones included
	Sequences []*Sequence

	Macros, Lists int // how many were defined

	byName map[string]*Rule
}

// Rule returns the rule of a name, nil when there is none.
func (s *Set) Rule(name string) *Rule { return s.byName[name] }

// Rule is one rule as it is after overrides, exceptions and lists were
// applied.
type Rule struct {
	Name, Desc string
	Source     string // [event.SourceSyscall] or [event.SourceK8sAudit]
	Priority   event.Priority
	Tags       []string // as written, each once
	Enabled    bool
	Off        string // what of a configuration has it so that it is not Enabled; "": its own file

	Condition  string         // as written, what was appended included
	Expr       filter.Expr    // what is evaluated: macros resolved, lists replaced, exceptions joined
	Filter     *filter.Filter // Expr compiled
	Exceptions []Exception

	Output string        // as written, what was appended included
	Format *event.Format // Output compiled
	Extra  []Extra       // fields that Options.Append adds, sorted by key

	Capture         bool // Falco's capture: the rule asks for a recording of what happened around it
	CaptureDuration int  // milliseconds; 0: not said

	Guide Guide
	At    Place // of the item that defined it
}

// Extra is a field that is added to an alert's fields beside those that the
// output names (extra_fields of Falco's append_output).
type Extra struct {
	Key    string
	Format *event.Format
	Raw    bool // the value itself, not its text: Format is one field
}

// Guide is what an analyst does about an alert: our own key guide: of an item,
// which Falco ignores with a warning. Lists of sentences.
type Guide struct {
	Investigate    []string // what to look at
	FalsePositives []string // what looks alike and is harmless
	Respond        []string // what to do when it is not
}

// Empty reports whether the guide says nothing.
func (g Guide) Empty() bool {
	return len(g.Investigate)+len(g.FalsePositives)+len(g.Respond) == 0
}

// Place is where something stands in a file.
type Place struct {
	File string
	Line int // from 1; 0: the file as a whole
	Col  int // from 1, in characters
}

func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}
