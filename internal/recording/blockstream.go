package recording

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/stoop-project/stoop/internal/source"
)

// blockStream reads a recording from front to back.
type blockStream struct {
	name   string
	r      io.Reader
	at     int64 // offset of what is read next
	d      *decoder
	counts *source.Tally
	out    outlet
}

// runBlocks reads a whole recording from a stream.
func runBlocks(ctx context.Context, name string, r io.Reader, c *source.Tally, out outlet) error {
	s := &blockStream{name: name, r: r, counts: c, out: out}
	return s.run(ctx)
}

// run reads blocks until the stream ends. A file that took the place of the
// one that was followed begins with a header of its own.
func (s *blockStream) run(ctx context.Context) error {
	for ctx.Err() == nil {
		if s.d == nil {
			if err := s.header(); err != nil {
				if errors.Is(err, errRotated) {
					continue
				}
				return err
			}
		}
		err := s.block()
		switch {
		case err == nil:
			continue
		case ctx.Err() != nil:
		case errors.Is(err, errRotated):
			s.done(nil)
			s.d, s.at = nil, 0
			continue
		case errors.Is(err, io.EOF):
			s.done(nil)
		case errors.Is(err, errDamaged), errors.Is(err, io.ErrUnexpectedEOF):
			s.done(err)
		default:
			return err
		}
		break
	}
	return nil
}

// done reports what the recording says of itself, and where it is damaged.
func (s *blockStream) done(err error) {
	s.d.report(s.name, s.counts)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("it ends within a block")
	}
	switch {
	case err != nil:
		s.counts.Bad(fmt.Sprintf("%s, byte %d", s.name, s.at), fmt.Sprintf("%v; what lies behind was left out", err))
	case !s.d.ended:
		s.counts.Note(notEnded(s.name))
	}
}

func (s *blockStream) header() error {
	b := make([]byte, headerSize)
	if err := s.fill(b); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("it ends within its header")
		}
		return err
	}
	if err := checkFileHeader(b); err != nil {
		return err
	}
	s.d, s.at = newDecoder(), headerSize
	return nil
}

// block reads one block. It returns io.EOF between blocks only.
func (s *blockStream) block() error {
	var head [headerSize]byte
	if err := s.fill(head[:]); err != nil {
		return err
	}
	var h blockHeader
	if err := h.get(head[:]); err != nil {
		return damaged("%v", err)
	}
	payload, err := s.payload(int(h.padded()))
	if err != nil {
		return err
	}
	at := s.at
	if err := takeBlock(s.name, s.d, &h, payload[:h.length], at, s.counts, s.out); err != nil {
		return err
	}
	s.at += headerSize + h.padded()
	return nil
}

// payload reads n bytes. Memory is taken as they come, for the header may lie.
func (s *blockStream) payload(n int) ([]byte, error) {
	const step = 1 << 20
	buf := alignedBytes(min(n, step))
	for have := 0; ; {
		if err := s.fill(buf[have:]); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		if have = len(buf); have == n {
			return buf, nil
		}
		more := alignedBytes(min(n, 4*len(buf)))
		copy(more, buf)
		buf = more
	}
}

// fill reads as many bytes as b is long.
func (s *blockStream) fill(b []byte) error {
	for have := 0; have < len(b); {
		n, err := s.r.Read(b[have:])
		have += n
		if err != nil && have < len(b) {
			if have > 0 && errors.Is(err, io.EOF) {
				return io.ErrUnexpectedEOF
			}
			return err
		}
	}
	return nil
}
