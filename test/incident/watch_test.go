//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// told are what a chat was sent.
type told struct {
	sync.Mutex
	texts []string
}

// ServeHTTP is a chat's webhook: a double of Mattermost's, which is Slack's.
func (c *told) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	var message struct{ Text string }
	body, _ := io.ReadAll(r.Body)
	if json.Unmarshal(body, &message) != nil || message.Text == "" {
		message.Text = string(body)
	}
	c.Lock()
	c.texts = append(c.texts, message.Text)
	c.Unlock()
}

// firedInPod are the rules that a team looks for, and the sequences that tell
// the intrusion as one.
var firedInPod = []string{
	"Command shell through netcat in a container",
	"Shell on a network connection in a container",
	"Reconnaissance tool started in a container",
	"SSH configuration altered in a container",
	"Package repository added or changed in a container",
	"Logging data removed in a container",
	"Many ports of one host tried",
	"Intrusion by a shell over the network, and its traces removed",
}

// The attack is played in a real pod while stoop watches: the rules fire, then
// the sequence, as one kill chain, and the chat receives one message of it with
// the guide and the command that opens the trail.
func TestAttackIsToldOf(t *testing.T) {
	needs(t)
	dir := t.TempDir()
	stoop, out := filepath.Join(dir, "stoop"), filepath.Join(dir, "alerts.json")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", stoop, "../../cmd/stoop")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if b, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, b)
	}
	var chat told
	server := httptest.NewServer(&chat)
	defer server.Close()
	target := "mattermost://" + strings.TrimPrefix(server.URL, "http://") + "/token?disabletls=yes"
	// The chat is told of the worst alone, standard output of all.
	config := filepath.Join(dir, "stoop.d", "stoop", "config.yaml")
	if err := os.MkdirAll(filepath.Dir(config), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, []byte("targets:\n  chat: {url_env: STOOP_TEST_CHAT, min_priority: emergency}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	watch := "env XDG_CONFIG_HOME=" + quote(filepath.Join(dir, "stoop.d")) + " STOOP_TEST_CHAT=" + quote(target) + " " + quote(stoop) +
		" watch live -r stoop -f " + quote("container.id != host") + " -o json --to chat --spool " + quote(filepath.Join(dir, "spool")) + " >" + quote(out)
	var printed bytes.Buffer
	if err := run(t.Context(), options{record: watch, timeline: filepath.Join(dir, "timeline"), pace: hurry}, &printed); err != nil {
		t.Fatal(err)
	}
	fired := map[string]int{}
	for _, a := range readAlerts(t, out) {
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
	chat.Lock()
	defer chat.Unlock()
	if len(chat.texts) != 1 {
		t.Fatalf("the chat received %d messages: %q", len(chat.texts), chat.texts)
	}
	t.Log(chat.texts[0])
	for _, want := range []string{"Intrusion by a shell over the network", "web-0", "stoop "} {
		if !strings.Contains(chat.texts[0], want) {
			t.Errorf("%q is missing in the message: %s", want, chat.texts[0])
		}
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
