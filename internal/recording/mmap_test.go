//go:build unix

package recording

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
)

// A mapped file that is cut short reads as empty where it was cut, rather than
// to end the program.
func TestMappedFileIsCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	const size = smallFile + 1<<20
	if err := os.WriteFile(path, bytes.Repeat([]byte("a"), size), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := mapFile(f, size)
	if err != nil {
		t.Fatal(err)
	}
	if !m.mapped || m.data[size-1] != 'a' {
		t.Fatal("not mapped")
	}
	if err := os.Truncate(path, 10); err != nil {
		t.Fatal(err)
	}
	time.Sleep(4 * guardEvery)
	if m.data[0] != 'a' || m.data[1<<20] != 0 || m.data[size-1] != 0 {
		t.Errorf("reads as %q %q", m.data[0], m.data[size-1])
	}
	_ = f.Close()
	m.release()
}

// A mapping stays as long as the Tables of its batches, and no longer.
func TestMappingLives(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, make([]byte, smallFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := mapFile(f, smallFile+1)
	if err != nil {
		t.Fatal(err)
	}
	tables := event.NewTables()
	m.keptBy(tables)
	m.release() // the source is closed
	runtime.GC()
	runtime.GC()
	if !m.isMapped() {
		t.Fatal("unmapped under its Tables")
	}
	runtime.KeepAlive(tables)
	for range 100 {
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
		if !m.isMapped() {
			return
		}
	}
	t.Error("still mapped")
}

// The batches of a mapped recording say that they cost no memory, so that a
// store with less room than the file is long holds all of it; those of a small
// one, which is read, do not.
func TestBatchesSayThatTheyAreMapped(t *testing.T) {
	for _, tt := range []struct {
		events int
		want   bool
	}{{20_000, false}, {smallFile / 40, true}} {
		path := filepath.Join(t.TempDir(), "x.stoop")
		w, err := Create(path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		m := newMaker(1)
		m.grow(3, 50, 200)
		for range tt.events / 10_000 {
			w.Batch(m.batch(10_000, false))
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		for i, b := range collect(t, open(t, path), source.Request{}) {
			if b.Mapped != tt.want {
				t.Fatalf("%d events: batch %d has Mapped = %v", tt.events, i, b.Mapped)
			}
		}
	}
}
