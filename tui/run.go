package tui

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/internal/store"
	"github.com/stoop-project/stoop/themes"
)

// Options are what [Run] needs, and what it may be told.
type Options struct {
	Sources []source.Source // run by the TUI, until it ends
	Request source.Request  // what is asked of them
	Store   *store.Store    // nil: one of [store.DefaultMemory] bytes

	Filter      string        // the first level's filter
	Theme       string        // name of a theme or path of its file; "": by the terminal's ground
	Themes      themes.Folder // the user's own themes
	ShowSecrets bool          // do not mask secrets in command lines and the like

	Now  func() time.Time // nil: time.Now
	Zone *time.Location   // what local time means; nil: time.Local

	In  io.Reader // nil: the terminal
	Out io.Writer // nil: the terminal
	Env []string  // nil: the process's

	// Profile and Size are those of the terminal unless set; tests set them.
	Profile *colorprofile.Profile
	Size    [2]int // columns, lines
}

// Frames a second: what a local terminal and what one behind SSH are given.
// Bubble Tea paints at its ticks, so these also bound how long after a key the
// screen follows.
const (
	localFPS  = 120
	remoteFPS = 30
)

// newsEvery is how often changes of the store reach the screen.
const (
	newsEveryLocal  = time.Second / 30
	newsEveryRemote = time.Second / 10
)

// Run shows the sources until the user quits or ctx is done. It returns nil
// when the user quit. The sources are run and closed by it.
func Run(ctx context.Context, opt Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if opt.Env == nil {
		opt.Env = os.Environ()
	}
	m, err := New(ctx, opt)
	if err != nil {
		return err
	}
	defer m.hub.close()

	p := tea.NewProgram(m, programOptions(ctx, opt, m)...)
	m.hub.start(ctx, opt.Request)
	every := newsEveryLocal
	if m.remote {
		every = newsEveryRemote
	}
	go m.hub.tell(ctx, every, func() { p.Send(changedMsg{}) })
	_, err = p.Run()
	cancel()
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil || errors.Is(err, tea.ErrInterrupted) {
		return nil
	}
	return err
}

func programOptions(ctx context.Context, opt Options, m *Model) []tea.ProgramOption {
	fps := localFPS
	if m.remote {
		fps = remoteFPS
	}
	opts := []tea.ProgramOption{tea.WithContext(ctx), tea.WithFPS(fps), tea.WithEnvironment(opt.Env)}
	if opt.In != nil {
		opts = append(opts, tea.WithInput(opt.In))
	}
	if opt.Out != nil {
		opts = append(opts, tea.WithOutput(opt.Out))
	}
	if opt.Profile != nil {
		opts = append(opts, tea.WithColorProfile(*opt.Profile))
	}
	if opt.Size[0] > 0 {
		opts = append(opts, tea.WithWindowSize(opt.Size[0], opt.Size[1]))
	}
	return opts
}
