package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/stoop-project/stoop/internal/testdata"
)

// The whole way in a terminal: open, filter, drill, walk back, resize, quit.
func TestInTerminal(t *testing.T) {
	term := start(t, "scene", 120, 40)
	term.wait("280 events")
	term.wait("read to the end")

	term.press("f")
	term.press("alert.rule exists")
	term.wait("6 of 280")
	term.press("\r")
	term.wait("Drop and execute new binary")
	term.press("e")
	term.press("\r")
	term.wait("w widens")
	term.press("\x1b")
	term.wait("6 of 280")

	if err := pty.Setsize(term.file, &pty.Winsize{Rows: 10, Cols: 40}); err != nil {
		t.Fatal(err)
	}
	term.mu.Lock()
	term.screen.Resize(40, 10)
	term.w, term.h = 40, 10
	term.mu.Unlock()
	term.wait("stoop needs 60×15")

	term.press("q")
	if err := term.ended(); err != nil {
		t.Fatal(err)
	}
	raw := term.raw.String()
	if !strings.Contains(raw, "\x1b[?1049l") {
		t.Error("the alternate screen was not left")
	}
}

// hangs is when something that takes milliseconds counts as stuck, on however
// busy a machine; how long it takes is for the benchmarks.
const hangs = 10 * time.Second

// Quitting gives the prompt back at once, with events still coming.
func TestQuitsAtOnce(t *testing.T) {
	term := start(t, "load", 120, 40, "STOOP_HELD=200000", "STOOP_RATE=50000")
	term.wait("● live")
	at := time.Now()
	term.press("q")
	if err := term.ended(); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(at); d > hangs {
		t.Errorf("quitting took %v", d)
	}
}

// Over SSH the terminal is asked whether it can hold a frame back until it is
// whole.
func TestAsksForWholeFramesOverSSH(t *testing.T) {
	term := start(t, "scene", 80, 24, "SSH_TTY=/dev/pts/9", "SSH_CONNECTION=192.0.2.1 50000 192.0.2.2 22")
	term.wait("280 events")
	term.press("j")
	term.settle(200 * time.Millisecond)
	term.mu.Lock()
	raw := term.raw.String()
	term.mu.Unlock()
	if !strings.Contains(raw, "\x1b[?2026$p") {
		t.Error("synchronised output was not asked for")
	}
	term.press("q")
	if err := term.ended(); err != nil {
		t.Fatal(err)
	}
}

// Nothing is drawn and next to nothing is done while nothing happens.
func TestIdle(t *testing.T) {
	term := start(t, "idle", 120, 40)
	term.wait("280 events")
	term.settle(500 * time.Millisecond)
	before, _ := term.written()
	used := cpu(t, term.cmd.Process.Pid)
	const span = 5 * time.Second
	time.Sleep(span)
	after, _ := term.written()
	if after != before {
		t.Errorf("%d bytes were written while nothing happened", after-before)
	}
	share := float64(cpu(t, term.cmd.Process.Pid)-used) / float64(span)
	t.Logf("idle: %.2f %% of a core", share*100)
	if share > 0.02 {
		t.Errorf("idle takes %.1f %% of a core", share*100)
	}
}

// One row that changes is few bytes; here two do, the one that the cursor
// leaves and the one that it comes to.
func TestFewBytesForOneRow(t *testing.T) {
	term := start(t, "scene", 200, 50)
	term.wait("280 events")
	term.press("d")
	term.settle(300 * time.Millisecond)
	for _, key := range []string{"j", "j", "k", "j"} {
		before, _ := term.written()
		term.press(key)
		term.changed(before)
		term.settle(100 * time.Millisecond)
		after, _ := term.written()
		t.Logf("%s: %d bytes", key, after-before)
		if after == before || after-before > 4096 {
			t.Errorf("%s wrote %d bytes", key, after-before)
		}
	}
}

// cpu is the processor time that a process has used.
func cpu(t *testing.T, pid int) time.Duration {
	t.Helper()
	d, err := processTime(pid)
	if err != nil {
		testdata.Skipf(t, "%v", err)
	}
	return d
}
