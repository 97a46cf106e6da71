package trail

import (
	"strings"

	"github.com/stoop-project/stoop/internal/event"
)

// Key says by what an alert was joined to a process, the surest first.
type Key uint8

// The keys.
const (
	ByNothing   Key = iota
	ByStart         // pid and start of the process
	ByLine          // the command line, in the container, alive at that time
	ByContainer     // the container alone: all of it is the trail
)

var keyTexts = [...]string{
	ByNothing:   "nothing",
	ByStart:     "pid and start time",
	ByLine:      "container, command line and time",
	ByContainer: "container and time",
}

// String says what was compared.
func (k Key) String() string { return keyTexts[k] }

// Process names a process over its execs and changes of credentials.
type Process struct {
	PID   int32 // in the host's pid namespace
	Start int64 // ns since 1970
}

// Subject is whom an alert is about.
type Subject struct {
	Key       Key
	Process   Process // zero with ByContainer
	Container string  // id of 12 digits, "host", or "" when the alert does not say
	Line      string  // the command line that the alert gives
	Time      int64   // ns since 1970

	// Choices is how many processes the key fits; the one that started last
	// before the alert was taken. 1 when there was no choice.
	Choices int
}

// subjectOf reads whom an alert is about, as far as the alert itself tells.
func subjectOf(alert event.Row) Subject {
	s := Subject{Time: alert.B.Time[alert.I], Choices: 1}
	s.Container = text(alert, fieldContainer)
	s.Line = text(alert, fieldLine)
	if p, ok := processOf(alert); ok {
		s.Key, s.Process = ByStart, p
		return s
	}
	if s.Container != "" {
		s.Key = ByContainer
	}
	return s
}

// processOf returns the process of a row, when its pid and start are known.
func processOf(r event.Row) (Process, bool) {
	return named(r.P())
}

func named(p *event.Proc) (Process, bool) {
	if !p.Knows(event.KnowPID|event.KnowStart) || p.PID == 0 || p.Start == 0 {
		return Process{}, false
	}
	return Process{PID: p.PID, Start: p.Start}, true
}

// join looks for the process that an alert without pid is about: the one with
// its command line that started last before it.
func (s *Subject) join(nodes map[Process]*Node) {
	if s.Key != ByContainer || s.Line == "" {
		return
	}
	s.Choices = 0
	for p, n := range nodes {
		if n.Outer || p.Start > s.Time+clockSlack || n.Ended != 0 && n.Ended < s.Time-clockSlack || !n.ran(s.Line) {
			continue
		}
		s.Choices++
		if s.Choices == 1 || p.Start > s.Process.Start || p.Start == s.Process.Start && p.PID > s.Process.PID {
			s.Key, s.Process = ByLine, p
		}
	}
	s.Choices = max(s.Choices, 1)
}

// clockSlack is how far the clocks of an alert and of events may be apart.
const clockSlack = 2e9

// ran reports whether a process had a command line; that of an alert may be cut.
func (n *Node) ran(line string) bool {
	const least = 200 // shippers cut at 256 and more
	for _, st := range n.states {
		is := text(st, fieldLine)
		if is == line || len(line) >= least && strings.HasPrefix(is, strings.TrimSuffix(line, "…")) {
			return true
		}
	}
	return false
}

// fields that the trail reads by name.
var (
	fieldContainer = mustField("container.id")
	fieldLine      = mustField("proc.cmdline")
	fieldPeer      = mustField("fd.name")
)

type field struct {
	f   *event.Field
	arg event.Arg
}

func mustField(name string) field {
	f, arg, err := event.Fields.Parse(name)
	if err != nil {
		panic(err)
	}
	return field{f, arg}
}

// text reads a field as text, "" when it is missing.
func text(r event.Row, f field) string {
	v, ok := f.f.Get(r, f.arg)
	if !ok {
		return ""
	}
	return v.String()
}
