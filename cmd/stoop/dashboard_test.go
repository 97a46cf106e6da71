package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// A dashboard's figures are those of the events that print prints, as text and
// as JSON alike.
func TestPrintDashboard(t *testing.T) {
	_, lines, _ := stoop(t, "print", "demo", "-o", "json", "--columns", "evt.type", "-f", "container.name = web")
	counts := map[string]int64{}
	total := int64(0)
	for line := range strings.Lines(lines) {
		var e map[string]string
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		counts[e["evt.type"]]++
		total++
	}
	code, out, errs := stoop(t, "print", "demo", "--dashboard", "log-summary", "-o", "json", "-f", "container.name = web")
	if code != exitOK {
		t.Fatal(errs)
	}
	found := false
	for line := range strings.Lines(out) {
		var p struct {
			Title, Kind string
			Total       int64
			Groups      []struct {
				Keys  []string
				Count int64
			}
		}
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			t.Fatal(err)
		}
		if p.Total != total {
			t.Errorf("%s counts %d events of %d", p.Title, p.Total, total)
		}
		if p.Title == "event types" {
			found = true
			for _, g := range p.Groups {
				if counts[g.Keys[0]] != g.Count {
					t.Errorf("%v: %d, want %d", g.Keys, g.Count, counts[g.Keys[0]])
				}
			}
		}
	}
	if !found || total == 0 {
		t.Errorf("no panel of event types over %d events in:\n%s", total, out)
	}
	if _, out, _ := stoop(t, "print", "demo", "--dashboard", "log-summary"); !strings.Contains(out, "\nevent types\n  openat ") {
		t.Errorf("as text:\n%s", out)
	}
}

func TestPrintDashboardErrors(t *testing.T) {
	for args, want := range map[string]string{
		"print|demo|--dashboard|none":                      "there are event-summary, log-summary",
		"print|demo|--dashboard|log-summary|-o|csv":        "--dashboard",
		"print|demo|--dashboard|log-summary|-f|proc.nam=x": "did you mean 'proc.name'",
	} {
		if code, _, errs := stoop(t, strings.Split(args, "|")...); code != exitUsage || !strings.Contains(errs, want) {
			t.Errorf("%s: %d %s", args, code, errs)
		}
	}
}
