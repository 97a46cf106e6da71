package paint

import (
	"bytes"
	"io"
	"runtime"
	"sync"
	"time"

	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

// Frame is what a terminal is to show.
type Frame struct {
	Content string // lines of W columns with SGR sequences, separated by \n
	W, H    int
	Cursor  bool // whether the cursor is shown, and where
	X, Y    int
	Title   string // of the window
}

// Painter paints frames on a terminal, on a goroutine of its own: a slow
// terminal never holds up whoever makes the frames, it only gets fewer.
type Painter struct {
	out  io.Writer
	pace pace
	news chan struct{}
	quit chan struct{}
	done chan struct{}

	mu      sync.Mutex
	next    *Frame
	profile colorprofile.Profile
	sync    bool // the terminal can hold a frame back until it is whole
	redraw  bool
	raw     string // sequences to be written before the next frame

	// Of the painting goroutine.
	scr    *uv.TerminalRenderer
	cells  uv.ScreenBuffer
	buf    bytes.Buffer
	shown  Frame
	begun  bool
	failed error
}

// New returns a painter that paints a frame each time every, and the second of
// two at once when the screen has rested before. [Painter.Close] ends it.
func New(out io.Writer, env []string, every time.Duration) *Painter {
	p := &Painter{
		out: out, pace: pace{every: every}, news: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
		profile: colorprofile.Detect(out, env),
	}
	p.scr = uv.NewTerminalRenderer(&p.buf, env)
	p.scr.SetFullscreen(true)
	p.scr.SetRelativeCursor(false)
	p.scr.SetTabStops(-1)
	p.scr.SetScrollOptim(runtime.GOOS != "windows")
	p.cells = uv.NewScreenBuffer(0, 0)
	go p.loop()
	return p
}

// Paint has a frame painted, in place of any that waits.
func (p *Painter) Paint(f Frame) {
	p.mu.Lock()
	p.next = &f
	p.mu.Unlock()
	p.wake()
}

// SetProfile says which colours the terminal has.
func (p *Painter) SetProfile(c colorprofile.Profile) {
	p.mu.Lock()
	p.profile, p.redraw = c, p.redraw || c != p.profile
	p.mu.Unlock()
	p.wake()
}

// SetSync says that the terminal knows synchronised output (mode 2026).
func (p *Painter) SetSync() {
	p.mu.Lock()
	p.sync = true
	p.mu.Unlock()
}

// Redraw has everything painted anew.
func (p *Painter) Redraw() {
	p.mu.Lock()
	p.redraw = true
	p.mu.Unlock()
	p.wake()
}

// Raw has a sequence written that is no part of a frame: a question to the
// terminal, something for the clipboard.
func (p *Painter) Raw(seq string) {
	p.mu.Lock()
	p.raw += seq
	p.mu.Unlock()
	p.wake()
}

func (p *Painter) wake() {
	select {
	case p.news <- struct{}{}:
	default:
	}
}

// Close gives the terminal back as it was and returns the first error that
// writing met. It waits for a write that is under way, but not for ever.
func (p *Painter) Close() error {
	close(p.quit)
	select {
	case <-p.done:
		return p.failed
	case <-time.After(200 * time.Millisecond):
		return nil
	}
}

func (p *Painter) loop() {
	defer close(p.done)
	defer p.leave()
	for {
		select {
		case <-p.quit:
			return
		case <-p.news:
		}
		if wait := p.pace.wait(time.Now()); wait > 0 {
			select {
			case <-p.quit:
				return
			case <-time.After(wait):
			}
		}
		p.pace.take(time.Now())
		p.frame()
	}
}

// pace keeps frames apart: in the long run one each interval, and after a rest
// two in a row. The frame that answers a key so does not wait for one that news
// of the events had painted just before.
type pace struct {
	every time.Duration
	due   time.Time // when the next frame would come in an even row
}

// wait says how long from now on a frame is to be held back.
func (p *pace) wait(now time.Time) time.Duration { return p.due.Add(-p.every).Sub(now) }

// take counts a frame that is painted now.
func (p *pace) take(now time.Time) {
	if p.due.Before(now) {
		p.due = now
	}
	p.due = p.due.Add(p.every)
}

// frame paints what waits.
func (p *Painter) frame() {
	p.mu.Lock()
	f, profile, hold, redraw, raw := p.next, p.profile, p.sync, p.redraw, p.raw
	p.next, p.redraw, p.raw = nil, false, ""
	p.mu.Unlock()
	if raw != "" {
		p.write([]byte(raw))
	}
	if f == nil {
		if !redraw || !p.begun {
			return
		}
		f = &p.shown
	}
	same := f.W == p.shown.W && f.H == p.shown.H && f.Content == p.shown.Content
	if p.begun && same && !redraw && f.Cursor == p.shown.Cursor && f.X == p.shown.X && f.Y == p.shown.Y {
		return
	}
	var out bytes.Buffer
	if !p.begun {
		p.begun, redraw = true, true
		out.WriteString(ansi.SetModeAltScreenSaveCursor + ansi.ResetModeTextCursorEnable +
			ansi.SetModeMouseButtonEvent + ansi.SetModeMouseExtSgr + ansi.SetModeBracketedPaste)
	}
	if f.Title != p.shown.Title {
		out.WriteString(ansi.SetWindowTitle(f.Title))
	}
	p.render(*f, profile, redraw)
	if hold {
		out.WriteString(ansi.SetModeSynchronizedOutput)
	}
	if p.shown.Cursor {
		out.WriteString(ansi.ResetModeTextCursorEnable)
	}
	out.Write(p.buf.Bytes())
	p.buf.Reset()
	if f.Cursor {
		out.WriteString(ansi.SetModeTextCursorEnable)
	}
	if hold {
		out.WriteString(ansi.ResetModeSynchronizedOutput)
	}
	p.shown = *f
	p.write(out.Bytes())
}

// render puts what has changed into the buffer.
func (p *Painter) render(f Frame, profile colorprofile.Profile, redraw bool) {
	if f.W != p.cells.Width() || f.H != p.cells.Height() {
		p.cells.Resize(f.W, f.H)
		p.cells.Touched = nil
		p.scr.Resize(f.W, f.H)
		redraw = true
	}
	if redraw {
		p.scr.SetColorProfile(profile)
		p.scr.Erase()
	}
	p.cells.Clear()
	uv.NewStyledString(f.Content).Draw(p.cells, p.cells.Bounds())
	p.scr.Render(p.cells.RenderBuffer)
	if f.Cursor {
		p.scr.MoveTo(f.X, f.Y)
	}
	_ = p.scr.Flush() // into a buffer, which does not fail
}

func (p *Painter) write(b []byte) {
	if _, err := p.out.Write(b); err != nil && p.failed == nil {
		p.failed = err
	}
}

// leave gives the terminal back.
func (p *Painter) leave() {
	if !p.begun {
		return
	}
	p.write([]byte(ansi.ResetModeMouseButtonEvent + ansi.ResetModeMouseExtSgr + ansi.ResetModeBracketedPaste +
		ansi.SetWindowTitle("") + ansi.ResetModeAltScreenSaveCursor + ansi.SetModeTextCursorEnable + ansi.ResetStyle))
}
