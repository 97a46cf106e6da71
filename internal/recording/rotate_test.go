package recording

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
)

// rotated records rounds of 200 events with a bound on a file's size.
func rotated(t *testing.T, path string, opt Options, rounds int) (want []string) {
	t.Helper()
	w, err := Create(path, opt)
	if err != nil {
		t.Fatal(err)
	}
	m := newMaker(7)
	var all []*event.Batch
	for range rounds {
		m.grow(1, 2, 2)
		b := m.batch(200, false)
		w.Batch(b)
		all = append(all, b)
		w.mu.Lock()
		w.write()
		w.mu.Unlock()
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return rows(all...)
}

// parts lists the files of a folder, and how many bytes they take.
func parts(t *testing.T, dir string) (names []string, bytes int64) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, e.Name())
		bytes += info.Size()
	}
	return names, bytes
}

// Every file of a rotated recording can be read alone, and together they have
// all events.
func TestRotate(t *testing.T) {
	for _, packed := range []bool{false, true} {
		dir := t.TempDir()
		want := rotated(t, filepath.Join(dir, "x.stoop"), Options{Rotate: 40 << 10, Zstd: packed}, 20)
		names, _ := parts(t, dir)
		if len(names) < 4 {
			t.Fatalf("files %v", names)
		}
		var all []*event.Batch
		for _, name := range names {
			if name != "x.stoop" && packed != strings.HasSuffix(name, ".stoop.zst") {
				t.Errorf("there is a file %s", name)
			}
			s := open(t, filepath.Join(dir, name))
			all = append(all, collect(t, s, source.Request{})...)
			if st := s.Stats(); st.Bad != 0 || len(st.Notes) != 0 {
				t.Errorf("%s: %+v", name, st)
			}
		}
		got := rows(all...)
		if len(got) != len(want) {
			t.Fatalf("%d events in %v, want %d", len(got), names, len(want))
		}
		for i := range got { // a container's row may have been replaced in a later file
			got[i], want[i] = strings.SplitN(got[i], "} {", 2)[0], strings.SplitN(want[i], "} {", 2)[0]
		}
		same(t, got, want)
	}
}

// The oldest files go when there is too much, and a recorder that is started
// again neither replaces nor forgets what was there.
func TestKeep(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.stoop")
	opt := Options{Rotate: 32 << 10, Keep: 128 << 10}
	rotated(t, path, opt, 40)
	first, bytes := parts(t, dir)
	if bytes > opt.Keep || len(first) < 2 {
		t.Errorf("%d bytes in %v", bytes, first)
	}
	for _, name := range first {
		if name == "x.1.stoop" {
			t.Errorf("the oldest is still there: %v", first)
		}
	}
	other := filepath.Join(dir, "x.y.stoop")
	if err := os.WriteFile(other, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	rotated(t, path, opt, 1)
	second, _ := parts(t, dir)
	if _, err := os.Stat(other); err != nil || second[0] < first[0] {
		t.Errorf("before %v, after %v: %v", first, second, err)
	}
	if _, err := Create(path, Options{Rotate: 100, Keep: 150}); err == nil || !strings.Contains(err.Error(), "no room") {
		t.Errorf("got %v", err)
	}
}

// Tables that are larger than a file should be do not make files of nothing but
// tables.
func TestRotateLargeTables(t *testing.T) {
	dir := t.TempDir()
	w, err := Create(filepath.Join(dir, "x.stoop"), Options{Rotate: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	m := newMaker(7)
	m.grow(10, 5000, 5000)
	for range 100 {
		w.Batch(m.batch(200, false))
		w.mu.Lock()
		w.write()
		w.mu.Unlock()
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	names, bytes := parts(t, dir)
	if len(names) < 2 || len(names) > 5 || bytes > 6<<20 {
		t.Errorf("%d bytes in %v", bytes, names)
	}
}

// A disk that takes nothing any more is said, and nothing waits without bound.
func TestWriteFails(t *testing.T) {
	w, err := Create(filepath.Join(t.TempDir(), "x"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	_ = w.f.Close() // every write fails from here on
	m := newMaker(1)
	m.grow(1, 1, 1)
	made := uint64(0)
	for w.Err() == nil {
		b := m.batch(1<<16, false)
		w.Batch(b)
		made += uint64(b.Len())
		if made > 1<<24 {
			t.Fatal("all of it waits")
		}
	}
	w.Batch(m.batch(10, false))
	if recorded, lost := w.Events(); recorded != 0 || lost != made+10 {
		t.Errorf("%d recorded, %d lost of %d", recorded, lost, made+10)
	}
	if err := w.Close(); err == nil {
		t.Error("closing says nothing")
	}
}

// What the sources lost travels with the recording.
func TestStatsTravel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	record(t, path, Options{Stats: func() source.Stats {
		return source.Stats{
			Lost:  []source.Loss{{Hop: "ringbuf", Container: "0123456789ab", Count: 42}},
			Notes: []source.Note{{Level: source.NoteWarn, Text: "tracefs is not mounted", Remedy: "mount it"}},
		}
	}}, 3)
	s := open(t, path)
	collect(t, s, source.Request{})
	var text strings.Builder
	for _, n := range s.Stats().Notes {
		text.WriteString(n.Text + "\n")
	}
	for _, want := range []string{"42 in the ringbuf of 0123456789ab", "tracefs is not mounted"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in\n%s", want, text.String())
		}
	}
}
