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

// On the screen over a SIEM: a filter of the command line is the server's from
// the start; both dashboards count what is there and not what was fetched, in
// two shapes of documents; and a click on a bar filters.
func TestDashboardsOnScreen(t *testing.T) {
	s := siem.Shared(t, siem.ES8)
	s.Env(t)
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	begin := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	falco := func(n int, rule string) []byte {
		return fmt.Appendf(nil, `{"time":%q,"rule":%q,"priority":"Notice","source":"syscall","output":"x","tags":["mitre_execution"],"output_fields":{"evt.time":%d,"container.id":"6cf4be7b2388","container.name":"web","proc.name":"sh","proc.cmdline":"sh -c id","evt.type":"execve"}}`,
			begin.Add(time.Duration(n)*time.Second).Format(time.RFC3339Nano), rule, begin.Add(time.Duration(n)*time.Second).UnixNano())
	}
	var root, under [][]byte
	for n := range 1_200 {
		root = append(root, falco(n, "Terminal shell"))
		under = append(under, fmt.Appendf(nil, `{"@timestamp":%q,"json":%s}`, begin.Format(time.RFC3339), falco(n, []string{"Reverse shell", "Terminal shell", "Terminal shell"}[n%3])))
	}
	index := s.Index(t, "", root...) + "," + s.Index(t, "", under...)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	open := func(args ...string) *screen.Terminal {
		cmd := exec.Command(self)
		args = append([]string{s.Address(index), "--theme", "peregrine", "--desk", "none"}, args...)
		cmd.Env = append(os.Environ(), childEnv+"="+strings.Join(args, "\n"), "TERM=xterm-256color")
		term, err := screen.Start(cmd, 160, 50)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(term.Close)
		return term
	}
	step := func(term *screen.Terminal, keys string, want ...string) {
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

	term := open()
	step(term, "", "of 2,400 there")
	step(term, "b", "Event summary", "2,400", "Terminal shell", "2.0k", "Reverse shell", "400")
	if text := term.Text(); strings.Contains(text, "fetched and counted here") || strings.Contains(text, "may lack") {
		t.Errorf("the server did not count:\n%s", text)
	}
	step(term, "b", "Log summary", "execve", "2.4k", "processes", "sh ")
	if text := term.Text(); strings.Contains(text, "fetched and counted here") {
		t.Errorf("the server did not count:\n%s", text)
	}
	step(term, "b", "Event summary", "Reverse shell")
	for y, line := range strings.Split(term.Text(), "\n") {
		if at := strings.Index(line, "Reverse shell"); at >= 0 {
			x := len([]rune(line[:at])) + 3
			step(term, fmt.Sprintf("\x1b[<lt>0;%d;%dM\x1b[<lt>0;%d;%dm", x, y+1, x, y+1), `alert.rule = "Reverse shell"`, "of 400 there")
			break
		}
	}

	term = open("-f", `alert.rule = "Reverse shell"`)
	step(term, "", "400 of 400 there", "in 400 ")
}
