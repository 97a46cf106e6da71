package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/stoop-project/stoop/internal/spool"
)

// MaxLine bounds a line, in bytes.
const MaxLine = 8 << 20

// Journal is a file of lines as one process sees it. It is for one goroutine.
type Journal struct {
	path string
	read int64 // how far lines were read
}

// New returns the journal in a file, which need not be there yet.
func New(path string) *Journal { return &Journal{path: path} }

// Path returns the file's name.
func (j *Journal) Path() string { return j.path }

// Read returns the whole lines that were appended since the last Read, without
// their ends. A line that is longer than [MaxLine] comes as nil.
func (j *Journal) Read() ([][]byte, error) {
	f, err := os.Open(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if st, err := f.Stat(); err == nil && st.Size() < j.read {
		return nil, fmt.Errorf("%s was cut: it had %d bytes and has %d", j.path, j.read, st.Size())
	}
	if _, err := f.Seek(j.read, io.SeekStart); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	end := bytes.LastIndexByte(text, '\n') + 1
	j.read += int64(end)
	return Lines(text[:end]), nil
}

// Lines splits text that ends with a line's end.
func Lines(text []byte) (lines [][]byte) {
	for line := range bytes.Lines(text) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		switch {
		case len(line) > MaxLine:
			lines = append(lines, nil)
		case len(line) > 0:
			lines = append(lines, line)
		}
	}
	return lines
}

// lockWait is how long to wait for who else appends.
const lockWait = 10 * time.Second

// Append appends one line and returns when it is on the disk. Before, nobody
// else can append any more, and it reads what others have appended: news is
// given that, and may refuse with an error.
func (j *Journal) Append(ctx context.Context, news func(lines [][]byte) error, line func() ([]byte, error)) error {
	if err := os.MkdirAll(filepath.Dir(j.path), 0o700); err != nil {
		return err
	}
	unlock, err := j.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	lines, err := j.Read()
	if err != nil {
		return err
	}
	if err := news(lines); err != nil {
		return err
	}
	text, err := line()
	if err != nil {
		return err
	}
	if len(text) > MaxLine || bytes.IndexByte(text, '\n') >= 0 {
		return fmt.Errorf("%s: a line of %d bytes cannot be kept", j.path, len(text))
	}
	return j.write(append(text, '\n'))
}

// write writes behind the last line, which a crash may have left without an
// end.
func (j *Journal) write(text []byte) error {
	f, err := os.OpenFile(j.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if end > j.read { // a cut line
		text = append([]byte{'\n'}, text...)
	}
	if _, err := f.Write(text); err != nil {
		_ = f.Truncate(end) // no room: what was there stays as it was
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if end == 0 {
		syncDir(filepath.Dir(j.path))
	}
	j.read = end + int64(len(text))
	return f.Close()
}

// syncDir makes the name of a new file outlive the machine, where folders can be
// synced.
func syncDir(path string) {
	if d, err := os.Open(path); err == nil {
		_ = d.Sync()
		d.Close()
	}
}

func (j *Journal) lock(ctx context.Context) (unlock func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	for {
		unlock, err = spool.Lock(j.path + ".lock")
		if err == nil || !errors.Is(err, spool.ErrLocked) {
			return unlock, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%s: %w", j.path, spool.ErrLocked)
		case <-time.After(5 * time.Millisecond):
		}
	}
}
