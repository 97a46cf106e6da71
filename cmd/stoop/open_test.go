package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/places"
	"github.com/stoop-project/stoop/internal/profile"
)

// demoStarts are when the demo's netcat was executed and made.
func demoStarts(t *testing.T) (at, start time.Time) {
	t.Helper()
	_, out, errs := stoop(t, "print", "demo", "-f", "evt.type = execve and proc.pid = 11570", "--columns", "evt.rawtime,proc.pid.ts,proc.cmdline", "-o", "json")
	var row struct {
		At    int64  `json:"evt.rawtime"`
		Start int64  `json:"proc.pid.ts"`
		Line  string `json:"proc.cmdline"`
	}
	first, _, _ := strings.Cut(out, "\n")
	if err := json.Unmarshal([]byte(first), &row); err != nil || row.Line != demoLine {
		t.Fatalf("%v: %s%s", err, out, errs)
	}
	return time.Unix(0, row.At), time.Unix(0, row.Start)
}

// lineageOf is the lineage that a story was written with; what is marked as the
// alert's is not marked.
func lineageOf(out string) string {
	_, rest, _ := strings.Cut(out, "\nLineage\n")
	lineage, _, _ := strings.Cut(rest, "\n\n")
	return strings.ReplaceAll(lineage, "▲", " ")
}

// sentencesOf are the sentences of a story without their times, numbers and
// alerts.
func sentencesOf(out string) (all []string) {
	_, rest, _ := strings.Cut(out, "\nStory\n")
	story, _, _ := strings.Cut(rest, "\n\n")
	for _, line := range strings.Split(story, "\n") {
		line = strings.TrimPrefix(strings.TrimSpace(line), "▲")
		if _, text, ok := strings.Cut(strings.TrimSpace(line), " s  "); ok {
			text, _, _ = strings.Cut(text, "  #")
			text, _, _ = strings.Cut(text, " — ")
			all = append(all, text)
		}
	}
	return all
}

// openShape opens an alert of some shape in some places.
func openShape(t *testing.T, shape shapeOf, where ...string) (out string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "alert.json")
	text, err := json.Marshal(shape.doc)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	rows, err := places.Read(text)
	if err != nil || len(rows) != 1 {
		t.Fatalf("%s: %d rows, %v", shape.name, len(rows), err)
	}
	if docs, ok := rows[0].T.Docs.(*profile.Docs); !ok || docs.Profile().Name != shape.profile {
		t.Errorf("%s is not read by %s", shape.name, shape.profile)
	}
	code, out, errs := stoop(t, append([]string{"open", "-r", "none", path}, where...)...)
	if code != exitOK {
		t.Fatalf("%s: exit %d: %s", shape.name, code, errs)
	}
	return out
}

// checkShape compares the trail of an alert with the one that the demo itself
// gives.
func checkShape(t *testing.T, shape shapeOf, want, out string) {
	t.Helper()
	if !strings.Contains(out, "found by    "+shape.key) {
		t.Errorf("%s was not found by %s:\n%.1500s", shape.name, shape.key, out)
	}
	if strings.HasSuffix(shape.key, "container and time") || strings.HasPrefix(shape.key, "pod") {
		// It names no process, and says so.
		if !strings.Contains(out, "unsure: the alert names no process: all of the container is told") || !strings.Contains(out, "nc.traditional") {
			t.Errorf("%s:\n%.1500s", shape.name, out)
		}
		return
	}
	if got := lineageOf(out); got != lineageOf(want) || got == "" {
		t.Errorf("%s has the lineage\n%s\nand the demo\n%s", shape.name, got, lineageOf(want))
	}
	got, all := sentencesOf(out), sentencesOf(want)
	if strings.Join(got, "\n") != strings.Join(all, "\n") || len(got) < 20 {
		t.Errorf("%s tells\n%s\nand the demo\n%s", shape.name, strings.Join(got, "\n"), strings.Join(all, "\n"))
	}
}

