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

// On the screen the queue of a SIEM shows all that the server holds, counted
// there: the kinds too of which the first page had none, and 9,000 of a kind in
// one row.
func TestQueueCountsThereOnScreen(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	s.Env(t)
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	falco := func(at time.Time, rule, priority, pod, parent string) []byte {
		return fmt.Appendf(nil, `{"time":%q,"rule":%q,"priority":%q,"source":"syscall","output":"x","output_fields":{"container.id":"6cf4be7b2388","container.name":"web","container.image.repository":"shop/web","container.image.tag":"2.4.1","k8s.ns.name":"shop","k8s.pod.name":%q,"proc.name":"sh","proc.pname":%q,"evt.type":"execve"}}`,
			at.Format(time.RFC3339Nano), rule, priority, pod, parent)
	}
	begin := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	docs := [][]byte{
		falco(begin, "Reverse shell", "Critical", "api-7d9c5f6b8-x2k8p", "sh"),
		falco(begin.Add(time.Minute), "Terminal shell", "Notice", "web-admin-7d9c5f6b8-x2k8p", "runc"),
	}
	for i := range 9_000 {
		docs = append(docs, falco(begin.Add(time.Hour+time.Duration(i)*time.Second), "Terminal shell", "Notice", "web-7d9c5f6b8-x2k"+string("bcdfg"[i%5])+"p", "runc"))
	}
	index := s.Index(t, "", docs...)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childEnv+"="+strings.Join([]string{s.Address(index), "--theme", "peregrine", "--desk", "none"}, "\n"), "TERM=xterm-256color")
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
		for _, w := range want {
			if err := term.Wait(w, time.Minute); err != nil {
				t.Fatal(err)
			}
		}
	}
	step("", "Terminal shell", "9,002")
	step("Q", "queue  9,002 alerts in 3 groups", "Reverse shell", "shop/web-admin", "9.0k", " fetched")
	if strings.Contains(term.Text(), "≥9") || strings.Contains(term.Text(), "9,002 fetched") {
		t.Errorf("it was not counted there:\n%s", term.Text())
	}
	step("<enter>", "Reverse shell", "shop/api")
}
