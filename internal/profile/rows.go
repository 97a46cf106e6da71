package profile

import (
	"hash/maphash"
	"unsafe"

	"github.com/stoop-project/stoop/internal/event"
)

// rows interns rows of a dimension by a hash of their memory. The rows are
// large and hold no pointers; a Go map of them hashes field by field, which
// costs more than all the rest of reading a document.
type rows[T comparable] struct {
	dim  *event.Dim[T]
	seed maphash.Seed
	ids  map[uint64]uint32
}

func newRows[T comparable](d *event.Dim[T]) rows[T] {
	return rows[T]{dim: d, seed: maphash.MakeSeed(), ids: make(map[uint64]uint32)}
}

// intern returns the number of a row that equals *row, which is added when
// there is none. Bytes between the row's fields must be zero: it is to come
// from a zero T by assignments to its fields.
func (r *rows[T]) intern(row *T) uint32 {
	mem := unsafe.Slice((*byte)(unsafe.Pointer(row)), unsafe.Sizeof(*row))
	h := maphash.Bytes(r.seed, mem)
	if id, ok := r.ids[h]; ok && *r.dim.At(id) == *row {
		return id
	}
	id := r.dim.Add(*row)
	r.ids[h] = id
	return id
}
