package trail

import (
	"strconv"
	"strings"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/safetext"
)

// begin tells how it began: who got in, and how.
func (s *teller) begin() {
	t := s.trail
	if t.Root == nil {
		return
	}
	switch outside := t.Root.Parent == nil || t.Root.Parent.Outer; {
	case len(t.Visits) > 0 && outside:
		s.visited()
	case t.Entry.B != nil:
		s.asked()
		if len(t.Visits) > 0 {
			s.visited()
		}
	case t.Root.Inferred:
		if t.Root.Parent != nil {
			s.add(&told{Sentence: Sentence{
				Time: t.Root.Process.Start, Text: t.Root.Parent.Name() + " had started " + t.Root.Title(), Inferred: true, Count: 1, Node: t.Root,
			}})
		}
	case t.Root.ghost:
		s.add(&told{Sentence: Sentence{
			Time: t.From, Text: t.Root.Name() + " was there before these events begin", Count: 1, Node: t.Root,
		}})
	case t.door() != nil && !outside:
		d := t.door()
		s.add(&told{Sentence: Sentence{
			Time: t.Root.Process.Start, Text: t.Root.Parent.Name() + " " + d.say.String(t.Root.first()) + " " + t.Root.firstLine(),
			Tactic: d.Tactic, Count: 1, Node: t.Root,
		}})
	case len(t.Visits) > 0:
		s.visited()
	case outside:
		by := "the runtime"
		if t.Root.Parent != nil {
			by = t.Root.Parent.Name()
		}
		s.add(&told{Sentence: Sentence{
			Time: t.Root.Process.Start, Text: by + " brought " + t.Root.Line() + " into the container", Tactic: "Execution", Count: 1, Node: t.Root,
		}})
	}
}

// visited tells which user the API server let in.
func (s *teller) visited() {
	t := s.trail
	v := t.Visits[0]
	who, guess := t.Who()
	what := map[string]string{
		"exec":                "ran " + t.Root.firstLine() + " in the container, by the API server's pods/exec",
		"attach":              "was attached to the container's terminal, by the API server's pods/attach",
		"portforward":         "had a port of the pod forwarded, by the API server's pods/portforward",
		"ephemeralcontainers": "put the container into the running pod, by the API server's pods/ephemeralcontainers",
	}[v.How]
	events := make([]event.Row, 0, len(t.Visits))
	for _, v := range t.Visits {
		events = append(events, v.Event)
	}
	s.add(&told{Sentence: Sentence{
		Time: v.Began, Text: who + " " + what, Tactic: "Execution", Inferred: guess, Count: len(events), Events: events[:min(len(events), maxEvents)], Node: t.Root,
	}})
}

// asked tells on which connection a service was spoken to before it made the
// root.
func (s *teller) asked() {
	t := s.trail
	e := t.Entry
	how := " took a request"
	if t.EntryInferred {
		how = " had accepted a connection"
	}
	if peer := text(e, fieldPeer); peer != "" {
		how += ", " + withName(peer, Named(e))
	}
	if far, guess, ok := t.Far(e); ok {
		if guess {
			how += ", it seems"
		}
		how += " from " + title(far)
	}
	then := ", then made " + t.Root.Name()
	if d := t.door(); d != nil {
		then = ", then " + d.say.String(t.Root.first()) + " " + t.Root.firstLine()
	}
	s.add(&told{Sentence: Sentence{
		Time: e.B.Time[e.I], Text: t.Root.Parent.Name() + how + request(e) + then,
		Tactic: "Initial Access", Inferred: t.EntryInferred, Count: 1, Events: []event.Row{e}, Node: t.Root.Parent,
	}})
}

// door is the door by which the root came in, nil for none.
func (t *Trail) door() *door {
	if t.Root == nil || t.Root.Parent == nil {
		return nil
	}
	return t.Root.Parent.door()
}

// first is what process fields read of the process, as it was when it had
// become its first own program.
func (n *Node) first() event.Row {
	for _, st := range n.states {
		if st.P().ExecTime >= st.P().Start {
			return st
		}
	}
	return n.Row()
}

func (n *Node) firstLine() string { return safetext.Redact(text(n.first(), fieldLine)) }

// request quotes the first line of what a client said, where it was kept.
func request(e event.Row) string {
	line, _, _ := strings.Cut(text(e, fieldData), "\r\n")
	line, _, _ = strings.Cut(line, "\n")
	if line == "" {
		return ""
	}
	return " (" + quote(line) + ")"
}

// quote masks what is secret in a text from outside, cuts it, and puts it into
// quotation marks.
func quote(s string) string {
	const most = 160
	s = safetext.Redact(s)
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return strconv.Quote(s)
}
