package detect

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/rules/sequence"
	"github.com/stoop-project/stoop/internal/source"
)

// Stats counts what a detector has done so far.
type Stats struct {
	Events     uint64 // that came
	Alerts     uint64 // that were made
	Suppressed uint64 // that were not made, being over [PerSecond]
	Rules      []RuleStats
	Sequences  []SequenceStats
	Steps      sequence.Stats // what sequences have counted together
	Notes      []source.Note
}

// RuleStats is what one rule has done.
type RuleStats struct {
	Rule       *rules.Rule
	Fired      uint64 // suppressed alerts included
	Suppressed uint64

	// With [engine.Options].Stats: what it was asked, and how long that took.
	Events uint64
	Took   time.Duration
}

// SequenceStats is what one sequence has done.
type SequenceStats struct {
	Sequence *rules.Sequence
	Fired    uint64
}

// Stats returns the counts so far; rules in the order of the set. It may be
// called at any time.
func (d *Detector) Stats() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.stats
	s.Notes = slices.Clone(s.Notes)
	for _, r := range d.engine.Stats() {
		row := RuleStats{Rule: r.Rule, Fired: r.Fired, Events: r.Events, Took: r.Took}
		before := d.earlier[r.Rule.Name]
		row.Fired, row.Events, row.Took = row.Fired+before.Fired, row.Events+before.Events, row.Took+before.Took
		if l := d.limit.by[r.Rule.Name]; l != nil {
			row.Suppressed = l.suppressed
		}
		s.Rules = append(s.Rules, row)
	}
	for _, q := range d.set.Sequences {
		if q.Enabled {
			s.Sequences = append(s.Sequences, SequenceStats{q, d.fired[q.Name]})
		}
	}
	s.Steps = d.sequences.Stats()
	s.Notes = append(s.Notes, d.suppressed()...)
	for _, left := range []struct {
		n    uint64
		text string
	}{
		{s.Steps.Evicted, "%d beginnings of sequences were forgotten for want of room"},
		{s.Steps.Late, "%d events came too late for sequences to put them in their place, and were no steps"},
	} {
		if left.n > 0 {
			s.Notes = append(s.Notes, source.Note{Level: source.NoteWarn, Text: fmt.Sprintf(left.text, left.n)})
		}
	}
	return s
}

// suppressed says which rules fired too often.
func (d *Detector) suppressed() (notes []source.Note) {
	for name, l := range d.limit.by {
		if l.suppressed > 0 {
			notes = append(notes, source.Note{
				Level:  source.NoteWarn,
				Text:   fmt.Sprintf("rule %q fired %d times more than there are alerts: more than %d in a second", name, l.suppressed, PerSecond),
				Remedy: "give it an exception, or disable it",
			})
		}
	}
	slices.SortFunc(notes, func(a, b source.Note) int { return strings.Compare(a.Text, b.Text) })
	return notes
}

// keepCounts remembers what the rules at work have counted.
func (d *Detector) keepCounts() {
	for _, r := range d.engine.Stats() {
		e := d.earlier[r.Rule.Name]
		e.Fired, e.Events, e.Took = e.Fired+r.Fired, e.Events+r.Events, e.Took+r.Took
		d.earlier[r.Rule.Name] = e
	}
}
