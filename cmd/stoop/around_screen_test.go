package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/test/siem"
	screen "github.com/stoop-project/stoop/test/terminal"
)

// On the screen: from an alert in a SIEM by i to the list, and by enter to the
// timeline with the exec, the connection and the log of other indices.
func TestAroundOnScreen(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	s.Env(t)
	alerts := s.Index(t, "", attackLines(t)...)
	others := s.Index(t, "", execRecord("web-0", -12*time.Second), execRecord("web-0", -20*time.Minute))
	zeek := s.Index(t, "", zeekConnection(37352, -200*time.Millisecond))
	logs := s.Index(t, "", logLine("vm", "web-0", "GET /?q=;nc.traditional", -150*time.Millisecond))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	args := []string{s.Address(alerts), s.Address(others), s.Address(zeek), s.Address(logs), "--theme", "peregrine", "-f", "alert.rule contains Redirect"}
	cmd.Env = append(os.Environ(), childEnv+"="+strings.Join(args, "\n"), "TERM=xterm-256color")
	term, err := screen.Start(cmd, 160, 50)
	if err != nil {
		t.Fatal(err)
	}
	defer term.Close()
	step := func(keys string, want ...string) {
		t.Helper()
		if err := term.Type(keys); err != nil {
			t.Fatal(err)
		}
		if err := term.WaitFor(strings.Join(want, ", "), time.Minute, func(text string) bool {
			for _, w := range want {
				if !strings.Contains(text, w) {
					return false
				}
			}
			return true
		}); err != nil {
			t.Fatal(err)
		}
	}
	step("", "Redirect STDOUT/STDIN", "shown 7")
	step("g", "20:02:01.579188254") // of the first alert, in its details
	step("i", "what else is known", "exec               1", "connection         1", "log                1", "image              0")
	step("<enter>", "› around", "create pods/exec shop/web-0 by jane@", "GET /?q=;nc.traditional", "tcp 127.0.0.1:37352")
}
