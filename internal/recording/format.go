package recording

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"unsafe"
)

// fileMagic begins every recording. Its first byte is not ASCII and its last
// two are a line end, so that a transfer as text shows.
var fileMagic = [8]byte{0x89, 's', 't', 'o', 'o', 'p', '\r', '\n'}

const (
	formatVersion = 1
	headerSize    = 64 // of the file and of a block
	blockMark     = 0x6b6c4273
	maxBlock      = 64 << 20 // bytes of payload
)

// blockKind says what a block holds. The numbers are in files.
type blockKind uint16

const (
	kindMeta       blockKind = 1
	kindTables     blockKind = 2
	kindLayout     blockKind = 3
	kindStrings    blockKind = 4
	kindContainers blockKind = 5
	kindChanged    blockKind = 6
	kindObjects    blockKind = 7
	kindProcs      blockKind = 8
	kindAlerts     blockKind = 9
	kindEvents     blockKind = 10
	kindStats      blockKind = 11
	kindEnd        blockKind = 12
	kindNames      blockKind = 13
)

// blockHeader stands before every block.
//
//	0  mark     4 bytes
//	4  kind     2
//	6  tables   2, which Tables the block belongs to
//	8  length   4, of the payload without its padding
//	12 rows     4, rows or events in it
//	16 first    8, number of the first row, or Seq of the first event
//	24 from     8, time of the earliest event, ns since 1970
//	32 to       8, time of the latest
//	40 number   4, of the block in the file
//	44 payload's CRC-32C, 4
//	48 zero     12
//	60 CRC-32C of the 60 bytes before it, 4
type blockHeader struct {
	kind     blockKind
	tables   uint16
	length   uint32
	rows     uint32
	first    uint64
	from, to int64
	number   uint32
	crc      uint32
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// put writes the header into b.
func (h *blockHeader) put(b []byte) {
	clear(b[:headerSize])
	le := binary.LittleEndian
	le.PutUint32(b, blockMark)
	le.PutUint16(b[4:], uint16(h.kind))
	le.PutUint16(b[6:], h.tables)
	le.PutUint32(b[8:], h.length)
	le.PutUint32(b[12:], h.rows)
	le.PutUint64(b[16:], h.first)
	le.PutUint64(b[24:], uint64(h.from))
	le.PutUint64(b[32:], uint64(h.to))
	le.PutUint32(b[40:], h.number)
	le.PutUint32(b[44:], h.crc)
	le.PutUint32(b[60:], crc32.Checksum(b[:60], castagnoli))
}

// get reads the header from b, which is that long.
func (h *blockHeader) get(b []byte) error {
	le := binary.LittleEndian
	if le.Uint32(b) != blockMark {
		return fmt.Errorf("no block begins there")
	}
	if crc32.Checksum(b[:60], castagnoli) != le.Uint32(b[60:]) {
		return fmt.Errorf("a block's header is damaged")
	}
	*h = blockHeader{
		kind: blockKind(le.Uint16(b[4:])), tables: le.Uint16(b[6:]), length: le.Uint32(b[8:]), rows: le.Uint32(b[12:]),
		first: le.Uint64(b[16:]), from: int64(le.Uint64(b[24:])), to: int64(le.Uint64(b[32:])),
		number: le.Uint32(b[40:]), crc: le.Uint32(b[44:]),
	}
	if h.length > maxBlock {
		return fmt.Errorf("a block claims to be %d bytes long", h.length)
	}
	return nil
}

// padded returns the payload's length on disk.
func (h *blockHeader) padded() int64 { return int64(pad8(int(h.length))) }

func pad8(n int) int { return (n + 7) &^ 7 }

// putFileHeader writes a file's header into b.
func putFileHeader(b []byte) {
	clear(b[:headerSize])
	copy(b, fileMagic[:])
	binary.LittleEndian.PutUint32(b[8:], formatVersion)
	binary.LittleEndian.PutUint32(b[60:], crc32.Checksum(b[:60], castagnoli))
}

// checkFileHeader reads a file's header.
func checkFileHeader(b []byte) error {
	if len(b) < headerSize {
		return fmt.Errorf("it ends within its header")
	}
	if [8]byte(b) != fileMagic {
		return fmt.Errorf("it is no recording")
	}
	if crc32.Checksum(b[:60], castagnoli) != binary.LittleEndian.Uint32(b[60:]) {
		return fmt.Errorf("its header is damaged")
	}
	if v := binary.LittleEndian.Uint32(b[8:]); v != formatVersion {
		return fmt.Errorf("it has version %d of the format, and this stoop reads version %d; use a newer stoop", v, formatVersion)
	}
	return nil
}

// alignedBytes returns n bytes of memory that numbers of 8 bytes may lie in.
func alignedBytes(n int) []byte {
	words := make([]uint64, (n+7)/8)
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), len(words)*8)[:n]
}
