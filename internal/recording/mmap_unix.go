//go:build unix

package recording

import (
	"fmt"
	"os"
	"runtime"
	"sync/atomic"

	"github.com/stoop-project/stoop/internal/event"
	"golang.org/x/sys/unix"
)

// mapping is a file in memory, for reading only. Its source holds it, and so
// does every Tables whose batches lie in it.
type mapping struct {
	data    []byte
	holders atomic.Int64
}

// mapFile maps the first size bytes of a file.
func mapFile(f *os.File, size int64) (*mapping, error) {
	m := &mapping{}
	m.holders.Store(1)
	if size == 0 {
		return m, nil
	}
	if size != int64(int(size)) {
		return nil, fmt.Errorf("a file of %d bytes is too large for this machine", size)
	}
	data, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	m.data = data
	return m, nil
}

// keptBy keeps the file mapped until nobody can reach t any more. Batches refer
// to their Tables, and so they keep what they lie in.
func (m *mapping) keptBy(t *event.Tables) {
	m.holders.Add(1)
	runtime.AddCleanup(t, func(m *mapping) { m.release() }, m)
}

// release lets one holder go, and unmaps the file when it was the last.
func (m *mapping) release() {
	if m.holders.Add(-1) == 0 && m.data != nil {
		_ = unix.Munmap(m.data)
		m.data = nil
	}
}
