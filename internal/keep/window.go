package keep

import (
	"slices"
	"time"

	"github.com/stoop-project/stoop/internal/event"
)

// How much of the stream is held. A recorder remembers for longer than that
// what it handed on.
const (
	windowBytes = 64 << 20
	windowSpan  = 5 * time.Minute
)

// window is the latest part of the stream.
type window struct {
	batches []*event.Batch
	first   uint64 // number of batches[0]; they count from 0
	bytes   int64
	since   time.Time // all of the stream from then on is there
	bound   int64
}

// add takes in a batch and returns those that had to go for it.
func (w *window) add(b *event.Batch) (gone []*event.Batch) {
	w.batches, w.bytes = append(w.batches, b), w.bytes+b.Bytes()
	oldest := b.Time[b.Len()-1] - int64(windowSpan)
	n := 0
	for n < len(w.batches)-1 && (w.bytes > w.bound || last(w.batches[n]) < oldest) {
		w.bytes -= w.batches[n].Bytes()
		n++
	}
	if n == 0 {
		return nil
	}
	gone = slices.Clone(w.batches[:n])
	w.batches, w.first = slices.Delete(w.batches, 0, n), w.first+uint64(n)
	if at := time.Unix(0, w.batches[0].Time[0]); at.After(w.since) {
		w.since = at
	}
	return gone
}

// from returns the batches from a number on, and the number of the next.
func (w *window) from(n uint64) ([]*event.Batch, uint64) {
	at := min(max(n, w.first)-w.first, uint64(len(w.batches)))
	return slices.Clone(w.batches[at:]), w.first + uint64(len(w.batches))
}

func last(b *event.Batch) int64 { return b.Time[b.Len()-1] }
