package trail

import (
	"strconv"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/safetext"
)

// Sentence is one sentence of a story.
type Sentence struct {
	Time     int64 // ns since 1970, of the first event
	Text     string
	Tactic   string // MITRE ATT&CK's name; "" for none
	Inferred bool   // concluded, not seen
	Count    int    // how many events it stands for
	Events   []event.Row
	Alerts   []string // rules that fired on one of its events, in order
	Node     *Node    // who did it
}

// maxEvents is how many events a sentence keeps a hold of.
const maxEvents = 100

// Story tells the trail, in the order of time. Texts are as they came from
// outside, but for what Redact masks; package safetext makes them fit to be
// shown.
func (t *Trail) Story() []*Sentence {
	s := &teller{trail: t, open: map[string]*Sentence{}, values: map[*Sentence]map[string]bool{}, written: map[string]*Sentence{}}
	s.entry()
	for _, step := range t.Steps {
		if step.Row.Alert != 0 {
			s.alert(step)
			continue
		}
		s.event(step)
	}
	for _, told := range s.told {
		s.finish(told)
	}
	out := make([]*Sentence, len(s.told))
	for i, told := range s.told {
		out[i] = told.Sentence
	}
	return out
}

// teller makes sentences of steps.
type teller struct {
	trail   *Trail
	told    []told
	open    map[string]*Sentence
	values  map[*Sentence]map[string]bool
	written map[string]*Sentence // by path
	last    *Sentence
}

type told struct {
	*Sentence
	by *telling // nil: the text is whole
}

func (s *teller) add(x *Sentence, by *telling) {
	s.told = append(s.told, told{x, by})
	s.last = x
}

// entry tells how it began.
func (s *teller) entry() {
	t := s.trail
	switch {
	case t.Root == nil:
	case t.Entry.B != nil:
		e := t.Entry
		how := " took a request"
		if t.EntryInferred {
			how = " had accepted a connection"
		}
		if peer := text(e, fieldPeer); peer != "" {
			how += ", " + peer
		}
		s.add(&Sentence{
			Time: e.B.Time[e.I], Text: t.Root.Parent.Name() + how + asked(e) + ", then made " + t.Root.Name(),
			Tactic: "Initial Access", Inferred: t.EntryInferred, Count: 1, Events: []event.Row{e}, Node: t.Root.Parent,
		}, nil)
	case t.Root.Parent == nil || t.Root.Parent.Outer:
		by := "the runtime"
		if t.Root.Parent != nil {
			by = t.Root.Parent.Name()
		}
		s.add(&Sentence{Time: t.Root.Process.Start, Text: by + " brought " + t.Root.Line() + " into the container", Tactic: "Execution", Count: 1, Node: t.Root}, nil)
	}
}

// asked quotes the first line of what a client said, where it was kept.
func asked(e event.Row) string {
	line, _, _ := strings.Cut(text(e, fieldData), "\r\n")
	line, _, _ = strings.Cut(line, "\n")
	const most = 160
	if len(line) > most {
		line = line[:most] + "…"
	}
	if line == "" {
		return ""
	}
	return " (" + strconv.Quote(line) + ")"
}

// event tells one event, or adds it to a sentence that tells it already.
func (s *teller) event(step Step) {
	for _, by := range tellings() {
		if !by.filter.Match(step.Row.B, step.Row.I) {
			continue
		}
		key := by.key(step.Row, step.Node)
		x := s.open[key]
		if x == nil {
			x = &Sentence{Time: step.Row.B.Time[step.Row.I], Tactic: by.Tactic, Node: step.Node}
			s.open[key] = x
			s.add(x, by)
		}
		s.last = x
		x.Count++
		if len(x.Events) < maxEvents {
			x.Events = append(x.Events, step.Row)
		}
		if by.of.f != nil {
			if s.values[x] == nil {
				s.values[x] = map[string]bool{}
			}
			s.values[x][text(step.Row, by.of)] = true
		}
		return
	}
}

// alert marks the sentence that tells what the alert's rule fired on, or tells
// the alert itself where there is none.
func (s *teller) alert(step Step) {
	rule := step.Row.T.Text(step.Row.A().Rule)
	at := step.Row.B.Time[step.Row.I]
	if s.last != nil && s.last.Node != nil && s.last.Node.Process == step.Node.Process {
		if e := s.last.Events; len(e) > 0 && e[len(e)-1].B.Time[e[len(e)-1].I] == at {
			s.last.mark(rule)
			return
		}
	}
	s.add(&Sentence{Time: at, Text: "the rule fired", Count: 1, Events: []event.Row{step.Row}, Alerts: []string{rule}, Node: step.Node}, nil)
}

func (x *Sentence) mark(rule string) {
	for _, r := range x.Alerts {
		if r == rule {
			return
		}
	}
	x.Alerts = append(x.Alerts, rule)
}

// finish writes a sentence whose events are all known.
func (s *teller) finish(x told) {
	if x.by == nil {
		x.Text = safetext.Redact(x.Text)
		return
	}
	first := x.Events[0]
	say := x.by.Say
	if x.Count > 1 && x.by.Many != "" && (x.by.of.f == nil || len(s.values[x.Sentence]) > 1) {
		say = x.by.Many
	}
	// Numbers come before fields: a file may be called {count}.
	say = strings.NewReplacer("{count}", strconv.Itoa(x.Count), "{distinct}", strconv.Itoa(len(s.values[x.Sentence]))).Replace(say)
	format, err := event.ParseFormat(say, event.Fields)
	if err != nil { // it was read when the tellings were
		panic(err)
	}
	line := format.String(first)
	if x.Count > 1 && (x.by.Many == "" || x.by.of.f != nil && len(s.values[x.Sentence]) <= 1) {
		line += " (" + strconv.Itoa(x.Count) + " times)"
	}
	x.Text = safetext.Redact(line + s.outcome(x))
}

// outcome says how a started program ended, and who had written it.
func (s *teller) outcome(x told) string {
	first := x.Events[0]
	switch x.by.Tell {
	case "wrote", "changed accounts", "changed start-up":
		s.written[text(first, fieldPeer)] = x.Sentence
	case "started":
		n, more := x.Node, ""
		if w := s.written[text(first, fieldExePath)]; w != nil && w.Node != n {
			more = ", which " + w.Node.Name() + " had written"
		}
		if n.Ended == 0 || text(first, fieldExePath) != n.image() {
			return more
		}
		switch {
		case n.Exit > 0:
			more += "; it ended with " + strconv.FormatInt(n.Exit, 10)
		case n.Exit < 0:
			more += "; it was ended by " + event.SignalName(-n.Exit)
		}
		return more
	}
	return ""
}

var (
	fieldExePath = mustField("proc.exepath")
	fieldData    = mustField("evt.buffer")
)
