//go:build unix

package recording

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/stoop-project/stoop/internal/event"
	"golang.org/x/sys/unix"
)

// mapping is a file in memory, for reading only. Its source holds it, and so
// does every Tables whose batches lie in it.
type mapping struct {
	data    []byte
	holders atomic.Int64

	mu     sync.Mutex // of unmapping and of putting pages in
	mapped bool       // data was mapped, not read
}

// smallFile is the size up to which a file is read instead: that takes no
// longer than somebody notices, and what was read cannot be cut off any more.
const smallFile = 32 << 20

// mapFile maps the first size bytes of a file.
func mapFile(f *os.File, size int64) (*mapping, error) {
	m := &mapping{}
	m.holders.Store(1)
	if size <= smallFile {
		m.data = alignedBytes(int(size))
		n, err := f.ReadAt(m.data, 0)
		if errors.Is(err, io.EOF) {
			err = nil
		}
		m.data = m.data[:n]
		return m, err
	}
	if size != int64(int(size)) {
		return nil, fmt.Errorf("a file of %d bytes is too large for this machine", size)
	}
	data, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	m.data, m.mapped = data, true
	go m.guard(f, size)
	return m, nil
}

// lead is how much of a file is fetched before anybody asks: the first rows and
// the first events lie there, and what is on the screen first with them.
const lead = 16 << 20

// skim has f look at a few bytes here and there of a mapped file. The system
// would bring in what lies around each of them, megabytes on some disks and so
// all of the file; meanwhile it fetches the file's beginning.
func (m *mapping) skim(f func()) {
	if !m.isMapped() {
		f()
		return
	}
	// Advice; where it is not taken this is only slower.
	_ = unix.Madvise(m.data[:min(lead, len(m.data))], unix.MADV_WILLNEED)
	_ = unix.Madvise(m.data, unix.MADV_RANDOM)
	f()
	_ = unix.Madvise(m.data, unix.MADV_NORMAL)
}

// guardEvery is how often a mapped file's size is looked at.
const guardEvery = 100 * time.Millisecond

// guard looks after a mapped file until it is closed. Pages behind the end of a
// file that was cut short (logrotate's copytruncate does that) would end the
// program when they are touched; empty ones are put in their place.
func (m *mapping) guard(f *os.File, size int64) {
	page := int64(os.Getpagesize())
	for ; ; time.Sleep(guardEvery) {
		st, err := f.Stat()
		if err != nil || size == 0 {
			return
		}
		if st.Size() >= size {
			continue
		}
		m.mu.Lock()
		if !m.mapped {
			m.mu.Unlock()
			return
		}
		from := (st.Size() + page - 1) / page * page
		if from < size {
			at := unsafe.Pointer(&m.data[from])
			_, _ = unix.MmapPtr(-1, 0, at, uintptr(size-from), unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_FIXED)
		}
		size = st.Size()
		m.mu.Unlock()
	}
}

// isMapped reports whether the file is mapped, not read.
func (m *mapping) isMapped() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mapped
}

// keptBy keeps the file mapped until nobody can reach t any more. Batches refer
// to their Tables, and so they keep what they lie in.
func (m *mapping) keptBy(t *event.Tables) {
	m.holders.Add(1)
	runtime.AddCleanup(t, func(m *mapping) { m.release() }, m)
}

// release lets one holder go, and unmaps the file when it was the last.
func (m *mapping) release() {
	if m.holders.Add(-1) > 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mapped {
		_ = unix.Munmap(m.data)
	}
	m.data, m.mapped = nil, false
}
