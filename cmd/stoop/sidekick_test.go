package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// sidekick takes alerts as falcosidekick does (its handlers.go and
// types/types.go): a POST of one JSON object whose members have these types.
type sidekick struct {
	mu   sync.Mutex
	took []sidekickPayload
	bad  []string // what it refused, and why
}

type sidekickPayload struct {
	UUID         string         `json:"uuid"`
	Output       string         `json:"output"`
	Priority     string         `json:"priority"`
	Rule         string         `json:"rule"`
	Time         time.Time      `json:"time"`
	OutputFields map[string]any `json:"output_fields"`
	Source       string         `json:"source"`
	Tags         []string       `json:"tags"`
	Hostname     string         `json:"hostname"`
}

// sidekickPriorities are the names that falcosidekick knows, in any case; any
// other is no priority, which it refuses.
var sidekickPriorities = []string{"emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"}

func (s *sidekick) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p, err := readSidekick(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.bad = append(s.bad, err.Error())
		http.Error(w, "Please send a valid request body", http.StatusBadRequest)
		return
	}
	s.took = append(s.took, p)
}

func readSidekick(r *http.Request) (p sidekickPayload, err error) {
	d := json.NewDecoder(r.Body)
	d.UseNumber()
	if err := d.Decode(&p); err != nil {
		return p, err
	}
	switch {
	case r.Method != http.MethodPost:
		return p, fmt.Errorf("method %s", r.Method)
	case d.More():
		return p, fmt.Errorf("more than one object in a request, behind %+v", p)
	case p.Output == "" || p.Rule == "" || p.Time.IsZero() || len(p.OutputFields) == 0:
		return p, fmt.Errorf("a member is missing in %+v", p)
	case !slices.Contains(sidekickPriorities, strings.ToLower(p.Priority)):
		return p, fmt.Errorf("no priority: %q", p.Priority)
	}
	for name, v := range p.OutputFields {
		switch v.(type) {
		case nil, string, bool, json.Number:
		default: // its outputs make labels and columns of them
			return p, fmt.Errorf("field %s is a %T", name, v)
		}
	}
	for _, name := range []string{"k8s.ns.name", "k8s.pod.name"} { // asserted to be texts there
		if v := p.OutputFields[name]; v != nil {
			if _, ok := v.(string); !ok {
				return p, fmt.Errorf("field %s is a %T", name, v)
			}
		}
	}
	return p, nil
}

// What is posted is what Falco posts: falcosidekick takes every alert, sequences
// among them, with their time, host and tags.
func TestSidekickTakesAlerts(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	double := &sidekick{}
	server := httptest.NewServer(double)
	defer server.Close()
	code, out, errs := stoop(t, "watch", "demo", "-r", "stoop", "-o", "json", "--to", server.URL+"/")
	if code != exitOK {
		t.Fatalf("%d: %s", code, errs)
	}
	if len(double.bad) > 0 {
		t.Errorf("refused: %q", double.bad)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(double.took) != len(lines) || len(lines) < 10 {
		t.Errorf("%d of %d alerts were taken", len(double.took), len(lines))
	}
	rules := map[string]bool{}
	for _, p := range double.took {
		rules[p.Rule] = true
		at, err := p.OutputFields["evt.time"].(json.Number).Int64()
		if err != nil || at != p.Time.UnixNano() {
			t.Errorf("%s: evt.time is %v at %s", p.Rule, p.OutputFields["evt.time"], p.Time)
		}
		if p.Source != "syscall" || p.Hostname == "" || len(p.Tags) == 0 || p.Time.Location() != time.UTC {
			t.Errorf("%+v", p)
		}
		if !strings.Contains(p.Output, p.Time.Format("15:04:05.000000000: ")+p.Priority+" ") {
			t.Errorf("the output of %s does not begin as Falco's: %s", p.Rule, p.Output)
		}
	}
	if !rules["Intrusion by a shell over the network, and its traces removed"] {
		t.Errorf("the sequence was not taken, but %v", rules)
	}
}

// An alert has the same id in a recording as where it was seen first, of a rule
// or a sequence, so that what names it there leads to it here.
func TestAlertsHaveOneID(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	file := t.TempDir() + "/demo.stoop"
	if code, _, errs := stoop(t, "record", "demo", "--to", file, "-f", "container.id != host"); code != exitOK {
		t.Fatalf("%d: %s", code, errs)
	}
	const wanted = "Intrusion by a shell over the network, and its traces removed"
	ids := func(source string) []string {
		code, out, errs := stoop(t, "print", source, "-r", "stoop", "-f", "alert.origin = stoop and container.id != host", "--columns", "alert.id,alert.rule", "-o", "csv")
		if code != exitOK || !strings.Contains(out, wanted) {
			t.Fatalf("%d: %s%s", code, out, errs)
		}
		lines := strings.Split(strings.TrimSpace(out), "\n")
		slices.Sort(lines) // sequences fire behind the batch of their last event
		return lines
	}
	first, again := ids("demo"), ids(file)
	if !slices.Equal(first, again) {
		t.Errorf("the ids differ:\n%q\n%q", first, again)
	}
	for _, line := range first {
		if id, rule, _ := strings.Cut(line, ","); strings.Contains(rule, "Intrusion by a shell") {
			if code, story, errs := stoop(t, "open", "--print", "--id", id, file); code != exitOK || !strings.Contains(story, wanted) {
				t.Errorf("%s opens %d: %s%s", id, code, story, errs)
			}
		}
	}
}
