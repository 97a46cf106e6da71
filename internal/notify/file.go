package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/stoop-project/stoop/internal/config"
	"github.com/stoop-project/stoop/internal/safetext"
)

// file appends a line an alert to a file.
type file struct {
	path  string
	lines lineFormat

	most int64         // bytes, then it is rotated; 0: never
	age  time.Duration // likewise
	keep int           // rotated ones; 0: all

	f     *os.File
	size  int64
	began time.Time
}

// lineFormat is how an alert is one line of text.
type lineFormat string

func (l lineFormat) line(a *Alert) []byte {
	if l == "text" {
		return append(safetext.Append(nil, a.Output), '\n')
	}
	return append(a.AppendFalco(nil), '\n')
}

func formatOf(c *config.Target, first string, others ...string) (string, error) {
	if c.Format == "" || c.Format == first || slices.Contains(others, c.Format) {
		return cmp.Or(c.Format, first), nil
	}
	return "", fmt.Errorf("format: there are %v, not %q", append([]string{first}, others...), c.Format)
}

func openFile(at *url.URL, c *config.Target) (output, error) {
	path := cmp.Or(at.Path, at.Opaque)
	if at.Host != "" && at.Host != "localhost" {
		return nil, fmt.Errorf("file://%s… is on another machine; write file:NAME or file:///NAME", at.Host)
	}
	if path == "" {
		return nil, fmt.Errorf("the file has no name")
	}
	format, err := formatOf(c, "json", "text")
	if err != nil {
		return nil, err
	}
	f := &file{path: path, lines: lineFormat(format), most: c.Rotate, age: c.RotateAge, keep: c.Keep}
	return f, f.open()
}

func (f *file) open() (err error) {
	if f.f, err = os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o640); err != nil {
		return err
	}
	st, err := f.f.Stat()
	if err != nil {
		return err
	}
	f.size, f.began = st.Size(), time.Now()
	return nil
}

func (f *file) text(a *Alert) []byte { return f.lines.line(a) }

func (f *file) send(_ context.Context, text []byte) error {
	if f.f == nil {
		if err := f.open(); err != nil {
			return err
		}
	}
	if f.size > 0 && (f.most > 0 && f.size+int64(len(text)) > f.most || f.age > 0 && time.Since(f.began) > f.age) {
		if err := f.rotate(); err != nil {
			return err
		}
	}
	n, err := f.f.Write(text)
	f.size += int64(n)
	return err
}

// rotate begins a new file. What the old one is called sorts by time.
func (f *file) rotate() error {
	_ = f.f.Close()
	f.f = nil
	to := f.path + "." + time.Now().UTC().Format("20060102T150405.000000000Z")
	if err := os.Rename(f.path, to); err != nil {
		return err
	}
	if f.keep > 0 {
		old, _ := filepath.Glob(escapeGlob(f.path) + ".[0-9]*T*Z")
		slices.Sort(old)
		for len(old) > f.keep {
			_ = os.Remove(old[0])
			old = old[1:]
		}
	}
	return f.open()
}

func escapeGlob(path string) string {
	var out []rune
	for _, r := range path {
		if r == '*' || r == '?' || r == '[' || r == '\\' {
			out = append(out, '\\')
		}
		out = append(out, r)
	}
	return string(out)
}

func (f *file) reopen() error {
	_ = f.close()
	return f.open()
}

func (f *file) close() error {
	if f.f == nil {
		return nil
	}
	err := f.f.Close()
	f.f = nil
	return err
}

// Output returns a target that writes each alert to a file that is open:
// standard output. format is json or text. gone is called once when its reader
// has gone away (head); from then on nobody misses what comes.
func Output(to *os.File, format string, gone func()) *Target {
	return &Target{Name: "standard output", out: &stream{to: to, lines: lineFormat(format), gone: gone}}
}

type stream struct {
	to     *os.File
	lines  lineFormat
	gone   func()
	unread bool
}

// text is an alert's line; where people read, the steps of a sequence are below
// it.
func (s *stream) text(a *Alert) []byte {
	text := s.lines.line(a)
	if s.lines == "text" {
		for _, l := range a.Chain {
			text = append(safetext.Append(append(text, "    "...), l), '\n')
		}
	}
	return text
}

func (s *stream) send(_ context.Context, text []byte) error {
	if s.unread {
		return nil
	}
	_, err := s.to.Write(text)
	if errors.Is(err, syscall.EPIPE) {
		s.unread = true
		s.gone()
		return nil
	}
	return err
}

func (s *stream) reopen() error { return nil }
func (s *stream) close() error  { return nil }
