package trail

import (
	"cmp"
	"math"
	"slices"
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
	Silent   bool     // an act that is worth an alert, on which no rule fired
	Node     *Node    // who did it; nil for somebody who is no process here
}

// maxEvents is how many events a sentence keeps a hold of.
const maxEvents = 100

// Story tells the trail, in the order of time. Texts are as they came from
// outside, but for what Redact masks; package safetext makes them fit to be
// shown.
func (t *Trail) Story() []*Sentence {
	s := &teller{
		trail: t, open: map[sentenceKey]*told{}, of: map[*Node][]*told{}, sockets: map[socketKey]*told{},
		written: map[string]*told{}, tells: map[string]bool{}, lines: map[streamKey]*stream{},
	}
	s.begin()
	begun := len(s.all)
	for _, step := range t.Steps {
		s.overdue(step.Row.B.Time[step.Row.I])
		if step.Row.Alert == 0 {
			s.event(step)
			s.attach(step)
		} else if !s.mark(step) {
			s.early = append(s.early, step)
		}
	}
	s.overdue(math.MaxInt64)
	s.endLines()
	s.lostAt()
	slices.SortStableFunc(s.all[begun:], func(a, b *told) int { return cmp.Compare(a.Time, b.Time) })
	out := make([]*Sentence, len(s.all))
	for i, x := range s.all {
		s.finish(x)
		out[i] = &x.Sentence
	}
	return out
}

// teller makes sentences of steps.
type teller struct {
	trail   *Trail
	all     []*told
	open    map[sentenceKey]*told
	of      map[*Node][]*told   // what each process did
	sockets map[socketKey]*told // connections that were begun, to see whether they were answered
	tells   map[string]bool     // what was told of anybody
	written map[string]*told    // by path
	lines   map[streamKey]*stream
	streams []*stream // in the order in which they began
	early   []Step    // alerts of whose events nothing was told yet, in order
	key     []byte
	acts    acts
}

// told is a sentence in the making.
type told struct {
	Sentence
	by       *telling // nil: the text is whole
	after    *told    // what the same process did before, that the telling asks for
	sum      int64
	values   map[string]bool
	answered map[event.Endpoint]bool
}

// sentenceKey is what the events of one sentence agree in.
type sentenceKey struct {
	by     *telling
	node   *Node
	values string
}

// tableObj names a file or a socket; several sources have several tables.
type tableObj struct {
	t   *event.Tables
	obj event.ObjID
}

// socketKey names a process's connection by the server: its own end is known
// only when the kernel has chosen it.
type socketKey struct {
	node   *Node
	server event.Endpoint
	l4     event.L4Proto
}

func socketOf(s Step) socketKey {
	o := s.Row.O()
	return socketKey{s.Node, o.Server(), o.L4}
}

// moves reports whether a call moved data over an IP connection.
func moves(r event.Row) bool {
	return int(r.Type) < event.NumTypes && (reads[r.Type] || writes[r.Type]) && r.Obj != 0 && r.O().Kind.Inet() && passed(r)
}

func (s *teller) add(x *told) *told {
	s.all = append(s.all, x)
	if x.by != nil {
		s.tells[x.by.Tell] = true
	}
	if x.Node != nil {
		s.of[x.Node] = append(s.of[x.Node], x)
		s.note(x)
	}
	return x
}

// event tells one event, or adds it to a sentence that tells it already.
func (s *teller) event(step Step) {
	r := step.Row
	s.line(step)
	if len(s.sockets) > 0 && moves(r) {
		if x := s.sockets[socketOf(step)]; x != nil {
			x.answered[r.O().Server()] = true
		}
	}
	for _, by := range tellingsOf(r) {
		after := s.before(by, step.Node)
		if len(by.After) > 0 && after == nil || !by.filter.Match(r.B, r.I) {
			continue
		}
		x := s.sentence(by, step)
		x.after = after
		x.Count++
		if len(x.Events) < maxEvents {
			x.Events = append(x.Events, r)
		}
		if by.sum.Field != nil {
			x.sum += max(number(r, by.sum), 0)
		}
		if by.of.Field != nil {
			x.values[text(r, by.of)] = true
		}
		if by.Role == "began to connect" {
			s.sockets[socketOf(step)] = x
		}
		if by.Role == "wrote" {
			s.written[text(r, fieldPeer)] = x
		}
		return
	}
}

// sentence returns the sentence that an event belongs to.
func (s *teller) sentence(by *telling, step Step) *told {
	s.key = s.key[:0]
	for _, f := range by.by {
		s.key = append(append(s.key, 0), text(step.Row, f)...)
	}
	key := sentenceKey{by, step.Node, string(s.key)}
	x := s.open[key]
	if x == nil {
		x = s.add(&told{
			Sentence: Sentence{Time: step.Row.B.Time[step.Row.I], Tactic: by.Tactic, Inferred: by.Inferred, Node: step.Node},
			by:       by,
		})
		if by.of.Field != nil {
			x.values = map[string]bool{}
		}
		if by.Role == "began to connect" {
			x.answered = map[event.Endpoint]bool{}
		}
		s.open[key] = x
	}
	return x
}

// before returns what a process did before, of what a telling asks for.
func (s *teller) before(by *telling, n *Node) *told {
	if !slices.ContainsFunc(by.After, func(tell string) bool { return s.tells[tell] }) {
		return nil
	}
	if x := s.did(by, n); x != nil || !by.Kin || n.Parent == nil {
		return x
	}
	return s.kin(by, n)
}

// together is how far apart a shell starts the programs of a pipe.
const together = 100e6

