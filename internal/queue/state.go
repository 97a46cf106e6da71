package queue

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// State is how far people have come with an alert or a group. The words are
// those of Elastic's kibana.alert.workflow_status.
type State string

// The states.
const (
	Open         State = "open"
	Acknowledged State = "acknowledged"
	Closed       State = "closed"
)

// States lists the states, what waits for somebody first.
var States = []State{Open, Acknowledged, Closed}

// rank orders states: what waits for somebody first.
func (s State) rank() int { return max(slices.Index(States, s), 0) }

// Verdict is what an alert or a group was found to be.
type Verdict struct {
	Name  string
	Stays bool // what comes later of a kind that was closed with it is closed too
	Says  string
}

// Verdicts lists the verdicts.
var Verdicts = []Verdict{
	{"true-positive", false, "it was what the rule says, and harm was meant; what comes later is open again"},
	{"false-positive", true, "the rule was wrong; what comes later of the kind stays closed, and is counted"},
	{"benign", true, "it was what the rule says, and wanted; what comes later of the kind stays closed, and is counted"},
	{"undetermined", false, "nobody can tell; what comes later is open again"},
}

func stays(verdict string) bool {
	return slices.ContainsFunc(Verdicts, func(v Verdict) bool { return v.Name == verdict && v.Stays })
}

// Record is what people decided about a group, or about one alert.
type Record struct {
	ID      string    `json:"id"`              // of the group, or of the alert
	Group   string    `json:"group,omitempty"` // the group of an alert, where it is known
	Kind    *Kind     `json:"kind,omitempty"`  // of a group, for who reads the record alone
	State   State     `json:"state"`
	Verdict string    `json:"verdict,omitempty"`
	Owner   string    `json:"owner,omitempty"`
	Note    string    `json:"note,omitempty"`
	By      string    `json:"by,omitempty"`   // who changed it last
	At      time.Time `json:"at"`             // when
	Until   time.Time `json:"until,omitzero"` // of a group: the newest alert that was seen then

	// Version is what a desk tells changes apart by; "" for a record that no
	// desk has yet. It means something to that desk alone.
	Version string `json:"version,omitempty"`
}

// Bounds of a record's texts, in bytes.
const (
	MaxNote = 4096
	maxName = 256
)

// Check refuses what no record may hold; the error says which part and why.
func (r *Record) Check() error {
	switch {
	case r.ID == "" || len(r.ID) > maxText:
		return fmt.Errorf("an id has 1 to %d bytes; this one has %d", maxText, len(r.ID))
	case !slices.Contains(States, r.State):
		return fmt.Errorf("%q is no state: %s", r.State, States)
	case r.Verdict != "" && !slices.ContainsFunc(Verdicts, func(v Verdict) bool { return v.Name == r.Verdict }):
		return fmt.Errorf("%q is no verdict: %s", r.Verdict, strings.Join(VerdictNames(), ", "))
	case len(r.Note) > MaxNote:
		return fmt.Errorf("a note has at most %d bytes; this one has %d", MaxNote, len(r.Note))
	case len(r.Owner) > maxName || len(r.By) > maxName:
		return fmt.Errorf("a name has at most %d bytes", maxName)
	}
	return nil
}

// VerdictNames lists the names of the verdicts.
func VerdictNames() (names []string) {
	for _, v := range Verdicts {
		names = append(names, v.Name)
	}
	return names
}

// Conflict is the error of a change to what somebody else has changed
// meanwhile.
type Conflict struct{ Theirs Record }

func (c *Conflict) Error() string {
	who := c.Theirs.By
	if who == "" {
		who = "somebody"
	}
	return fmt.Sprintf("%s has changed %s meanwhile (%s): look again", who, c.Theirs.ID, c.Theirs.State)
}

// ErrNoAlert is returned where a state is to be written into alerts of which
// there are none any more.
var ErrNoAlert = errors.New("the alerts are not there any more")
