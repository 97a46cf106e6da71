package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/test/siem"
)

// Alerts in a SIEM print as those in a file do.
func TestPrintSIEM(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	s.Env(t)
	index := s.Index(t, "",
		[]byte(`{"output":"o","priority":"Notice","rule":"Terminal shell in container","time":"2026-03-01T12:00:01.000000001Z","output_fields":{"proc.name":"bash"}}`),
		[]byte(`{"output":"o","priority":"Warning","rule":"Read sensitive file","time":"2026-03-01T12:00:00Z","output_fields":{"proc.name":"cat"}}`))
	code, out, errs := stoop(t, "print", s.Address(index), "-f", "alert.rule contains shell", "--columns", "evt.time.iso8601,proc.name,alert.rule", "-o", "csv", "--stats")
	if code != exitOK || !strings.Contains(out, "2026-03-01T12:00:01.000000001") || strings.Contains(out, "cat") {
		t.Errorf("exit %d\n%s\n%s", code, out, errs)
	}
	if !strings.Contains(errs, "documents were fetched") {
		t.Errorf("the counts are\n%s", errs)
	}
}

// A filter is explained for what the SIEM's index holds, and the request that
// is shown finds what stoop prints.
func TestExplainSIEM(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	s.Env(t)
	index := s.Index(t, `{"mappings":{"properties":{"output_fields":{"properties":{"proc.cmdline":{"type":"text"}}}}}}`,
		[]byte(`{"output":"o","priority":"Notice","rule":"Terminal shell in container","time":"2026-03-01T12:00:01.000000001Z","output_fields":{"proc.name":"bash","proc.cmdline":"bash -c it's"}}`),
		[]byte(`{"output":"o","priority":"Warning","rule":"Read sensitive file","time":"2026-03-01T12:00:00Z","output_fields":{"proc.name":"cat","proc.cmdline":"cat it's"}}`))
	const expr = `proc.name = bash and alert.priority = Notice and proc.cmdline contains "it's" and toupper(alert.rule) startswith TERM`
	code, out, errs := stoop(t, "filter", "explain", "--source", s.Address(index), expr)
	for _, want := range []string{
		"  live ", "  files ", ", falco  decides: the SIEM evaluates it", ", falco  narrows: ", "is asked, which finds all that", "\"term\": {\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s\n%s", want, out, errs)
		}
	}
	if code != exitOK {
		t.Errorf("exit %d: %s", code, errs)
	}
	code, command, errs := stoop(t, "print", s.Address(index), "-f", expr, "--dsl")
	if code != exitOK || strings.Contains(command, s.Password) || !strings.Contains(errs, "stoop evaluates the rest") {
		t.Fatalf("exit %d\n%s\n%s", code, command, errs)
	}
	answer, err := exec.Command("sh", "-c", command).CombinedOutput()
	if err != nil || !strings.Contains(string(answer), `"bash -c it's"`) || strings.Contains(string(answer), `"cat"`) {
		t.Errorf("%v: the server answered %s to\n%s", err, answer, command)
	}
}

// Only a SIEM evaluates filters by itself.
func TestExplainOthers(t *testing.T) {
	for _, args := range [][]string{
		{"filter", "explain", "--source", alerts, "proc.name = a"},
		{"print", alerts, "--dsl"},
		{"print", "es://a/b", "--dsl", "--dashboard", "event-summary"},
		{"print", "es://a/b", "--dsl", "--before", "5s"},
	} {
		if code, _, errs := stoop(t, args...); code != exitUsage || !strings.Contains(errs, "for a SIEM") && !strings.Contains(errs, "--dsl") {
			t.Errorf("%v: exit %d: %s", args, code, errs)
		}
	}
}
