package detect

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
)

// twoSteps is a rule, and a sequence that begins with its alert.
const twoSteps = shells + `
- sequence: Shell, then a cat
  desc: a shell, and what it started
  type: temporal_ordered
  steps:
    - {name: shell, rule: Shell in a container}
    - {name: cat, condition: evt.type = execve and proc.name = cat}
    - {name: more, optional: true, condition: evt.type = execve and proc.name = nothing}
  group-by: [container.id]
  timespan: 1m
  priority: CRITICAL
  output: first %step.shell.proc.cmdline then %proc.name gone=%proc.aname[9]
  tags: [mitre_execution]
`

// A sequence that fires is an alert too: an event like the last that it took,
// whose document lists its steps.
func TestSequencesRaiseAlerts(t *testing.T) {
	s, g := newScene(), &got{}
	d := detector(t, twoSteps)
	var heard []Alert
	d.OnAlert(func(a Alert) { heard = append(heard, a) })
	sink := d.Sink(g)
	sink.Batch(s.executed(s.cat, s.sh))
	sink.Batch(s.executed(s.cat))
	d.End()
	if len(heard) != 2 || heard[1].Sequence == nil || heard[1].Rule != nil {
		t.Fatalf("heard of %+v, want the rule's alert and the sequence's", heard)
	}
	last := g.batches[len(g.batches)-1]
	row := heard[1].Row()
	if last != heard[1].Batch || last.Len() != 1 {
		t.Error("the sequence's alert was not handed on")
	}
	for name, want := range map[string]string{
		"alert.rule": "Shell, then a cat", "alert.priority": "Critical", "alert.origin": "stoop", "alert.source": "syscall", "alert.tags": "(mitre_execution)",
		"alert.output": "00:00:00.003000000: Critical first sh -c id then cat gone=<NA>",
		"evt.type":     "execve", "proc.name": "cat", "evt.rawtime": "3000000", "container.id": "6cf4be7b2388",
	} {
		if v := value(t, row, name); v != want {
			t.Errorf("%s is %q, want %q", name, v, want)
		}
	}
	if id := value(t, heard[0].Row(), "alert.id"); value(t, row, "alert.ancestors") != "("+id+")" || value(t, row, "alert.group") != value(t, row, "alert.id") {
		t.Errorf("made of %s in group %s", value(t, row, "alert.ancestors"), value(t, row, "alert.group"))
	}
	var doc struct {
		UUID   string
		Fields map[string]any `json:"output_fields"`
		Stoop  struct {
			Sequence struct {
				Type, Since string
				Group       map[string]string
				Steps       []map[string]any
				Missing     []map[string]any
			}
		}
	}
	payload := last.Payload(0)
	if err := json.Unmarshal(payload, &doc); err != nil {
		t.Fatalf("%v in %s", err, payload)
	}
	q := doc.Stoop.Sequence
	if q.Type != "temporal_ordered" || q.Since != "1970-01-01T00:00:00.002000000Z" || q.Group["container.id"] != "6cf4be7b2388" || len(doc.UUID) != 36 {
		t.Errorf("document is %s", payload)
	}
	if len(q.Steps) != 2 || q.Steps[0]["step"] != "shell" || q.Steps[0]["alert.rule"] != "Shell in a container" || q.Steps[1]["proc.name"] != "cat" {
		t.Errorf("steps are %v", q.Steps)
	}
	if len(q.Missing) != 1 || q.Missing[0]["step"] != "more" {
		t.Errorf("missing are %v", q.Missing)
	}
	if doc.Fields["step.shell.proc.cmdline"] != "sh -c id" {
		t.Errorf("output_fields are %v", doc.Fields)
	}
	if st := d.Stats(); len(st.Sequences) != 1 || st.Sequences[0].Fired != 1 || st.Alerts != 2 {
		t.Errorf("stats %+v", st)
	}
}

// Alerts of other programs are steps as well.
func TestSequencesTakeAlertsOfOthers(t *testing.T) {
	s, g := newScene(), &got{}
	sink := detector(t, twoSteps).Sink(g)
	b := s.executed(s.cat)
	b.Alert = []event.AlertID{event.AlertID(s.t.Alerts.Intern(event.Alert{Rule: s.t.Strings.Add("Shell in a container"), Origin: s.t.Strings.Add("falco")}))}
	sink.Batch(b)
	sink.Batch(s.executed(s.cat))
	if n := len(g.batches); n != 3 || value(t, g.batches[2].Row(0), "alert.rule") != "Shell, then a cat" {
		t.Errorf("%d batches, want two and the sequence's alert", n)
	}
}

// Where events arrive as they happen, time goes on without them.
func TestLiveSequencesFireWithoutFurtherEvents(t *testing.T) {
	s := newScene()
	d := detector(t, twoSteps)
	d.Live(t.Context())
	fired := make(chan string, 4)
	d.OnAlert(func(a Alert) {
		if a.Sequence != nil {
			fired <- a.Sequence.Sequence.Name
		}
	})
	b := s.executed(s.sh, s.cat)
	now := time.Now().UnixNano()
	b.Time[0], b.Time[1] = now, now+1
	d.Sink(&got{}).Batch(b)
	select {
	case name := <-fired:
		if !strings.HasPrefix(name, "Shell, then") {
			t.Errorf("%s fired", name)
		}
	case <-time.After(20 * time.Second):
		t.Error("the sequence did not fire")
	}
}
