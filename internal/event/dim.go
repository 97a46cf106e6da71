package event

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

const dimPage = 1 << 10 // rows a page

// Dim is a dimension table: rows of T, known by their number. Row 0 is the
// zero T and stands for "none". Rows are added at the end and never removed.
//
// Add, Intern and Set are for one goroutine at a time; At and Len for any
// number beside it without a lock.
type Dim[T comparable] struct {
	pages atomic.Pointer[[]*[dimPage]atomic.Pointer[T]]
	n     atomic.Uint32
	epoch atomic.Uint64

	mu    sync.Mutex
	block []T // rows are allocated a block at a time
	index map[T]uint32
}

func newDim[T comparable]() *Dim[T] {
	d := &Dim[T]{}
	d.pages.Store(&[]*[dimPage]atomic.Pointer[T]{})
	var zero T
	d.add(zero)
	return d
}

// Add appends a row and returns its number.
func (d *Dim[T]) Add(row T) uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.add(row)
}

// Intern returns the number of an equal row that was interned before, or
// appends the row.
func (d *Dim[T]) Intern(row T) uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.index == nil {
		var zero T
		d.index = map[T]uint32{zero: 0}
	}
	if id, ok := d.index[row]; ok {
		return id
	}
	id := d.add(row)
	d.index[row] = id
	return id
}

func (d *Dim[T]) add(row T) uint32 {
	n := d.n.Load()
	pages := *d.pages.Load()
	if int(n/dimPage) == len(pages) {
		grown := append(pages[:len(pages):len(pages)], new([dimPage]atomic.Pointer[T]))
		d.pages.Store(&grown)
		pages = grown
	}
	if len(d.block) == 0 {
		d.block = make([]T, 64)
	}
	p := &d.block[0]
	d.block = d.block[1:]
	*p = row
	pages[n/dimPage][n%dimPage].Store(p)
	d.n.Store(n + 1)
	return n
}

// Set replaces a row and moves the epoch, so that whoever keeps answers drawn
// from the rows draws them anew.
func (d *Dim[T]) Set(id uint32, row T) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if id == 0 || id >= d.n.Load() {
		return
	}
	p := new(T)
	*p = row
	(*d.pages.Load())[id/dimPage][id%dimPage].Store(p)
	d.epoch.Add(1)
}

// At returns a row to read; row 0 for ids never given out.
func (d *Dim[T]) At(id uint32) *T {
	if id >= d.n.Load() {
		id = 0
	}
	return (*d.pages.Load())[id/dimPage][id%dimPage].Load()
}

// Len returns how many rows there are, row 0 included.
func (d *Dim[T]) Len() int { return int(d.n.Load()) }

// Epoch counts the calls of Set.
func (d *Dim[T]) Epoch() uint64 { return d.epoch.Load() }

// Bytes estimates the memory held.
func (d *Dim[T]) Bytes() int64 {
	var row T
	per := int64(unsafe.Sizeof(row)) + 8
	d.mu.Lock()
	per2 := int64(len(d.index)) * (int64(unsafe.Sizeof(row)) + 16)
	d.mu.Unlock()
	return int64(d.n.Load())*per + per2
}
