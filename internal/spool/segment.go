package spool

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// A segment is a file of the spool: a line that says what it is, and batches
// behind it, each a header of 32 bytes and its text, whatever that
// is. Everything is little-endian:
//
//	0  uint32  length of the text
//	4  uint32  events in it
//	8  int64   time of its oldest event, ns since 1970
//	16 uint32  1: the events may have been sent before; 2: all are delivered
//	20 uint32  CRC-32C of the text
//	24 uint32  0
//	28 uint32  CRC-32C of the 28 bytes before
const segmentHead = "stoop spool 1\n"

const batchHeadSize = 32

// maxBatch bounds the text of a batch: a document of 64 MiB would be refused
// by every server.
const maxBatch = 256 << 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Head is what is known of a batch without reading it.
type Head struct {
	length int
	Events int
	Oldest int64
	Again  bool
	done   bool
	crc    uint32
}

func (h *Head) put(dst []byte) []byte {
	at := len(dst)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(h.length))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(h.Events))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(h.Oldest))
	flags := uint32(0)
	if h.Again {
		flags |= 1
	}
	if h.done {
		flags |= 2
	}
	dst = binary.LittleEndian.AppendUint32(dst, flags)
	dst = binary.LittleEndian.AppendUint32(dst, h.crc)
	dst = binary.LittleEndian.AppendUint32(dst, 0)
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[at:], castagnoli))
}

var (
	// ErrCut says that a process ended while it wrote.
	ErrCut     = errors.New("it ends within a batch")
	errDamaged = errors.New("a batch's header does not match its checksum")
)

// get reads the header that b begins with.
func (h *Head) get(b []byte) error {
	if len(b) < batchHeadSize {
		return ErrCut
	}
	if crc32.Checksum(b[:batchHeadSize-4], castagnoli) != binary.LittleEndian.Uint32(b[batchHeadSize-4:]) {
		return errDamaged
	}
	length := binary.LittleEndian.Uint32(b)
	if length > maxBatch {
		return errDamaged
	}
	h.length, h.Events = int(length), int(binary.LittleEndian.Uint32(b[4:]))
	h.Oldest = int64(binary.LittleEndian.Uint64(b[8:]))
	flags := binary.LittleEndian.Uint32(b[16:])
	h.Again, h.done = flags&1 != 0, flags&2 != 0
	h.crc = binary.LittleEndian.Uint32(b[20:])
	return nil
}

// found is a batch in a segment.
type found struct {
	Head
	at int64 // of the text
}

// scan finds the batches in a segment's bytes that are not delivered. lost is how many events
// are in batches whose text is damaged or cut; err says what is wrong, at the
// place where nothing further can be told, or of the first damage.
func scan(data []byte, count func([]byte) int) (all []found, lost int, err error) {
	if !bytes.HasPrefix(data, []byte(segmentHead)) {
		if len(data) < len(segmentHead) && bytes.HasPrefix([]byte(segmentHead), data) {
			return nil, 0, nil // it was killed right after it began
		}
		return nil, 0, errors.New("it is no spool of this version")
	}
	for at := len(segmentHead); at < len(data); {
		f := found{at: int64(at + batchHeadSize)}
		if e := f.get(data[at:]); e != nil {
			return all, lost, fmt.Errorf("byte %d: %w", at, e)
		}
		text := data[at+batchHeadSize:]
		if f.length > len(text) {
			return all, lost + f.Events, fmt.Errorf("byte %d: %w", at, ErrCut)
		}
		text = text[:f.length]
		switch e := f.check(text, count); {
		case f.done:
		case e == nil:
			all = append(all, f)
		default:
			lost += f.Events
			if err == nil {
				err = fmt.Errorf("byte %d: %w", at, e)
			}
		}
		at += batchHeadSize + f.length
	}
	return all, lost, err
}

// check reports whether a text is that of the header.
func (h *Head) check(text []byte, count func([]byte) int) error {
	if crc32.Checksum(text, castagnoli) != h.crc {
		return errors.New("a batch does not match its checksum")
	}
	if count == nil {
		return nil
	}
	if n := count(text); n != h.Events {
		return fmt.Errorf("a batch has %d documents, and its header says %d", n, h.Events)
	}
	return nil
}
