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
	ByEntity        // the id by which the reporting program knows the process: Tetragon's exec id, Elastic's entity id
	ByStart         // pid and start of the process
	ByPID           // the pid, of a process that lived at that time
	BySession       // the terminal or session in the container, at that time
	ByLine          // the command line, in the container, alive at that time
	ByName          // the name alone, in the container, alive at that time
	ByContainer     // the container alone: all of it is the trail
	ByPod           // the pod alone: it had one container, or the one that was taken
	ByAlerts        // its name, command line and ancestors, as alerts say them: no event of it was recorded
)

var keyTexts = [...]string{
	ByNothing:   "nothing",
	ByEntity:    "the process's entity id",
	ByStart:     "pid and start time",
	ByPID:       "pid and time",
	BySession:   "container, terminal or session, and time",
	ByLine:      "container, command line and time",
	ByName:      "container, process name and time",
	ByContainer: "container and time",
	ByPod:       "pod and time",
	ByAlerts:    "what alerts say of it",
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

	// What else the alert says of it: zero where it does not.
	ID             string // of the alert
	Entity, Parent string // entity ids of the process and of its parent
	PID            int32
	Name           string // of the process
	TTY            int32
	Session        int32
	Pod, Namespace string
	ContainerName  string
	Node           string // the host's name

	// Choices is how many processes the key fits; the one that started last
	// before the alert was taken. 1 when there was no choice.
	Choices int
}

// SubjectOf reads whom an alert is about, as far as the alert itself tells.
func SubjectOf(alert event.Row) Subject { return subjectOf(alert) }

func subjectOf(alert event.Row) Subject {
	s := Subject{Time: alert.B.Time[alert.I], Choices: 1}
	for _, part := range []struct {
		to *string
		of field
	}{
		{&s.Container, fieldContainer},
		{&s.Line, fieldLine},
		{&s.ID, fieldAlertID},
		{&s.Entity, fieldEntity},
		{&s.Parent, fieldParentEntity},
		{&s.Name, fieldName},
		{&s.Pod, fieldPod},
		{&s.Namespace, fieldNamespace},
		{&s.ContainerName, fieldContainerName},
		{&s.Node, fieldNode},
	} {
		*part.to = text(alert, part.of)
	}
	s.Container = ContainerID(s.Container)
	p := alert.P()
	if p.Knows(event.KnowPID) && p.PID > 0 {
		s.PID = p.PID
	}
	if p.Knows(event.KnowTTY) {
		s.TTY = p.TTY
	}
	if p.Knows(event.KnowSession) {
		s.Session = p.SID
	}
	switch process, ok := processOf(alert); {
	case ok:
		s.Key, s.Process = ByStart, process
	case s.Container != "":
		s.Key = ByContainer
	case s.Pod != "":
		s.Key = ByPod
	}
	return s
}

