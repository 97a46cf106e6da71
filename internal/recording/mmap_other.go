//go:build !unix

package recording

import (
	"io"
	"os"

	"github.com/stoop-project/stoop/internal/event"
)

// mapping is a file in memory. Here it is read rather than mapped.
type mapping struct{ data []byte }

// mapFile reads the first size bytes of a file.
func mapFile(f *os.File, size int64) (*mapping, error) {
	data := alignedBytes(int(size))
	n, err := f.ReadAt(data, 0)
	if err == io.EOF {
		err = nil
	}
	return &mapping{data: data[:n]}, err
}

func (m *mapping) skim(f func()) { f() }

func (m *mapping) isMapped() bool { return false }

func (m *mapping) keptBy(*event.Tables) {}

func (m *mapping) release() {}
