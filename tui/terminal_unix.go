//go:build unix

package tui

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/term"
)

// ownPainter says that frames go to the terminal by our own hand.
const ownPainter = true

// rawMode makes a terminal hand every key over as it is pressed, and returns
// what undoes that; on what is no terminal it does nothing.
func rawMode(f *os.File) (restore func(), err error) {
	if f == nil || !term.IsTerminal(f.Fd()) {
		return func() {}, nil
	}
	was, err := term.MakeRaw(f.Fd())
	if err != nil {
		return nil, err
	}
	return func() { _ = term.Restore(f.Fd(), was) }, nil
}

// watchSize sends the size of a terminal now and whenever it changes.
func watchSize(ctx context.Context, f *os.File, send func(tea.Msg)) {
	if f == nil || !term.IsTerminal(f.Fd()) {
		return
	}
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, syscall.SIGWINCH)
	defer signal.Stop(changed)
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
		if w, h, err := term.GetSize(f.Fd()); err == nil {
			send(tea.WindowSizeMsg{Width: w, Height: h})
		}
	}
}

// sizeOf is the size of a terminal; 0, 0 of what is none.
func sizeOf(f *os.File) (w, h int) {
	if f == nil {
		return 0, 0
	}
	w, h, err := term.GetSize(f.Fd())
	if err != nil {
		return 0, 0
	}
	return w, h
}
