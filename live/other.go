//go:build !linux

package live

import (
	"context"
	"fmt"
	"runtime"

	"github.com/stoop-project/stoop/internal/source"
)

// Open says that there is no live source on this system.
func Open(context.Context, string, source.Options) (source.Source, error) {
	return nil, fmt.Errorf("live: reads the kernel of a Linux node, and this is %s: open a recording, or run stoop on the node", runtime.GOOS)
}
