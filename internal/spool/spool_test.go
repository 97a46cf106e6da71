package spool

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
		out = append(out, id+"\n"...)
	}
	return out
}

func lines(text []byte) int { return bytes.Count(text, []byte("\n")) }

func newSpool(t *testing.T, root string, most int64) *Spool {
	t.Helper()
	s, lost, damaged, err := Open(root, Options{Max: most, Count: lines})
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
		if err := s.Add(Head{Events: 2, Oldest: int64(i)}, text(fmt.Sprint("a", i), fmt.Sprint("b", i)), false); err != nil {
			t.Fatal(err)
		}
	}
	first, second := s.Next(now), s.Next(now)
	if body, err := s.Read(second, nil); err != nil || !bytes.Equal(body, text("a1", "b1")) || second.Again {
		t.Errorf("%v: %s", err, body)
	}
	s.Done(second)
	s.Settled(first, 1)
	if n, waiting := s.Left(); n != 5 || waiting != 2 {
		t.Errorf("%d events, %d batches wait", n, waiting)
	}
	// It is killed here: the lock goes, the files stay.
	s.unlock()
	s = newSpool(t, root, 1<<20)
	defer s.Close()
	var got []string
	for n, _ := s.Left(); n > 0; n, _ = s.Left() {
		e := s.Next(now)
		body, err := s.Read(e, nil)
		if err != nil || !e.Again {
			t.Error(err, e.Again)
		}
		got = append(got, strings.Fields(string(body))...)
		s.Done(e)
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
	for _, s := range []*Spool{a, b} {
		if err := s.Add(Head{Events: 1}, text("x"), false); err != nil {
			t.Fatal(err)
		}
	}
	b.unlock() // killed
	c := newSpool(t, root, 1<<20)
	if n, _ := c.Left(); n != 1 {
		t.Errorf("the third has %d events, want those of the second", n)
	}
	a.unlock()
	d := newSpool(t, root, 1<<20)
	if n, _ := d.Left(); n != 1 {
		t.Errorf("the fourth has %d events, want those of the first", n)
	}
	c.Close()
	d.Close()
}

// Damage costs what it lies in, and is told of.
func TestDamage(t *testing.T) {
	segment := func() []byte {
		data := []byte(segmentHead)
		for i := range 3 {
			body := text(fmt.Sprint("a", i), fmt.Sprint("b", i))
			h := Head{length: len(body), Events: 2, crc: crc32.Checksum(body, castagnoli)}
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
		all, lost, err := scan(data, lines)
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
		s, lost, damaged, err := Open(root, Options{Max: 1 << 20, Count: lines})
		if err != nil {
			t.Fatal(err)
		}
		if n, _ := s.Left(); n != 2*tt.batches || lost != tt.lost || (len(damaged) > 0) != (tt.err != "") {
			t.Errorf("%s: %d events wait, %d lost, %v", name, n, lost, damaged)
		}
		s.Close()
	}
}

// A file of the spool may hold anything.
func FuzzScan(f *testing.F) {
	body := text("one", "two")
	h := Head{length: len(body), Events: 2, crc: crc32.Checksum(body, castagnoli), Again: true}
	whole := append(h.put([]byte(segmentHead)), body...)
	f.Add(whole)
	f.Add(append(whole, whole[len(segmentHead):]...))
	f.Add(whole[:len(whole)-4])
	f.Fuzz(func(t *testing.T, data []byte) {
		all, lost, err := scan(data, lines)
		if lost > 0 && err == nil {
			t.Error("events are lost, and nobody says why")
		}
		for _, b := range all {
			if b.at < 0 || b.at+int64(b.length) > int64(len(data)) {
				t.Fatalf("a batch from %d on of %d bytes lies outside", b.at, b.length)
			}
			if n := lines(data[b.at : b.at+int64(b.length)]); n != b.Events {
				t.Errorf("%d lines of %d", n, b.Events)
			}
		}
	})
}
