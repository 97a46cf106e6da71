package rules

import (
	"fmt"
	"math"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
)

// SequenceType says how the steps of a sequence make it fire. The words are
// those of Sigma's correlations.
type SequenceType uint8

const (
	// Temporal wants all steps within the time span, in any order.
	Temporal SequenceType = iota
	// Ordered wants them in their order (temporal_ordered).
	Ordered
	// EventCount counts the events of its one step.
	EventCount
	// ValueCount counts the distinct values of a field in them.
	ValueCount
)

var sequenceTypes = [...]string{"temporal", "temporal_ordered", "event_count", "value_count"}

func (t SequenceType) String() string { return sequenceTypes[t] }

// Counts reports whether sequences of the type have one step, and a count.
func (t SequenceType) Counts() bool { return t == EventCount || t == ValueCount }

// The bounds of a sequence.
const (
	MaxSteps    = 32
	MaxOptional = 4 // of an ordered sequence: each doubles what is kept of one that has begun
	MaxCount    = 100_000
	MaxTimespan = 31 * 24 * time.Hour
)

// Sequence is what must happen within a time span for an alert of its own: the
// steps of an attack, or the same thing many times.
type Sequence struct {
	Name, Desc string
	Type       SequenceType
	Steps      []Step
	Count      Count  // of the types that count
	Field      string // of value_count: whose distinct values are counted
	GroupBy    []string
	Aliases    map[string]map[string]string // alias -> step -> field
	Timespan   time.Duration
	Suppress   time.Duration // how long a group stays silent once it has fired
	Priority   event.Priority
	Tags       []string
	Enabled    bool
	Output     string          // as written
	Format     *SequenceFormat // nil when it has no output
	Guide      Guide
	At         Place
}

// Step is one thing that happens, or must not, in a sequence.
type Step struct {
	Name      string
	Rule      string      // whose alerts it takes, whoever raised them; "": Condition decides
	Condition string      // as written
	Expr      filter.Expr // the condition with macros and lists replaced
	Optional  bool
	Not       bool // it must not happen
	At        Place
}

// Says returns what the step asks for, in a line.
func (s *Step) Says() string {
	if s.Rule != "" {
		return s.Rule
	}
	return s.Condition
}

// GroupField returns the field that a step's events are grouped by for one of
// GroupBy: what stands there, or what an alias stands for in that step.
func (s *Sequence) GroupField(by string, step *Step) string {
	if alias, ok := s.Aliases[by]; ok {
		return alias[step.Name]
	}
	return by
}

// Step returns the step of a name; nil when there is none.
func (s *Sequence) Step(name string) *Step {
	for i := range s.Steps {
		if s.Steps[i].Name == name {
			return &s.Steps[i]
		}
	}
	return nil
}

// Count bounds a number: from Min to Max, both included.
type Count struct{ Min, Max int }

// NoMax is the Max of a count without an upper bound.
const NoMax = math.MaxInt

// Bounded reports whether the count has an upper bound, so that it is decided
// only when the time span is over.
func (c Count) Bounded() bool { return c.Max != NoMax }

func (c Count) String() string {
	switch {
	case c.Min == c.Max:
		return fmt.Sprintf("exactly %d", c.Min)
	case !c.Bounded():
		return fmt.Sprintf("at least %d", c.Min)
	case c.Min <= 1:
		return fmt.Sprintf("at most %d", c.Max)
	}
	return fmt.Sprintf("%d to %d", c.Min, c.Max)
}
