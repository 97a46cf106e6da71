//go:build linux

package livetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/testdata"
	"github.com/stoop-project/stoop/test/lab"
)

// stableDeeds has for each of Falco's stable rules what the hand, or a program
// of busybox, does in a container so that this rule fires once, and no other.
// The terminal's shell is the second pod's own command.
var stableDeeds = map[string][]string{
	"Directory traversal monitored file read":                  {"/hand/hand", "read", "/usr/../etc/../etc/hosts"},
	"Read sensitive file trusted after startup":                {"/hand/nginx", "late", "/etc/shadow"},
	"Read sensitive file untrusted":                            {"/hand/hand", "read", "/etc/shadow"},
	"Run shell untrusted":                                      {"/hand/nginx", "run", "/bin/sh", "-c", "true"},
	"System user interactive":                                  {"/hand/hand", "as", "65534", "/hand/login", "nothing"},
	"Terminal shell in container":                              nil,
	"Contact K8S API Server From Container":                    {"/hand/hand", "api"},
	"Netcat Remote Code Execution in Container":                {"/hand/hand", "try", "nc", "-e", "/bin/true", "127.0.0.1", "1"},
	"Search Private Keys or Passwords":                         {"find", "/tmp", "-name", "id_rsa"},
	"Clear Log Activities":                                     {"/hand/hand", "empty", "/var/log/messages"},
	"Remove Bulk Data from Disk":                               {"/hand/shred", "nothing"},
	"Create Symlink Over Sensitive Files":                      {"/hand/hand", "symlink", "/etc/shadow", "/tmp/symlink"},
	"Create Hardlink Over Sensitive Files":                     {"/hand/hand", "link", "/etc/shadow", "/tmp/hardlink"},
	"Packet socket created in container":                       {"/hand/hand", "packet"},
	"Redirect STDOUT/STDIN to Network Connection in Container": {"/hand/hand", "redirect"},
	"Linux Kernel Module Injection Detected":                   {"/hand/hand", "module"},
	"Debugfs Launched in Privileged Container":                 {"/hand/debugfs", "nothing"},
	"Detect release_agent File Container Escapes":              {"/hand/hand", "empty", "/tmp/release_agent"},
	"PTRACE attached to process":                               {"/hand/hand", "seize"},
	"PTRACE anti-debug attempt":                                {"/hand/hand", "traceme"},
	"Find AWS Credentials":                                     {"find", "/tmp", "-path", "*/.aws/credentials"},
	"Execution from /dev/shm":                                  {"sh", "/dev/shm/script"},
	"Drop and execute new binary in container":                 {"/hand/hand", "drop", "/tmp/dropped"},
	"Disallowed SSH Connection Non Standard Port":              {"/hand/ssh", "outside"},
	"Fileless execution via memfd_create":                      {"/hand/hand", "memory"},
}

// ruleAlert is an alert as watch prints it, as far as the tests read it.
type ruleAlert struct {
	Rule   string `json:"rule"`
	Output string `json:"output"`
	Fields struct {
		Container string `json:"container.id"`
		Namespace string `json:"k8s.ns.name"`
		Pod       string `json:"k8s.pod.name"`
	} `json:"output_fields"`
}

