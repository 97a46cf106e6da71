package recording

import (
	"encoding/json"
	"hash/crc32"
	"path/filepath"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
)

// lossy is a recorder whose source has lost as many more events each time that
// it is asked.
func lossy(t *testing.T, path string, looks int) (w *Writer, lost *uint64) {
	t.Helper()
	n := uint64(0)
	opt := Options{}
	opt.Stats = func() source.Stats {
		n += 10
		return source.Stats{Lost: []source.Loss{{Hop: "ringbuf", Container: "6cf4be7b2388", Count: n}}}
	}
	w, err := Create(path, opt)
	if err != nil {
		t.Fatal(err)
	}
	m := newMaker(1)
	m.grow(1, 1, 1)
	for range looks {
		w.Batch(m.batch(4, false))
		stats := w.askStats(true)
		w.mu.Lock()
		w.latest = stats
		w.write()
		w.mu.Unlock()
	}
	return w, &n
}

func gapsOf(t *testing.T, path string) (gaps []source.Gap) {
	t.Helper()
	s := open(t, path)
	collect(t, s, source.Request{})
	return s.Stats().Gaps
}

// When events were lost travels with the recording: between two looks at the
// counters, a gap each.
func TestGapsTravel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	began := time.Now()
	w, lost := lossy(t, path, 3)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	gaps := gapsOf(t, path)
	if n := uint64(len(gaps)); n < 4 || n*10 != *lost { // one more as it was closed
		t.Fatalf("gaps of %d lost: %v", *lost, gaps)
	}
	before := time.Time{}
	for i, g := range gaps {
		if g.Container != "6cf4be7b2388" || g.Count != 10 || g.Guess || !g.From.Equal(before) || g.To.Before(began.Truncate(0)) || g.To.After(time.Now()) {
			t.Errorf("gap %d: %+v", i, g)
		}
		before = g.To
	}
}

// A file of a rotated recording tells what was lost while it was written, and
// not what was lost before.
func TestGapsOfRotated(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.stoop")
	w, lost := lossy(t, path, 2)
	w.mu.Lock()
	err := w.rotate()
	w.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	first, second := gapsOf(t, filepath.Join(filepath.Dir(path), "x.1.stoop")), gapsOf(t, path)
	if len(first) < 2 || len(second) < 1 || uint64(len(first)+len(second))*10 != *lost || second[0].Count != 10 || second[0].From.Before(first[len(first)-1].To) {
		t.Errorf("gaps of %d lost: %v, then %v", *lost, first, second)
	}
}

// A recording of before there were times in it tells by the events around, and
// says that this is a guess.
func TestGapsByEvents(t *testing.T) {
	d := newDecoder()
	var c source.Tally
	sink := source.SinkFunc(func(*event.Batch) {})
	for i, n := range []uint64{0, 5, 5, 9} {
		d.last = int64(i) * 1e9
		payload, err := json.Marshal(statsMeta{Lost: []source.Loss{{Hop: "queue", Count: n}}})
		if err != nil {
			t.Fatal(err)
		}
		h := blockHeader{kind: kindStats, length: uint32(len(payload)), crc: crc32.Checksum(payload, castagnoli)}
		if err := takeBlock("x", d, &h, payload, 0, &c, outlet{source.Request{}, sink, &c}); err != nil {
			t.Fatal(err)
		}
	}
	at := func(s int64) time.Time { return time.Unix(s, 0).UTC() }
	want := []source.Gap{{From: at(0), To: at(1), Count: 5, Guess: true}, {From: at(2), To: at(3), Count: 4, Guess: true}}
	if got := c.Stats().Gaps; len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("gaps: %v, want %v", got, want)
	}
}
