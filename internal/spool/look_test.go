package spool

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What waits is listed with whom it is for, and stays where it is.
func TestList(t *testing.T) {
	folder := t.TempDir()
	if all, err := List(filepath.Join(folder, "nowhere")); err != nil || all != nil {
		t.Errorf("%v, %v", all, err)
	}
	opt := Options{Max: 1 << 20, For: "es://a/stream"}
	s, _, _, err := Open(filepath.Join(folder, "one"), opt)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for i, events := range []int{3, 4} {
		if err := s.Add(Head{Events: events, Oldest: at.Add(-time.Duration(i) * time.Hour).UnixNano()}, []byte("text"), false); err != nil {
			t.Fatal(err)
		}
	}
	b := s.Next(func() bool { return true })
	s.Done(b)
	for _, working := range []bool{true, false} {
		all, err := List(folder)
		if err != nil || len(all) != 1 {
			t.Fatalf("%v, %v", all, err)
		}
		if w := all[0]; w.For != opt.For || w.Events != 4 || !w.Oldest.Equal(at.Add(-time.Hour)) || w.AtWork != working || w.Bytes == 0 {
			t.Errorf("%+v", w)
		}
		if working {
			s.Close()
		}
	}
	names, _ := filepath.Glob(filepath.Join(folder, "one", "*", "*"+segmentExt))
	f, err := os.OpenFile(names[0], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("half a batch, and what is none"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if all, err := List(folder); err != nil || len(all) != 1 || all[0].Events != 4 {
		t.Errorf("behind damage: %v, %v", all, err)
	}
	s, _, _, err = Open(filepath.Join(folder, "one"), opt)
	if err != nil {
		t.Fatal(err)
	}
	s.Done(s.Next(func() bool { return true }))
	s.Close()
	if left, _ := os.ReadDir(folder); len(left) > 0 {
		t.Errorf("there is still %v", left)
	}
	if all, err := List(folder); err != nil || len(all) != 0 {
		t.Errorf("when all is delivered: %v, %v", all, err)
	}
}
