package recording

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
)

// stream is a source that is read from front to back: standard input, a pipe,
// a compressed file. What it holds is seen when it is run.
type stream struct {
	name, scheme string
	path         string // of a file that may be followed
	r            io.Reader
	counts       source.Tally
}

func newStream(name, scheme string, r io.Reader) *stream {
	return &stream{name: name, scheme: scheme, r: r}
}

func (s *stream) Info() source.Info {
	return source.Info{
		Name: s.name, Scheme: s.scheme, Events: -1, Live: s.scheme == "stdin",
		Origin: event.FromLive | event.FromFalco | event.FromAudit,
	}
}

func (s *stream) Stats() source.Stats { return s.counts.Stats() }

// Close closes what is read. A read that waits for a pipe ends with the
// process.
func (s *stream) Close() error {
	if c, ok := s.r.(io.Closer); ok && s.scheme != "stdin" {
		return c.Close()
	}
	return nil
}

// Run reads the stream.
func (s *stream) Run(ctx context.Context, req source.Request, sink source.Sink) error {
	r := s.r
	if req.Follow && s.path != "" {
		t, err := newTail(ctx, s.path, 0)
		if err != nil {
			return err
		}
		defer t.Close()
		r = t
	}
	err := s.run(ctx, startPump(ctx, r), outlet{req, sink, &s.counts})
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}

func (s *stream) run(ctx context.Context, in *pump, out outlet) error {
	begin, err := readHead(in)
	var u *unpacked
	if open := decompressor(begin); open != nil {
		in.unread(begin)
		if u, err = unpack(open, in); err != nil {
			return err
		}
		defer u.Close()
		u.damaged = func(why string) { s.counts.Ended(s.name, why) }
		// The decompressor is a step of its own, on a goroutine of its own.
		in = startPump(ctx, u)
		begin, err = readHead(in)
	}
	if len(begin) == 0 {
		if errors.Is(err, io.EOF) {
			s.counts.Note(source.Note{Level: source.NoteWarn, Text: "there is nothing in it", Where: s.name})
			return nil
		}
		return err
	}
	ended := err != nil // and with it what u says is known
	what, err := sniff(begin, ended)
	if err != nil && ended {
		err = u.unread(err)
	}
	if err != nil {
		return err
	}
	in.unread(begin)
	if what.recording {
		return runBlocks(ctx, s.name, in, &s.counts, out)
	}
	l := newLines(s.name, &s.counts)
	if what.where != onLines {
		l.unit = "document"
		in = startPump(ctx, &splitter{r: in, where: what.where})
	}
	return runLines(ctx, in, l, out)
}

// runLines reads documents from a stream. A piece is handed on as soon as
// nothing more is there, so that what comes slowly is seen at once.
func runLines(ctx context.Context, r *pump, l *lines, out outlet) error {
	var rest []byte // the beginning of a line
	skip := false   // the rest of a line that was too long
	for {
		buf := make([]byte, len(rest), len(rest)+pumpSize)
		copy(buf, rest)
		buf, err := readSome(r, buf)
		if errors.Is(err, errRotated) {
			buf, err = append(buf, '\n'), nil // what was begun in the old file ends there
		}
		if skip {
			n := bytes.IndexByte(buf, '\n')
			if skip = n < 0; skip {
				n = len(buf) - 1
			}
			buf = buf[n+1:]
		}
		last := err != nil
		for {
			all, used := l.batches(buf, last)
			out.pass(all...)
			buf = buf[used:]
			if used == 0 || len(buf) == 0 {
				break
			}
		}
		if rest = buf; len(rest) > maxLine {
			l.line++
			l.skipped(fmt.Sprintf("it is longer than %d MiB", maxLine>>20))
			rest, skip = nil, true
		}
		if errors.Is(err, io.EOF) || ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// readSome fills up buf as long as there is something to read at once.
func readSome(r *pump, buf []byte) ([]byte, error) {
	for {
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err != nil || len(buf) == cap(buf) || !r.ready() {
			return buf, err
		}
	}
}

// pump reads ahead on a goroutine of its own, so that whoever reads from it can
// stop with a context while a pipe is silent.
type pump struct {
	ctx    context.Context
	pieces chan piece
	cur    piece
	err    error // the error that ended it, which every further Read returns
}

type piece struct {
	data []byte
	err  error
}

// pumpSize is the size of the pieces that are handed on.
const pumpSize = 1 << 20

func startPump(ctx context.Context, r io.Reader) *pump {
	p := &pump{ctx: ctx, pieces: make(chan piece, 4)}
	go func() {
		defer close(p.pieces)
		for {
			buf := make([]byte, pumpSize/4)
			n, err := r.Read(buf)
			if n > 0 || err != nil {
				select {
				case p.pieces <- piece{buf[:n], err}:
				case <-ctx.Done():
					return
				}
			}
			if err != nil && !errors.Is(err, errRotated) {
				return
			}
			if n == 0 && err == nil {
				time.Sleep(time.Millisecond)
			}
		}
	}()
	return p
}

// Read returns what was read ahead, or waits for it.
func (p *pump) Read(b []byte) (int, error) {
	for len(p.cur.data) == 0 {
		if err := p.cur.err; err != nil {
			p.cur.err = nil
			if !errors.Is(err, errRotated) {
				p.err = err
			}
			return 0, err
		}
		if p.err != nil {
			return 0, p.err
		}
		select {
		case next, ok := <-p.pieces:
			if !ok {
				return 0, io.EOF
			}
			p.cur = next
		case <-p.ctx.Done():
			return 0, io.EOF
		}
	}
	n := copy(b, p.cur.data)
	p.cur.data = p.cur.data[n:]
	return n, nil
}

// unread puts bytes back before what Read returns next.
func (p *pump) unread(b []byte) { p.cur.data = append(b[:len(b):len(b)], p.cur.data...) }

// ready reports whether Read would not wait.
func (p *pump) ready() bool { return len(p.cur.data) > 0 || p.cur.err != nil || len(p.pieces) > 0 }
