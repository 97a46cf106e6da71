package recording

import (
	"errors"
	"hash/crc32"
	"io"
	"os"
)

// maxMeta is how long the block may be that says who made a recording.
const maxMeta = 1 << 20

// ReadMeta reads who made a recording, of which alert it is the trail, and
// nothing else of it. A file that is no recording, or one that was compressed, is
// an error.
func ReadMeta(path string) (m Meta, err error) {
	f, err := os.Open(path)
	if err != nil {
		return m, err
	}
	defer f.Close()
	head := make([]byte, 2*headerSize)
	if n, err := io.ReadFull(f, head); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return m, pathError(path, err)
	} else if err := checkFileHeader(head[:n]); err != nil {
		return m, pathError(path, err)
	}
	var h blockHeader
	if err := h.get(head[headerSize:]); err != nil || h.kind != kindMeta || h.length > maxMeta {
		return m, pathError(path, damaged("it does not begin with who made it"))
	}
	payload := make([]byte, h.length)
	if _, err := io.ReadFull(f, payload); err != nil || crc32.Checksum(payload, castagnoli) != h.crc {
		return m, pathError(path, damaged("who made it does not match its checksum"))
	}
	return m, readJSON(payload, &m)
}
