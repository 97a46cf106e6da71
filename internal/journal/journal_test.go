package journal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func add(t *testing.T, j *Journal, line string) (seen []string) {
	t.Helper()
	err := j.Append(t.Context(), func(lines [][]byte) error {
		for _, l := range lines {
			seen = append(seen, string(l))
		}
		return nil
	}, func() ([]byte, error) { return []byte(line), nil })
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

func text(lines [][]byte) string { return string(bytes.Join(lines, []byte("|"))) }

func TestSeveralWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "j")
	a, b := New(path), New(path)
	add(t, a, "one")
	if seen := add(t, b, "two"); strings.Join(seen, "|") != "one" {
		t.Errorf("b saw %q before it wrote", seen)
	}
	if lines, err := a.Read(); text(lines) != "two" || err != nil {
		t.Errorf("a reads %q, %v", lines, err)
	}
	if lines, _ := b.Read(); len(lines) != 0 {
		t.Errorf("b reads what it wrote: %q", lines)
	}
	refused := errors.New("no")
	if err := a.Append(t.Context(), func([][]byte) error { return refused }, nil); !errors.Is(err, refused) {
		t.Errorf("refused: %v", err)
	}
}

// Writers side by side lose nothing and mix nothing.
func TestAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			j := New(path)
			for i := range 25 {
				line := fmt.Sprintf("%d-%d", w, i)
				if err := j.Append(t.Context(), func([][]byte) error { return nil }, func() ([]byte, error) { return []byte(line), nil }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	lines, err := New(path).Read()
	seen := map[string]bool{}
	for _, l := range lines {
		seen[string(l)] = true
	}
	if len(lines) != 100 || len(seen) != 100 || err != nil {
		t.Errorf("%d lines, %d different, %v", len(lines), len(seen), err)
	}
}

// Whatever part of the last line a crash leaves, the lines before it are there,
// and the next one is.
func TestCut(t *testing.T) {
	dir := t.TempDir()
	whole := "first\nsecond\n"
	for n := range len(whole) + 1 {
		path := filepath.Join(dir, fmt.Sprint(n))
		if err := os.WriteFile(path, []byte(whole[:n]), 0o600); err != nil {
			t.Fatal(err)
		}
		add(t, New(path), "next")
		lines, err := New(path).Read()
		want := strings.Count(whole[:n], "\n")
		if err != nil || len(lines) < want+1 || string(lines[len(lines)-1]) != "next" || want > 0 && string(lines[0]) != "first" {
			t.Errorf("cut at %d: %q, %v", n, lines, err)
		}
	}
}

// A file that is shorter than it was is not read on in the middle of a line.
func TestShrunk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	j := New(path)
	add(t, j, "a long first line")
	if err := os.WriteFile(path, []byte("x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Read(); err == nil || !strings.Contains(err.Error(), "was cut") {
		t.Errorf("error %v", err)
	}
}
