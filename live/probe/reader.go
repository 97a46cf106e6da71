//go:build linux

package probe

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/bpf"
)

// Bits in the length word of a ring buffer entry (include/uapi/linux/bpf.h).
const (
	entryBusy    = 1 << 31
	entryDiscard = 1 << 30
	entryHead    = 8
)

// Reader takes records out of the kernel's event buffer. The kernel never wakes
// it: it polls, which costs the watched programs nothing. One goroutine may use
// it at a time.
type Reader struct {
	consumer, producer *uint64 // bytes ever taken, bytes ever made
	data               []byte  // the buffer, twice in a row: entries never wrap
	mask               uint64
	at                 uint64 // next entry; everything before may be released
	control, body      []byte // the mappings
	taken              atomic.Uint64
	broken             atomic.Uint64
}

func newReader(m *ebpf.Map) (*Reader, error) {
	size, page := int(m.MaxEntries()), os.Getpagesize()
	control, err := unix.Mmap(m.FD(), 0, page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map the event buffer's control page: %w", err)
	}
	body, err := unix.Mmap(m.FD(), int64(page), page+2*size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		unix.Munmap(control)
		return nil, fmt.Errorf("map the event buffer: %w", err)
	}
	r := &Reader{
		consumer: (*uint64)(unsafe.Pointer(&control[0])),
		producer: (*uint64)(unsafe.Pointer(&body[0])),
		data:     body[page:], mask: uint64(size - 1),
		control: control, body: body,
	}
	r.at = atomic.LoadUint64(r.consumer)
	return r, nil
}

// Next gives back the records of the call before to the kernel and fills dst, up
// to its capacity, with those that are there now; none is an empty slice. They
// borrow the kernel's buffer until the next call.
func (r *Reader) Next(dst []bpf.Record) []bpf.Record {
	atomic.StoreUint64(r.consumer, r.at)
	dst = dst[:0]
	end := atomic.LoadUint64(r.producer)
	for r.at < end && len(dst) < cap(dst) {
		off := r.at & r.mask
		word := atomic.LoadUint32((*uint32)(unsafe.Pointer(&r.data[off])))
		if word&entryBusy != 0 {
			break // a CPU is still writing it
		}
		n := uint64(word &^ entryDiscard)
		entry := r.data[off+entryHead : off+entryHead+n : off+entryHead+n]
		r.at += (entryHead + n + 7) &^ 7
		if word&entryDiscard != 0 {
			continue
		}
		rec, err := bpf.Parse(entry)
		if err != nil {
			r.broken.Add(1)
			continue
		}
		dst = append(dst, rec)
	}
	r.taken.Add(uint64(len(dst)))
	return dst
}

// Waiting is how many bytes the kernel holds for the reader, and how many it can.
func (r *Reader) Waiting() (bytes, size uint64) {
	return atomic.LoadUint64(r.producer) - atomic.LoadUint64(r.consumer), r.mask + 1
}

// Taken counts records handed out, and entries that were none (never seen).
func (r *Reader) Taken() (records, broken uint64) { return r.taken.Load(), r.broken.Load() }

// batchSize bounds what Run hands out at once, so that the kernel gets its
// memory back soon.
const batchSize = 4096

// Run hands batches to use until ctx ends or use fails. When nothing is there it
// sleeps for every (10 ms is a good choice). Records borrow the kernel's memory
// until use returns.
func (r *Reader) Run(ctx context.Context, every time.Duration, use func([]bpf.Record) error) error {
	batch := make([]bpf.Record, 0, batchSize)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		// before looking, so that what was there when ctx ended is handed out too
		over := ctx.Err()
		for {
			if batch = r.Next(batch); len(batch) == 0 {
				break
			}
			if err := use(batch); err != nil {
				return err
			}
			if over == nil && len(batch) < cap(batch)/4 {
				r.Next(batch[:0:0]) // release, and let more gather
				break
			}
		}
		if over != nil {
			return over
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

func (r *Reader) close() {
	unix.Munmap(r.control)
	unix.Munmap(r.body)
}
