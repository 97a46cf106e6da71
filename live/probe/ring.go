//go:build linux

package probe

import (
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/bpf"
)

// Shape of a ring (bpf/src/ring.h).
const (
	chunkSize  = 256 << 10
	chunkSlack = bpf.MaxRecord + 64
	chunkBytes = chunkSize + chunkSlack
	marks      = 16   // bytes around a record
	headBytes  = 1024 // of struct ring_head: pos, chunks, 6 words, made by CPU
	madeAt     = 64
	maxRings   = 2048 // of a node
	madeCPUs   = 120
)

// Ring is a container's overwriting ring in the kernel, mapped here, and with it,
// for deeds, an archive of what it held before.
type Ring struct {
	m      *ebpf.Map
	mem    []byte
	head   []byte // its struct ring_head
	chunks uint64
	seed   uint64
	copied []byte   // the record that Scan hands out
	past   *archive // what was there before; nil for none
}

// RingSize is the size that a ring of that many bytes really has: whole chunks of
// 256 KiB, a power of two of them.
func RingSize(bytes int) int {
	size := chunkSize
	for size < bytes && size < 1<<30 {
		size *= 2
	}
	return size
}

func newRing(shape *ebpf.MapSpec, bytes int, seed uint64, head []byte) (*Ring, error) {
	spec := shape.Copy()
	spec.MaxEntries = uint32(RingSize(bytes) / chunkSize)
	m, err := ebpf.NewMap(spec)
	if err != nil {
		return nil, fmt.Errorf("make a ring of %d bytes: %w", bytes, err)
	}
	page := os.Getpagesize()
	size := (int(spec.MaxEntries)*chunkBytes + page - 1) / page * page
	mem, err := unix.Mmap(m.FD(), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		m.Close()
		return nil, fmt.Errorf("map a ring of %d bytes: %w", bytes, err)
	}
	r := &Ring{m: m, mem: mem, head: head, chunks: uint64(spec.MaxEntries), seed: seed, copied: make([]byte, bpf.MaxRecord)}
	clear(head)
	*wordAt(head, 8) = r.chunks
	return r, nil
}

func wordAt(b []byte, at uint64) *uint64 { return (*uint64)(unsafe.Pointer(&b[at])) }

// place is where the byte at position p lives.
func (r *Ring) place(p uint64) uint64 {
	return (p/chunkSize)%r.chunks*chunkBytes + p%chunkSize
}

func (r *Ring) pos() uint64 { return atomic.LoadUint64(wordAt(r.head, 0)) }

// Made counts the records ever written to the ring.
func (r *Ring) Made() (n uint64) {
	for at := uint64(madeAt); at < headBytes; at += 8 {
		n += atomic.LoadUint64(wordAt(r.head, at))
	}
	return n
}

// Size is how many bytes of records, with 16 bytes of marks each, the ring holds.
func (r *Ring) Size() int { return int(r.chunks * chunkSize) }

// Scanned is the outcome of a Scan: Kept + Lost are the records made in the span
// that was scanned, when it began at the ring's start (from 0).
type Scanned struct {
	Next uint64 // where the next Scan goes on
	Kept uint64 // records handed out
	Skip uint64 // bytes passed over: overwritten before or while they were read, or torn
	Made uint64 // records ever made, when the scan began
}

// Lost is the number of records that a scan from 0 did not find any more.
func (s Scanned) Lost() uint64 { return s.Made - min(s.Kept, s.Made) }

// Scan hands out the records from position from on, oldest first, until use
// returns false or the writers' place at the start of the scan is reached. The
// kernel goes on writing meanwhile: a record is copied and then checked for
// having been whole all the time. It borrows memory until the next one.
func (r *Ring) Scan(from uint64, use func(bpf.Record) bool) Scanned {
	s := Scanned{Made: r.Made(), Next: from}
	each := func(p uint64, rec bpf.Record) bool {
		s.Skip += p - min(s.Next, p)
		s.Next = p + uint64(len(rec)) + marks
		s.Kept++
		return use(rec)
	}
	if r.past != nil && !r.past.scan(from, each) {
		return s
	}
	end, whole := r.scanKernel(s.Next, each)
	if whole {
		s.Skip += end - min(s.Next, end)
		s.Next = end
	}
	return s
}

// scanKernel hands out what the kernel's ring holds from position from on. end is
// the writers' place at the start; whole is false when use wanted no more.
func (r *Ring) scanKernel(from uint64, use func(p uint64, rec bpf.Record) bool) (end uint64, whole bool) {
	end = r.pos()
	for p := r.oldest(from, end); p < end; {
		rec, ok := r.read(p)
		if !ok {
			p = r.oldest(p+8, r.pos())
			continue
		}
		if !use(p, rec) {
			return end, false
		}
		p += uint64(len(rec)) + marks
	}
	return end, true
}

// oldest is the first position from from on that writers have not taken again.
func (r *Ring) oldest(from, end uint64) uint64 {
	if size := uint64(r.Size()); end > size && from < end-size {
		return end - size
	}
	return from
}

// read copies the record at position p; ok is false when no whole one starts there.
func (r *Ring) read(p uint64) (rec bpf.Record, ok bool) {
	at, mark := r.place(p), p^r.seed
	if atomic.LoadUint64(wordAt(r.mem, at)) != mark {
		return nil, false
	}
	n := uint64(atomic.LoadUint32((*uint32)(unsafe.Pointer(&r.mem[at+8]))))
	if n < bpf.HeaderSize || n > bpf.MaxRecord || n%8 != 0 || atomic.LoadUint64(wordAt(r.mem, at+8+n)) != ^mark {
		return nil, false
	}
	copy(r.copied, r.mem[at+8:at+8+n])
	if r.oldest(p, r.pos()) != p || atomic.LoadUint64(wordAt(r.mem, at)) != mark {
		return nil, false // overwritten while it was copied
	}
	rec, err := bpf.Parse(r.copied[:n])
	return rec, err == nil
}

// Reach is the time of the oldest record that is still there, in nanoseconds of
// CLOCK_BOOTTIME; ok is false while the ring is empty. It looks at a few KiB.
func (r *Ring) Reach() (oldest uint64, ok bool) {
	if r.past != nil {
		if oldest, ok = r.past.oldest(); ok {
			return oldest, true
		}
	}
	r.Scan(0, func(rec bpf.Record) bool {
		oldest, ok = rec.Time(), true
		return false
	})
	return oldest, ok
}

func (r *Ring) close() {
	unix.Munmap(r.mem)
	r.m.Close()
}
