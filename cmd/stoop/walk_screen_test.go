package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	screen "github.com/stoop-project/stoop/test/terminal"
)

// The first walk of docs/walk.md: what it names is on the screen, after the keys
// that it names.
func TestFirstWalk(t *testing.T) {
	page, err := os.ReadFile("../../docs/walk.md")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range [][2]int{{120, 40}, {80, 24}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			cmd := exec.Command(self)
			cmd.Env = append(os.Environ(), childEnv+"=demo", "TERM=xterm-256color", "TZ=UTC", "XDG_CONFIG_HOME="+t.TempDir(), "XDG_STATE_HOME="+t.TempDir())
			term, err := screen.Start(cmd, size[0], size[1])
			if err != nil {
				t.Fatal(err)
			}
			defer term.Close()
			for _, step := range []struct {
				keys, inPage string
				shows        []string
			}{
				{"", "`▲21` stands beside", []string{"▲21", "31,981 events"}},
				{"e", "*Command shell through netcat in a container*, Critical", []string{"▲ 23:37:05.239", "Command shell through"}},
				{"<enter>", "python3 took a request", []string{"found by pid and start time, for sure", "T−8.32 ms", "python3 took a request", "lineage 24 processes", "python3 -I -S"}},
				{"s", "puts the cursor into the story", []string{"lineage 24 processes", "story 43 sentences, 2 not known"}},
				{"G", "the end of the story (**`G`**) says so", []string{"There are no events here"}},
				{"<esc>", "**Esc** goes back", []string{"T−8.32 ms"}}, // to the events of the trail
				{"<esc>", "**Esc** goes back", []string{"31,981 events"}},
			} {
				if !strings.Contains(strings.ReplaceAll(string(page), "\n   ", " "), step.inPage) {
					t.Errorf("docs/walk.md does not say %q", step.inPage)
				}
				if err := term.Type(step.keys); err != nil {
					t.Fatal(err)
				}
				if err := term.WaitFor(strings.Join(step.shows, ", "), time.Minute, func(text string) bool {
					for _, want := range step.shows {
						if !strings.Contains(text, want) {
							return false
						}
					}
					return true
				}); err != nil {
					t.Fatalf("after %q: %v", step.keys, err)
				}
			}
		})
	}
}
