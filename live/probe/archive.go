//go:build linux

package probe

import (
	"encoding/binary"

	"github.com/klauspost/compress/zstd"

	"github.com/stoop-project/stoop/bpf"
)

// archive holds, packed, what a deeds ring held before it was overwritten: deeds
// are few and alike, and 1 MiB of it reaches back several times as far as 1 MiB
// of ring. It is filled from user space before the ring laps.
type archive struct {
	limit  int    // bytes of packed blocks
	upTo   uint64 // position in the ring: everything before it was taken over
	size   int
	blocks []block
	open   block  // the one being filled
	raw    []byte // its entries: position, then record
}

// block is a run of records.
type block struct {
	from, to uint64 // positions of its first record, and after its last
	oldest   uint64 // ns, of its first record
	packed   []byte
}

const blockBytes = 128 << 10

// One each is enough: the Recorder's lock is held whenever they work.
var (
	packer, _   = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault))
	unpacker, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(4*blockBytes))
)

// add takes over the record at position p.
func (a *archive) add(p uint64, rec bpf.Record) {
	if len(a.raw) == 0 {
		a.open = block{from: p, oldest: rec.Time()}
	}
	a.raw = binary.LittleEndian.AppendUint64(a.raw, p)
	a.raw = append(a.raw, rec...)
	a.open.to = p + uint64(len(rec)) + marks
	a.upTo = a.open.to
	if len(a.raw) >= blockBytes {
		a.pack()
	}
}

// pack closes the open block and lets the oldest ones go that are too much.
func (a *archive) pack() {
	a.open.packed = packer.EncodeAll(a.raw, nil)
	a.raw = a.raw[:0]
	a.blocks = append(a.blocks, a.open)
	a.size += len(a.open.packed)
	for a.size > a.limit && len(a.blocks) > 0 {
		a.size -= len(a.blocks[0].packed)
		a.blocks[0] = block{}
		a.blocks = a.blocks[1:]
	}
}

// oldest is the time of the first record held.
func (a *archive) oldest() (ns uint64, ok bool) {
	if len(a.blocks) > 0 {
		return a.blocks[0].oldest, true
	}
	return a.open.oldest, len(a.raw) > 0
}

// scan hands out the records from position from on; false when use wanted no more.
func (a *archive) scan(from uint64, use func(p uint64, rec bpf.Record) bool) bool {
	for _, b := range a.blocks {
		if b.to <= from {
			continue
		}
		raw, err := unpacker.DecodeAll(b.packed, nil)
		if err != nil || !scanRaw(raw, from, use) { // it was packed here: an error is a bug, not input
			return false
		}
	}
	return scanRaw(a.raw, from, use)
}

func scanRaw(raw []byte, from uint64, use func(p uint64, rec bpf.Record) bool) bool {
	for len(raw) > 8 {
		p := binary.LittleEndian.Uint64(raw)
		rec, err := bpf.Parse(raw[8:])
		if err != nil {
			return false
		}
		raw = raw[8+len(rec):]
		if p >= from && !use(p, rec) {
			return false
		}
	}
	return true
}

// gather takes over what the writers will overwrite before long: it acts when a
// quarter of the ring is new.
func (r *Ring) gather() {
	if r.past != nil && r.pos()-r.past.upTo >= uint64(r.Size()/4) {
		r.gatherAll()
	}
}

func (r *Ring) gatherAll() {
	r.scanKernel(r.past.upTo, func(p uint64, rec bpf.Record) bool {
		r.past.add(p, rec)
		return true
	})
}
