//go:build linux

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/test/terminal"
)

// firedInPod are the rules that a team looks for, what a list of indicators
// knows, and the sequence that tells the intrusion as one.
var firedInPod = []string{
	"Command shell through netcat in a container",
	"Shell on a network connection in a container",
	"Reconnaissance tool started in a container",
	"SSH configuration altered in a container",
	"Package repository added or changed in a container",
	"Logging data removed in a container",
	"Many ports of one host tried",
	"Indicator of kind hash: the implant (feed.txt)",
	intrusion,
}

const intrusion = "Intrusion by a shell over the network, and its traces removed"

// The attack is played in a real pod while stoop watches: the rules fire, then
// the sequence, as one kill chain. The chat receives one message of it, with the
// guide and the command that opens the trail, and the command does.
func TestAttackIsToldOf(t *testing.T) {
	needs(t)
	w := newWatch(t)
	chat := newSlack(t)
	var printed bytes.Buffer
	if err := run(t.Context(), options{record: w.command(chat), timeline: w.path("timeline"), pace: hurry, ready: attached}, &printed); err != nil {
		t.Fatal(err)
	}
	w.checkAlerts(t)
	texts := chat.told(t)
	if len(texts) != 1 {
		t.Fatalf("the chat received %d messages: %q", len(texts), texts)
	}
	for _, want := range []string{
		"Emergency: " + intrusion + " in shop/web-0\n", "\nWhat happened:\n• `Shell on a network connection in a container`: `bash`\n",
		"\n• `Logging data removed in a container`: ", "\nInvestigate:\n", "\nRespond:\n• Isolate the pod now",
	} {
		if !strings.Contains(texts[0], want) {
			t.Errorf("%q is missing in the message: %s", want, texts[0])
		}
	}
	in := regexp.MustCompile("(?m)^Trail: `(.*)`$").FindStringSubmatch(texts[0])
	if in == nil {
		t.Fatalf("the message has no command: %s", texts[0])
	}
	w.checkTrail(t, html.UnescapeString(in[1]))
}

// watch is a stoop that watches this node, and what it leaves behind.
type watch struct{ dir, hash string }

