package ship

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// A segment is a file of the spool: a line that says what it is, and batches
// behind it, each a header of 32 bytes and its text, the body of a _bulk
// request. Everything is little-endian:
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

// batchHead is what is known of a batch without reading it.
type batchHead struct {
	length int
	events int
	oldest int64
	again  bool
	done   bool
	crc    uint32
}

func (h *batchHead) put(dst []byte) []byte {
	at := len(dst)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(h.length))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(h.events))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(h.oldest))
	flags := uint32(0)
	if h.again {
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
	errCut     = errors.New("it ends within a batch")
	errDamaged = errors.New("a batch's header does not match its checksum")
)

// get reads the header that b begins with.
func (h *batchHead) get(b []byte) error {
	if len(b) < batchHeadSize {
		return errCut
	}
	if crc32.Checksum(b[:batchHeadSize-4], castagnoli) != binary.LittleEndian.Uint32(b[batchHeadSize-4:]) {
		return errDamaged
	}
	length := binary.LittleEndian.Uint32(b)
	if length > maxBatch {
		return errDamaged
	}
	h.length, h.events = int(length), int(binary.LittleEndian.Uint32(b[4:]))
	h.oldest = int64(binary.LittleEndian.Uint64(b[8:]))
	flags := binary.LittleEndian.Uint32(b[16:])
	h.again, h.done = flags&1 != 0, flags&2 != 0
	h.crc = binary.LittleEndian.Uint32(b[20:])
	return nil
}

// found is a batch in a segment.
type found struct {
	batchHead
	at int64 // of the text
}

// scan finds the batches in a segment's bytes that are not delivered. lost is how many events
// are in batches whose text is damaged or cut; err says what is wrong, at the
// place where nothing further can be told, or of the first damage.
func scan(data []byte) (all []found, lost int, err error) {
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
			return all, lost + f.events, fmt.Errorf("byte %d: %w", at, errCut)
		}
		text = text[:f.length]
		switch e := f.check(text); {
		case f.done:
		case e == nil:
			all = append(all, f)
		default:
			lost += f.events
			if err == nil {
				err = fmt.Errorf("byte %d: %w", at, e)
			}
		}
		at += batchHeadSize + f.length
	}
	return all, lost, err
}

// check reports whether a text is that of the header.
func (h *batchHead) check(text []byte) error {
	if crc32.Checksum(text, castagnoli) != h.crc {
		return errors.New("a batch does not match its checksum")
	}
	if n := len(splitItems(text)); n != h.events {
		return fmt.Errorf("a batch has %d documents, and its header says %d", n, h.events)
	}
	return nil
}

// item is one document on its way: the line that says what to do with it, and
// the document's, with their ends.
type item struct {
	id   string
	text []byte
}

// document returns the item's second line without its end.
func (i item) document() []byte {
	_, doc, _ := bytes.Cut(i.text, []byte("\n"))
	return bytes.TrimSuffix(doc, []byte("\n"))
}

const (
	actionHead = `{"create":{"_id":"`
	actionTail = "\"}}\n"
)

// appendAction appends the line that creates a document; ids have nothing that
// JSON escapes.
func appendAction(dst []byte, id func([]byte) []byte) []byte {
	return append(id(append(dst, actionHead...)), actionTail...)
}

// splitItems splits the text of a batch into its documents; nil when it is no
// such text.
func splitItems(text []byte) (items []item) {
	for len(text) > 0 {
		action := bytes.IndexByte(text, '\n') + 1
		doc := bytes.IndexByte(text[action:], '\n') + 1
		if action == 0 || doc == 0 {
			return nil
		}
		id, ok := bytes.CutPrefix(text[:action], []byte(actionHead))
		if ok {
			id, ok = bytes.CutSuffix(id, []byte(actionTail))
		}
		if !ok || len(id) == 0 || bytes.ContainsAny(id, `"\`) {
			return nil
		}
		items = append(items, item{id: string(id), text: text[: action+doc : action+doc]})
		text = text[action+doc:]
	}
	return items
}
