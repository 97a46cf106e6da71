package spool

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// forName is the file in a root that says whom the spool is for.
const forName = "for"

// Waiting is what a root holds that is not delivered.
type Waiting struct {
	Root   string
	For    string    // [Options.For] of who opened it last; "" when nobody wrote it down
	Events int       // in batches that can be told
	Oldest time.Time // when the oldest of them happened; zero: not known
	Bytes  int64     // of the files
	AtWork bool      // a process delivers now
}

// List says what waits in the roots below a folder, without taking anything up:
// those in which nothing does are left out. A folder that is not there holds
// nothing.
func List(folder string) ([]Waiting, error) {
	roots, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Waiting
	for _, root := range roots {
		if !root.IsDir() {
			continue
		}
		w, err := look(filepath.Join(folder, root.Name()))
		if err != nil {
			return all, err
		}
		if w.Events > 0 {
			all = append(all, w)
		}
	}
	return all, nil
}

// look sums up the folders of one root.
func look(root string) (Waiting, error) {
	w := Waiting{Root: root}
	if text, err := os.ReadFile(filepath.Join(root, forName)); err == nil {
		w.For = strings.TrimSpace(string(text))
	}
	dirs, err := os.ReadDir(root)
	if err != nil {
		return w, err
	}
	for _, dir := range dirs {
		path := filepath.Join(root, dir.Name())
		names, err := leftovers(path)
		if err != nil {
			return w, err
		}
		for _, name := range names {
			if err := w.add(name); err != nil && !errors.Is(err, fs.ErrNotExist) { // it may have been delivered this moment
				return w, err
			}
		}
		w.AtWork = w.AtWork || locked(filepath.Join(path, "lock"))
	}
	return w, nil
}

// locked reports whether a process has a lock.
func locked(path string) bool {
	if _, err := os.Stat(path); err != nil {
		return false
	}
	unlock, err := Lock(path)
	if err == nil {
		unlock()
	}
	return errors.Is(err, ErrLocked)
}

// add counts what the headers of a segment say, up to where it is damaged.
func (w *Waiting) add(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	w.Bytes += info.Size()
	var head [batchHeadSize]byte
	for at := int64(len(segmentHead)); ; {
		_, err := f.ReadAt(head[:], at)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var h Head
		if h.get(head[:]) != nil {
			return nil
		}
		if at += batchHeadSize + int64(h.length); at > info.Size() {
			return nil
		}
		if h.done {
			continue
		}
		w.Events += h.Events
		if oldest := time.Unix(0, h.Oldest); h.Oldest > 0 && (w.Oldest.IsZero() || oldest.Before(w.Oldest)) {
			w.Oldest = oldest
		}
	}
}
