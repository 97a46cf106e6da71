package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A user's own responses are listed, checked, and proposed for an event; what is
// wrong with a file is said, and the others are read.
func TestResponses(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", dir)
	folder := filepath.Join(dir, "stoop", "responses")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	mine, wrong := filepath.Join(folder, "mine.yaml"), filepath.Join(folder, "wrong.yaml")
	for file, text := range map[string]string{
		mine:  "- {name: ticket, title: open a ticket, text: 'ticket new --pod {k8s.pod.name:dns}'}\n",
		wrong: "- {name: bad, title: x, text: \"sh -c 'x {fd.name:path}'\"}\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, out, errs := stoop(t, "responses")
	if code != exitFailed || !strings.Contains(out, "ticket ") || !strings.Contains(out, "isolate ") || !strings.Contains(errs, wrong+":1: response \"bad\": {fd.name:path} stands in quotes") {
		t.Errorf("exit %d\n%s\n%s", code, out, errs)
	}
	if code, out, _ := stoop(t, "responses", "check", mine); code != exitOK || !strings.Contains(out, "1 response") {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, _, errs := stoop(t, "responses", "check", mine, wrong); code != exitFailed || !strings.Contains(errs, "stands in quotes") {
		t.Errorf("exit %d: %s", code, errs)
	}
	if code, out, _ := stoop(t, "responses", "schema"); code != exitOK || !strings.Contains(out, `"stoop responses"`) {
		t.Errorf("exit %d: %s", code, out)
	}
	code, out, errs = stoop(t, "print", "demo", "--respond", strings.Fields(rawtimes(t))[1])
	if code != exitOK || !strings.Contains(out, "ticket new --pod web-0") || !strings.Contains(errs, "stands in quotes") {
		t.Errorf("exit %d\n%s\n%s", code, out, errs)
	}
}