// Falco's stable rules run unmodified: each deed in a real pod fires its rule
// once, with container and pod, and nothing fires twice or beside it.
func TestStableRulesFireOnce(t *testing.T) {
	file := testdata.Path(t, "rules/falco_rules.yaml")
	run := start(t, "watch", "live", "-r", file, "-f", "container.id != host", "-o", "json")
	alerts := run.alerts(t)
	run.attached(t)
	mount := lab.Mount{Source: buildHand(t), Target: "/hand", ReadOnly: true}
	pod := lab.Pod(t, lab.PodSpec{Namespace: "stable", Pod: "hand-0", Spec: lab.Spec{Name: "hand", Privileged: true, Mounts: []lab.Mount{mount}}})
	terminal := lab.Pod(t, lab.PodSpec{Namespace: "stable", Pod: "terminal-0", TTY: true, Spec: lab.Spec{Name: "shell", Command: []string{"sh", "-c", "sleep 1000; true"}}})
	for path, text := range map[string]string{"/etc/shadow": "root:*:1::::::\n", "/dev/shm/script": "true\n"} {
		if err := os.WriteFile(pod.HostPath(path), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]string{}
	for rule, deed := range stableDeeds {
		switch {
		case deed == nil:
			want[rule] = terminal.ID[:12]
		case deed[1] == "module" && !traceable("init_module"):
			t.Logf("%s: this kernel takes no modules, and has no tracepoint for the call", rule)
		default:
			want[rule] = pod.ID[:12]
			pod.Do(t, deed...)
		}
	}
	time.Sleep(time.Second) // what fires too often does so within it

	seen := map[string]int{}
	for _, a := range alerts() {
		c := a.Fields.Container
		if c != pod.ID[:12] && c != terminal.ID[:12] {
			continue // of others on this machine
		}
		seen[a.Rule]++
		if want[a.Rule] != c || a.Fields.Namespace != "stable" || a.Fields.Pod == "" {
			t.Errorf("%s fired in %s of pod %s/%s, not in %q: %s", a.Rule, c, a.Fields.Namespace, a.Fields.Pod, want[a.Rule], a.Output)
		}
	}
	for rule := range want {
		if seen[rule] != 1 {
			t.Errorf("%s fired %d times", rule, seen[rule])
		}
	}
}

// traceable reports whether the kernel has a tracepoint for a call.
func traceable(call string) bool {
	return exists("/sys/kernel/tracing/events/syscalls/sys_exit_" + call)
}

// Every rule of the file has its deed, so that a rule that is new is not passed over.
func TestStableDeedsAreWhole(t *testing.T) {
	file := testdata.Path(t, "rules/falco_rules.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	set, report := rules.Load([]rules.File{{Name: file, Text: text}}, rules.Options{})
	if err := report.Err(); err != nil {
		t.Fatal(err)
	}
	for _, r := range set.Rules {
		if _, ok := stableDeeds[r.Name]; r.Enabled && !ok {
			t.Errorf("%s: no deed", r.Name)
		}
		if r.Source != event.SourceSyscall {
			t.Errorf("%s is about %s", r.Name, r.Source)
		}
	}
	if len(set.Rules) < len(stableDeeds) {
		t.Errorf("%d rules for %d deeds", len(set.Rules), len(stableDeeds))
	}
}

// buildHand builds the hand with links of other names beside it, and returns
// their folder.
func buildHand(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", filepath.Join(dir, "hand"), "./hand")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for _, deed := range stableDeeds {
		if len(deed) == 0 || !strings.HasPrefix(deed[0], "/hand/") || deed[0] == "/hand/hand" {
			continue
		}
		if err := os.Symlink("hand", filepath.Join(dir, filepath.Base(deed[0]))); err != nil && !os.IsExist(err) {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("hand", filepath.Join(dir, "login")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // other users of the container run it
		t.Fatal(err)
	}
	return dir
}

// alerts reads the alerts that stoop prints from now on; what is returned ends
// stoop and returns them.
func (r *run) alerts(t *testing.T) func() []ruleAlert {
	t.Helper()
	var all []ruleAlert
	var bad error
	done := make(chan struct{})
	go func() {
		defer close(done)
		for r.lines.Scan() {
			var a ruleAlert
			if err := json.Unmarshal(r.lines.Bytes(), &a); err != nil {
				bad = fmt.Errorf("stoop printed %s: %w", r.lines.Bytes(), err)
			}
			all = append(all, a)
		}
	}()
	return func() []ruleAlert {
		t.Helper()
		if err := r.cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		<-done
		if err := errors.Join(bad, r.cmd.Wait()); err != nil {
			t.Errorf("%v: %s", err, r.stderr.String())
		}
		return all
	}
}
