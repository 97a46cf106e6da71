package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/stoop-project/stoop/internal/dashboard"
	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/pivot"
	"github.com/stoop-project/stoop/internal/places"
	"github.com/stoop-project/stoop/internal/queue"
	"github.com/stoop-project/stoop/internal/respond"
	"github.com/stoop-project/stoop/internal/rules"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/themes"
	"github.com/stoop-project/stoop/tui/internal/paint"
)

// Options are what [Run] needs, and what it may be told.
type Options struct {
	Sources []source.Source // run by the TUI, until it ends
	Request source.Request  // what is asked of them
	Store   *store.Store    // nil: one of [store.DefaultMemory] bytes

	// Through stands between a source and the screen: it may add events of its
	// own. Notes are what it has to say, and Ended tells it that all sources have
	// come to their end. All may be nil. Those that end are handed on in the
	// order of time, through what stands behind the first of them.
	Through func(src source.Source, to source.Sink) source.Sink
	Notes   func() []source.Note
	Made    func() uint64 // how many alerts it has made; nil: none
	Ended   func()

	// Open is the event on whose trail the screen begins, in a batch; its B is nil
	// for the first level. Places are where trails are looked for beside the
	// sources and what the store holds.
	Open   event.Row
	Places []places.Place

	// Again are the words by which a command reads what the sources here were
	// asked for: its time and its rules, without the sources and the filter.
	Again []string

	Filter      string           // the first level's filter
	Dashboards  dashboard.Folder // the user's own dashboards
	Pivots      *pivot.Folder    // the user's own pivots; nil: those built in
	Responses   *respond.Folder  // the user's own responses; nil: those built in
	Tuning      Tuning           // what exceptions to rules are made with
	Desk        queue.Desk       // where is kept what is decided about alerts; nil: nowhere
	Cases       Casework         // what cases are kept with
	By          string           // the user's name in it
	Catalog     *rules.Catalog   // what is known of rules by their names; may be nil
	Theme       string           // name of a theme or path of its file; "": by the terminal's ground
	Themes      themes.Folder    // the user's own themes
	ShowSecrets bool             // do not mask secrets in command lines and the like

	Now  func() time.Time // nil: time.Now
	Zone *time.Location   // what local time means; nil: time.Local

	In  io.Reader // nil: the terminal
	Out io.Writer // nil: the terminal
	Env []string  // nil: the process's

	// Profile and Size are those of the terminal unless set; tests set them.
	Profile *colorprofile.Profile
	Size    [2]int // columns, lines
}

// Frames a second at most: what a local terminal and what one behind SSH are
// given. A frame that comes after a pause is painted at once.
const (
	localFPS  = 120
	remoteFPS = 30
)

// newsEvery is how often changes of the store reach the screen.
const (
	newsEveryLocal  = time.Second / 30
	newsEveryRemote = time.Second / 10
)

// firstFrame is how long the first frame waits for sources that end: what is
// small is there whole when it is first seen, alerts included.
const firstFrame = 200 * time.Millisecond

// Run shows the sources until the user quits or ctx is done. It returns nil
// when the user quit. The sources are run and closed by it.
func Run(ctx context.Context, opt Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if opt.Env == nil {
		opt.Env = os.Environ()
	}
	if opt.Out == nil {
		opt.Out = os.Stdout
	}
	if opt.In == nil {
		opt.In = os.Stdin
	}
	m, err := New(ctx, opt)
	if err != nil {
		return err
	}
	defer m.hub.close()
	return m.run(ctx, cancel, opt)
}

// run works the terminal until the user quits.
func (m *Model) run(ctx context.Context, cancel context.CancelFunc, opt Options) error {
	in, out := keyboard(opt.In), screen(opt.Out)
	restore, err := rawMode(in)
	if err != nil {
		return fmt.Errorf("the terminal cannot be set up: %w", err)
	}
	defer restore()
	busy, giveBack := roomForKeys()
	defer giveBack()
	m.store.SetWorkers(busy)

	fps, news := localFPS, newsEveryLocal
	if m.remote {
		fps, news = remoteFPS, newsEveryRemote
	}
	opts := []tea.ProgramOption{tea.WithContext(ctx), tea.WithEnvironment(opt.Env), tea.WithOutput(opt.Out), tea.WithInput(opt.In)}
	if in != nil {
		opts = append(opts, tea.WithInput(in))
	}
	if opt.Profile != nil {
		opts = append(opts, tea.WithColorProfile(*opt.Profile))
	}
	w, h := opt.Size[0], opt.Size[1]
	if w == 0 {
		w, h = sizeOf(out)
	}
	if w > 0 {
		opts = append(opts, tea.WithWindowSize(w, h))
	}
	if ownPainter {
		// Bubble Tea is left the keys and the messages; a tick a second of its
		// renderer, which has nothing to do, is the fewest it knows.
		opts = append(opts, tea.WithoutRenderer(), tea.WithFPS(1))
		m.painter = paint.New(opt.Out, opt.Env, time.Second/time.Duration(fps))
	} else {
		opts = append(opts, tea.WithFPS(fps))
	}
	p := tea.NewProgram(m, opts...)
	m.hub.start(ctx, opt.Request)
	m.hub.settle(firstFrame)
	go m.hub.tell(ctx, news, func() { p.Send(changedMsg{}) })
	go m.desk.follow(ctx, m.hub)
	go watchSize(ctx, out, p.Send)
	_, err = p.Run()
	stopped := ctx.Err() != nil
	cancel()
	if m.painter != nil {
		if werr := m.painter.Close(); err == nil {
			err = werr
		}
	}
	if errors.Is(err, tea.ErrProgramKilled) && stopped || errors.Is(err, tea.ErrInterrupted) {
		return nil
	}
	return err
}

// keyboard is where keys are read: the terminal itself when standard input is
// something else, a pipe that a source reads.
func keyboard(in io.Reader) *os.File {
	f, ok := in.(*os.File)
	if !ok {
		return nil
	}
	if w, _ := sizeOf(f); w > 0 || !ownPainter {
		return f
	}
	if tty, _, err := tea.OpenTTY(); err == nil {
		return tty
	}
	return f
}

// screen is the terminal that is written to, nil when it is none.
func screen(out io.Writer) *os.File {
	f, _ := out.(*os.File)
	return f
}
