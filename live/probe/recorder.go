//go:build linux

package probe

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/stoop-project/stoop/bpf"
)

// RingKind tells a container's two rings apart.
type RingKind int

// The kinds.
const (
	Deeds RingKind = iota // what it did: written for every container
	Bulk                  // every syscall: only where asked for
)

// Recorder hands rings to cgroups and reads them.
type Recorder struct {
	p *Probe

	heads []byte // struct ring_head of all slots, mapped

	mu      sync.Mutex
	rings   map[uint32]*Ring // by slot
	free    []uint32         // slots without a ring
	pooled  int              // deeds rings given to the kernel's pool, claimed or not
	deeds   map[uint64]uint32
	bulk    map[uint64]uint32
	filling bool

	making    sync.WaitGroup // rings that are being made
	gathering sync.Once
	begun     chan struct{} // closed when the pool has its first ring, or cannot have it
	beginning sync.Once
	done      chan struct{}
}

func newRecorder(p *Probe) (*Recorder, error) {
	heads, err := unix.Mmap(p.maps[bpf.KernelMapRingHeads].FD(), 0, maxRings*headBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map the heads of the rings: %w", err)
	}
	r := &Recorder{p: p, heads: heads, rings: make(map[uint32]*Ring), deeds: make(map[uint64]uint32), bulk: make(map[uint64]uint32), begun: make(chan struct{}), done: make(chan struct{})}
	for s := uint32(maxRings); s > 0; s-- {
		r.free = append(r.free, s-1)
	}
	return r, nil
}

// makeRing makes a ring in a free slot and tells the kernel, which takes it up to
// tens of milliseconds; r.mu is not held meanwhile.
func (r *Recorder) makeRing(kind RingKind) (uint32, error) {
	r.mu.Lock()
	if r.heads == nil || len(r.free) == 0 {
		r.mu.Unlock()
		return 0, fmt.Errorf("all %d rings are in use, or the recorder is closed", maxRings)
	}
	slot := r.free[len(r.free)-1]
	r.free = r.free[:len(r.free)-1]
	head := r.heads[slot*headBytes : (slot+1)*headBytes]
	r.making.Add(1)
	r.mu.Unlock()
	defer r.making.Done()

	bytes := r.p.opts.DeedsRing
	if kind == Bulk {
		bytes = r.p.opts.BulkRing
	}
	ring, err := newRing(r.p.spec.Maps[bpf.KernelMapRings].InnerMap, bytes, r.p.seed, head)
	if err == nil {
		if err = r.p.maps[bpf.KernelMapRings].Put(slot, ring.m); err != nil {
			ring.close()
			err = fmt.Errorf("hand a ring to the kernel: %w", err)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.free = append(r.free, slot)
		return 0, err
	}
	r.rings[slot] = ring
	if kind == Deeds {
		ring.past = &archive{limit: bytes}
		r.gathering.Do(func() { go r.gatherLoop() })
	}
	return slot, nil
}

// freeRing undoes makeRing. The caller holds mu; no seat may name the slot.
func (r *Recorder) freeRing(slot uint32) error {
	// deleting waits for programs that have found the ring
	err := r.p.maps[bpf.KernelMapRings].Delete(slot)
	r.rings[slot].close()
	delete(r.rings, slot)
	r.free = append(r.free, slot)
	return err
}

// fillPool keeps Options.Pool deeds rings ready in the kernel, in the background.
func (r *Recorder) fillPool() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.filling {
		r.filling = true
		go func() {
			for r.addToPool() {
			}
		}()
	}
}

// awaitPool waits until fillPool has made the first ring.
func (r *Recorder) awaitPool() { <-r.begun }

func (r *Recorder) addToPool() (more bool) {
	defer r.beginning.Do(func() { close(r.begun) })
	r.mu.Lock()
	r.sync()
	more = r.pooled < r.p.opts.Pool
	if more {
		r.pooled++
	} else {
		r.filling = false
	}
	r.mu.Unlock()
	if !more {
		return false
	}
	slot, err := r.makeRing(Deeds)
	if err == nil {
		err = r.p.maps[bpf.KernelMapPool].Put(nil, slot)
	}
	if err != nil { // said by the losses: deeds that found no ring
		r.mu.Lock()
		r.pooled--
		r.filling = false
		r.mu.Unlock()
	}
	return err == nil
}

// sync learns which cgroups took a ring from the pool. The caller holds mu.
func (r *Recorder) sync() {
	var key uint64
	var seat bpf.KernelSeat
	it := r.p.maps[bpf.KernelMapSeats].Iterate()
	for it.Next(&key, &seat) {
		if _, known := r.deeds[key]; seat.Deeds != 0 && !known {
			r.deeds[key] = seat.Deeds - 1
			r.pooled--
		}
	}
}

