package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stoop-project/stoop/test/siem"
	screen "github.com/stoop-project/stoop/test/terminal"
)

// A server is killed while the screen goes back in what it holds, and started
// again: what was read stays and works on, the screen says what it waits for,
// and then has all of it and what arrives, each event once.
func TestScreenThroughAKilledServer(t *testing.T) {
	s := siem.Own(t, siem.ES8)
	s.Env(t)
	start := time.Now().Add(-2 * time.Hour)
	made := func(n int, at time.Time) []byte {
		return fmt.Appendf(nil, `{"output":"o","priority":"Notice","rule":"Rule of %d","time":%q,"output_fields":{"container.id":"6cf4be7b2388","proc.name":"bash"}}`,
			n, at.UTC().Format(time.RFC3339Nano))
	}
	const docs = 3_500
	var all [][]byte
	for n := range docs {
		all = append(all, made(n, start.Add(time.Duration(n)*time.Second)))
	}
	index := s.Index(t, "", all...)

	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childEnv+"="+strings.Join([]string{s.Address(index), "--theme", "peregrine", "--desk", "none"}, "\n"), "TERM=xterm-256color")
	term, err := screen.Start(cmd, 120, 40)
	if err != nil {
		t.Fatal(err)
	}
	defer term.Close()
	step := func(keys string, want ...string) {
		t.Helper()
		if err := term.Type(keys); err != nil {
			t.Fatal(err)
		}
		if err := term.WaitFor(strings.Join(want, ", "), 2*time.Minute, func(text string) bool {
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
	step("", "1,000 of 3,500 there", "● live", "Rule of 3499")

	s.Kill(t) // while it is followed
	step("", "no answer, trying again", "shown 1,000", "nothing listens at")
	step("g", "Rule of 2500") // and the oldest that is here: older ones are asked for
	step("f")
	step(`alert.rule = "Rule of 2600"<enter>`, "1 of 1,000", "Rule of 2600") // a filter looks at what is here
	step("u", "shown 1,000", "no answer, trying again")
	s.Start(t)
	step("", " of 3,500 there", "○ live")

	// In the middle of going back, as often as there are pages.
	kill := true
	for !strings.Contains(term.Text(), "3,500 of 3,500 there") {
		step("g", "Rule of ", "○ live")
		if kill {
			kill = false
			s.Kill(t)
			step("", "no answer, trying again")
			s.Start(t)
		}
	}
	step("g", "Rule of 0 ")
	s.Add(t, index, made(docs, time.Now()))
	step("F", "● live", "Rule of 3500", "3,501 of ")
	step("b", "Event summary", "rules", "10 of 3,501")
}
