package rules

import (
	"regexp"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// SequenceFormat is the compiled output of a sequence: fields of its last
// event, and with %step.NAME.FIELD those of the event that a step took.
type SequenceFormat struct {
	parts []sequencePart
}

// sequencePart is an output text; step is whose event its fields are of, ""
// for the last one.
type sequencePart struct {
	step   string
	format *event.Format
}

// stepField is a field of a step; a dot at its end ends a sentence.
var stepField = regexp.MustCompile(`%%|%step\.([A-Za-z_][A-Za-z0-9_]*)\.([A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*(?:\[[^\]]*\])?)`)

// parseSequenceFormat compiles an output. Its errors are those of
// [event.ParseFormat].
func parseSequenceFormat(text string, reg *event.Registry) (*SequenceFormat, error) {
	f, from := &SequenceFormat{}, 0
	for _, m := range stepField.FindAllStringSubmatchIndex(text, -1) {
		if m[2] < 0 { // %%
			continue
		}
		if err := f.add("", text[from:m[0]], reg); err != nil {
			return nil, err
		}
		if err := f.add(text[m[2]:m[3]], "%"+text[m[4]:m[5]], reg); err != nil {
			return nil, err
		}
		from = m[1]
	}
	return f, f.add("", text[from:], reg)
}

func (f *SequenceFormat) add(step, text string, reg *event.Registry) error {
	if text == "" {
		return nil
	}
	format, err := outputs.ParseFormat(text, reg)
	f.parts = append(f.parts, sequencePart{step, format})
	return err
}

// steps returns the names of the steps that the output speaks of.
func (f *SequenceFormat) steps() (names []string) {
	for _, p := range f.parts {
		if p.step != "" {
			names = append(names, p.step)
		}
	}
	return names
}

// String writes the text. of returns what a step took, and for "" the last
// event; a step that took nothing reads as missing.
func (f *SequenceFormat) String(of func(step string) (event.Row, bool)) string {
	var b strings.Builder
	for _, p := range f.parts {
		if row, ok := of(p.step); ok {
			b.WriteString(p.format.String(row))
		} else {
			b.WriteString(event.NotAvailable)
		}
	}
	return b.String()
}

// Each calls yield with each field of the output, as it was written, and its
// value; ok is false when that is missing.
func (f *SequenceFormat) Each(of func(step string) (event.Row, bool), yield func(name string, v event.Value, ok bool)) {
	for _, p := range f.parts {
		row, there := of(p.step)
		if !there {
			row = nothing
		}
		p.format.Each(row, func(name string, v event.Value, ok bool) {
			if p.step != "" {
				name = "step." + p.step + "." + name
			}
			yield(name, v, ok && there)
		})
	}
}

// nothing is a row in which every field is missing that a step's event may
// have.
var nothing = func() event.Row {
	b := event.NewBatch(event.NewTables(), 1, 1)
	b.Append(event.Event{Type: event.TypeUnknown, FD: -1, Dur: -1}, nil)
	return b.Row(0)
}()