// Cgroups are the keys that have a ring of that kind, claimed or given.
func (r *Recorder) Cgroups(kind RingKind) []uint64 {
	r.mu.Lock()
	if r.heads == nil { // closed
		r.mu.Unlock()
		return nil
	}
	r.sync()
	var keys []uint64
	for k := range r.of(kind) {
		keys = append(keys, k)
	}
	low := r.pooled < r.p.opts.Pool
	r.mu.Unlock()
	if plan, _ := r.p.Plan(); low && plan.Deeds {
		r.fillPool()
	}
	return keys
}

// of gives the slots by cgroup.
func (r *Recorder) of(kind RingKind) map[uint64]uint32 {
	if kind == Bulk {
		return r.bulk
	}
	return r.deeds
}

// Give makes a ring for the cgroup, of the size set in Options; one that has it
// already keeps it. For Bulk it attaches the recorder.
func (r *Recorder) Give(key uint64, kind RingKind) error {
	if err := r.give(key, kind); err != nil {
		return fmt.Errorf("recorder of cgroup %d: %w", key, err)
	}
	if kind == Bulk {
		return r.reattach()
	}
	return nil
}

func (r *Recorder) give(key uint64, kind RingKind) error {
	has := func() bool {
		r.sync()
		_, ok := r.of(kind)[key]
		return ok
	}
	r.mu.Lock()
	known := has()
	r.mu.Unlock()
	if known {
		return nil
	}
	slot, err := r.makeRing(kind)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if has() { // somebody was faster
		return r.freeRing(slot)
	}
	r.of(kind)[key] = slot
	return r.writeSeat(key)
}

// Drop takes the cgroup's ring away and frees its memory.
func (r *Recorder) Drop(key uint64, kind RingKind) error {
	r.mu.Lock()
	r.sync()
	slot, ok := r.of(kind)[key]
	if !ok {
		r.mu.Unlock()
		return nil
	}
	delete(r.of(kind), key)
	err := errors.Join(r.writeSeat(key), r.freeRing(slot))
	r.mu.Unlock()
	if kind == Bulk {
		err = errors.Join(err, r.reattach())
	}
	return err
}

// writeSeat tells the kernel which rings the cgroup has now. The caller holds mu.
func (r *Recorder) writeSeat(key uint64) error {
	var seat bpf.KernelSeat
	if s, ok := r.deeds[key]; ok {
		seat.Deeds = s + 1
	}
	if s, ok := r.bulk[key]; ok {
		seat.Bulk = s + 1
	}
	if err := r.p.direct.Set(directTable(r.bulk)); err != nil {
		return fmt.Errorf("name the cgroups with a bulk ring: %w", err)
	}
	if seat == (bpf.KernelSeat{}) {
		if err := r.p.maps[bpf.KernelMapSeats].Delete(key); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
			return err
		}
		return nil
	}
	return r.p.maps[bpf.KernelMapSeats].Put(key, seat)
}

// bulkDirect is the number of places for cgroups with a bulk ring that need no
// look into a table (BULK_DIRECT).
const bulkDirect = 1024

// directTable lays the bulk rings out by key; the first of two in one place wins
// and the other is found through the seats.
func directTable(slots map[uint64]uint32) (table [bulkDirect]bpf.KernelDirect) {
	for key, slot := range slots {
		d := &table[key%bulkDirect]
		if d.Ring != 0 {
			d.Crowded = 1
			continue
		}
		d.Key, d.Ring = key, slot+1
	}
	return table
}

// reattach follows a change of the bulk rings: the recorder is attached only
// while there are some.
func (r *Recorder) reattach() error {
	plan, _ := r.p.Plan()
	return r.p.Update(plan)
}

func (r *Recorder) bulkRings() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.bulk)
}

// Ring runs use on the cgroup's ring, which nobody can drop meanwhile; false
// when it has none.
func (r *Recorder) Ring(key uint64, kind RingKind, use func(*Ring)) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.heads == nil { // closed
		return false
	}
	slot, ok := r.of(kind)[key]
	if !ok {
		r.sync()
		if slot, ok = r.of(kind)[key]; !ok {
			return false
		}
	}
	use(r.rings[slot])
	return true
}

// gatherEvery is how often the archives look at their rings: 1 MiB of deeds is
// thousands, so that nothing is missed below some 20,000 deeds a second.
const gatherEvery = 100 * time.Millisecond

func (r *Recorder) gatherLoop() {
	tick := time.NewTicker(gatherEvery)
	defer tick.Stop()
	for {
		select {
		case <-r.done:
			return
		case <-tick.C:
		}
		r.mu.Lock()
		for _, ring := range r.rings {
			ring.gather()
		}
		r.mu.Unlock()
	}
}

func (r *Recorder) close() {
	close(r.done)
	r.mu.Lock()
	r.free = nil
	r.mu.Unlock()
	r.making.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, ring := range r.rings {
		ring.close()
	}
	clear(r.rings)
	unix.Munmap(r.heads)
	r.heads = nil
	clear(r.deeds)
	clear(r.bulk)
}
