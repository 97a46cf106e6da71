package recording

import (
	"bytes"
	"context"
	"os"
	"sync"

	"github.com/stoop-project/stoop/internal/event"
	"github.com/stoop-project/stoop/internal/profile"
	"github.com/stoop-project/stoop/internal/source"
)

// lineFile is a file of documents, one a line, that is mapped into memory.
// Its batches lie in the mapping.
type lineFile struct {
	name    string
	f       *os.File
	m       *mapping
	profile *profile.Profile
	counts  source.Tally
	once    sync.Once // of letting the mapping go
}

// The sizes of the pieces that a mapping is read in: the first is small, so
// that there is something to show soon.
const (
	firstPiece = 256 << 10
	lastPiece  = 64 << 20
)

func newLineFile(name string, f *os.File, m *mapping, p *profile.Profile) *lineFile {
	return &lineFile{name: name, f: f, m: m, profile: p}
}

func (s *lineFile) Info() source.Info {
	return source.Info{Name: s.name, Scheme: "file", Origin: s.profile.Origin(), Events: -1}
}

func (s *lineFile) Stats() source.Stats { return s.counts.Stats() }

// Run reads the mapping, and when it is to follow, what is written behind it.
func (s *lineFile) Run(ctx context.Context, req source.Request, sink source.Sink) error {
	l := newLines(s.name, &s.counts)
	l.mapped, l.keep = s.m.isMapped(), s.m.keptBy
	out := outlet{req, sink, &s.counts}

	data, at := s.m.data, 0
	for piece := firstPiece; at < len(data) && ctx.Err() == nil; piece = min(2*piece, lastPiece) {
		end := pieceEnd(data, at, piece)
		last := end == len(data) && !req.Follow
		all, used := l.batches(data[at:end], last)
		out.pass(all...)
		if used == 0 {
			break
		}
		at += used
	}
	if !req.Follow {
		return nil
	}
	l.mapped = false // what is read from here on is read into memory
	t, err := newTail(ctx, s.name, int64(at))
	if err != nil {
		return err
	}
	defer t.Close()
	return runLines(ctx, startPump(ctx, t), l, out)
}

// pieceEnd returns the end of the last line that ends within size bytes of at,
// or when none does, that of the first.
func pieceEnd(data []byte, at, size int) int {
	if len(data)-at <= size {
		return len(data)
	}
	if n := bytes.LastIndexByte(data[at:at+size], '\n'); n >= 0 {
		return at + n + 1
	}
	if n := bytes.IndexByte(data[at+size:], '\n'); n >= 0 {
		return at + size + n + 1
	}
	return len(data)
}

// Close lets the file go. The mapping stays as long as batches lie in it.
func (s *lineFile) Close() error {
	s.once.Do(s.m.release)
	return s.f.Close()
}

// outlet hands batches on, but those that lie outside of the times wanted.
type outlet struct {
	req    source.Request
	sink   source.Sink
	counts *source.Tally
}

func (o *outlet) pass(all ...*event.Batch) {
	for _, b := range all {
		switch {
		case b.Len() == 0:
		case o.outside(b.Time[0], b.Time[b.Len()-1]):
			o.counts.Handed(0, b.Len())
		default:
			o.counts.Handed(b.Len(), 0)
			o.sink.Batch(b)
		}
	}
}

// outside reports whether nothing between two times (ns since 1970) is wanted.
func (o *outlet) outside(first, last int64) bool {
	return !o.req.Since.IsZero() && last < o.req.Since.UnixNano() || !o.req.Until.IsZero() && first > o.req.Until.UnixNano()
}
