package recording

import (
	"context"
	"errors"
	"io"
	"os"
	"time"
)

// pollTail is how often the end of a followed file is looked at.
const pollTail = 50 * time.Millisecond

// errRotated is returned once between the end of a followed file and the
// beginning of the one that took its place.
var errRotated = errors.New("the file was replaced")

// tail reads a file that grows. At its end it waits for more; when another
// file took the name it goes on with that one, and when the file became
// shorter it begins anew. It ends with its context.
type tail struct {
	ctx  context.Context
	path string
	f    *os.File
	at   int64
}

// newTail follows a file from an offset on. The tail owns what it opens.
func newTail(ctx context.Context, path string, at int64) (*tail, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &tail{ctx: ctx, path: path, f: f, at: at}, nil
}

// Read reads what is there, or waits for it.
func (t *tail) Read(p []byte) (int, error) {
	for {
		n, err := t.f.ReadAt(p, t.at)
		if n > 0 {
			t.at += int64(n)
			return n, nil
		}
		if err != nil && err != io.EOF {
			return 0, err
		}
		if t.ctx.Err() != nil {
			return 0, io.EOF
		}
		if t.replaced() {
			return 0, errRotated
		}
		select {
		case <-t.ctx.Done():
			return 0, io.EOF
		case <-time.After(pollTail):
		}
	}
}

// replaced goes over to the file that now has the name, if it is another one
// or was cut, and reports whether it did.
func (t *tail) replaced() bool {
	mine, err := t.f.Stat()
	if err != nil {
		return false
	}
	if mine.Size() < t.at {
		t.at = 0
		return true
	}
	now, err := os.Stat(t.path)
	if err != nil || os.SameFile(mine, now) || mine.Size() > t.at {
		return false
	}
	f, err := os.Open(t.path)
	if err != nil {
		return false
	}
	_ = t.f.Close()
	t.f, t.at = f, 0
	return true
}

// Close lets the file go.
func (t *tail) Close() error { return t.f.Close() }
