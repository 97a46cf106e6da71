package recording

import (
	"encoding/binary"
	"fmt"
	"slices"
	"unsafe"

	"github.com/stoop-project/stoop/internal/event"
)

// columnID numbers the columns of an events block. The numbers are in files.
type columnID uint16

const (
	colTime  columnID = 1
	colType  columnID = 2
	colBits  columnID = 3
	colCPU   columnID = 4
	colTID   columnID = 5
	colProc  columnID = 6
	colFD    columnID = 7
	colObj   columnID = 8
	colRes   columnID = 9
	colAlert columnID = 10
	colDur   columnID = 11
	colOff   columnID = 12
	colHeap  columnID = 13
)

// An events block begins with a list of its columns: how many they are, in 8
// bytes, and for each 16 bytes: id 2, zero 2, bytes an entry 4, offset 4,
// length 4. The columns follow, each aligned to 8.
const (
	columnEntry = 16
	maxColumns  = 64
)

// column is one column of a block that is being written.
type column struct {
	id   columnID
	size int
	data []byte
}

// raw returns a column's memory as it lies on disk.
func raw[T any](id columnID, col []T) column {
	var one T
	size := int(unsafe.Sizeof(one))
	data := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(col))), len(col)*size)
	if len(col) == 0 {
		data = nil
	}
	return column{id, size, littleEndian(data, size)}
}

// appendEvents appends an events block's payload. The payloads' offsets are
// written relative to the first event's.
func appendEvents(dst []byte, b *event.Batch) []byte {
	base := b.ArgOff[0]
	off := b.ArgOff
	if base != 0 {
		off = slices.Clone(off)
		for i := range off {
			off[i] -= base
		}
	}
	cols := []column{
		raw(colTime, b.Time), raw(colType, b.Type), raw(colBits, b.Bits), raw(colCPU, b.CPU), raw(colTID, b.TID),
		raw(colProc, b.Proc), raw(colFD, b.FD), raw(colObj, b.Obj), raw(colRes, b.Res),
	}
	if b.Alert != nil {
		cols = append(cols, raw(colAlert, b.Alert))
	}
	if b.Dur != nil {
		cols = append(cols, raw(colDur, b.Dur))
	}
	cols = append(cols, raw(colOff, off), column{colHeap, 1, b.Heap[base:b.ArgOff[b.Len()]]})

	le := binary.LittleEndian
	at := 8 + columnEntry*len(cols)
	dst = le.AppendUint64(dst, uint64(len(cols)))
	for _, c := range cols {
		dst = le.AppendUint16(dst, uint16(c.id))
		dst = le.AppendUint16(dst, 0)
		dst = le.AppendUint32(dst, uint32(c.size))
		dst = le.AppendUint32(dst, uint32(at))
		dst = le.AppendUint32(dst, uint32(len(c.data)))
		at += pad8(len(c.data))
	}
	for _, c := range cols {
		dst = append(dst, c.data...)
		dst = append(dst, make([]byte, pad8(len(c.data))-len(c.data))...)
	}
	return dst
}

// readEvents makes a batch of an events block. The batch lies in payload, which
// is aligned to 8 and must not change. strange counts events of types that this
// version does not know.
func readEvents(t *event.Tables, h *blockHeader, payload []byte) (b *event.Batch, strange int, err error) {
	cols, err := readColumns(payload)
	if err != nil {
		return nil, 0, err
	}
	n := int(h.rows)
	b = &event.Batch{Tables: t, Seq: h.first}
	for _, err := range []error{
		adopt(&b.Time, cols, colTime, n, false), adopt(&b.Type, cols, colType, n, false), adopt(&b.Bits, cols, colBits, n, false),
		adopt(&b.CPU, cols, colCPU, n, false), adopt(&b.TID, cols, colTID, n, false), adopt(&b.Proc, cols, colProc, n, false),
		adopt(&b.FD, cols, colFD, n, false), adopt(&b.Obj, cols, colObj, n, false), adopt(&b.Res, cols, colRes, n, false),
		adopt(&b.Alert, cols, colAlert, n, true), adopt(&b.Dur, cols, colDur, n, true), adopt(&b.ArgOff, cols, colOff, n+1, false),
		adopt(&b.Heap, cols, colHeap, -1, false),
	} {
		if err != nil {
			return nil, 0, err
		}
	}
	if err := checkOffsets(b.ArgOff, len(b.Heap)); err != nil {
		return nil, 0, err
	}
	if largest(b.Proc) >= uint32(t.Procs.Len()) || largest(b.Obj) >= uint32(t.Objs.Len()) || largest(b.Alert) >= uint32(t.Alerts.Len()) {
		return nil, 0, fmt.Errorf("events refer to rows that are not there")
	}
	if int(largest16(b.Type)) >= event.NumTypes {
		b.Type = slices.Clone(b.Type)
		for i, typ := range b.Type {
			if int(typ) >= event.NumTypes {
				b.Type[i] = event.TypeUnknown
				strange++
			}
		}
	}
	return b, strange, nil
}

