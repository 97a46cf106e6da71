package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/tui/tuitest"
)

// What a container did only after a time: each value's filter finds as many
// events as were counted, none of them before.
func TestPrintCompare(t *testing.T) {
	code, out, errs := stoop(t, "print", "demo", "--compare", "web-0", "--past", "2026-11-23T23:37:30Z", "-o", "json")
	if code != exitOK {
		t.Fatal(errs)
	}
	only := map[string]string{} // filter by value
	for line := range strings.Lines(out) {
		var one struct {
			Compare, Against, Aspect, Only, Filter string
			Self, Others                           struct{ Events int }
			Count                                  int
		}
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatal(err)
		}
		switch {
		case one.Compare != "" && (one.Against != "past" || one.Self.Events == 0 || one.Others.Events == 0):
			t.Errorf("%s", line)
		case one.Aspect == "programs" && one.Only != "":
			only[one.Only] = one.Filter
		}
	}
	const dropped = "/tmp/.cache/updater"
	if only[dropped] == "" || only["/usr/bin/python3.11"] != "" {
		t.Errorf("programs that ran only then: %v", only)
	}
	if _, lines, _ := stoop(t, "print", "demo", "-o", "json", "--columns", "proc.exepath", "-f", only[dropped]); strings.Count(lines, dropped) != 1 {
		t.Errorf("%s finds %q", only[dropped], lines)
	}
	_, text, _ := stoop(t, "print", "demo", "--compare", "web-0", "--past", "2026-11-23T23:37:30Z")
	for _, want := range []string{"shop/web-0", "against before", "ASPECT", dropped, "nothing of its own in: "} {
		if !strings.Contains(text, want) {
			t.Errorf("the table lacks %q:\n%s", want, text)
		}
	}
}

func TestPrintPrevalence(t *testing.T) {
	code, out, errs := stoop(t, "print", "demo", "--prevalence", "fd.name=/etc/shadow")
	if code != exitOK || !strings.HasPrefix(out, "fd.name = /etc/shadow: in 1 container of ") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
}

func TestPrintCompareRefuses(t *testing.T) {
	for _, tt := range []struct {
		args, want string
		code       int
	}{
		{"--compare web", "nothing of another container of", exitFailed},
		{"--compare nobody", "no container has", exitFailed},
		{"--prevalence fd.name", "name a field and its value", exitUsage},
		{"--prevalence no.such=1", "no.such", exitFailed},
		{"--past 10m", "--past goes with --compare", exitUsage},
		{"--compare web --story x", "things to print of their own", exitUsage},
		{"--compare web -o csv", "as a table or as JSON", exitUsage},
	} {
		code, _, errs := stoop(t, append([]string{"print", "demo"}, strings.Fields(tt.args)...)...)
		if code != tt.code || !strings.Contains(errs, tt.want) {
			t.Errorf("%s: exit %d, %s", tt.args, code, errs)
		}
	}
}

// What counts a live source needs an end, and says so before it begins.
func TestCountingNeedsAnEnd(t *testing.T) {
	sources := []source.Source{&tuitest.Source{Name: "live", IsLive: true}}
	var errs strings.Builder
	if err := needsEnd(&errs, sources, 0); !errors.As(err, new(usageError)) || !strings.Contains(err.Error(), "live goes on without an end") {
		t.Error(err)
	}
	if err := needsEnd(&errs, sources, span(time.Second)); err != nil || errs.String() != "reading live for 1s, then counting\n" {
		t.Errorf("%v: %q", err, errs.String())
	}
	sources[0] = &tuitest.Source{Name: "file"}
	if err := needsEnd(&errs, sources, 0); err != nil {
		t.Error(err)
	}
}
