package recording

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/stoop-project/stoop/internal/profile"
)

// sniffLen is how much of a file is looked at to tell what it is, and sniffMost
// how much when its first line is longer than that.
const (
	sniffLen  = 256 << 10
	sniffMost = 64 << 20
)

// sniffLines bounds how many lines may be broken before one can be read.
const sniffLines = 100

var utf8BOM = []byte{0xef, 0xbb, 0xbf}

// content is what a file holds.
type content struct {
	recording bool
	lines     *profile.Profile // documents
	where     nesting          // where they lie
}

// sniff tells by its first bytes what a file holds. whole says that head is
// all there is.
func sniff(head []byte, whole bool) (content, error) {
	if bytes.HasPrefix(head, fileMagic[:]) {
		return content{recording: true}, nil
	}
	rest := bytes.TrimPrefix(head, utf8BOM)
	array := bytes.HasPrefix(bytes.TrimSpace(rest), []byte("["))
	for tried := 0; len(rest) > 0 && tried < sniffLines && !array; {
		line, more, ended := bytes.Cut(rest, []byte{'\n'})
		rest = more
		if line = bytes.TrimSpace(line); len(line) == 0 || len(line) > maxLine || !ended && !whole {
			continue
		}
		tried++
		if p := profile.Sniff(line); p != nil {
			return content{lines: p}, nil
		}
	}
	if where, p := sniffNested(bytes.TrimPrefix(head, utf8BOM)); p != nil {
		return content{lines: p, where: where}, nil
	}
	if len(head) >= sniffMost && bytes.IndexByte(head, '\n') < 0 {
		return content{}, fmt.Errorf("its first line is longer than %d MiB; what can be read is %s", sniffMost>>20, readable())
	}
	return content{}, fmt.Errorf("%s; what can be read is %s", seen(head), readable())
}

// longLine reports whether nothing but the beginning of a line was seen, which
// tells as little as nothing.
func longLine(head []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(head, utf8BOM)), []byte("{")) && bytes.IndexByte(head, '\n') < 0
}

// readable lists what can be read, for guides and errors.
func readable() string {
	kinds := []string{"recordings of stoop"}
	for _, p := range profile.All() {
		kinds = append(kinds, p.About+" (JSON)")
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
