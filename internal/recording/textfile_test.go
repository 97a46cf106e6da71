package recording

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// linesOf joins the lines of the files of a series that are still there, in the
// order of their numbers.
func linesOf(t *testing.T, path string) (files int, lines []string) {
	t.Helper()
	s := series{path: path}
	closed, err := s.closed()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(func() (all []string) {
		for _, f := range closed {
			all = append(all, f.path)
		}
		return all
	}(), path) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > 0 && text[len(text)-1] != '\n' {
			t.Errorf("%s ends within a line", name)
		}
		lines = append(lines, strings.Fields(string(text))...)
	}
	return len(closed), lines
}

// Rotated files hold all lines, whole and in order, as far as they are kept.
func TestTextFile(t *testing.T) {
	tests := map[string]struct {
		opt    TextOptions
		closed int
		least  int // lines that are still there
	}{
		"one file":     {TextOptions{}, 0, 1000},
		"by size":      {TextOptions{Rotate: 1000}, 7, 1000},
		"by number":    {TextOptions{Rotate: 1000, Files: 3}, 3, 300},
		"by all bytes": {TextOptions{Rotate: 1000, Keep: 3000}, 2, 200},
		"by age":       {TextOptions{Age: time.Nanosecond, Files: 20}, 20, 200},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.ndjson")
			f, err := CreateText(path, tt.opt)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for n := range 100 {
				text := ""
				for k := range 10 {
					line := fmt.Sprintf("l%05d", 10*n+k)
					want, text = append(want, line), text+line+"\n"
				}
				if _, err := f.Write([]byte(text)); err != nil {
					t.Fatal(err)
				}
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			closed, got := linesOf(t, path)
			if closed != tt.closed || len(got) < tt.least || !slices.Equal(got, want[len(want)-len(got):]) {
				t.Errorf("%d closed files and %d lines, want %d and %d at least", closed, len(got), tt.closed, tt.least)
			}
			_, err = CreateText(path, tt.opt)
			if rotated := tt.opt.Rotate > 0 || tt.opt.Age > 0; rotated != (err == nil) {
				t.Errorf("begun again: %v", err)
			}
		})
	}
}

// A recording is rotated by its age too, and keeps as many files as it is to.
func TestRotateByAge(t *testing.T) {
	dir := t.TempDir()
	rotated(t, filepath.Join(dir, "x.stoop"), Options{Age: time.Nanosecond, Files: 2}, 5)
	if names, _ := parts(t, dir); len(names) != 3 {
		t.Errorf("the files are %v", names)
	}
}