// ContainerID returns the id by which a container is known: without a scheme
// before it (containerd://…), and of 12 hex digits, or as many as there are.
func ContainerID(id string) string {
	id = strings.TrimSpace(id)
	if i := strings.LastIndex(id, "://"); i >= 0 {
		id = id[i+len("://"):]
	}
	if len(id) > 12 && strings.Trim(id, "0123456789abcdefABCDEF") == "" {
		id = id[:12]
	}
	if strings.Trim(id, "0123456789abcdefABCDEF") == "" {
		id = strings.ToLower(id)
	}
	return id
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

// asks are the ways to find an alert's process among others, the surest first.
// The first that any process fits counts.
var asks = []struct {
	key  Key
	asks func(*Subject) bool // the alert says what it takes
	fits func(*Subject, *Node) bool
}{
	{
		ByEntity,
		func(s *Subject) bool { return s.Entity != "" },
		func(s *Subject, n *Node) bool { return n.entity == s.Entity },
	},
	{
		ByStart,
		func(s *Subject) bool { return s.Key == ByStart },
		func(s *Subject, n *Node) bool { return n.Process == s.Process },
	},
	{
		ByStart,
		func(s *Subject) bool { return s.Key == ByStart },
		func(s *Subject, n *Node) bool {
			return n.Process.PID == s.Process.PID && near(n.Process.Start, s.Process.Start, clockSlack)
		},
	},
	{
		ByPID,
		func(s *Subject) bool { return s.PID != 0 },
		func(s *Subject, n *Node) bool { return n.Process.PID == s.PID },
	},
	{
		BySession,
		func(s *Subject) bool { return s.Line != "" && (s.TTY != 0 || s.Session != 0) },
		func(s *Subject, n *Node) bool { return n.ran(s.Line) && s.shares(n) },
	},
	{
		ByLine,
		func(s *Subject) bool { return s.Line != "" },
		func(s *Subject, n *Node) bool { return n.ran(s.Line) },
	},
	{
		BySession,
		func(s *Subject) bool { return s.TTY != 0 || s.Session != 0 },
		func(s *Subject, n *Node) bool { return s.shares(n) },
	},
	{
		ByName,
		func(s *Subject) bool { return s.Name != "" && s.Line == "" },
		func(s *Subject, n *Node) bool { return n.called(s.Name) },
	},
}

// join looks for the process that an alert is about among the nodes: of those
// that lived at that time the one that started last before it. A key that the
// alert gives and no node fits is given up for the next.
func (s *Subject) join(nodes map[Process]*Node) {
	if s.Key == ByNothing && s.Entity == "" && s.PID == 0 {
		return
	}
	for i := range asks {
		ask := &asks[i]
		if !ask.asks(s) {
			continue
		}
		var found Process
		choices := 0
		for p, n := range nodes {
			if n.Outer || !n.met || !ask.fits(s, n) || !n.lived(s.Time) {
				continue
			}
			choices++
			if choices == 1 || p.Start > found.Start || p.Start == found.Start && p.PID > found.PID {
				found = p
			}
		}
		if choices > 0 {
			s.Key, s.Process, s.Choices = ask.key, found, choices
			return
		}
	}
}

// lived reports whether a process was there at a time.
func (n *Node) lived(at int64) bool {
	return n.Process.Start <= at+clockSlack && (n.Ended == 0 || n.Ended >= at-clockSlack)
}

// shares reports whether a process was on the alert's terminal, or else in its
// session.
func (s *Subject) shares(n *Node) bool {
	for _, st := range n.states {
		p := st.P()
		if s.TTY != 0 && p.Knows(event.KnowTTY) && p.TTY == s.TTY || s.TTY == 0 && s.Session != 0 && p.Knows(event.KnowSession) && p.SID == s.Session {
			return true
		}
	}
	return false
}

// clockSlack is how far the clocks of an alert and of events may be apart.
const clockSlack = 2e9

// near reports whether two times are at most so far apart.
func near(a, b, most int64) bool { return max(a-b, b-a) <= most }

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

// called reports whether a process had a name.
func (n *Node) called(name string) bool {
	for _, st := range n.states {
		if text(st, fieldName) == name {
			return true
		}
	}
	return false
}

// fields that the trail reads by name.
var (
	fieldContainer     = mustField("container.id")
	fieldContainerName = mustField("container.name")
	fieldLine          = mustField("proc.cmdline")
	fieldName          = mustField("proc.name")
	fieldPeer          = mustField("fd.name")
	fieldAlertID       = mustField("alert.id")
	fieldEntity        = mustField("proc.entity_id")
	fieldParentEntity  = mustField("proc.parent.entity_id")
	fieldPod           = mustField("k8s.pod.name")
	fieldNamespace     = mustField("k8s.ns.name")
	fieldNode          = mustField("evt.hostname")
)

type field = event.Asked

func mustField(name string) field { return event.MustAsk(name) }

// text reads a field as text, "" when it is missing.
func text(r event.Row, f field) string { return f.Text(r) }
