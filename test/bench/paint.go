//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"github.com/stoop-project/stoop/test/terminal"
)

// The size of the terminals, and how long anything is waited for.
const (
	columns, lines = 120, 40
	patience       = 60 * time.Second
)

// eventRow is the time at the beginning of an event's row on the screen.
var eventRow = regexp.MustCompile(`\d\d:\d\d:\d\d\.\d{3} `)

// hasEvents says that a screen shows events.
func hasEvents(text string) bool { return eventRow.MatchString(text) }

// openScreen runs a program in a terminal. Extra environment is NAME=value.
func openScreen(cmd *exec.Cmd, env ...string) (*terminal.Terminal, error) {
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	// A session that bench itself was started over must not be taken for the program's.
	cmd.Env = without(cmd.Env, "SSH_TTY=", "SSH_CONNECTION=")
	cmd.Env = append(cmd.Env, "TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8")
	cmd.Env = append(cmd.Env, env...)
	term, err := terminal.Start(cmd, columns, lines)
	if err == nil {
		putAhead(cmd.Process.Pid)
	}
	return term, err
}

// without returns an environment without some variables, given as NAME=.
func without(env []string, names ...string) []string {
	var left []string
	for _, e := range env {
		keep := true
		for _, n := range names {
			keep = keep && !strings.HasPrefix(e, n)
		}
		if keep {
			left = append(left, e)
		}
	}
	return left
}

// painted is how long after its start a program had something on the screen.
type painted struct {
	events time.Duration // the first events
	whole  time.Duration // what the caller waited for after that
}

// paint runs a program in a terminal until it has painted its first events
// and, unless whole is nil, what whole looks for; then it quits it with q.
func paint(cmd *exec.Cmd, what string, whole func(text string) bool) (p painted, err error) {
	began := time.Now()
	term, err := openScreen(cmd)
	if err != nil {
		return p, err
	}
	defer term.Close()
	at, err := term.When("row of an event", patience, hasEvents)
	if err != nil {
		return p, err
	}
	p.events = at.Sub(began)
	if whole != nil {
		if at, err = term.When(what, patience, whole); err != nil {
			return p, err
		}
		p.whole = at.Sub(began)
	}
	if err := term.Type("q"); err != nil {
		return p, err
	}
	if code, err := term.Exit(patience); err != nil || code != 0 {
		return p, fmt.Errorf("%s ended with %d after q: %w", cmd.Path, code, err)
	}
	return p, nil
}