// readColumns reads the list of columns.
func readColumns(payload []byte) (cols [maxColumns]column, err error) {
	le := binary.LittleEndian
	if len(payload) < 8 {
		return cols, fmt.Errorf("a block has no list of columns")
	}
	n := le.Uint64(payload)
	if n > maxColumns || len(payload) < 8+int(n)*columnEntry {
		return cols, fmt.Errorf("a block claims to have %d columns", n)
	}
	for i := range int(n) {
		entry := payload[8+i*columnEntry:]
		id, size, at, length := le.Uint16(entry), le.Uint32(entry[4:]), uint64(le.Uint32(entry[8:])), uint64(le.Uint32(entry[12:]))
		if at%8 != 0 || at+length > uint64(len(payload)) {
			return cols, fmt.Errorf("column %d lies outside of its block", id)
		}
		if id < maxColumns { // a newer version's columns are left out
			cols[id] = column{columnID(id), int(size), payload[at : at+length : at+length]}
		}
	}
	return cols, nil
}

// adopt makes a column's bytes a slice without copying. n is how many entries
// it must have, -1 for any number.
func adopt[T any](dst *[]T, cols [maxColumns]column, id columnID, n int, optional bool) error {
	c := cols[id]
	if c.id == 0 {
		if optional {
			return nil
		}
		return fmt.Errorf("column %d is not there", id)
	}
	var one T
	size := int(unsafe.Sizeof(one))
	if c.size != size || n >= 0 && len(c.data) != n*size {
		return fmt.Errorf("column %d has %d bytes for %d events", id, len(c.data), n)
	}
	data := littleEndian(c.data, size)
	if len(data) == 0 {
		*dst = []T{}
		return nil
	}
	*dst = unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(data))), len(data)/size)
	return nil
}

// checkOffsets makes sure that offsets never go back nor beyond the heap.
func checkOffsets(off []uint32, heap int) error {
	last := uint32(0)
	for _, o := range off {
		if o < last {
			return fmt.Errorf("payloads overlap")
		}
		last = o
	}
	if int64(last) > int64(heap) {
		return fmt.Errorf("a payload lies outside of its block")
	}
	return nil
}

func largest[T ~uint32](col []T) uint32 {
	var top T
	for _, v := range col {
		top = max(top, v)
	}
	return uint32(top)
}

func largest16[T ~uint16](col []T) uint16 {
	var top T
	for _, v := range col {
		top = max(top, v)
	}
	return uint16(top)
}

// bigEndian is set on the few machines that must turn columns round.
var bigEndian = func() bool {
	one := uint16(1)
	return *(*byte)(unsafe.Pointer(&one)) == 0
}()

// littleEndian turns numbers of a size from the machine's order of bytes to the
// file's, or back. On nearly all machines they are the same.
func littleEndian(data []byte, size int) []byte {
	if !bigEndian || size == 1 {
		return data
	}
	out := alignedBytes(len(data))
	for i := 0; i+size <= len(data); i += size {
		switch size {
		case 2:
			binary.BigEndian.PutUint16(out[i:], binary.LittleEndian.Uint16(data[i:]))
		case 4:
			binary.BigEndian.PutUint32(out[i:], binary.LittleEndian.Uint32(data[i:]))
		case 8:
			binary.BigEndian.PutUint64(out[i:], binary.LittleEndian.Uint64(data[i:]))
		}
	}
	return out
}
