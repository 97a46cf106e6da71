//go:build !unix

package tui

import (
	"context"
	"os"

	tea "charm.land/bubbletea/v2"
)

// ownPainter says that frames go to the terminal by our own hand; here Bubble
// Tea, which knows how to set such a console up, does it.
const ownPainter = false

func rawMode(*os.File) (restore func(), err error)       { return func() {}, nil }
func watchSize(context.Context, *os.File, func(tea.Msg)) {}
func sizeOf(*os.File) (w, h int)                         { return 0, 0 }
