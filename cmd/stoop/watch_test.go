package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const shellRule = `
- rule: Shell of a network tool
  desc: Netcat, or the shell that it becomes.
  condition: evt.type = execve and proc.name in (nc.traditional, bash)
  output: Shell of netcat | command=%proc.cmdline parent=%proc.pname
  priority: CRITICAL
  tags: [container, mitre_execution, T1059.004]
  guide:
    investigate: ["Where does it connect to?"]
- sequence: Network tool, then a shell
  desc: The one, then the other.
  type: temporal_ordered
  steps:
    - {name: tool, condition: evt.type = execve and proc.name = nc.traditional}
    - {name: shell, rule: Shell of a network tool}
  group-by: [container.id]
  timespan: 15m
  priority: ALERT
  output: Netcat became a shell | command=%proc.cmdline tool=%step.tool.proc.cmdline
  tags: [mitre_execution]
  guide:
    respond: [Isolate the pod.]
- rule: Anything executed
  desc: For the noise.
  condition: evt.type = execve
  output: "%proc.cmdline"
  priority: DEBUG
`

func watchRules(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(path, []byte(shellRule), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Alerts of a recording reach standard output, a file, HTTP and a notification;
// grave ones only, where that was said.
func TestWatch(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	var mu sync.Mutex
	posted := make(map[string][]string)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		posted[r.URL.Path] = append(posted[r.URL.Path], string(body))
	}))
	defer server.Close()
	t.Setenv("HOOK", "generic+"+server.URL+"/hook?template=json")
	file := filepath.Join(t.TempDir(), "alerts.json")
	code, out, errs := stoop(t, "watch", "demo", "-r", watchRules(t), "--rule-matching", "all", "-o", "json", "--stats",
		"--to", "file:"+file, "--to", server.URL+"/falco", "--to", "env:HOOK", "--min-priority", "critical", "-f", "container.id != host")
	if code != exitOK {
		t.Fatalf("%d: %s", code, errs)
	}
	lines := bufio.NewScanner(strings.NewReader(out))
	n, chains := 0, 0
	for ; lines.Scan(); n++ {
		var a struct {
			Rule, Priority, Output string
			Fields                 map[string]any `json:"output_fields"`
		}
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		if a.Rule == "Network tool, then a shell" {
			chains++
			if a.Priority != "Alert" || a.Fields["step.tool.proc.cmdline"] == nil && a.Fields["%step.tool.proc.cmdline"] == nil {
				t.Errorf("%s", lines.Text())
			}
			continue
		}
		if a.Rule != "Shell of a network tool" || a.Priority != "Critical" || a.Fields["container.id"] == nil || a.Fields["proc.cmdline"] == nil || a.Fields["proc.pid"] != nil {
			t.Errorf("%s", lines.Text())
		}
	}
	if chains == 0 {
		t.Error("the sequence did not fire")
	}
	written, err := os.ReadFile(file)
	if n == 0 || err != nil || string(written) != out || strings.Join(posted["/falco"], "\n")+"\n" != out {
		t.Errorf("%d alerts, %v; written: %s\nposted: %s", n, err, written, posted["/falco"])
	}
	told := 0
	for _, body := range posted["/hook"] {
		var m struct{ Title, Message string }
		if err := json.Unmarshal([]byte(body), &m); err != nil || !strings.HasPrefix(m.Title, "Critical: Shell of a network tool in shop/web-0") && !strings.HasPrefix(m.Title, "Alert: Network tool, then a shell in shop/web-0") {
			t.Errorf("%v: %s", err, body)
		}
		told++
		if strings.HasPrefix(m.Title, "Alert") {
			if !strings.Contains(m.Message, "Isolate the pod.") || !strings.Contains(m.Message, "What happened:\n• evt.type = execve and proc.name = nc.traditional: nc.traditional -e /bin/bash") {
				t.Errorf("%s", body)
			}
			continue
		}
		for _, want := range []string{"Where does it connect to?", "Tactic: execution (T1059.004)", "Trail: stoop open --at 2026-11-23T23:3"} {
			if !strings.Contains(m.Message, want) {
				t.Errorf("%s has no %q", m.Message, want)
			}
		}
	}
	if told == 0 || told > n || !strings.Contains(errs, fmt.Sprintf("%d delivered in %d texts", n, told)) {
		t.Errorf("%d messages: %s", told, errs)
	}
}

