//go:build !windows

package terminal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

// Terminal is a program on a screen of cells.
type Terminal struct {
	cmd *exec.Cmd
	pty *os.File

	mu      sync.Mutex // guards what follows
	screen  *vt.Emulator
	written int64
	output  []byte        // the first of it, see Output
	last    time.Time     // when the latest of it was read
	changed chan struct{} // closed and replaced with each write

	exited  chan struct{}
	exitErr error // after exited
}

// Start runs cmd on a screen of that many columns and rows, in true colour
// unless cmd.Env says otherwise.
func Start(cmd *exec.Cmd, cols, rows int) (*Terminal, error) {
	if cmd.Env == nil {
		cmd.Env = append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8")
	}
	file, err := pty.StartWithSize(cmd, winsize(cols, rows))
	if err != nil {
		return nil, fmt.Errorf("start %s in a pty: %w", cmd.Path, err)
	}
	t := &Terminal{
		cmd: cmd, pty: file, screen: vt.NewEmulator(cols, rows),
		changed: make(chan struct{}), exited: make(chan struct{}),
	}
	go t.show()
	// Answers to what the program asks the terminal; ends with Close.
	go func() { _, _ = io.Copy(t.pty, t.screen) }()
	return t, nil
}

func winsize(cols, rows int) *pty.Winsize {
	return &pty.Winsize{Cols: uint16(cols), Rows: uint16(rows)}
}

// piece is something that the program wrote, and when it was read.
type piece struct {
	bytes []byte
	at    time.Time
}

// read reads what the program writes until it exits. It has a goroutine of its
// own, so that what the emulator takes for one piece is not in the next one's time.
func (t *Terminal) read(pieces chan<- piece) {
	defer close(pieces)
	for {
		buf := make([]byte, 64<<10)
		n, err := t.pty.Read(buf)
		at := time.Now()
		pieces <- piece{buf[:n], at}
		if err != nil { // EIO once the last writer has gone
			return
		}
	}
}

// show puts what the program writes on the screen until it exits.
func (t *Terminal) show() {
	pieces := make(chan piece, 64)
	go t.read(pieces)
	for p := range pieces {
		t.mu.Lock()
		_, _ = t.screen.Write(p.bytes) // it has no way to fail
		t.written += int64(len(p.bytes))
		t.output = append(t.output, p.bytes[:min(len(p.bytes), maxOutput-len(t.output))]...)
		t.last = p.at
		close(t.changed)
		t.changed = make(chan struct{})
		t.mu.Unlock()
	}
	t.exitErr = t.cmd.Wait()
	close(t.exited)
}

// Text returns the screen's text, a line a row, without trailing blanks.
func (t *Terminal) Text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text()
}

func (t *Terminal) text() string {
	lines := make([]string, t.screen.Height())
	for y := range lines {
		var line strings.Builder
		for x := 0; x < t.screen.Width(); {
			content, width := " ", 1
			if cell := t.screen.CellAt(x, y); cell != nil && cell.Content != "" {
				content, width = cell.Content, max(cell.Width, 1)
			}
			line.WriteString(content)
			x += width
		}
		lines[y] = strings.TrimRight(line.String(), " ")
	}
	return strings.Join(lines, "\n")
}

// Look hands the screen to look; it holds still meanwhile.
func (t *Terminal) Look(look func(screen *vt.Emulator)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	look(t.screen)
}

// Written returns how many bytes the program has written since it started.
func (t *Terminal) Written() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.written
}

// maxOutput bounds what Output returns.
const maxOutput = 1 << 20

// Output returns what the program has written since it started, escape
// sequences and all, up to a megabyte.
func (t *Terminal) Output() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.output)
}

// Pid returns the program's process id.
func (t *Terminal) Pid() int { return t.cmd.Process.Pid }

// WaitFor waits until the screen's text satisfies ok. The error of a wait in
// vain has the screen in it.
func (t *Terminal) WaitFor(what string, timeout time.Duration, ok func(text string) bool) error {
	_, err := t.When(what, timeout, ok)
	return err
}

// When is WaitFor, and says when what the program wrote last before that was
// read: at the latest the moment at which a user sees it. The time that the
// emulator and ok take is not in it.
func (t *Terminal) When(what string, timeout time.Duration, ok func(text string) bool) (time.Time, error) {
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()
	for {
		t.mu.Lock()
		text, last, changed := t.text(), t.last, t.changed
		t.mu.Unlock()
		if ok(text) {
			return last, nil
		}
		select {
		case <-changed:
		case <-t.exited:
			t.mu.Lock()
			text, last = t.text(), t.last
			t.mu.Unlock()
			if ok(text) { // all was written before
				return last, nil
			}
			return last, fmt.Errorf("the program ended (%v) before there was %s on the screen:\n%s", t.cmd.ProcessState, what, text)
		case <-deadline.C:
			return last, fmt.Errorf("no %s on the screen within %v:\n%s", what, timeout, text)
		}
	}
}

func (t *Terminal) latest() chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.changed
}

// Wait waits until the screen has text on it.
func (t *Terminal) Wait(text string, timeout time.Duration) error {
	return t.WaitFor(fmt.Sprintf("%q", text), timeout, func(s string) bool { return strings.Contains(s, text) })
}

// Settle waits until nothing has been written for quiet.
func (t *Terminal) Settle(quiet, timeout time.Duration) error {
	deadline := time.After(timeout)
	for {
		select {
		case <-t.latest():
		case <-time.After(quiet):
			return nil
		case <-deadline:
			return fmt.Errorf("the screen was never quiet for %v within %v", quiet, timeout)
		}
	}
}

// Type sends keys: text as it is, and keys without a character as <enter>,
// <tab>, <esc>, <up>, <c-c> and so on; see keys.go.
func (t *Terminal) Type(keys string) error {
	bytes, err := encodeKeys(keys)
	if err != nil {
		return err
	}
	_, err = io.WriteString(t.pty, bytes)
	return err
}

// Resize changes the size of the screen, which the program is told.
func (t *Terminal) Resize(cols, rows int) error {
	t.mu.Lock()
	t.screen.Resize(cols, rows)
	t.mu.Unlock()
	return pty.Setsize(t.pty, winsize(cols, rows))
}

// Exit waits until the program has ended and returns its exit code, -1 where a
// signal ended it.
func (t *Terminal) Exit(timeout time.Duration) (int, error) {
	select {
	case <-t.exited:
	case <-time.After(timeout):
		return 0, fmt.Errorf("the program still runs after %v:\n%s", timeout, t.Text())
	}
	var exit *exec.ExitError
	if t.exitErr != nil && !errors.As(t.exitErr, &exit) {
		return 0, t.exitErr
	}
	return t.cmd.ProcessState.ExitCode(), nil
}

// Close ends the program and what it has started on the screen, if they still
// run, and lets go of the pty.
func (t *Terminal) Close() {
	select {
	case <-t.exited:
	default:
		_ = syscall.Kill(-t.cmd.Process.Pid, syscall.SIGKILL) // it leads a session, and may have ended in between
		<-t.exited
	}
	// Emulator.Close races with the reader of its answers; the pipe's does not.
	if pipe, ok := t.screen.InputPipe().(io.Closer); ok {
		pipe.Close()
	}
	t.pty.Close()
}
