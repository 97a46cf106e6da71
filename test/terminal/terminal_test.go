//go:build !windows

package terminal

import (
	"encoding/xml"
	"errors"
	"image/color"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"
)

const patience = 30 * time.Second

func start(t *testing.T, script string) *Terminal {
	t.Helper()
	term, err := Start(exec.Command("sh", "-c", script), 40, 5)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(term.Close)
	return term
}

func TestScreen(t *testing.T) {
	term := start(t, `printf 'one\r\n\033[31mtwo\033[m \347\214\253x'; read line; printf '\033[2Jgot %s' "$line"; exit 3`)
	if err := term.Wait("two 猫x", patience); err != nil {
		t.Fatal(err)
	}
	if got, want := term.Text(), "one\ntwo 猫x\n\n\n"; got != want {
		t.Errorf("Text() = %q, want %q", got, want)
	}
	if err := term.Type("abc<enter>"); err != nil {
		t.Fatal(err)
	}
	if err := term.Wait("got abc", patience); err != nil {
		t.Fatal(err)
	}
	if code, err := term.Exit(patience); code != 3 || err != nil {
		t.Errorf("Exit = %d, %v", code, err)
	}
	if n := term.Written(); n < 30 || n > 100 {
		t.Errorf("Written() = %d", n)
	}
}

func TestResize(t *testing.T) {
	term := start(t, `trap 'stty size' WINCH; echo ready; while :; do sleep 0.05; done`)
	if err := term.Wait("ready", patience); err != nil {
		t.Fatal(err)
	}
	if err := term.Resize(60, 9); err != nil {
		t.Fatal(err)
	}
	if err := term.Wait("9 60", patience); err != nil {
		t.Fatal(err)
	}
}

// When says when something was written, not when it was looked for.
func TestWhen(t *testing.T) {
	term := start(t, `printf 'one'; sleep 0.3; printf ' two'; sleep 60`)
	contains := func(s string) func(string) bool {
		return func(text string) bool { return strings.Contains(text, s) }
	}
	one, err := term.When("one", patience, contains("one"))
	if err != nil {
		t.Fatal(err)
	}
	two, err := term.When("two", patience, contains("two"))
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	again, err := term.When("two", patience, contains("two"))
	if d := two.Sub(one); d < 250*time.Millisecond || !again.Equal(two) || err != nil {
		t.Errorf("between the writes %v; later the second came at %v instead of %v, %v", d, again, two, err)
	}
}

// Waiting in vain must fail, at once where the program has ended.
func TestWaitFails(t *testing.T) {
	began := time.Now()
	err := start(t, "echo hello").Wait("goodbye", patience)
	if err == nil || !strings.Contains(err.Error(), "hello") || time.Since(began) > patience/2 {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
	if err := start(t, "echo hello; sleep 60").Wait("goodbye", 200*time.Millisecond); err == nil || !strings.Contains(err.Error(), "hello") {
		t.Errorf("%v", err)
	}
	if _, err := start(t, "sleep 60").Exit(50 * time.Millisecond); err == nil {
		t.Error("a program that runs has an exit code")
	}
	if err := start(t, "while :; do echo x; sleep 0.01; done").Settle(time.Second, 1500*time.Millisecond); err == nil {
		t.Error("a busy screen has settled")
	}
}

// What a shell has started ends with it.
func TestCloseEndsAll(t *testing.T) {
	term := start(t, "sleep 1000 & echo started; wait; echo never")
	if err := term.Wait("started", patience); err != nil {
		t.Fatal(err)
	}
	closed := make(chan struct{})
	go func() { term.Close(); close(closed) }()
	select {
	case <-closed:
	case <-time.After(patience):
		t.Fatal("what was started in the background holds the screen")
	}
}

func TestKeys(t *testing.T) {
	for keys, want := range map[string]string{
		"ab": "ab", "a<enter>": "a\r", "<c-c>": "\x03", "<up><down>": "\x1b[A\x1b[B", "x <lt> 3": "x < 3",
	} {
		if got, err := encodeKeys(keys); got != want || err != nil {
			t.Errorf("encodeKeys(%q) = %q, %v; want %q", keys, got, err, want)
		}
	}
	for _, keys := range []string{"<nokey>", "a < b", "<enter"} {
		if got, err := encodeKeys(keys); err == nil {
			t.Errorf("encodeKeys(%q) = %q", keys, got)
		}
	}
}

func TestSVG(t *testing.T) {
	term := start(t, `printf '\033[1;38;2;1;2;3;48;2;4;5;6ma<b&\033[m plain'; read x`)
	if err := term.Wait("plain", patience); err != nil {
		t.Fatal(err)
	}
	svg := term.SVG(color.Gray{0xaa}, color.Gray{0x11})
	for _, want := range []string{`fill="#010203" font-weight="bold">a&lt;b&amp;</text>`, `fill="#040506"`, `fill="#aaaaaa">`, `fill="#111111"`} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %s in\n%s", want, svg)
		}
	}
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