// Alerts about the demo's netcat, in the shape of everybody who passes alerts
// on, open the same trail, or say which part of it they cannot.
func TestOpenShapes(t *testing.T) {
	at, start := demoStarts(t)
	code, want, errs := stoop(t, "open", "--at", at.UTC().Format(time.RFC3339Nano), "--container", demoContainer, "-r", "none", "demo")
	if code != exitOK || !strings.Contains(want, "it is of the event nearest to that time") {
		t.Fatalf("exit %d: %s%s", code, want, errs)
	}
	for _, shape := range shapes(at, start) {
		checkShape(t, shape, want, openShape(t, shape, "demo"))
	}
}

// The command in a notification opens the alert's trail.
func TestOpenFromNotification(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	told := make(chan string, 1000)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m struct{ Message string }
		if err := json.NewDecoder(r.Body).Decode(&m); err == nil {
			told <- m.Message
		}
	}))
	defer server.Close()
	t.Setenv("HOOK", "generic+"+server.URL+"/hook?template=json")
	if code, _, errs := stoop(t, "watch", "demo", "-r", "stoop", "--to", "env:HOOK"); code != exitOK {
		t.Fatalf("exit %d: %s", code, errs)
	}
	message := <-told // the first alert is the netcat's
	_, rest, ok := strings.Cut(message, "Trail: stoop ")
	command, _, _ := strings.Cut(rest, "\n")
	if !ok {
		t.Fatalf("no command in %s", message)
	}
	code, out, errs := stoop(t, strings.Fields(command)...)
	if code != exitOK || !strings.Contains(out, "it is of the alert at that time") || !strings.Contains(out, "sh ran nc.traditional") {
		t.Errorf("%s: exit %d: %.500s%s", command, code, out, errs)
	}
}

// What cannot be opened is said with what to do about it.
func TestOpenRefuses(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	alert := func(more string) string {
		return `{"uuid":"a1","rule":"R","priority":"Warning"` + more + `}`
	}
	const when = `,"time":"2026-11-23T23:37:05.239524380Z"`
	for name, test := range map[string]struct {
		args []string
		code int
		errs string
	}{
		"nothing":         {nil, exitUsage, "name an alert's JSON file"},
		"nowhere":         {[]string{write("a.json", alert(when))}, exitUsage, "name where to look"},
		"no time by hand": {[]string{"--container", "a", "demo"}, exitUsage, "name the time too"},
		"an id of live":   {[]string{"--id", "a1", "live"}, exitUsage, "live has no alerts of before"},
		"no file":         {[]string{filepath.Join(dir, "none"), "demo"}, exitFailed, "no such file"},
		"empty":           {[]string{write("empty", ""), "demo"}, exitFailed, "it is empty"},
		"no JSON":         {[]string{write("text", "hello"), "demo"}, exitFailed, "holds no alert that can be read"},
		"no alert":        {[]string{write("other", `{"a":1}`), "demo"}, exitFailed, "holds no alert that can be read"},
		"no time":         {[]string{write("untimed", alert(`,"output_fields":{"container.id":"6ff4da17d163"}`)), "demo"}, exitFailed, "--at TIME gives it one"},
		"says nothing":    {[]string{write("bare", alert(when)), "demo"}, exitOK, ""},
		"several":         {[]string{write("several", alert(when)+alert(when)), "demo"}, exitFailed, "holds 2 documents, 2 of them alerts: --id names one\n  1  a1  R\n  2  a1  R"},
		"none so named":   {[]string{"--id", "x", write("named.json", alert(when)), "demo"}, exitFailed, "no alert that is named x"},
	} {
		code, out, errs := stoop(t, append([]string{"open"}, test.args...)...)
		if code != test.code || !strings.Contains(errs, test.errs) {
			t.Errorf("%s: exit %d: %s%s", name, code, out, errs)
		}
	}
}
