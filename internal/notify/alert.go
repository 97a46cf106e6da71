package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/safetext"
)

// Alert is what an output needs of an alert. It is not changed after it was
// handed over.
type Alert struct {
	ID       string
	Time     time.Time
	Hostname string
	Rule     string
	Priority event.Priority
	Source   string
	Tags     []string
	Output   string
	Fields   []Field // no name twice

	// Told are the names of the fields that outputs write; nil: all of them.
	Told map[string]bool

	Steps   []Step   // of a sequence: what happened, in order
	Missing []string // of a sequence: what did not happen yet

	Why      string          // what was done, by whom and where, in a line; "" when nobody can tell
	Chain    []string        // of a sequence: its steps and what is missing, a line each
	Sequence json.RawMessage // of a sequence: the same as its document has it, ready to be printed

	Guide rules.Guide
	Open  string // the command that opens the alert's trail
}

// Field is one of the alert's output fields.
type Field struct {
	Name  string
	Value json.RawMessage
}

// Step is an event of a sequence.
type Step struct {
	Name    string `json:"step"`
	Says    string `json:"says"` // a rule's name, or a condition
	Command string `json:"proc.cmdline"`
}

// Field returns the text of a field, "" when the alert has none.
func (a *Alert) Field(name string) string {
	for _, f := range a.Fields {
		if f.Name != name {
			continue
		}
		var s string
		switch {
		case string(f.Value) == "null":
			return ""
		case json.Unmarshal(f.Value, &s) == nil:
			return s
		}
		return string(f.Value)
	}
	return ""
}

// maxDocument bounds an alert's document.
const maxDocument = 16 << 20

// Read reads an alert from the document that Falco writes, or that a detector
// makes. With redact the secrets in its texts are masked.
func Read(doc []byte, redact bool) (*Alert, error) {
	if len(doc) > maxDocument {
		return nil, fmt.Errorf("an alert of %d bytes is more than anybody takes", len(doc))
	}
	var d struct {
		UUID     string          `json:"uuid"`
		Time     time.Time       `json:"time"`
		Rule     string          `json:"rule"`
		Priority string          `json:"priority"`
		Source   string          `json:"source"`
		Hostname string          `json:"hostname"`
		Output   string          `json:"output"`
		Tags     []string        `json:"tags"`
		Fields   json.RawMessage `json:"output_fields"`
		Stoop    struct {
			Sequence struct {
				Steps   []Step
				Missing []Step
			}
		}
	}
	if err := json.Unmarshal(doc, &d); err != nil {
		return nil, fmt.Errorf("this is no alert of Falco's: %w", err)
	}
	if d.Rule == "" {
		return nil, errors.New("this is no alert of Falco's: it has no rule")
	}
	a := &Alert{
		ID: d.UUID, Time: d.Time, Hostname: d.Hostname, Rule: d.Rule, Priority: event.PriorityOf(d.Priority),
		Source: d.Source, Tags: d.Tags, Output: d.Output,
	}
	a.Steps = d.Stoop.Sequence.Steps
	for _, m := range d.Stoop.Sequence.Missing {
		a.Missing = append(a.Missing, m.Says)
	}
	if redact {
		a.Output = safetext.Redact(a.Output)
	}
	return a, a.readFields(d.Fields, redact)
}

// readFields reads the members of an object in their order.
func (a *Alert) readFields(text json.RawMessage, redact bool) error {
	if len(text) == 0 || string(text) == "null" {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return errors.New("output_fields is no object")
	}
	seen := make(map[string]bool)
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		name, _ := key.(string)
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			return err
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		a.Fields = append(a.Fields, Field{name, tidy(v, redact)})
	}
	return nil
}

// tidy masks what is secret in a value, and writes texts so that they can be
// printed.
func tidy(v json.RawMessage, redact bool) json.RawMessage {
	var s string
	if len(v) > 0 && v[0] == '"' && json.Unmarshal(v, &s) == nil {
		if redact {
			s = safetext.Redact(s)
		}
		return safetext.AppendJSON(nil, s)
	}
	if !redact || bytes.IndexByte(v, '"') < 0 {
		return v
	}
	if masked := json.RawMessage(safetext.Redact(string(v))); json.Valid(masked) { // an array, an object
		return masked
	}
	return v
}
