package store

import (
	"slices"

	"github.com/stoop-project/stoop/internal/event"
)

const (
	chunkRows = 1 << 16  // rows a chunk that is filled by copying
	adoptRows = 1 << 14  // batches of this many rows become chunks as they are
	adoptDocs = 1 << 9   // … and of this many, when their documents lie in a mapped file,
	adoptHeap = 1 << 19  // or of that many bytes of documents
	chunkHeap = 32 << 20 // bytes of arguments after which a chunk is closed
)

// chunk is a run of events whose batch only ever grows at its end. A batch
// that was taken from it stays as it is: growing makes a new header.
type chunk struct {
	id    uint64
	lane  *lane
	batch *event.Batch // what readers see
	open  bool
	bytes int64
}

// newChunk returns an empty chunk that is filled by copying.
func newChunk(id uint64, l *lane, seq uint64) *chunk {
	return &chunk{id: id, lane: l, open: true, batch: event.NewBatch(l.tables, seq, 1<<10)}
}

// adopt makes a chunk of a batch, without copying.
func adopt(id uint64, l *lane, b *event.Batch) *chunk {
	return &chunk{id: id, lane: l, batch: b, bytes: b.Bytes()}
}

// add copies a batch behind the chunk's rows. Slices that readers hold are not
// written to: only memory behind their ends is.
func (c *chunk) add(b *event.Batch) {
	old := c.batch
	next := *old
	n := len(b.Time)
	next.Time = append(roomFor(old.Time, n), b.Time...)
	next.Type = append(roomFor(old.Type, n), b.Type...)
	next.Bits = append(roomFor(old.Bits, n), b.Bits...)
	next.CPU = append(roomFor(old.CPU, n), b.CPU...)
	next.TID = append(roomFor(old.TID, n), b.TID...)
	next.Proc = append(roomFor(old.Proc, n), b.Proc...)
	next.FD = append(roomFor(old.FD, n), b.FD...)
	next.Obj = append(roomFor(old.Obj, n), b.Obj...)
	next.Res = append(roomFor(old.Res, n), b.Res...)
	next.Alert = addOptional(old.Alert, b.Alert, len(old.Time), n, 0)
	next.Dur = addOptional(old.Dur, b.Dur, len(old.Time), n, -1)

	base := uint32(len(old.Heap))
	from, to := b.ArgOff[0], b.ArgOff[n]
	if need := len(old.Heap) + int(to-from); need > cap(old.Heap) {
		next.Heap = slices.Grow(old.Heap, max(2*cap(old.Heap), need)-len(old.Heap))
	}
	next.Heap = append(next.Heap, b.Heap[from:to]...)
	next.ArgOff = roomFor(old.ArgOff, n)
	for _, off := range b.ArgOff[1:] {
		next.ArgOff = append(next.ArgOff, base+off-from)
	}
	c.batch = &next
	c.bytes = next.Bytes()
}

// roomFor makes room for n more entries of a column. It takes four times what
// was there, up to a whole chunk, and not the quarter more that append takes:
// what is outgrown is garbage, and would be four times what is kept.
func roomFor[T any](col []T, n int) []T {
	need := len(col) + n
	if need <= cap(col) {
		return col
	}
	return append(make([]T, 0, max(min(4*cap(col), chunkRows), need)), col...)
}

// addOptional appends a column that may be missing on either side; what is
// missing reads as none.
func addOptional[T event.AlertID | int64](old, more []T, oldLen, moreLen int, none T) []T {
	if old == nil && more == nil {
		return nil
	}
	if old == nil {
		old = fill(make([]T, 0, oldLen+moreLen), oldLen, none)
	}
	old = roomFor(old, moreLen)
	if more == nil {
		return fill(old, moreLen, none)
	}
	return append(old, more...)
}

func fill[T any](s []T, n int, v T) []T {
	for range n {
		s = append(s, v)
	}
	return s
}

// adopted reports whether a batch becomes a chunk as it is: when it is large,
// or when copying it would bring a mapped file into memory.
func adopted(b *event.Batch) bool {
	return b.Len() >= adoptRows || (b.Mapped || b.HeapMapped) && (b.Len() >= adoptDocs || len(b.Heap) >= adoptHeap)
}

// fits reports whether a batch still goes into the chunk.
func (c *chunk) fits(b *event.Batch) bool {
	return c.open && len(c.batch.Time)+b.Len() <= chunkRows &&
		len(c.batch.Heap)+len(b.Heap) <= chunkHeap &&
		c.batch.Seq+uint64(c.batch.Len()) == b.Seq
}

// close gives back the room that a chunk has left over.
func (c *chunk) close() {
	if !c.open {
		return
	}
	c.open = false
	b := *c.batch
	b.Time, b.Type, b.Bits, b.CPU = trim(b.Time), trim(b.Type), trim(b.Bits), trim(b.CPU)
	b.TID, b.Proc, b.FD, b.Obj = trim(b.TID), trim(b.Proc), trim(b.FD), trim(b.Obj)
	b.Res, b.Alert, b.Dur, b.ArgOff = trim(b.Res), trim(b.Alert), trim(b.Dur), trim(b.ArgOff)
	b.Heap = trim(b.Heap)
	c.batch = &b
	c.bytes = b.Bytes()
}

// trim copies a slice that has much room left over.
func trim[T any](s []T) []T {
	if cap(s)-len(s) <= len(s)/16 {
		return s
	}
	return slices.Clone(s)
}

func (c *chunk) first() int64 { return c.batch.Time[0] }
func (c *chunk) last() int64  { return c.batch.Time[len(c.batch.Time)-1] }

// sorted returns b with its rows in the order of time: b itself when they are.
// Rows of equal time keep their order.
func sorted(b *event.Batch) *event.Batch {
	if slices.IsSorted(b.Time) {
		return b
	}
	order := make([]int, b.Len())
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int {
		switch {
		case b.Time[x] < b.Time[y]:
			return -1
		case b.Time[x] > b.Time[y]:
			return 1
		}
		return 0
	})
	s := event.NewBatch(b.Tables, b.Seq, b.Len())
	for _, i := range order {
		s.Append(b.At(i), b.Payload(i))
	}
	return s
}
