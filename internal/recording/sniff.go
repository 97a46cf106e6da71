package recording

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stoop-project/stoop/internal/profile"
)

// sniffLen is how much of a file is looked at to tell what it is.
const sniffLen = 256 << 10

// sniffLines bounds how many lines may be broken before one can be read.
const sniffLines = 100

// The ways in which a file may be compressed, by their first bytes (RFC 1952,
// RFC 8878).
var (
	gzipMagic = []byte{0x1f, 0x8b}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
	utf8BOM   = []byte{0xef, 0xbb, 0xbf}
)

// maxWindow bounds the memory that a compressed file may ask for.
const maxWindow = 128 << 20

// decompressor returns what reads the content behind a file's first bytes, nil
// when they are not compressed.
func decompressor(head []byte) func(io.Reader) (io.ReadCloser, error) {
	switch {
	case bytes.HasPrefix(head, gzipMagic):
		return func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) }
	case bytes.HasPrefix(head, zstdMagic):
		return func(r io.Reader) (io.ReadCloser, error) {
			d, err := zstd.NewReader(r, zstd.WithDecoderMaxMemory(maxWindow), zstd.WithDecoderConcurrency(1))
			if err != nil {
				return nil, err
			}
			return d.IOReadCloser(), nil
		}
	}
	return nil
}

// content is what a file holds.
type content struct {
	recording bool
	lines     *profile.Profile // documents, one a line
}

// sniff tells by its first bytes what a file holds. whole says that head is
// all there is.
func sniff(head []byte, whole bool) (content, error) {
	if bytes.HasPrefix(head, fileMagic[:]) {
		return content{recording: true}, nil
	}
	rest := bytes.TrimPrefix(head, utf8BOM)
	for tried := 0; len(rest) > 0 && tried < sniffLines; {
		line, more, ended := bytes.Cut(rest, []byte{'\n'})
		rest = more
		if line = bytes.TrimSpace(line); len(line) == 0 || !ended && !whole {
			continue
		}
		tried++
		if p := profile.Sniff(line); p != nil {
			return content{lines: p}, nil
		}
	}
	return content{}, fmt.Errorf("%s; what can be read is %s", seen(head), readable())
}

// readable lists what can be read, for guides and errors.
func readable() string {
	kinds := []string{"recordings of stoop"}
	for _, p := range profile.All() {
		kinds = append(kinds, p.About+" (JSON, one object a line)")
	}
	return strings.Join(kinds, ", ") + ", plain or compressed with gzip or zstd"
}

// known has the first bytes of files that people try.
var known = []struct{ magic, what string }{
	{"\x0a\x0d\x0d\x0a", "a pcapng or scap capture"},
	{"\xd4\xc3\xb2\xa1", "a pcap capture"},
	{"\xa1\xb2\xc3\xd4", "a pcap capture"},
	{"\x7fELF", "a program"},
	{"PK\x03\x04", "a zip archive"},
	{"BZh", "compressed with bzip2"},
	{"\xfd7zXZ\x00", "compressed with xz"},
	{"PAR1", "a Parquet file"},
	{"ARROW1", "an Arrow file"},
	{"SQLite format 3\x00", "an SQLite database"},
	{"\xff\xfe", "text in UTF-16"},
	{"[", "a JSON array, or no JSON"},
}

// seen says what a file that cannot be read begins with.
func seen(head []byte) string {
	for _, k := range known {
		if bytes.HasPrefix(head, []byte(k.magic)) {
			return "it is " + k.what
		}
	}
	if bytes.HasPrefix(bytes.TrimSpace(head), []byte("{")) {
		return "it is JSON, but of no kind that is known"
	}
	return fmt.Sprintf("it begins with %.24q", head)
}