// did returns the last of what a process did that a telling asks for.
func (s *teller) did(by *telling, n *Node) (last *told) {
	for _, tell := range by.After {
		if all := s.acts[act{n, tell}]; len(all) > 0 && (last == nil || all[len(all)-1].Time > last.Time) {
			last = all[len(all)-1]
		}
	}
	return last
}

// passed reports whether a call moved bytes, as far as its result is known.
func passed(r event.Row) bool { return r.B.Bits[r.I]&event.HasRes == 0 || r.B.Res[r.I] > 0 }

// sameAct is how far apart an alert of another recorder and the event that its
// rule fired on may be.
const sameAct = 100e6

// mark marks the sentence that tells what an alert's rule fired on; it reports
// whether there is one.
func (s *teller) mark(step Step) bool {
	at := step.Row.B.Time[step.Row.I]
	did := s.of[step.Node]
	for i := len(did) - 1; i >= 0 && len(did)-i < 8; i-- {
		x := did[i]
		if len(x.Events) == 0 || x.by == nil {
			continue
		}
		last := x.Events[len(x.Events)-1]
		if d := apart(last.B.Time[last.I], at); d == 0 || d < sameAct && last.Type == step.Row.Type && last.T != step.Row.T {
			x.mark(step.Row.T.Text(step.Row.A().Rule))
			return true
		}
	}
	return false
}

// attach marks what was just told for the alerts that came before the event that
// they are of, as those do whose times are cut to milliseconds.
func (s *teller) attach(step Step) {
	if len(s.early) > 0 {
		s.early = slices.DeleteFunc(s.early, func(a Step) bool { return a.Node == step.Node && s.mark(a) })
	}
}

// overdue tells the alerts by themselves of whose events none can come any more.
func (s *teller) overdue(now int64) {
	for len(s.early) > 0 {
		if at := s.early[0].Row.B.Time[s.early[0].Row.I]; at+sameAct > now && now != math.MaxInt64 {
			return
		}
		s.alert(s.early[0])
		s.early = s.early[1:]
	}
}

// alert tells an alert of whose event nothing is told.
func (s *teller) alert(step Step) {
	rule, at := step.Row.T.Text(step.Row.A().Rule), step.Row.B.Time[step.Row.I]
	why, guess := deedOf(step.Row)
	if why == "" {
		why = "did what a rule fired on"
	}
	text, did := step.Node.Name()+" "+why, s.of[step.Node]
	if n := len(did); n > 0 && did[n-1].by == nil && did[n-1].Text == text && apart(did[n-1].Time, at) < sameAct {
		x := did[n-1] // another rule's alert, or the same call on another descriptor
		x.mark(rule)
		if x.Count++; len(x.Events) < maxEvents {
			x.Events = append(x.Events, step.Row)
		}
		return
	}
	s.add(&told{Sentence: Sentence{
		Time: at, Text: text, Tactic: tacticOfRule(step.Row), Inferred: guess, Count: 1, Events: []event.Row{step.Row}, Alerts: []string{rule}, Node: step.Node,
	}})
}

// tacticOfRule is the tactic that an alert's rule is about, the first if it names
// several.
func tacticOfRule(alert event.Row) string {
	if names := event.Tactics(strings.Split(alert.T.Text(alert.A().Tags), "\x00")); len(names) > 0 {
		return names[0]
	}
	return ""
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
func (s *teller) finish(x *told) {
	if x.by == nil {
		x.Text = safetext.Redact(x.Text)
		return
	}
	several := x.Count > 1 && x.by.many != nil && (x.by.of.Field == nil || len(x.values) > 1)
	say := x.by.say
	if several {
		say = x.by.many
	}
	line := say.with(map[string]string{
		"count": grouped(x.Count), "distinct": grouped(len(x.values)), "sum": amount(x.sum), "before": s.earlier(x),
	}, x.Events[0])
	if x.Count > 1 && !several && x.by.sum.Field == nil {
		line += " (" + grouped(x.Count) + " times)"
	}
	x.Text = safetext.Redact(line + s.outcome(x) + s.far(x))
	x.Silent = x.by.Notable && !s.fired(x)
	if x.by.ManyTactic != "" && len(x.values) >= scan {
		x.Tactic = x.by.ManyTactic
	}
}

// scan is from how many values on several of a kind are another tactic.
const scan = 10

// fired reports whether a rule fired on what a sentence tells, or on what the
// same process did to the same end.
func (s *teller) fired(x *told) bool {
	for _, did := range s.of[x.Node] {
		if len(did.Alerts) > 0 && (did == x || did.Tactic == x.Tactic) {
			return true
		}
	}
	return false
}

// earlier is what a sentence says of the one that it comes after.
func (s *teller) earlier(x *told) string {
	if x.after == nil || x.by.before == nil {
		return ""
	}
	return x.by.before.with(nil, x.after.Events[0])
}

// far names the process at the other end of a connection.
func (s *teller) far(x *told) string {
	if x.by.Role != "connected" && x.by.Role != "began to connect" {
		return ""
	}
	far, guess, ok := s.trail.Far(x.Events[0])
	if !ok {
		return ""
	}
	if guess {
		return "; at the other end was, it seems, " + title(far)
	}
	return "; at the other end was " + title(far)
}

// amount writes an amount of data: 9.1 MB.
func amount(n int64) string {
	units := []string{"kB", "MB", "GB", "TB"}
	if n < 1000 {
		return strconv.FormatInt(n, 10) + " bytes"
	}
	f := float64(n)
	for _, u := range units {
		if f /= 1000; f < 999.95 || u == "TB" {
			return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0") + " " + u
		}
	}
	return ""
}
