package main

import (
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