func TestWatchRefuses(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	rules := watchRules(t)
	tests := []struct {
		args []string
		code int
		errs string
	}{
		{[]string{"demo", "-r", "none"}, exitUsage, "there are no rules"},
		{[]string{"demo", "-r", rules, "-o", "none"}, exitUsage, "nobody would be told"},
		{[]string{"demo", "-r", rules, "--to", "nobody"}, exitUsage, "no target is called"},
		{[]string{"demo", "-r", rules, "--min-priority", "high"}, exitUsage, "no priority of Falco's"},
		{[]string{"demo", "-r", rules, "--template", "nowhere.tmpl"}, exitUsage, "nowhere.tmpl"},
		{[]string{"demo", "-r", rules, "--to", "file:x.json", "--spool-max", "1B"}, exitUsage, "64 KiB"},
		{[]string{"nowhere.json", "-r", rules}, exitFailed, "nowhere.json"},
		{[]string{"demo", "-r", "nowhere.yaml"}, exitUsage, "nowhere.yaml"},
	}
	for _, tt := range tests {
		if code, _, errs := stoop(t, append([]string{"watch"}, tt.args...)...); code != tt.code || !strings.Contains(errs, tt.errs) {
			t.Errorf("%v: %d, %s", tt.args, code, errs)
		}
	}
}

// A target that is away costs no alert: the next run delivers.
func TestWatchSpools(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	var mu sync.Mutex
	up, got := false, 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if !up {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		got++
	}))
	defer server.Close()
	args := []string{"watch", "demo", "-r", watchRules(t), "-o", "none", "--to", server.URL, "--patience", "200ms", "-f", `proc.name = bash`, "--min-priority", "critical"}
	code, _, errs := stoop(t, args...)
	if code != exitOK || !strings.Contains(errs, "wait in the spool") || !strings.Contains(errs, "do not get through") {
		t.Fatalf("%d: %s", code, errs)
	}
	mu.Lock()
	up = true
	mu.Unlock()
	args[len(args)-3], args[len(args)-5] = "proc.name = nobody", "20s"
	code, _, errs = stoop(t, args...)
	if code != exitOK || got == 0 || !strings.Contains(errs, "that an earlier process left") || strings.Contains(errs, "wait in the spool") {
		t.Errorf("%d, %d alerts: %s", code, got, errs)
	}
}

// A reader that has seen enough ends the watch, which is no failure; where
// others are told too, it goes on for them.
func TestWatchWhoseReaderGoes(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	file := filepath.Join(t.TempDir(), "alerts.json")
	for _, more := range [][]string{nil, {"--to", "file:" + file}} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		var errs strings.Builder
		if code := run(t.Context(), append([]string{"watch", "demo", "-r", watchRules(t)}, more...), w, &errs); code != exitOK || errs.Len() > 0 {
			t.Errorf("%v: %d: %s", more, code, &errs)
		}
		_ = w.Close()
	}
	if text, err := os.ReadFile(file); err != nil || strings.Count(string(text), "\n") < 2 {
		t.Errorf("the file has %q, %v", text, err)
	}
}

// Exceptions that the screen has written hold wherever rules are at work, and
// are about the rules that are there; tests of rules leave them aside.
func TestExceptionsAreReadByThemselves(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", dir)
	rules := watchRules(t)
	fired := func() int {
		code, out, errs := stoop(t, "print", "demo", "-r", rules, "-f", "alert.rule = 'Shell of a network tool'", "--columns", "alert.rule")
		if code != exitOK || errs != "" {
			t.Fatalf("%d: %s", code, errs)
		}
		return strings.Count(out, "Shell of")
	}
	before := fired()
	if err := os.Mkdir(filepath.Join(dir, "stoop"), 0o700); err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, rule := range []string{"Shell of a network tool", "A rule of somebody else"} {
		text += "- rule: " + rule + "\n  exceptions:\n    - name: known\n      fields: [proc.name]\n      comps: [in]\n      values: [[[bash, nc.traditional]]]\n  override:\n    exceptions: append\n"
	}
	if err := os.WriteFile(filepath.Join(dir, "stoop", "exceptions.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if after := fired(); before == 0 || after != 0 {
		t.Errorf("the rule fired %d times without the exception, %d with it", before, after)
	}
	if code, _, errs := stoop(t, "rules", "test", "demo", "-r", rules, "--expect", fmt.Sprintf("Shell of a network tool=%d", before)); code != exitOK {
		t.Errorf("%d: %s", code, errs)
	}
}
