package recording

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
)

// series is a file that is rotated. The current one has the name that was asked
// for; those that are closed have a number before the extension, the oldest the
// lowest: x.1.stoop, x.2.stoop, x.stoop.
type series struct {
	path  string
	keep  int64 // bytes that all may take, the oldest are removed; 0: no bound
	files int   // how many closed ones stay; 0: all
}

// zstdExt is what compressed files have behind their name.
const zstdExt = ".zst"

// closedFile is a closed file of a recording.
type closedFile struct {
	path   string
	number int
	size   int64
}

// closed lists the closed files, the oldest first.
func (s *series) closed() ([]closedFile, error) {
	dir, base := filepath.Split(s.path)
	ext := filepath.Ext(base)
	stem := strings.TrimSuffix(base, ext) + "."
	entries, err := os.ReadDir(filepath.Clean(dir))
	if err != nil {
		return nil, err
	}
	var all []closedFile
	for _, e := range entries {
		rest, ok := strings.CutPrefix(strings.TrimSuffix(e.Name(), zstdExt), stem)
		if !ok {
			continue
		}
		n, err := strconv.Atoi(strings.TrimSuffix(rest, ext))
		if err != nil || n <= 0 || !e.Type().IsRegular() || stem+strconv.Itoa(n)+ext != strings.TrimSuffix(e.Name(), zstdExt) {
			continue
		}
		if info, err := e.Info(); err == nil {
			all = append(all, closedFile{filepath.Join(dir, e.Name()), n, info.Size()})
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].number < all[j].number })
	return all, nil
}

// limit is the size at which the file is closed. A file begins with the rows of
// its tables: where these alone are near the size that was asked for, files
// become longer, or they would hold nothing else.
func (w *Writer) limit() int64 { return max(w.opt.Rotate, 4*w.base) }

// due reports whether the file is to be closed.
func (w *Writer) due() bool {
	return w.opt.Rotate > 0 && w.at >= w.limit() || w.opt.Age > 0 && w.events > 0 && time.Since(w.began) >= w.opt.Age
}

// rotate closes the file and begins the next.
func (w *Writer) rotate() error {
	if err := w.finish(true); err != nil {
		return err
	}
	if err := w.retire(); err != nil {
		return err
	}
	return w.begin()
}

// retire gives the file that has the recording's name the next number, if there
// is one, and in the background compresses it and removes what is too much.
func (w *Writer) retire() error {
	closed, err := w.series.retire()
	if closed == "" || err != nil {
		return err
	}
	room := w.limit()
	w.packers.Add(1)
	go func() {
		defer w.packers.Done()
		w.packMu.Lock()
		defer w.packMu.Unlock()
		if w.opt.Zstd {
			w.packErr = errors.Join(w.packErr, compress(closed))
		}
		w.packErr = errors.Join(w.packErr, w.series.removeOld(room))
	}()
	return nil
}

// retire gives the file that has the series' name the next number, and returns
// what it is called now; "" when there is none.
func (s *series) retire() (closed string, err error) {
	if _, err := os.Lstat(s.path); errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	all, err := s.closed()
	if err != nil {
		return "", err
	}
	next := 1
	if len(all) > 0 {
		next = all[len(all)-1].number + 1
	}
	ext := filepath.Ext(s.path)
	closed = fmt.Sprintf("%s.%d%s", strings.TrimSuffix(s.path, ext), next, ext)
	return closed, os.Rename(s.path, closed)
}

// removeOld removes the oldest closed files as long as there are too many, or all
// together, with room for the one that is being written, take more than what is
// to be kept.
func (s *series) removeOld(room int64) error {
	if s.keep == 0 && s.files == 0 {
		return nil
	}
	all, err := s.closed()
	if err != nil {
		return err
	}
	total := room
	for _, f := range all {
		total += f.size
	}
	for i, f := range all {
		if (s.keep == 0 || total <= s.keep) && (s.files == 0 || len(all)-i <= s.files) {
			break
		}
		if err := os.Remove(f.path); err != nil {
			return err
		}
		total -= f.size
	}
	return nil
}

// compress replaces a file by its compressed form, which has its name only when
// it is whole.
func compress(path string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	part := path + zstdExt + ".part"
	out, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	z, err := zstd.NewWriter(out, zstd.WithEncoderConcurrency(1))
	if err == nil {
		_, err = io.Copy(z, in)
		err = errors.Join(err, z.Close())
	}
	if err = errors.Join(err, out.Close()); err == nil {
		err = os.Rename(part, path+zstdExt)
	}
	if err != nil {
		_ = os.Remove(part)
		return err
	}
	return os.Remove(path)
}
