package notify

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/config"
)

// What is wrong with a target is said, and no secret of it.
func TestOpenTarget(t *testing.T) {
	t.Setenv("A_TARGET", "slack://hook:AAAAAAAAA-BBBBBBBBB-123456789123456789123456@webhook")
	t.Setenv("A_BROKEN_TARGET", "slack://hook:SECRETSECRET@webhook/x/y")
	secret := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(secret, []byte("https://user:hunter22@example.org/in?key=hunter23\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := &config.Config{Targets: map[string]*config.Target{"oncall": {Name: "oncall", URLEnv: "A_TARGET"}, "low": {Name: "low", URLFile: secret, MinPriority: "lowest"}}}
	tests := []struct{ to, name, warning, err string }{
		{"env:A_TARGET", "slack", "", ""},
		{"secret:" + secret, "https://example.org/in", "", ""},
		{"oncall", "oncall", "", ""},
		{"slack://hook:AAAAAAAAA-BBBBBBBBB-123456789123456789123456@webhook", "slack", "is a secret", ""},
		{"https://u:hunter22@example.org/", "https://example.org/", "is a secret", ""},
		{"http://127.0.0.1:1/", "http://127.0.0.1:1/", "", ""},
		{"nobody", "", "", "no target is called \"nobody\""},
		{"low", "", "", "no priority"},
		{"env:NO_TARGET", "", "", "the environment has no NO_TARGET"},
		{"secret:/nowhere", "", "", "no such file"},
		{"env:A_BROKEN_TARGET", "", "", "the URL of slack"},
		{"pigeon://x", "", "", "there are no targets of the kind \"pigeon\""},
		{"syslog+udp://", "", "", "no host"},
		{"syslog+udp://h?pri=1", "", "", "no parameter"},
		{"syslog:?facility=moon", "", "", "facility"},
		{"file:", "", "", "no name"},
		{"https:///x", "", "", "no host"},
	}
	for _, tt := range tests {
		target, warning, err := OpenTarget(t.Context(), tt.to, cfg, DefaultGrouping)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "SECRET") {
				t.Errorf("%s: %v, want %s", tt.to, err, tt.err)
			}
			continue
		}
		if err != nil || target.Name != tt.name || strings.Contains(warning, tt.warning) != true || (warning == "") != (tt.warning == "") || strings.Contains(warning+target.Name, "hunter2") {
			t.Errorf("%s: %+v, %q, %v", tt.to, target, warning, err)
		}
	}
}

// An error that repeats a URL loses what is secret in it.
func TestHide(t *testing.T) {
	for _, address := range []string{
		"slack://hook:AAAAAAAAA-BBBBBBBBB-123456789123456789123456@webhook", "discord://tokentoken@12345678",
		"https://user:hunter22@example.org/in?key=sesame23", "smtp://user:pass%20word@host:25/?from=a@b&to=c@d",
	} {
		u, _ := url.Parse(address)
		password, _ := u.User.Password()
		err := secretsOf(address).hide(&url.Error{Op: "Post", URL: "https://x/" + strings.ReplaceAll(password, "-", "/"), Err: errors.New(password + " " + u.RawQuery)})
		for _, secret := range []string{"123456789123456789123456", "tokentoken", "hunter22", "sesame23", "pass word", "pass%20word"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: %v", address, err)
			}
		}
	}
}
