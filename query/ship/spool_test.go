package ship

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func text(ids ...string) (out []byte) {
	for _, id := range ids {
		out = appendAction(out, func(dst []byte) []byte { return append(dst, id...) })
		out = append(out, "{\"n\":1}\n"...)
	}
	return out
}

func newSpool(t *testing.T, root string, most int64) *spool {
	t.Helper()
	s, lost, damaged, err := openSpool(root, most)
	if err != nil || lost != 0 || damaged != nil {
		t.Fatal(lost, damaged, err)
	}
	return s
}

func now() bool { return true }

// What is added comes back, in order; what is done is gone, also for the process
// that follows.
func TestSpool(t *testing.T) {
	root := t.TempDir()
	s := newSpool(t, root, 1<<20)
	for i := range 4 {
		if err := s.add(batchHead{events: 2, oldest: int64(i)}, text(fmt.Sprint("a", i), fmt.Sprint("b", i)), false); err != nil {
			t.Fatal(err)
		}
	}
	first, second := s.next(now), s.next(now)
	if body, err := s.read(second); err != nil || !bytes.Equal(body, text("a1", "b1")) || second.again {
		t.Errorf("%v: %s", err, body)
	}
	s.done(second)
	s.settled(first, 1)
	if n, waiting := s.left(); n != 5 || waiting != 2 {
		t.Errorf("%d events, %d batches wait", n, waiting)
	}
	// It is killed here: the lock goes, the files stay.
	s.unlock()
	s = newSpool(t, root, 1<<20)
	defer s.close()
	var got []string
	for n, _ := s.left(); n > 0; n, _ = s.left() {
		e := s.next(now)
		body, err := s.read(e)
		if err != nil || !e.again {
			t.Error(err, e.again)
		}
		for _, it := range splitItems(body) {
			got = append(got, it.id)
		}
		s.done(e)
	}
	if strings.Join(got, " ") != "a0 b0 a2 b2 a3 b3" {
		t.Errorf("%v", got)
	}
}

// Two processes have folders of their own; what the one leaves goes to whoever
// comes next, and not to one at work.
func TestFolders(t *testing.T) {
	root := t.TempDir()
	a, b := newSpool(t, root, 1<<20), newSpool(t, root, 1<<20)
	if a.dir == b.dir {
		t.Fatal("two processes share a folder")
	}
	for _, s := range []*spool{a, b} {
		if err := s.add(batchHead{events: 1}, text("x"), false); err != nil {
			t.Fatal(err)
		}
	}
	b.unlock() // killed
	c := newSpool(t, root, 1<<20)
	if n, _ := c.left(); n != 1 {
		t.Errorf("the third has %d events, want those of the second", n)
	}
	a.unlock()
	d := newSpool(t, root, 1<<20)
	if n, _ := d.left(); n != 1 {
		t.Errorf("the fourth has %d events, want those of the first", n)
	}
	c.close()
	d.close()
}

// Damage costs what it lies in, and is told of.
func TestDamage(t *testing.T) {
	segment := func() []byte {
		data := []byte(segmentHead)
		for i := range 3 {
			body := text(fmt.Sprint("a", i), fmt.Sprint("b", i))
			h := batchHead{length: len(body), events: 2, crc: crc32.Checksum(body, castagnoli)}
			data = append(h.put(data), body...)
		}
		return data
	}
	size := (len(segment()) - len(segmentHead)) / 3
	second := len(segmentHead) + size
	tests := map[string]struct {
		damage        func(data []byte) []byte
		batches, lost int
		err           string
	}{
		"none":                {func(d []byte) []byte { return d }, 3, 0, ""},
		"the end is missing":  {func(d []byte) []byte { return d[:len(d)-5] }, 2, 2, "ends within a batch"},
		"so is half a header": {func(d []byte) []byte { return d[:second+10] }, 1, 0, "ends within a batch"},
		"a text":              {func(d []byte) []byte { d[second+batchHeadSize+3]++; return d }, 2, 2, "does not match its checksum"},
		"a header":            {func(d []byte) []byte { d[second]++; return d }, 1, 0, "header does not match"},
		"of another version":  {func(d []byte) []byte { d[12]++; return d }, 0, 0, "no spool of this version"},
		"killed as it began":  {func(d []byte) []byte { return d[:5] }, 0, 0, ""},
		"nothing in it":       {func([]byte) []byte { return nil }, 0, 0, ""},
	}
	for name, tt := range tests {
		data := tt.damage(segment())
		all, lost, err := scan(data)
		if len(all) != tt.batches || lost != tt.lost || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: %d batches, %d events lost, %v", name, len(all), lost, err)
		}
		root := t.TempDir()
		dir := filepath.Join(root, "1")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "00000001.spool"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		s, lost, damaged, err := openSpool(root, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if n, _ := s.left(); n != 2*tt.batches || lost != tt.lost || (len(damaged) > 0) != (tt.err != "") {
			t.Errorf("%s: %d events wait, %d lost, %v", name, n, lost, damaged)
		}
		s.close()
	}
}

// A file of the spool may hold anything.
func FuzzScan(f *testing.F) {
	body := text("one", "two")
	h := batchHead{length: len(body), events: 2, crc: crc32.Checksum(body, castagnoli), again: true}
	whole := append(h.put([]byte(segmentHead)), body...)
	f.Add(whole)
	f.Add(append(whole, whole[len(segmentHead):]...))
	f.Add(whole[:len(whole)-4])
	f.Fuzz(func(t *testing.T, data []byte) {
		all, lost, err := scan(data)
		if lost > 0 && err == nil {
			t.Error("events are lost, and nobody says why")
		}
		for _, b := range all {
			if b.at < 0 || b.at+int64(b.length) > int64(len(data)) {
				t.Fatalf("a batch from %d on of %d bytes lies outside", b.at, b.length)
			}
			part := data[b.at : b.at+int64(b.length)]
			items := splitItems(part)
			if len(items) != b.events || !bytes.Equal(join(items), part) {
				t.Errorf("%d documents of %d", len(items), b.events)
			}
		}
	})
}

// An answer may be anything.
func FuzzReadBulk(f *testing.F) {
	f.Add([]byte(`{"errors":true,"items":[{"create":{"status":400,"error":{"type":"a","reason":"b","caused_by":{"reason":"c"}}}},{"create":{"status":201}}]}`), 2)
	f.Add([]byte(`{"errors":false,"items":[]}`), 0)
	f.Fuzz(func(t *testing.T, body []byte, n int) {
		results, err := readBulk(body, n)
		if err == nil && len(results) != n {
			t.Fatalf("%d results of %d documents", len(results), n)
		}
		for _, r := range results {
			if _, reason := r.why(); r.outcome() == bad && reason == "" && r.Error == nil {
				t.Error("a document is refused for no reason")
			}
		}
	})
}
