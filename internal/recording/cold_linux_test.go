package recording

import (
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
)

// Opening a recording that is not in memory reads its beginning and the headers
// of its blocks, not what lies between them.
func TestOpeningReadsLittle(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.stoop")
	w, err := Create(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	tables, payload := event.NewTables(), make([]byte, 8<<10)
	const batches, rows = 48, 256 // 2 MB a batch
	for i := range batches {
		b := event.NewBatch(tables, uint64(1+i*rows), rows)
		for k := range rows {
			b.Append(event.Event{Time: int64(1 + i*rows + k)}, payload)
		}
		w.Batch(b)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	size := forget(t, path)

	src, err := Open(t.Context(), path, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if n := src.Info().Events; n != batches*rows {
		t.Fatalf("%d events, want %d", n, batches*rows)
	}
	if got, most := resident(t, path, 2*lead), (size-2*lead)/8; got > most {
		t.Errorf("opening brought %d of %d bytes behind the beginning into memory", got, size-2*lead)
	}
}

// forget puts a file out of memory and returns its size.
func forget(t *testing.T, path string) int {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
	if err := unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED); err != nil {
		t.Fatal(err)
	}
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if n := resident(t, path, 0); n > int(st.Size())/8 {
		t.Skipf("this file system keeps %d of %d bytes in memory, whatever it is told", n, st.Size())
	}
	return int(st.Size())
}

// resident counts the bytes of a file from an offset on that are in memory.
func resident(t *testing.T, path string, from int) (bytes int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	data, err := unix.Mmap(int(f.Fd()), 0, int(st.Size()), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Munmap(data) }()
	page := os.Getpagesize()
	in := make([]byte, (len(data)+page-1)/page)
	if _, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&data[0])), uintptr(len(data)), uintptr(unsafe.Pointer(&in[0]))); errno != 0 {
		t.Fatal(errno)
	}
	for _, p := range in[from/page:] {
		if p&1 != 0 {
			bytes += page
		}
	}
	return bytes
}
