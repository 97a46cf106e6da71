package recording

import (
	"bytes"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/filter"
	"github.com/stoop-project/stoop/internal/source"
	"github.com/stoop-project/stoop/test/synth"
)

// small returns the bytes of a small recording and its events.
func small(t testing.TB) (data []byte, want []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "small")
	want = record(t, path, Options{}, 1)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data, want
}

// readBoth reads bytes as a mapped file and as a stream, which must agree, and
// returns the events and what was counted.
func readBoth(t testing.TB, data []byte) (events []string, st source.Stats) {
	t.Helper()
	m := &mapping{data: alignedBytes(len(data))}
	copy(m.data, data)
	var streamed []*event.Batch
	var c source.Tally
	sink := source.SinkFunc(func(b *event.Batch) { streamed = append(streamed, b) })
	streamErr := runBlocks(t.Context(), "x", bytes.NewReader(data), &c, outlet{source.Request{}, sink, &c})

	s, err := newMapped("x", nil, m)
	if (err == nil) != (streamErr == nil) {
		t.Fatalf("mapped: %v; as a stream: %v", err, streamErr)
	}
	if err != nil {
		return nil, source.Stats{Bad: 1}
	}
	events = rows(collect(t, s, source.Request{})...)
	if other := rows(streamed...); strings.Join(other, "\n") != strings.Join(events, "\n") {
		t.Fatalf("%d events mapped, %d as a stream", len(events), len(other))
	}
	st = s.Stats()
	if other := c.Stats(); other.Bad != st.Bad || other.Passed != st.Passed {
		t.Fatalf("mapped: %+v; as a stream: %+v", st, other)
	}
	return events, st
}

// A recording that is cut anywhere gives the events up to there, and says so.
func TestCutAnywhere(t *testing.T) {
	data, _ := small(t)
	all, _ := readBoth(t, data)
	before := -1
	for n := len(data); n >= 0; n -= 1 + n%4 {
		got, st := readBoth(t, data[:n])
		for i, e := range got {
			if !sameButContainer(e, all[i]) {
				t.Fatalf("cut at %d: event %d is %s, want %s", n, i, e, all[i])
			}
		}
		if before >= 0 && len(got) > before {
			t.Fatalf("cut at %d: %d events, more than the %d of a longer file", n, len(got), before)
		}
		before = len(got)
		if n < len(data) && st.Bad == 0 && len(st.Notes) == 0 {
			t.Fatalf("cut at %d: nothing is said", n)
		}
	}
	if before != 0 {
		t.Errorf("%d events in an empty file", before)
	}
}

// sameButContainer compares events leaving out the container, whose row may
// have been replaced behind the cut.
func sameButContainer(a, b string) bool {
	return strings.SplitN(a, "} {", 3)[0] == strings.SplitN(b, "} {", 3)[0]
}

// A bit that flipped anywhere never goes unnoticed, unless nothing but padding
// changed, and costs no more events than lie in its block or behind it.
func TestFlipAnyBit(t *testing.T) {
	data, _ := small(t)
	want, _ := readBoth(t, data)
	for n := 0; n < len(data); n += 1 + n%7 {
		flipped := bytes.Clone(data)
		flipped[n] ^= 1 << (n % 8)
		got, st := readBoth(t, flipped)
		if st.Bad == 0 && !slices.Equal(got, want) {
			t.Fatalf("byte %d: %d of %d events, or other ones, and nothing is said", n, len(got), len(want))
		}
	}
}

// Damage to one block of events costs these events and no others.
func TestDamagedEvents(t *testing.T) {
	data, want := small(t)
	var h blockHeader
	for at := int64(headerSize); at < int64(len(data)); at += headerSize + h.padded() {
		if err := h.get(data[at:]); err != nil {
			t.Fatal(err)
		}
		if h.kind != kindEvents {
			continue
		}
		hurt := bytes.Clone(data)
		hurt[at+headerSize+100]++
		got, st := readBoth(t, hurt)
		if len(got) != len(want)-int(h.rows) || st.Bad != 1 || st.LostTotal() != uint64(h.rows) || !strings.Contains(st.Notes[0].Text, "checksum") {
			t.Errorf("block at %d of %d events: %d of %d left, %+v", at, h.rows, len(got), len(want), st)
		}
	}
}

