package paint

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/vt"
)

// sink is a terminal that also keeps what was written, write by write.
type sink struct {
	mu     sync.Mutex
	screen *vt.Emulator
	writes []string
}

func (s *sink) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes = append(s.writes, string(b))
	return s.screen.Write(b)
}

func (s *sink) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.writes...)
}

func newSink() *sink { return &sink{screen: vt.NewEmulator(20, 3)} }

func frame(text string) Frame { return Frame{Content: text, W: 20, H: 3} }

// painted waits until n writes were made.
func (s *sink) painted(t *testing.T, n int) []string {
	t.Helper()
	for until := time.Now().Add(30 * time.Second); time.Now().Before(until); time.Sleep(time.Millisecond) {
		if w := s.all(); len(w) >= n {
			return w
		}
	}
	t.Fatalf("%d writes, want %d: %q", len(s.all()), n, s.all())
	return nil
}

func TestFrames(t *testing.T) {
	s := newSink()
	p := New(s, []string{"TERM=xterm-256color"}, time.Millisecond)
	p.SetProfile(colorprofile.TrueColor)
	p.Paint(frame("one  \ntwo  \nthree"))
	first := s.painted(t, 1)[0]
	if !strings.Contains(first, "\x1b[?1049h") || !strings.Contains(first, "\x1b[?25l") {
		t.Errorf("the first frame %q does not take the screen", first)
	}
	p.Paint(frame("one  \nTWO  \nthree"))
	second := s.painted(t, 2)[1]
	if !strings.Contains(second, "TWO") || strings.Contains(second, "one") || len(second) > 40 {
		t.Errorf("a changed line was written as %q", second)
	}
	p.Paint(frame("one  \nTWO  \nthree"))
	time.Sleep(20 * time.Millisecond)
	if w := s.all(); len(w) != 2 {
		t.Errorf("the same frame was written again: %q", w[2:])
	}
	p.SetSync()
	p.Paint(Frame{Content: "x", W: 20, H: 3, Cursor: true, X: 4, Y: 1})
	third := s.painted(t, 3)[2]
	if !strings.HasPrefix(third, "\x1b[?2026h") || !strings.HasSuffix(third, "\x1b[?2026l") || !strings.Contains(third, "\x1b[?25h") {
		t.Errorf("a whole frame with a cursor was written as %q", third)
	}
	if at := s.screen.CursorPosition(); at.X != 4 || at.Y != 1 {
		t.Errorf("the cursor is at %v", at)
	}
	p.Raw("\x1b]0;t\x07")
	if w := s.painted(t, 4); w[3] != "\x1b]0;t\x07" {
		t.Errorf("raw: %q", w[3])
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if last := s.all()[len(s.all())-1]; !strings.Contains(last, "\x1b[?1049l") || !strings.Contains(last, "\x1b[?25h") {
		t.Errorf("the screen was left with %q", last)
	}
}

// Many frames in a short time become few writes, and the last one is shown.
func TestFramesAreHeldApart(t *testing.T) {
	s := newSink()
	p := New(s, nil, 50*time.Millisecond)
	for i := range 200 {
		p.Paint(frame(fmt.Sprintf("frame %d", i)))
		time.Sleep(500 * time.Microsecond)
	}
	time.Sleep(100 * time.Millisecond)
	if n := len(s.all()); n > 8 {
		t.Errorf("%d writes in about 0.1 s", n)
	}
	s.mu.Lock()
	shown := s.screen.String()
	s.mu.Unlock()
	if !strings.Contains(shown, "frame 199") {
		t.Errorf("the last frame was never shown: %q", shown)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

// After a rest two frames are painted in a row: a key's does not wait for the
// one that news brought. From then on they come one each interval.
func TestPace(t *testing.T) {
	const every = 10 * time.Millisecond
	p := pace{every: every}
	now := time.Unix(1_700_000_000, 0)
	for i, want := range []time.Duration{0, 0, every, every} {
		got := max(p.wait(now), 0)
		if got != want {
			t.Fatalf("frame %d waits for %v, want %v", i, got, want)
		}
		now = now.Add(got)
		p.take(now)
	}
	if now = now.Add(10 * every); p.wait(now) > 0 {
		t.Error("a frame waits after a rest")
	}
}

// stuck is a terminal that takes nothing.
type stuck struct{ never chan struct{} }

func (s stuck) Write([]byte) (int, error) { <-s.never; return 0, nil }

// A terminal that takes nothing holds up neither who paints nor who quits.
func TestStuckTerminal(t *testing.T) {
	p := New(stuck{make(chan struct{})}, nil, time.Millisecond)
	at := time.Now()
	for i := range 100 {
		p.Paint(frame(fmt.Sprint(i)))
	}
	_ = p.Close()
	if d := time.Since(at); d > 10*time.Second { // for ever, if it waited
		t.Errorf("took %v", d)
	}
}
