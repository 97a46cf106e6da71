package trail

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/stoop-project/stoop/internal/event"
)

// Chain is what the alert of a sequence says of itself, in its document under
// stoop.sequence: the kill chain.
type Chain struct {
	Type    string            `json:"type"`
	Since   time.Time         `json:"since"`
	Count   int               `json:"count"` // of a type that counts
	Group   map[string]string `json:"group"` // what its events have in common
	Steps   []Link            `json:"steps"` // in the order of time
	Missing []Link            `json:"missing"`

	raw json.RawMessage
}

// Link is a step of a sequence, with some fields of the event that it took;
// without a time it took none.
type Link struct {
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

// ChainOf reads the chain of an alert's document; nil when it has none. A
// shipper may have put the document into another one. All of it comes from
// outside.
func ChainOf(alert event.Row) *Chain {
	if alert.B == nil || alert.Alert == 0 || alert.B.Bits[alert.I]&event.HasDoc == 0 || len(alert.B.Payload(alert.I)) > maxChain {
		return nil
	}
	if !bytes.Contains(alert.B.Payload(alert.I), []byte(`quence"`)) { // of "sequence": documents have few q, and many quotes
		return nil // most have none, and are not taken apart for it
	}
	type member struct {
		Stoop struct {
			Sequence json.RawMessage `json:"sequence"`
		} `json:"stoop"`
	}
	var doc struct {
		member
		JSON  member `json:"json"`
		Falco member `json:"falco"`
		Data  member `json:"data"`
	}
	if json.Unmarshal(alert.B.Payload(alert.I), &doc) != nil {
		return nil
	}
	for _, raw := range []json.RawMessage{doc.Stoop.Sequence, doc.JSON.Stoop.Sequence, doc.Falco.Stoop.Sequence, doc.Data.Stoop.Sequence} {
		c := &Chain{raw: raw}
		if len(raw) > 0 && json.Unmarshal(raw, c) == nil && len(c.Steps) > 0 {
			return c
		}
	}
	return nil
}

// JSON is the chain as the document has it.
func (c *Chain) JSON() json.RawMessage { return c.raw }

// Took is the time from the first event to the last.
func (c *Chain) Took() time.Duration { return c.Steps[len(c.Steps)-1].Time.Sub(c.Since) }

// Lines tells the chain in lines, a step each, by its time since the first, and
// then what is missing.
func (c *Chain) Lines() (happened, missing []string) {
	for i := range c.Steps {
		s := &c.Steps[i]
		happened = append(happened, fmt.Sprintf("+%s · %s · %s", s.Time.Sub(c.Since).Round(time.Millisecond), s.Name, s.Text()))
	}
	for _, s := range c.Missing {
		missing = append(missing, s.Name+" · "+s.Says)
	}
	return happened, missing
}

// Text says in a line what a step took: the tactic, the rule or the deed, the
// container, the process.
func (s *Link) Text() string {
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
