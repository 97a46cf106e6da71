//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestUnits(t *testing.T) {
	for want, got := range map[string]string{
		"85.0 ns": asNS(85), "1,234 ns": asNS(1234.4), "0.50 ms": asMS(0.5e6), "640 MB": asMB(640e6), "-1,234,567": grouped(-1234567),
		"-4": grouped(-4), "0": grouped(-0.2), "12.3 %": asPercent(0.123), "1.049×": asRatio(1.049), "3.41×": asRatio(3.41), "54.0×": asRatio(54),
		"99.9 MB/s": asMBs(99.9e6), "100 MB/s": asMBs(99.96e6), "+3.0 ns": asMore(3),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestFigure(t *testing.T) {
	ten := sample{1.01, 1.02, 1.03, 1.04, 1.06, 1.07, 1.08, 1.02, 1.05, 1.03}
	for want, f := range map[string]figure{
		"a|2.00 ms|1.00 ms … 3.00 ms|≤ 2.00 ms|yes": {what: "a", got: sample{3e6, 1e6, 2e6}, show: asMS, asked: atMost(2e6)},
		"b|3||= 0|**no**":                             {what: "b", got: sample{3}, show: asCount, asked: none},
		"c|5.00 MB/s||≥ 9.00 MB/s|**no**":             {what: "c", got: sample{5e6}, show: asMBs, asked: atLeast(9e6)},
		"d|1.035×|95 %: 1.020× … 1.070×|≤ 1.050×|yes": {what: "d", got: ten, show: asRatio, asked: atMost(1.05), paired: true},
		"e|not measured: no root||≤ 1.00 ns|":         absent("e", atMost(1), asNS, "no root"),
		"f|7.00 ns|||":                                {what: "f", got: sample{7}, show: asNS},
	} {
		if got := strings.Join(f.cells(), "|"); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestTable(t *testing.T) {
	got := table{head: []string{"what", "µ"}, rows: [][]string{{"a", "1 …"}, {"long one", ""}}}.String()
	want := "| what     | µ   |\n|----------|-----|\n| a        | 1 … |\n| long one |     |\n"
	if got != want {
		t.Errorf("\n%s\nwant\n%s", got, want)
	}
}

// A run of one suite leaves what was written of the others.
func TestDocument(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bench.md")
	write := func(name, text string) {
		t.Helper()
		d, err := readDocument(path)
		if err != nil {
			t.Fatal(err)
		}
		d.sections[name] = text
		if err := os.WriteFile(path, []byte(d.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("screen", "## Screen\n")
	write("store", "## Store\nold\n")
	write("store", "## Store\nnew\n")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := documentHead + "\n<!-- store -->\n## Store\nnew\n<!-- end of store -->\n\n<!-- screen -->\n## Screen\n<!-- end of screen -->\n"
	if string(b) != want {
		t.Errorf("it is\n%s\nwant\n%s", b, want)
	}
	if err := os.WriteFile(path, []byte(mark("store")+"## Store\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readDocument(path); err == nil {
		t.Error("a section without an end was read over")
	}
}

func TestSection(t *testing.T) {
	s := section{how: "How.", tables: []table{{head: []string{"a"}}}, notes: []string{"Note."}}
	want := "## T\n\nHow.\n\n*machine*\n\n| a |\n|---|\n\n- Note.\n"
	if got := s.markdown("T", "*machine*"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestChosen(t *testing.T) {
	some, err := chosen([]string{"store", "tax", "store"})
	if err != nil || len(some) != 2 || some[0].name != "store" || some[1].name != "tax" {
		t.Errorf("%v, %v", some, err)
	}
	if all, err := chosen(nil); err != nil || len(all) != len(suites) {
		t.Errorf("%v, %v", all, err)
	}
	if _, err := chosen([]string{"shop"}); err == nil || !strings.Contains(err.Error(), "tax, loss, store, open, rules, siem, screen") {
		t.Errorf("%v", err)
	}
}

func TestMachine(t *testing.T) {
	line := machine(time.Date(2026, 11, 23, 1, 2, 3, 0, time.UTC), 0.257)
	for _, want := range []string{" cores", "; Linux ", "2026-11-23", "0.26 cores busy", "not at rest"} {
		if !strings.Contains(line, want) {
			t.Errorf("no %q in %s", want, line)
		}
	}
	if quiet := machine(time.Time{}, 0.05); strings.Contains(quiet, "at rest") {
		t.Errorf("a machine at rest is said to be none: %s", quiet)
	}
	if host, err := os.Hostname(); err == nil && len(host) > 3 && strings.Contains(line, host) {
		t.Errorf("the host's name is in %s", line)
	}
}
