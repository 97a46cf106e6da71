package recording

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/source"
)

// mapped is a recording that is mapped into memory. Its batches lie in the
// mapping.
type mapped struct {
	name   string
	f      *os.File
	m      *mapping
	counts source.Tally
	once   sync.Once // of letting the mapping go

	info   source.Info
	events uint64 // as the blocks' headers say
	whole  int64  // bytes up to the end of the last block that can be told
	cut    error  // why it is not the file's end; nil when it is
	ended  bool
}

// newMapped looks through the headers of a mapped recording.
func newMapped(name string, f *os.File, m *mapping) (*mapped, error) {
	if err := checkFileHeader(m.data); err != nil {
		m.release()
		return nil, err
	}
	s := &mapped{name: name, f: f, m: m}
	m.skim(s.survey)
	return s, nil
}

// survey goes from header to header.
func (s *mapped) survey() {
	d := newDecoder()
	var first, last int64
	at := int64(headerSize)
	for {
		h, _, next, err := s.at(at)
		if err != nil {
			if !errors.Is(err, errEnd) {
				s.cut = err
			}
			break
		}
		switch h.kind {
		case kindEvents:
			if s.events == 0 || h.from < first {
				first = h.from
			}
			if s.events == 0 || h.to > last {
				last = h.to
			}
			s.events += uint64(h.rows)
		case kindMeta, kindTables:
			_, _ = d.block(&h, s.m.data[at+headerSize:at+headerSize+int64(h.length)])
		case kindEnd:
			s.ended = true
		}
		at = next
	}
	s.whole = at
	s.info = source.Info{Name: s.name, Scheme: "file", Origin: d.origin(), Events: int64(s.events)}
	if s.events > 0 {
		s.info.Bounds = [2]time.Time{time.Unix(0, first).UTC(), time.Unix(0, last).UTC()}
	}
}

// errEnd is the end of a recording between two blocks.
var errEnd = errors.New("end")

// at returns the block at an offset, and the offset of the next.
func (s *mapped) at(at int64) (h blockHeader, payload []byte, next int64, err error) {
	left := int64(len(s.m.data)) - at
	if left == 0 {
		return h, nil, at, errEnd
	}
	if left < headerSize {
		return h, nil, at, fmt.Errorf("it ends within a block's header")
	}
	if err := h.get(s.m.data[at:]); err != nil {
		return h, nil, at, err
	}
	if headerSize+h.padded() > left {
		return h, nil, at, fmt.Errorf("it ends within a block")
	}
	start := at + headerSize
	end := start + int64(h.length)
	return h, s.m.data[start:end:end], start + h.padded(), nil
}

func (s *mapped) Info() source.Info { return s.info }

func (s *mapped) Stats() source.Stats { return s.counts.Stats() }

// Run hands the batches on, and when it is to follow, what is written behind.
func (s *mapped) Run(ctx context.Context, req source.Request, sink source.Sink) error {
	d := newDecoder()
	d.added, d.mapped = s.m.keptBy, s.m.isMapped()
	out := outlet{req, sink, &s.counts}
	read := uint64(0)
	at := int64(headerSize)
	for at < s.whole && ctx.Err() == nil {
		h, payload, next, err := s.at(at)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err) // the file was changed under us
		}
		if err := takeBlock(s.name, d, &h, payload, at, &s.counts, out); err != nil {
			s.broken(at, err, s.events-read)
			d.report(s.name, &s.counts)
			return nil
		}
		if h.kind == kindEvents {
			read += uint64(h.rows)
		}
		at = next
	}
	if ctx.Err() != nil {
		return nil
	}
	d.report(s.name, &s.counts)
	if req.Follow && !s.ended {
		t, err := newTail(ctx, s.name, s.whole)
		if err != nil {
			return err
		}
		defer t.Close()
		d.mapped = false // what is read from here on is read into memory
		bs := &blockStream{name: s.name, r: startPump(ctx, t), at: s.whole, d: d, counts: &s.counts, out: out}
		return bs.run(ctx)
	}
	switch {
	case s.cut != nil:
		s.broken(s.whole, s.cut, 0)
	case !s.ended:
		s.counts.Note(notEnded(s.name))
	}
	return nil
}

// broken says where the damage is and how much lies behind it.
func (s *mapped) broken(at int64, err error, events uint64) {
	s.counts.Lost("recording", events)
	behind := int64(len(s.m.data)) - at
	text := fmt.Sprintf("%v; what lies behind, %d bytes", err, behind)
	if events > 0 {
		text += fmt.Sprintf(" with %d events", events)
	}
	s.counts.Bad(fmt.Sprintf("%s, byte %d", s.name, at), text+", was left out")
}

// takeBlock decodes a block and hands its events on. Of events that are damaged
// it says so and goes on; an error is a damage behind which nothing can be read.
func takeBlock(name string, d *decoder, h *blockHeader, payload []byte, at int64, c *source.Tally, out outlet) error {
	if h.kind == kindEvents {
		d.last = max(d.last, h.to)
	}
	if h.kind == kindEvents && out.outside(h.from, h.to) {
		c.Handed(0, int(h.rows))
		return nil
	}
	b, err := d.block(h, payload)
	if err != nil {
		if h.kind != kindEvents {
			return err
		}
		c.Lost("recording", uint64(h.rows))
		c.Bad(fmt.Sprintf("%s, byte %d", name, at), fmt.Sprintf("%v; %d events were left out", err, h.rows))
		return nil
	}
	if h.kind == kindStats {
		c.Gaps(d.gaps.List())
	}
	if b != nil {
		pass(b, c, out.sink)
	}
	return nil
}

// pass hands a batch on.
func pass(b *event.Batch, c *source.Tally, sink source.Sink) {
	if b.Len() > 0 {
		c.Handed(b.Len(), 0)
		sink.Batch(b)
	}
}

func notEnded(name string) source.Note {
	return source.Note{
		Level: source.NoteInfo, Where: name,
		Text: "the recording has no end: it is still being written, or its recorder was killed, and at most the last second is missing",
	}
}

// Close lets the file go. The mapping stays as long as batches lie in it.
func (s *mapped) Close() error {
	s.once.Do(s.m.release)
	return s.f.Close()
}
