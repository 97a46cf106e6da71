package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// Alerts say what came of them where that is asked for: the scan was one, and
// nothing answered.
func TestPrintOutcome(t *testing.T) {
	code, out, errs := stoop(t, "print", "demo", "-r", "stoop", "--outcome", "-o", "json", "-f", "alert.rule exists and proc.name = nmap")
	if code != exitOK || out == "" {
		t.Fatalf("exit %d: %s", code, errs)
	}
	for line := range strings.Lines(out) {
		var alert struct {
			Outcome []string `json:"alert.outcome"`
		}
		if err := json.Unmarshal([]byte(line), &alert); err != nil || !strings.Contains(strings.Join(alert.Outcome, "; "), "nmap ended well after ") || !strings.Contains(strings.Join(alert.Outcome, "; "), " connections without waiting; data was seen to go over 0") {
			t.Errorf("%v: %q", err, alert.Outcome)
		}
	}
	if _, plain, _ := stoop(t, "print", "demo", "-r", "stoop", "-o", "json", "-f", "alert.rule exists and proc.name = nmap"); strings.Contains(plain, "alert.outcome") || strings.Count(plain, "\n") != strings.Count(out, "\n") {
		t.Errorf("unasked:\n%s", plain)
	}
	if code, csv, errs := stoop(t, "print", "demo", "-r", "stoop", "-o", "csv", "--columns", "proc.name,alert.outcome", "-f", "alert.rule exists", "-n", "3"); code != exitOK || strings.Count(csv, "\n") != 4 {
		t.Errorf("exit %d: %s%s", code, csv, errs)
	}
	if code, _, errs := stoop(t, "print", "demo", "--outcome", "--follow"); code != exitUsage || !strings.Contains(errs, "needs an end") {
		t.Errorf("exit %d: %s", code, errs)
	}
}
