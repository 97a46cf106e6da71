package trail

import (
	"strconv"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/event"
)

// Fact is something that the trail says of an alert and the alert alone does
// not.
type Fact struct {
	Text  string
	Guess bool // concluded, not seen
}

// ends of programs that say more than that they failed (POSIX sh, 2.8.2).
var exits = map[int64]string{
	126: "it could not be executed",
	127: "the program, or something that it needs, was not found",
}

// ended says how a process ended, "" when that was not seen or is nothing to
// speak of.
func (n *Node) ended() string {
	switch {
	case n.Ended == 0 || n.Exit == 0:
		return ""
	case n.Exit < 0:
		return "was ended by " + event.SignalName(-n.Exit)
	case exits[n.Exit] != "":
		return "ended with " + strconv.FormatInt(n.Exit, 10) + " (" + exits[n.Exit] + ")"
	}
	return "ended with " + strconv.FormatInt(n.Exit, 10)
}

// outcome says how a started program ended and who had written it, and whether
// a connection that nobody waited for was answered.
func (s *teller) outcome(x *told) string {
	first := x.Events[0]
	switch x.by.Role {
	case "began to connect":
		switch n := len(x.answered); {
		case n == 0 && x.Count == 1:
			return "; nothing was seen to go over it"
		case n == 0:
			return "; nothing was seen to go over them"
		case x.Count == 1:
			return "; it was answered"
		default:
			return "; " + grouped(n) + " of them were answered"
		}
	case "started":
		n, more := x.Node, ""
		if w := s.written[text(first, fieldExePath)]; w != nil && w.Node != n {
			more = ", which " + w.Node.Name() + " had written"
		}
		if text(first, fieldExePath) != n.image() || n.ended() == "" {
			return more
		}
		more += "; it " + n.ended()
		if exits[n.Exit] != "" && !s.didMore(n, x) {
			more += ", and did nothing that was seen"
		}
		return more
	}
	return ""
}

// didMore reports whether a process is told of after a sentence.
func (s *teller) didMore(n *Node, x *told) bool {
	did := s.of[n]
	return len(n.Children) > 0 || len(did) > 0 && did[len(did)-1] != x
}

// tally is what one process tried, and how it went.
type tally struct {
	connects, connected, begun int
	answered                   map[event.Endpoint]bool
	refused                    map[string]int // by error
	sent, received             int64
	opened, denied             int // opens for writing
	why                        string
}

var (
	fileOpens = typesOf("open", "openat", "openat2", "creat")
	connects  = typesOf("connect")
)

func (c *tally) count(r event.Row) {
	failed := r.B.Bits[r.I]&event.HasRes != 0 && r.B.Res[r.I] < 0
	inet := r.Obj != 0 && r.O().Kind.Inet()
	switch {
	case connects[r.Type] && inet:
		c.connects++
		switch name := event.ErrnoName(r.B.Res[r.I]); {
		case !failed:
			c.connected++
		case name == "EINPROGRESS":
			c.begun++
		default:
			c.refused[name]++
		}
	case reads[r.Type] && inet && !failed:
		c.received += r.B.Res[r.I]
		c.answered[r.O().Server()] = true
	case writes[r.Type] && inet && !failed:
		c.sent += r.B.Res[r.I]
		c.answered[r.O().Server()] = true
	case fileOpens[r.Type] && text(r, fieldForWriting) == "true" && !strings.HasPrefix(text(r, fieldPeer), "/dev/"):
		c.opened++
		if failed {
			c.denied, c.why = c.denied+1, event.ErrnoName(r.B.Res[r.I])
		}
	}
}

// Outcome says what came of what an alert is about: whether the call went well,
// how the process ended, whether it connected at all. It is empty where the
// process is not known.
func (t *Trail) Outcome() (facts []Fact) {
	n := t.Self
	if n == nil {
		return nil
	}
	say := func(s string) { facts = append(facts, Fact{Text: s, Guess: n.Inferred}) }
	if r := t.Alert; r.B.Bits[r.I]&event.HasRes != 0 && r.B.Res[r.I] < 0 {
		if why := event.ErrnoName(r.B.Res[r.I]); why != "EINPROGRESS" { // nobody waited for it: it is counted below
			say("the call failed: " + why)
		}
	}
	c := tally{answered: map[event.Endpoint]bool{}, refused: map[string]int{}}
	for _, s := range t.Steps {
		if s.Node == n && s.Row.Alert == 0 && int(s.Row.Type) < event.NumTypes {
			c.count(s.Row)
		}
	}
	switch end := n.ended(); {
	case end != "":
		say(n.Name() + " " + end + " after " + lasted(n.Ended-n.Process.Start))
	case n.Ended != 0 && !n.told:
		say(n.Name() + " ended after " + lasted(n.Ended-n.Process.Start) + "; with what was not recorded")
	case n.Ended != 0:
		say(n.Name() + " ended well after " + lasted(n.Ended-n.Process.Start))
	case t.Coverage.any(typesOf("procexit")):
		say(n.Name() + " had not ended when the events end")
	}
	for _, text := range c.connections(t.Coverage.any(connects)) {
		say(text)
	}
	if c.denied > 0 {
		say("of " + count(c.opened, "file", "files") + " that it opened for writing, " + grouped(c.denied) + " failed: " + c.why)
	}
	if k := descendants(n); k > 0 {
		say(count(k, "process", "processes") + " came of it")
	}
	return facts
}

// connections says how connecting went; recorded says that calls to connect are
// among the events at all.
func (c *tally) connections(recorded bool) (all []string) {
	switch {
	case c.connects == 0:
		if recorded {
			all = append(all, "it tried no connection that was seen")
		}
		return all
	case c.connected > 0:
		all = append(all, "it connected "+count(c.connected, "time", "times"))
	}
	if c.begun > 0 {
		all = append(all, "it began "+count(c.begun, "connection", "connections")+" without waiting; data was seen to go over "+grouped(min(len(c.answered), c.begun)))
	}
	for _, name := range sortedKeys(c.refused) {
		all = append(all, count(c.refused[name], "connection", "connections")+" failed: "+name)
	}
	if c.sent+c.received > 0 {
		all = append(all, "it sent "+amount(c.sent)+" and received "+amount(c.received))
	}
	return all
}

func lasted(ns int64) string {
	return time.Duration(ns).Round(time.Millisecond).String()
}

// descendants counts the descendants of a process.
func descendants(n *Node) (k int) {
	for _, c := range n.Children {
		k += 1 + descendants(c)
	}
	return k
}
