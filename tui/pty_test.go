package tui

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/test/synth"
	"github.com/stoop-project/stoop/themes"
	"github.com/stoop-project/stoop/tui/tuitest"
)

// asMain names the variable under which the test binary is a small stoop of
// its own: what the end-to-end tests run in a terminal.
const asMain = "STOOP_TUI_TEST_MAIN"

func TestMain(m *testing.M) {
	switch os.Getenv(asMain) {
	case "":
		typingPause, panelsEvery = 0, 0 // the driver would sit them out
		os.Exit(m.Run())
	case "scene":
		runMain(&tuitest.Source{Name: "scene", Batches: []*event.Batch{tuitest.Scene()}}, 0)
	case "idle":
		runMain(&tuitest.Source{Name: "live", IsLive: true, Batches: []*event.Batch{tuitest.Scene()}}, 0)
	case "load":
		held, _ := strconv.Atoi(os.Getenv("STOOP_HELD"))
		rate, _ := strconv.Atoi(os.Getenv("STOOP_RATE"))
		runMain(&load{held: held, rate: rate}, 1<<30)
	}
}

func runMain(src source.Source, budget int64) {
	if path := os.Getenv("STOOP_PROFILE"); path != "" {
		profile(path)
	}
	err := Run(context.Background(), Options{
		Sources: []source.Source{src}, Store: store.New(budget), Theme: "peregrine", Zone: time.UTC,
		Now: func() time.Time { return tuitest.Start },
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// profile writes a processor profile of 8 s, from 4 s on.
func profile(path string) {
	time.AfterFunc(4*time.Second, func() {
		f, err := os.Create(path)
		if err != nil {
			return
		}
		_ = pprof.StartCPUProfile(f)
		time.AfterFunc(8*time.Second, pprof.StopCPUProfile)
	})
}

// load is a live source that brings held events at once and then rate events
// each second.
type load struct {
	tuitest.Source
	held, rate int
}

func (l *load) Info() source.Info {
	return source.Info{Name: "load", Scheme: "test", Live: true, Events: -1}
}

func (l *load) Run(ctx context.Context, _ source.Request, sink source.Sink) error {
	feed := synth.New(synth.Node())
	for n := 0; n < l.held; n += 1 << 15 {
		sink.Batch(feed.Batch(1 << 15))
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for l.rate > 0 {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			b := feed.Batch(l.rate / 100)
			l.Count(func(s *source.Stats) { s.Taken += uint64(b.Len()) })
			sink.Batch(b)
		}
	}
	<-ctx.Done()
	return nil
}

// terminal is a process in a terminal, whose screen can be read.
type terminal struct {
	t    testing.TB
	cmd  *exec.Cmd
	file *os.File
	w, h int

	mu     sync.Mutex
	screen *vt.Emulator
	wrote  int       // bytes so far
	last   time.Time // of the last write
	raw    bytes.Buffer
	eof    chan struct{} // closed when all was read
}

// start runs the test binary as a stoop in a terminal.
func start(t testing.TB, main string, w, h int, env ...string) *terminal {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append([]string{asMain + "=" + main, "TERM=xterm-256color", "COLORTERM=truecolor", "HOME=/nonexistent", "PATH=" + os.Getenv("PATH")}, env...)
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: uint16(h), Cols: uint16(w)})
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{t: t, cmd: cmd, file: f, w: w, h: h, screen: vt.NewEmulator(w, h), eof: make(chan struct{})}
	go term.read()
	go term.answer()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_, _ = cmd.Process.Wait()
		f.Close()
	})
	return term
}

func (term *terminal) read() {
	defer close(term.eof)
	buf := make([]byte, 64<<10)
	for {
		n, err := term.file.Read(buf)
		if n > 0 {
			term.mu.Lock()
			term.wrote += n
			term.last = time.Now()
			term.raw.Write(buf[:n])
			_, _ = term.screen.Write(buf[:n])
			term.mu.Unlock()
		}
		if err != nil {
			return
		}
	}
}

// answer sends back what the emulator answers to questions.
func (term *terminal) answer() {
	buf := make([]byte, 1<<10)
	for {
		n, err := term.screen.Read(buf)
		if err != nil {
			return
		}
		_, _ = term.file.Write(buf[:n])
	}
}

func (term *terminal) text() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return tuitest.Text(term.screen, term.w, term.h)
}

// has reports whether the screen holds a text.
func (term *terminal) has(text string) bool { return strings.Contains(term.text(), text) }

// cursorLine is the line of the table's cursor, known by its ground; -1 for
// none.
func (term *terminal) cursorLine() int {
	r, g, b, _ := themes.Default(true).Color("tone.select").RGBA()
	term.mu.Lock()
	defer term.mu.Unlock()
	for y := range term.h {
		if c := term.screen.CellAt(term.w-4, y); c != nil && c.Style.Bg != nil {
			if cr, cg, cb, _ := c.Style.Bg.RGBA(); cr == r && cg == g && cb == b {
				return y
			}
		}
	}
	return -1
}

func (term *terminal) written() (int, time.Time) {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.wrote, term.last
}

func (term *terminal) press(keys string) { _, _ = term.file.WriteString(keys) }

// wait waits until the screen holds a text.
func (term *terminal) wait(text string) {
	term.t.Helper()
	for until := time.Now().Add(60 * time.Second); time.Now().Before(until); time.Sleep(2 * time.Millisecond) {
		if strings.Contains(term.text(), text) {
			return
		}
	}
	term.t.Fatalf("the screen never showed %q; it is\n%s", text, term.text())
}

// settle waits until nothing was written for a while.
func (term *terminal) settle(quiet time.Duration) {
	for until := time.Now().Add(30 * time.Second); time.Now().Before(until); time.Sleep(quiet / 10) {
		if _, last := term.written(); time.Since(last) > quiet {
			return
		}
	}
}

// changed waits until more than before bytes were written, and returns when
// they were.
func (term *terminal) changed(before int) time.Time {
	for until := time.Now().Add(5 * time.Second); time.Now().Before(until); time.Sleep(100 * time.Microsecond) {
		if n, at := term.written(); n > before {
			return at
		}
	}
	term.t.Fatal("nothing was drawn within 5 s")
	return time.Time{}
}

// ended waits for the process to end and returns whether it ended well.
func (term *terminal) ended() error {
	done := make(chan error, 1)
	go func() { done <- term.cmd.Wait() }()
	select {
	case err := <-done:
		<-term.eof
		return err
	case <-time.After(5 * time.Second):
		return fmt.Errorf("still running after 5 s")
	}
}
