package recording

import (
	"errors"
	"os"
	"time"
)

// TextOptions say how a [TextFile] is written. The zero TextOptions write one file.
type TextOptions struct {
	Rotate int64         // bytes after which a file is closed and the next begun; 0: never
	Age    time.Duration // likewise, of a file that is not empty
	Keep   int64         // bytes that all files may take, the oldest are removed; 0: no bound
	Files  int           // how many closed files stay; 0: all
	Force  bool          // replace a file that is there
}

// TextFile is a file of lines that is rotated as recordings are: x.1.ndjson,
// x.2.ndjson, x.ndjson. A closed file keeps its inode, so that whoever reads
// behind, as log shippers do, goes on in it under its new name. It is for one
// goroutine at a time.
type TextFile struct {
	series
	opt   TextOptions
	f     *os.File
	size  int64
	began time.Time
}

// CreateText begins a file. It refuses to replace one unless told to; where files
// are rotated, one that is there becomes one of the closed ones.
func CreateText(path string, opt TextOptions) (*TextFile, error) {
	var err error
	if opt.Rotate, err = rotateAt(opt.Rotate, opt.Keep); err != nil {
		return nil, err
	}
	t := &TextFile{series: series{path, opt.Keep, opt.Files}, opt: opt}
	if opt.Rotate > 0 || opt.Age > 0 {
		if err := t.retire(); err != nil {
			return nil, err
		}
	}
	return t, t.begin()
}

func (t *TextFile) begin() (err error) {
	t.size, t.began = 0, time.Now()
	t.f, err = create(t.path, t.opt.Force)
	return err
}

// retire closes the series' file as one of the closed ones, and removes what is
// too much.
func (t *TextFile) retire() error {
	if _, err := t.series.retire(); err != nil {
		return err
	}
	return t.removeOld(t.opt.Rotate)
}

// Write appends whole lines, to the next file when it is time for it. A file is
// larger than asked for only if one call's lines are.
func (t *TextFile) Write(lines []byte) (int, error) {
	full := t.opt.Rotate > 0 && t.size+int64(len(lines)) > t.opt.Rotate
	if t.size > 0 && (full || t.opt.Age > 0 && time.Since(t.began) >= t.opt.Age) {
		if err := errors.Join(t.f.Close(), t.retire()); err != nil {
			return 0, err
		}
		if err := t.begin(); err != nil {
			return 0, err
		}
	}
	n, err := t.f.Write(lines)
	t.size += int64(n)
	return n, err
}

// Close closes the file.
func (t *TextFile) Close() error { return t.f.Close() }
