package tui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/tui/tuitest"
)

// evil is text that would take a terminal over: it sets the title and the
// clipboard, clears the screen, hides what follows, turns lines around, and
// comes in the forms that renderers let through (DCS, APC).
const evil = "\x1b]0;owned\x07\x1b]52;c;b3duZWQ=\x07\x1b[2J\x1b[8m\x1bPq#0~\x1b\\\x1b_Gowned\x1b\\\u009b31m\u202eevil\u2066\u200b\r\n\t\x00\x7f\xff"

// hostileScene has that text wherever text from outside can be.
func hostileScene() *event.Batch {
	w := tuitest.NewWorld()
	cont := w.Container("6cf4be7b2388", "web"+evil, "pod"+evil, "ns"+evil, "image"+evil+":tag"+evil)
	parent := w.Proc(0, cont, 10, 0, "root"+evil, "/bin/"+evil)
	p := w.Image(w.Proc(parent, cont, 11, 0, "root"+evil, "/bin/sh"+evil, "-c", evil), "/bin/x"+evil, evil)
	for range 30 {
		w.Do(p, "openat", w.File("/tmp/"+evil), -13, "name", evil)
		w.Do(p, "execve", w.File(evil), 0)
		w.Do(p, "renameat2", w.File(evil), 0, "oldpath", evil, "newpath", evil)
		w.Do(p, "read", w.File(evil), int64(len(evil)), "data", []byte(evil))
		w.Alert(p, "openat", w.File(evil), "rule"+evil, event.PriorityCritical, evil)
	}
	return w.Take()
}

// forbidden finds what must not be on its way to the terminal: any control but
// the line feeds and SGR sequences that the screen itself is made of.
func forbidden(content string) string {
	for i := 0; i < len(content); i++ {
		switch c := content[i]; {
		case c == '\n':
		case c == 0x1b:
			end := strings.IndexByte(content[i:], 'm')
			if end < 2 || content[i+1] != '[' || strings.Trim(content[i+2:i+end], "0123456789;") != "" {
				return fmt.Sprintf("%q", content[i:min(i+24, len(content))])
			}
			i += end
		case c < ' ' || c == 0x7f:
			return fmt.Sprintf("%q at %d", c, i)
		}
	}
	for _, r := range content {
		if r >= 0x80 && r <= 0x9f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200b || r == 0xfffd {
			return fmt.Sprintf("%U", r)
		}
	}
	return ""
}

func TestHostileTextNeverReachesTheTerminal(t *testing.T) {
	for _, size := range [][2]int{{200, 50}, {120, 40}, {60, 15}} {
		src := &tuitest.Source{Name: "evil" + evil, Batches: []*event.Batch{hostileScene()}, Err: fmt.Errorf("cannot read %s", evil)}
		d, m := openOn(t, src, size[0], size[1], inCase(t.TempDir()))
		for _, keys := range []string{
			"", "e", "enter", "k", "tab", "v", "j", "v", "tab", "O", "O", "tab", "d", "d", "o", "o", "esc", "esc", "p", "j", "enter", "esc", "esc", "S", "esc", "C", "esc", "?", "esc", "tab", "j", "j", "tab", "tab",
			"d", "l", "l", "l", "l", "l", "y", "+", "u", "f", "esc", "/", "x", "enter", "Y", "T", "r", "shift+tab", "enter", "R",
			"Q", "j", "w", "c", "1", "h", "n", "x", "enter", "esc", "esc", "E", "A", "a", "esc",
			"W", "j", "j", "j", "j", "j", "y", "j", "j", "j", "j", "esc", "m", "M", "t", "n", "x", "enter", "p", "g", "enter", "esc",
		} {
			if keys != "" {
				d.Keys(keys)
			}
			if bad := forbidden(d.Draw()); bad != "" {
				t.Fatalf("%v after %q: %s", size, keys, bad)
			}
			if title := m.View().WindowTitle; forbidden(title) != "" {
				t.Fatalf("window title %q", title)
			}
		}
		if d.Screen.IsAltScreen() {
			t.Error("the text switched the screen")
		}
	}
}

// Secrets are masked wherever a command line is shown, until asked otherwise,
// and copies are masked too.
func TestSecretsAreMasked(t *testing.T) {
	const token = "s5Ff0c" // how the token ends: it may be broken over lines
	d, m := open(t, 200, 50)
	d.Keys("f")
	d.Type("proc.name = curl")
	d.Keys("enter")
	for range 3 {
		if text := d.Text(); strings.Contains(text, token) || !strings.Contains(text, "Authorization: Bearer ****") {
			t.Fatalf("the token shows, or its command does not:\n%s", text)
		}
		d.Keys("right", "right")
	}
	m.level().col = len(m.feed.columns) - 1
	if d.Keys("y"); strings.Contains(d.Copied, token) {
		t.Errorf("copied %q", d.Copied)
	}
	shown, _ := open(t, 200, 50, func(o *Options) { o.ShowSecrets, o.Filter = true, "proc.name = curl" })
	if text := shown.Text(); !strings.Contains(text, token) {
		t.Errorf("asked for and not shown:\n%s", text)
	}
}
