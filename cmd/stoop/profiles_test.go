package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// ownProfiles makes a configuration with profiles in it.
func ownProfiles(t *testing.T, files ...string) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", dir)
	if err := os.MkdirAll(filepath.Join(dir, "stoop", "profiles"), 0o700); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, "stoop", "profiles", files[i]), []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

const gate = "name: gate\nabout: records of a gate\nneeds: [gate]\nmap:\n  evt.rawtime: when\n  proc.name: who\n"

func TestProfiles(t *testing.T) {
	ownProfiles(t, "gate.yaml", gate)
	docs := filepath.Join(t.TempDir(), "docs")
	content := `{"gate":1,"when":1795464121,"who":"nc","why":"x"}` + "\n" + `{"gate":2}` + "\n{broken\n" + `{"nothing":1}` + "\n" + `{"rule":"r","time":"2026-01-01T00:00:00Z"}` + "\n"
	if err := os.WriteFile(docs, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args string
		code int
		want []string
	}{
		{"profiles|list", exitOK, []string{"gate  ", "gate.yaml", "falco  ", "built in"}},
		{"profiles|show|gate", exitOK, []string{"proc.name    who", "needs        gate"}},
		{"profiles|show|nobody", exitUsage, []string{`there is no profile "nobody"`}},
		{"profiles|detect|" + docs, exitOK, []string{"gate  2 of 5", "1 of 5  it is no JSON: ", "2 of 5  no profile knows it"}},
		{"profiles|test|" + docs, exitOK, []string{
			"5 documents", "gate reads 2 of them", "1 have no time", "proc.name                                1", "evt.rawtime",
			"members of documents that are no field:\n    gate, why", "the first in line 3: it is no JSON", "falco: there is no priority (1 documents, the first in line 5)",
		}},
		{"profiles|test|nowhere", exitFailed, []string{"nowhere"}},
		{"print|" + docs + "|--columns|proc.name", exitOK, []string{"nc"}},
	} {
		code, out, errs := stoop(t, strings.Split(tt.args, "|")...)
		if code != tt.code {
			t.Errorf("%s: exit code %d\n%s", tt.args, code, errs)
		}
		for _, want := range tt.want {
			if !strings.Contains(out+errs, want) {
				t.Errorf("%s: there is no %q in\n%s%s", tt.args, want, out, errs)
			}
		}
	}
}

// A profile that is broken is said with its line, and nothing else fails.
func TestBrokenProfile(t *testing.T) {
	ownProfiles(t, "gate.yaml", gate, "bad.yaml", "name: bad\nabout: x\nneeds: [a]\nmap:\n  proc.nam: a\n")
	code, out, errs := stoop(t, "profiles", "list")
	if code != exitOK || !strings.Contains(out, "gate") || !strings.Contains(errs, "bad.yaml:5: there is no field proc.nam") {
		t.Errorf("%d\n%s%s", code, out, errs)
	}
}
