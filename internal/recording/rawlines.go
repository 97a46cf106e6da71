package recording

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Lines reads the lines of a file, plain or compressed, and calls yield with each
// and its number from 1 on, until it returns false. A line that is longer than
// what a document may be is yielded as nil. The line is only good until yield
// returns.
func Lines(r io.Reader, yield func(n int, line []byte) bool) error {
	in := bufio.NewReaderSize(r, 1<<20)
	if head, _ := in.Peek(4); decompressor(head) != nil {
		d, err := decompressor(head)(in)
		if err != nil {
			return err
		}
		defer d.Close()
		in = bufio.NewReaderSize(d, 1<<20)
	}
	var long []byte
	for n := 1; ; n++ {
		line, err := in.ReadSlice('\n')
		long = long[:0]
		over := false
		for errors.Is(err, bufio.ErrBufferFull) {
			if over = over || len(long) > maxLine; !over {
				long = append(long, line...)
			}
			line, err = in.ReadSlice('\n')
		}
		if len(long) > 0 {
			line = append(long, line...)
			long = line
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("line %d: %w", n, err)
		}
		line = bytes.TrimSpace(line)
		if n == 1 {
			line = bytes.TrimPrefix(line, utf8BOM)
		}
		if over = over || len(line) > maxLine; over {
			line = nil
		}
		if (over || len(line) > 0) && !yield(n, line) || err != nil {
			return nil
		}
	}
}
