package notify

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/event"
)

// Message is what a template sees of a group of alerts of one kind. All texts are
// [Value]s.
type Message struct {
	alert  *Alert
	d      *dialect
	redact bool

	Count       int  // alerts that the message is about
	Again       bool // there was a message about alerts like these already
	First, Last time.Time

	Priority   Value
	Rule       Value
	Output     Value // Falco's output: what happened
	Why        Value // what was done, by whom and where, in a line; with (inferred) where it was concluded
	Reason     Value // the output without the time, the priority and the fields behind it
	Hostname   Value
	Source     Value
	Container  Value // its name, else its id
	ID         Value // of the container
	Image      Value
	Pod        Value // namespace/name
	Command    Value // command line
	Parent     Value
	User       Value
	Tactics    []Value // of MITRE ATT&CK
	Techniques []Value
	Tags       []Value
	Steps      []MessageStep // of a sequence
	Missing    []Value       // of a sequence: what did not happen yet
	Guide      Guide
	Open       Value // the command that opens the trail
}

// MessageStep is an event of a sequence.
type MessageStep struct{ Name, Says, Command Value }

// Guide is what an analyst does about the alert.
type Guide struct{ Investigate, FalsePositives, Respond []Value }

// Digest is what a template sees of alerts that were too many to tell one by one.
type Digest struct {
	Count       int // alerts
	Kinds       int // groups
	First, Last time.Time
	Groups      []*Message // those that matter most
	Others      int        // groups that are not in it
}

// Field returns one of the alert's output fields.
func (m *Message) Field(name string) Value { return m.d.value(m.alert.Field(name), m.redact) }

// Severity is the priority's number: 1 for Emergency to 8 for Debug.
func (m *Message) Severity() int { return int(m.alert.Priority) }

// message makes a group's message in a dialect.
func (g *group) message(d *dialect, redact bool) *Message {
	a := g.alert
	v := func(s string) Value { return d.value(s, redact) }
	all := func(texts []string) (vs []Value) {
		for _, s := range texts {
			vs = append(vs, v(s))
		}
		return vs
	}
	tactics, techniques := mitre(a.Tags)
	var steps []MessageStep
	for _, s := range a.Steps[:min(len(a.Steps), maxSteps)] {
		steps = append(steps, MessageStep{v(s.Name), v(s.Says), v(s.Command)})
	}
	return &Message{
		alert: a, d: d, redact: redact,
		Count: g.count, Again: g.told, First: g.first, Last: g.last,
		Priority: v(a.Priority.String()), Rule: v(a.Rule), Output: v(a.Output), Reason: v(reason(a)), Why: v(a.Why).orNil(),
		Hostname: v(a.Hostname), Source: v(a.Source), Container: v(cmp.Or(a.Field("container.name"), a.Field("container.id"))),
		ID: v(a.Field("container.id")), Image: v(image(a)), Pod: v(workload(a)), Command: v(a.Field("proc.cmdline")),
		Parent: v(a.Field("proc.pname")), User: v(cmp.Or(a.Field("user.name"), a.Field("ka.user.name"))),
		Tactics: all(tactics), Techniques: all(techniques), Tags: all(a.sortedTags()),
		Steps: steps, Missing: all(a.Missing),
		Guide: Guide{all(a.Guide.Investigate), all(a.Guide.FalsePositives), all(a.Guide.Respond)},
		Open:  Value{d.text(a.Open), d.code(a.Open)}.orNil(),
	}
}

// maxSteps is how many events of a sequence a message names: one that counts may
// have thousands.
const maxSteps = 20

// orNil is nil for a value without text.
func (v Value) orNil() Value {
	if len(v) == 0 || v[0] == "" {
		return nil
	}
	return v
}

// reason returns what an output says before its fields: Falco's rules write
// "Sentence | field=… field=…".
func reason(a *Alert) string {
	s, _, _ := strings.Cut(a.Output, " | ")
	if _, rest, ok := strings.Cut(s, ": "+a.Priority.String()+" "); ok && a.Priority != event.PriorityUnknown {
		s = rest
	}
	return s
}

func image(a *Alert) string {
	name, tag := a.Field("container.image.repository"), a.Field("container.image.tag")
	switch {
	case name == "":
		return a.Field("container.image")
	case tag != "":
		return name + ":" + tag
	}
	return name
}

func workload(a *Alert) string {
	pod := cmp.Or(a.Field("k8s.pod.name"), a.Field("ka.target.name"))
	if ns := cmp.Or(a.Field("k8s.ns.name"), a.Field("ka.target.namespace")); ns != "" && pod != "" {
		return ns + "/" + pod
	}
	return pod
}

// mitre returns the tactics and techniques among tags, as Falco's rules write
// them: mitre_privilege_escalation, T1059.004.
func mitre(tags []string) (tactics, techniques []string) {
	for _, t := range tags {
		if tactic, ok := strings.CutPrefix(t, "mitre_"); ok {
			tactics = append(tactics, strings.ReplaceAll(tactic, "_", " "))
		}
		if len(t) >= 5 && t[0] == 'T' && strings.Trim(t[1:], "0123456789.") == "" {
			techniques = append(techniques, t)
		}
	}
	return tactics, techniques
}

// maxDigest is how many groups a digest names.
const maxDigest = 20

// digestOf makes the digest of groups.
func digestOf(groups []*group, d *dialect, redact bool) *Digest {
	groups = slices.SortedFunc(slices.Values(groups), func(a, b *group) int {
		return cmp.Or(cmp.Compare(rank(a.alert.Priority), rank(b.alert.Priority)), cmp.Compare(b.count, a.count), strings.Compare(a.alert.Rule, b.alert.Rule))
	})
	x := &Digest{Kinds: len(groups), Others: max(0, len(groups)-maxDigest)}
	for i, g := range groups {
		x.Count += g.count
		if i == 0 || g.first.Before(x.First) {
			x.First = g.first
		}
		if g.last.After(x.Last) {
			x.Last = g.last
		}
		if i < maxDigest {
			x.Groups = append(x.Groups, g.message(d, redact))
		}
	}
	return x
}

// rank puts what is unknown last.
func rank(p event.Priority) int {
	if p == event.PriorityUnknown {
		return 1 << 8
	}
	return int(p)
}
