package config

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTargets(t *testing.T) {
	dir := t.TempDir()
	c, err := Parse(filepath.Join(dir, "config.yaml"), []byte(`targets:
  oncall: {url_file: slack.url, min_priority: warning, group: 10m, wait: 0s, rate: 5, template: t.tmpl}
  archive: {url: "file:/var/log/a.json", rotate: 100MiB, rotate_age: 24h, keep: 7}
  sidekick: {url: "https://s/", bearer_token_env: A_TOKEN, headers: {X-Cluster: blue}, ca_file: ca.pem, user_agent: falco}
  vault: {url_command: [echo, "slack://x"]}
`))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "slack.url"), []byte("slack://secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("A_TOKEN", "sesame")
	on, archive, side := c.Targets["oncall"], c.Targets["archive"], c.Targets["sidekick"]
	if *on.Group != 10*time.Minute || *on.Wait != 0 || on.Rate != 5 || on.MinPriority != "warning" || on.Template != filepath.Join(dir, "t.tmpl") {
		t.Errorf("%+v", on)
	}
	if archive.Rotate != 100<<20 || archive.RotateAge != 24*time.Hour || archive.Keep != 7 {
		t.Errorf("%+v", archive)
	}
	if token, err := side.Bearer(); token != "sesame" || err != nil || side.Headers["X-Cluster"] != "blue" || side.CAFile != filepath.Join(dir, "ca.pem") {
		t.Errorf("%+v %v", side, err)
	}
	for name, want := range map[string]string{"oncall": "slack://secret", "archive": "file:/var/log/a.json", "vault": "slack://x"} {
		if got, err := c.Targets[name].Address(context.Background()); got != want || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestWrongTargets(t *testing.T) {
	tests := map[string]string{
		`{}`:                                       "one of url, url_env",
		`{url: "a:", url_env: B}`:                  "one of url, url_env",
		`{url: "a:", colour: red}`:                 "no key colour",
		`{url: "a:", group: soon}`:                 "not a span",
		`{url: "a:", rate: 0}`:                     "not a positive number",
		`{url: "a:", rotate: big}`:                 "not a size",
		`{url: "a:", headers: {Authorization: x}}`: "no secret stands",
		`{url: "a:", client_key: k}`:               "only one of client_cert",
	}
	for text, want := range tests {
		_, err := Parse("c.yaml", []byte("targets:\n  t: "+text+"\n"))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "c.yaml:2:") {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
