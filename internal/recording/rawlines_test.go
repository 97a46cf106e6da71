package recording

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// numbered writes lines with their numbers.
func numbered(t *testing.T, data []byte) string {
	t.Helper()
	var out strings.Builder
	err := Lines(bytes.NewReader(data), func(n int, line []byte) bool {
		switch {
		case line == nil:
			fmt.Fprintf(&out, "%d: too long\n", n)
		case len(line) > 100:
			fmt.Fprintf(&out, "%d: %d bytes\n", n, len(line))
		default:
			fmt.Fprintf(&out, "%d: %s\n", n, line)
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestRawLines(t *testing.T) {
	data := []byte("\xef\xbb\xbf{\"a\":1}\r\n\n" + strings.Repeat("x", 3<<20) + "\n" + strings.Repeat("y", maxLine+1) + "\nlast")
	want := "1: {\"a\":1}\n3: 3145728 bytes\n4: too long\n5: last\n"
	if got := numbered(t, data); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write(data)
	_ = w.Close()
	if got := numbered(t, z.Bytes()); got != want {
		t.Errorf("compressed: got\n%swant\n%s", got, want)
	}
	n := 0
	if err := Lines(strings.NewReader("a\nb\nc\n"), func(int, []byte) bool { n++; return n < 2 }); err != nil || n != 2 {
		t.Errorf("%d lines after the stop, %v", n, err)
	}
}
