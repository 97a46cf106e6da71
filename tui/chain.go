package tui

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/tui/internal/grid"
)

// chain is what the alert of a sequence says of itself, in its document under
// stoop.sequence: the kill chain.
type chain struct {
	Type    string            `json:"type"`
	Since   time.Time         `json:"since"`
	Count   int               `json:"count"`
	Group   map[string]string `json:"group"`
	Steps   []step            `json:"steps"`
	Missing []step            `json:"missing"`
}

// step is a step, with some fields of the event that it took; without a time
// it took none.
type step struct {
	Name string    `json:"step"`
	Says string    `json:"says"` // the rule or the condition
	Time time.Time `json:"time"`

	Type      string   `json:"evt.type"`
	Proc      string   `json:"proc.name"`
	PID       int64    `json:"proc.pid"`
	Line      string   `json:"proc.cmdline"`
	File      string   `json:"fd.name"`
	Container string   `json:"container.id"`
	ContName  string   `json:"container.name"`
	Verb      string   `json:"ka.verb"`
	User      string   `json:"ka.user.name"`
	Target    string   `json:"ka.target.name"`
	Rule      string   `json:"alert.rule"`
	Tags      []string `json:"alert.tags"`
}

// maxChain bounds how large a document is that is looked into for a chain.
const maxChain = 1 << 20

// chainOf reads the chain of an alert's document; nil when it has none. A
// shipper may have put the document into another one.
func chainOf(row event.Row) *chain {
	if row.Alert == 0 || row.B.Bits[row.I]&event.HasDoc == 0 || len(row.B.Payload(row.I)) > maxChain {
		return nil
	}
	type alert struct {
		Stoop struct {
			Sequence *chain `json:"sequence"`
		} `json:"stoop"`
	}
	var doc struct {
		alert
		JSON  alert `json:"json"`
		Falco alert `json:"falco"`
		Data  alert `json:"data"`
	}
	if json.Unmarshal(row.B.Payload(row.I), &doc) != nil {
		return nil
	}
	for _, c := range []*chain{doc.Stoop.Sequence, doc.JSON.Stoop.Sequence, doc.Falco.Stoop.Sequence, doc.Data.Stoop.Sequence} {
		if c != nil && len(c.Steps) > 0 {
			return c
		}
	}
	return nil
}

// chainLines lists the steps of a sequence in the order of time, then what is
// missing. Of the alert that another program made of several, whose events it
// names and does not hold, they are the ids of those.
func chainLines(row event.Row, r reader) (lines []detailLine) {
	c := chainOf(row)
	if c == nil {
		return ancestorLines(row, r)
	}
	head := fmt.Sprintf("kill chain: %s in %s", plural(int64(len(c.Steps)), "step"), span(c.took()))
	if c.Count > 0 {
		head = fmt.Sprintf("%s: %d in %s", c.Type, c.Count, span(c.took()))
	}
	lines = append(lines, detailLine{head: head})
	for i := range c.Steps {
		s := &c.Steps[i]
		lines = append(lines, detailLine{name: "+" + span(s.Time.Sub(c.Since)) + " " + s.Name, value: r.mask(s.text()), step: s})
	}
	for i := range c.Missing {
		s := &c.Missing[i]
		lines = append(lines, detailLine{name: "missing " + s.Name, value: r.mask(s.Says), step: s})
	}
	return lines
}

func (c *chain) took() time.Duration { return c.Steps[len(c.Steps)-1].Time.Sub(c.Since) }

// text says in a line what a step took: the tactic, the rule or the deed, the
// container, the process.
func (s *step) text() string {
	var parts []string
	add := func(part string) {
		if part != "" {
			parts = append(parts, part)
		}
	}
	add(tactics(s.Tags))
	add(s.Rule)
	if s.Rule == "" {
		add(strings.TrimSpace(s.Type + " " + s.File))
	}
	add(strings.TrimSpace(s.User + " " + s.Verb + " " + s.Target))
	if add(s.ContName); s.ContName == "" {
		add(s.Container)
	}
	if add(s.Line); s.Line == "" {
		add(s.Proc)
	}
	return strings.Join(parts, " · ")
}

// tactics returns the names of the MITRE tactics among a rule's tags, which
// write them as mitre_defense_evasion.
func tactics(tags []string) string {
	var names []string
	for _, tag := range tags {
		if name, ok := strings.CutPrefix(tag, "mitre_"); ok {
			names = append(names, strings.ReplaceAll(name, "_", " "))
		}
	}
	return strings.Join(names, ", ")
}

func (s *step) style() grid.Style {
	if s.Time.IsZero() {
		return styFaint
	}
	return styText
}

// ancestorLines lists the events and alerts that an alert was made of, by their
// ids.
func ancestorLines(row event.Row, r reader) (lines []detailLine) {
	ref := r.ref("alert.ancestors")
	v, ok := ref.field.Get(row, ref.arg)
	if !ok || row.Alert == 0 {
		return nil
	}
	lines = append(lines, detailLine{head: "made of " + plural(int64(len(v.List)), "event")})
	for _, id := range v.List {
		lines = append(lines, detailLine{name: "alert.id", value: r.mask(id.String()), raw: id.String()})
	}
	return lines
}

// step returns the step under the cursor of the details, nil when there is none.
func (d *detail) step() *step {
	if d.at >= len(d.lines) {
		return nil
	}
	return d.lines[d.at].step
}

// stepWait is how long the event of a step is looked for.
const stepWait = 300 * time.Millisecond

// drillStep opens the events around the one that a step took, if it is held.
func (m *Model) drillStep(s *step) tea.Cmd {
	if s.Time.IsZero() {
		m.say("this step has not happened")
		return nil
	}
	ref, ok := m.held(s)
	if !ok {
		m.say("the event of this step is not held here")
		return nil
	}
	_, cmd := m.push("step "+safe(s.Name), ofContainer(ref.Row()), ref)
	return cmd
}

// held finds the event that a step took among those that are held.
func (m *Model) held(s *step) (store.Ref, bool) {
	f, err := filter.Compile("evt.rawtime = "+itoa64(s.Time.UnixNano()), event.Fields)
	if err != nil {
		return store.Ref{}, false
	}
	view := m.store.View(f)
	view.Update(m.ctx, stepWait)
	for k := range view.Len() {
		if ref, ok := view.At(k); ok && s.is(ref.Row()) {
			return ref, true
		}
	}
	return store.Ref{}, false
}

// is reports whether an event of the step's time is the one that it took.
func (s *step) is(row event.Row) bool {
	if s.Rule != "" {
		return row.T.Text(row.A().Rule) == s.Rule
	}
	return row.Alert == 0 && (s.Type == "" || row.Type.String() == s.Type) &&
		(s.PID == 0 || !row.P().Knows(event.KnowPID) || int64(row.P().PID) == s.PID)
}