// newWatch builds stoop, tells it of the chat by its configuration, and writes
// down the hash of what the intruder will fetch.
func newWatch(t *testing.T) *watch {
	t.Helper()
	w := &watch{dir: t.TempDir()}
	build := exec.Command("go", "build", "-buildvcs=false", "-o", w.path("stoop"), "../../cmd/stoop")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if b, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, b)
	}
	implant, err := buildUpdater(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w.hash = fmt.Sprintf("%x", sha256.Sum256(implant))
	for name, text := range map[string]string{
		// The chat is told of the worst alone, standard output of all.
		"config/stoop/config.yaml": "targets:\n  chat: {url_env: STOOP_TEST_CHAT, min_priority: emergency}\n",
		"feed.txt":                 w.hash + " # the implant\n",
		// The tests are root already, and not every machine has sudo.
		"sudo": "#!/bin/sh\nexec \"$@\"\n",
	} {
		if err := os.MkdirAll(filepath.Dir(w.path(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(w.path(name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (w *watch) path(name string) string { return filepath.Join(w.dir, name) }

// command is what is typed to watch.
func (w *watch) command(chat *slack) string {
	return "env XDG_CONFIG_HOME=" + quote(w.path("config")) + " STOOP_TEST_CHAT=" + quote(slackURL) + " HTTPS_PROXY=" + chat.proxy + " SSL_CERT_FILE=" + quote(chat.ca) +
		" " + quote(w.path("stoop")) + " watch live -r stoop --indicators " + quote(w.path("feed.txt")) + " -f " + quote("container.id != host") +
		" -o json --to chat --spool " + quote(w.path("spool")) + " --keep " + quote(w.path("trails")) + " >" + quote(w.path("alerts.json"))
}

// attached waits until stoop has attached all that it will: it holds links to the
// kernel then, and no more come.
func attached(ctx context.Context, pid int) error {
	links := func() (n int) {
		infos, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fdinfo/*", pid))
		for _, path := range infos {
			if b, err := os.ReadFile(path); err == nil && bytes.Contains(b, []byte("link_type:")) {
				n++
			}
		}
		return n
	}
	for before, end := 0, time.Now().Add(time.Minute); ; time.Sleep(500 * time.Millisecond) {
		n := links()
		switch {
		case n > 10 && n == before:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case time.Now().After(end):
			return fmt.Errorf("stoop has %d links to the kernel after a minute", n)
		}
		before = n
	}
}

// checkAlerts looks which rules fired, and where.
func (w *watch) checkAlerts(t *testing.T) {
	t.Helper()
	fired := map[string]int{}
	for _, a := range readAlerts(t, w.path("alerts.json")) {
		if a.Fields["k8s.pod.name"] == "web-0" {
			fired[a.Rule]++
		} else if a.Fields["k8s.pod.name"] != "worker-0" {
			t.Errorf("%s fired in pod %v: %s", a.Rule, a.Fields["k8s.pod.name"], a.Output)
		}
	}
	for _, rule := range firedInPod {
		if fired[rule] == 0 {
			t.Errorf("%q did not fire; there were %v", rule, fired)
		}
	}
	if fired[intrusion] != 1 {
		t.Errorf("the intrusion was told %d times", fired[intrusion])
	}
}

// checkTrail runs a command of a message as its reader does: in a shell, by the
// names of the programs. Without a terminal it prints the trail, on one it opens
// the screen there.
func (w *watch) checkTrail(t *testing.T, command string) {
	t.Helper()
	if !strings.HasPrefix(command, "sudo stoop open --id ") {
		t.Fatalf("the command is %q", command)
	}
	shell := func(line string) *exec.Cmd {
		cmd := exec.Command("sh", "-c", line)
		cmd.Env = append(os.Environ(), "PATH="+w.dir+":"+os.Getenv("PATH"), "XDG_CONFIG_HOME="+w.path("config"), "XDG_STATE_HOME="+w.path("state"), "TERM=xterm-256color")
		return cmd
	}
	story, err := shell(command).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", command, err, story)
	}
	for _, want := range []string{
		intrusion, "shop/web-0", "nc.traditional -e /bin/bash", "nmap -n -Pn -sT", "/etc/ssh/sshd_config", "/etc/apt/sources.list.d/updates.list",
		"/tmp/.cache/updater", "/var/log/auth.log", "Kill chain",
	} {
		if !bytes.Contains(story, []byte(want)) {
			t.Errorf("the trail that %q opens does not tell of %q:\n%s", command, want, story)
		}
	}
	kept := strings.Trim(command[strings.LastIndex(command, " ")+1:], "'")
	hashes, err := shell("stoop print " + quote(kept) + " -f " + quote("evt.type = exe_hash and proc.exe_sha256 = "+w.hash) + " --columns proc.exepath -o csv").CombinedOutput()
	if err != nil || !bytes.Contains(hashes, []byte("/tmp/.cache/updater")) {
		t.Errorf("the trail has no hash of the implant: %v: %s", err, hashes)
	}
	screen, err := terminal.Start(shell(command), 160, 45)
	if err != nil {
		t.Fatal(err)
	}
	defer screen.Close()
	if err := screen.WaitFor("the intrusion's trail", time.Minute, func(text string) bool {
		return strings.Contains(text, "Intrusion by a shell") && strings.Contains(text, "nc.traditional")
	}); err != nil {
		t.Error(err)
	}
}

type alertLine struct {
	Rule   string         `json:"rule"`
	Output string         `json:"output"`
	Fields map[string]any `json:"output_fields"`
}

func readAlerts(t *testing.T, path string) (all []alertLine) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for d := json.NewDecoder(f); d.More(); {
		var a alertLine
		if err := d.Decode(&a); err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	return all
}