// What comes in a burst lies in many blocks: damage in the middle costs one, and
// a file can be closed between two.
func TestBurst(t *testing.T) {
	for _, rotate := range []int64{0, 1 << 20} {
		path := filepath.Join(t.TempDir(), "burst.stoop")
		w, err := Create(path, Options{Rotate: rotate})
		if err != nil {
			t.Fatal(err)
		}
		feed := synth.New(synth.Shape{Containers: 2, Commands: 20, Paths: 50, Peers: 5, Start: 1, Step: 1})
		for range 200 {
			w.Batch(feed.Batch(512))
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
		if err != nil || rotate > 0 && len(files) < 2 { // how many depends on how much waits for the writer
			t.Errorf("rotated at %d bytes: the files are %v, %v", rotate, files, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var h blockHeader
			for at := int64(headerSize); at < int64(len(data)); at += headerSize + h.padded() {
				if err := h.get(data[at:]); err != nil {
					t.Fatal(err)
				}
				if h.kind == kindEvents && h.length > 2<<20 {
					t.Errorf("%s: a block of %d events takes %d bytes", file, h.rows, h.length)
				}
			}
		}
	}
}

// reseal makes the checksums of a recording right, as somebody who lies would.
func reseal(data []byte) {
	var h blockHeader
	for at := int64(headerSize); at+headerSize <= int64(len(data)); at += headerSize + h.padded() {
		head := data[at:]
		putHeaderCRC(head)
		if h.get(head) != nil || at+headerSize+int64(h.length) > int64(len(data)) {
			return
		}
		h.crc = crc32.Checksum(data[at+headerSize:at+headerSize+int64(h.length)], castagnoli)
		h.put(head)
	}
}

func putHeaderCRC(b []byte) {
	crc := crc32.Checksum(b[:60], castagnoli)
	b[60], b[61], b[62], b[63] = byte(crc), byte(crc>>8), byte(crc>>16), byte(crc>>24)
}

// use does with batches what a store and its views do.
func use(batches []*event.Batch) {
	f, err := filter.Compile("proc.name != '' or fd.name contains a", event.Fields)
	if err != nil {
		panic(err)
	}
	for _, b := range batches {
		sel := make([]uint64, (b.Len()+63)/64)
		for i := range sel {
			sel[i] = ^uint64(0)
		}
		f.Select(b, sel)
		for i := range b.Len() {
			r := b.Row(i)
			for _, field := range event.Fields.All() {
				if v, ok := field.Get(r, event.Arg{}); ok {
					_ = v.String()
				}
			}
			for n := range event.MaxAncestors {
				_ = b.Tables.Ancestor(b.Proc[i], n)
			}
		}
	}
}

// FuzzRecording reads lies whose checksums are right.
func FuzzRecording(f *testing.F) {
	data, _ := small(f)
	f.Add(data, 100, byte(0))
	f.Add(data[:len(data)/2], 1000, byte(0xff))
	f.Add(data[:headerSize], 0, byte(1))
	f.Fuzz(func(t *testing.T, data []byte, at int, b byte) {
		if len(data) > 1<<20 {
			return
		}
		data = bytes.Clone(data)
		if len(data) >= headerSize {
			putFileHeader(data)
		}
		if at >= 0 && at < len(data) {
			data[at] = b
		}
		reseal(data)
		var c source.Tally
		var all []*event.Batch
		sink := source.SinkFunc(func(b *event.Batch) { all = append(all, b) })
		_ = runBlocks(t.Context(), "fuzz", bytes.NewReader(data), &c, outlet{source.Request{}, sink, &c})
		use(all)
	})
}

// FuzzLines reads documents that may be anything.
func FuzzLines(f *testing.F) {
	f.Add([]byte(alert(1, "a") + "\n" + alert(2, "b")))
	f.Add([]byte(`{"rule":"r","priority":"x","time":1,"output_fields":{"proc":{"aname[2]":"x","cmdline":"\u0000 \ud800"},"fd.name":"1:2->::1:3","proc_pid":-1}}`))
	f.Add([]byte(`{"message":"{\"rule\":\"r\",\"priority\":\"Debug\",\"time\":\"2026-01-01T00:00:00Z\",\"tags\":[[1],{}]}"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := OpenReader("fuzz", bytes.NewReader(data))
		var all []*event.Batch
		_ = s.Run(t.Context(), source.Request{}, source.SinkFunc(func(b *event.Batch) { all = append(all, b) }))
		use(all)
		documents(all)
	})
}
