package recording

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/stoop-project/stoop/internal/source"
)

// Help is the line about files for the guide to the sources.
const Help = "a recording, or documents as JSON, by lines or in a list (stoop profiles lists the kinds); plain, gz or zst; - is standard input"

// Open opens a file, or standard input for "-". What it holds is told by its
// content, not by its name. Files are mapped into memory where they are not
// compressed; streams are looked at when they are run.
func Open(ctx context.Context, arg string, _ source.Options) (source.Source, error) {
	if arg == "-" {
		return newStream(arg, "stdin", os.Stdin), nil
	}
	f, err := openPath(ctx, arg)
	if err != nil {
		return nil, pathError(arg, err)
	}
	st, err := f.Stat()
	if err == nil && st.IsDir() {
		err = errors.New("it is a directory; name a file in it")
	}
	if err != nil {
		_ = f.Close()
		return nil, pathError(arg, err)
	}
	if !st.Mode().IsRegular() {
		return newStream(arg, "file", f), nil
	}
	s, err := openFile(arg, f, st.Size())
	if err != nil {
		_ = f.Close()
		return nil, pathError(arg, err)
	}
	return s, nil
}

// openPath opens a file for reading. Opening a pipe without a writer waits for
// one, and gives way to ctx.
func openPath(ctx context.Context, path string) (*os.File, error) {
	type opened struct {
		f   *os.File
		err error
	}
	done := make(chan opened, 1)
	go func() {
		f, err := os.Open(path)
		done <- opened{f, err}
	}()
	select {
	case o := <-done:
		return o.f, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// OpenReader opens what r holds as a source of the given name: a recording or
// documents, plain or compressed. The source closes r if it can be closed.
func OpenReader(name string, r io.Reader) source.Source { return newStream(name, "file", r) }

// openFile opens a regular file.
func openFile(name string, f *os.File, size int64) (source.Source, error) {
	head := make([]byte, sniffLen)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	head = head[:n]
	if size == 0 {
		// Nothing tells what it will hold; whoever follows it will see.
		return &stream{name: name, scheme: "file", path: name, r: f}, nil
	}
	if open := decompressor(head); open != nil {
		// A glance at the content, so that what cannot be read is said now.
		if err := glance(open, io.NewSectionReader(f, 0, size)); err != nil {
			return nil, err
		}
		return newStream(name, "file", f), nil
	}
	m, err := mapFile(f, size)
	if err != nil {
		return nil, err
	}
	if longLine(head) {
		head = m.data[:min(len(m.data), sniffMost)]
	}
	what, err := sniff(head, int64(len(head)) == size)
	if err != nil {
		m.release()
		return nil, err
	}
	if what.recording {
		return newMapped(name, f, m)
	}
	if what.where != onLines {
		m.release()
		return &stream{name: name, scheme: "file", path: name, r: f}, nil
	}
	return newLineFile(name, f, m, what.lines), nil
}

// glance looks whether what is compressed can be read.
func glance(open func(io.Reader) (io.ReadCloser, error), r io.Reader) error {
	u, err := unpack(open, bufio.NewReader(r))
	if err != nil {
		return err
	}
	defer u.Close()
	head, err := readHead(u)
	if len(head) == 0 && u.err == nil {
		return nil // who reads it says that there is nothing in it
	}
	_, err = sniff(head, err != nil && u.err == nil)
	return u.unread(err)
}

// readHead reads as much of a stream as it takes to tell what it holds: a line,
// if the stream pauses there.
func readHead(r io.Reader) ([]byte, error) {
	head := make([]byte, 0, 64<<10)
	for len(head) < 1<<20 || len(head) < sniffMost && longLine(head) {
		if cap(head)-len(head) < 4<<10 {
			head = append(head, make([]byte, cap(head))...)[:len(head)]
		}
		n, err := r.Read(head[len(head):cap(head)])
		head = head[:len(head)+n]
		if err != nil {
			return head, err
		}
		if len(head) < len(fileMagic) {
			continue
		}
		if decompressor(head) != nil {
			break
		}
		if bytes.IndexByte(head[len(head)-n:], '\n') < 0 && !bytes.HasPrefix(head, fileMagic[:]) {
			continue // no line has ended
		}
		if _, err := sniff(head, false); err == nil {
			break
		}
	}
	return head, nil
}

// pathError says of which file an error is, once.
func pathError(arg string, err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return fmt.Errorf("%s: %w", filepath.Clean(arg), err)
}
