package tui

import (
	"strings"
	"testing"
	"time"

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
	term.press("<enter>")
	term.wait("Drop and execute new binary")
	term.press("e")
	term.press("<enter>")
	term.wait("found by pid and start time")
	term.press("<esc>")
	term.wait("6 of 280")

	if err := term.Resize(40, 10); err != nil {
		t.Fatal(err)
	}
	term.wait("stoop needs 60×15")

	term.quit()
	if !strings.Contains(term.Output(), "\x1b[?1049l") {
		t.Error("the alternate screen was not left")
	}
}

// From the demo's alert to its trail and through its panes, by keys alone.
func TestTrailInTerminal(t *testing.T) {
	term := start(t, "scene", 120, 40)
	term.wait("read to the end")
	for _, step := range []struct{ key, shows string }{
		{"e", "▲"},
		{"e", "details"},
		{"<enter>", "found by pid and start time, for sure"},
		{"s", "sentence "},
		{"<enter>", "file /etc/shadow"},
		{"o", "only /etc/shadow"},
		{"<esc>", "72 events, 28 lines"},
		{"v", "No data went through it"},
		{"v", "o follows it"}, // not esc: the line may still stand there, and esc with what follows is one key
		{"O", "only pid 5912"},
		{"O", "72 events, 28 lines"},
		{"p", "process nc.traditional"},
		{"<tab>", "sentence "},
		{"d", "event ──"},
		{"d", "sentence "},
		{"<esc>", "o follows it"},
		{"<esc>", "280 events"},
	} {
		term.press(step.key)
		term.wait(step.shows)
	}
	term.quit()
}

// hangs is when something that takes milliseconds counts as stuck, on however
// busy a machine; how long it takes is for the benchmarks.
const hangs = 30 * time.Second

// Quitting gives the prompt back at once, with events still coming.
func TestQuitsAtOnce(t *testing.T) {
	term := start(t, "load", 120, 40)
	term.wait("● live")
	term.quit()
}

// Over SSH the terminal is asked whether it can hold a frame back until it is
// whole.
func TestAsksForWholeFramesOverSSH(t *testing.T) {
	term := start(t, "scene", 80, 24, "SSH_TTY=/dev/pts/9", "SSH_CONNECTION=192.0.2.1 50000 192.0.2.2 22")
	term.wait("280 events")
	term.press("j")
	term.settle(200 * time.Millisecond)
	if !strings.Contains(term.Output(), "\x1b[?2026$p") {
		t.Error("synchronised output was not asked for")
	}
	term.quit()
}

// Nothing is drawn and next to nothing is done while nothing happens.
func TestIdle(t *testing.T) {
	term := start(t, "idle", 120, 40)
	term.wait("280 events")
	term.settle(3 * panelsAtMost) // the panels come after the events
	before := term.Written()
	used := cpu(t, term.Pid())
	const span = 5 * time.Second
	time.Sleep(span)
	after := term.Written()
	if after != before {
		t.Errorf("%d bytes were written while nothing happened", after-before)
	}
	share := float64(cpu(t, term.Pid())-used) / float64(span)
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
	few, last := 0, int64(0) // what came before may still be on its way with the first key
	for until := time.Now().Add(30 * time.Second); few < 4 && time.Now().Before(until); {
		before := term.Written()
		term.press([]string{"j", "j", "k", "j"}[few])
		term.changed(before)
		term.settle(100 * time.Millisecond)
		if last = term.Written() - before; last > 4096 {
			few = 0
			continue
		}
		few++
	}
	if few < 4 {
		t.Errorf("a row further down is %d bytes", last)
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
