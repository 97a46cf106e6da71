package recording

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// The ways in which a file may be compressed, by their first bytes (RFC 1952,
// RFC 8878).
var (
	gzipMagic = []byte{0x1f, 0x8b}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
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

// unpacked is compressed data on its way. Where it is cut or damaged it ends,
// and that is said: what came before is good.
type unpacked struct {
	in      metered
	r       io.ReadCloser
	err     error            // why it ended before its end; nil when it did not
	damaged func(why string) // told of it; may be nil
}

// metered counts the bytes that are read.
type metered struct {
	r io.Reader
	n int64
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.n += int64(n)
	return n, err
}

// unpack begins to decompress r.
func unpack(open func(io.Reader) (io.ReadCloser, error), r io.Reader) (*unpacked, error) {
	u := &unpacked{in: metered{r: r}}
	var err error
	if u.r, err = open(&u.in); err != nil {
		return nil, u.broken(err)
	}
	return u, nil
}

// broken says where the data ends or is damaged.
func (u *unpacked) broken(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("the compressed data is cut after %d bytes", u.in.n)
	}
	return fmt.Errorf("the compressed data is damaged within its first %d bytes (%w)", u.in.n, err)
}

// unread says why nothing can be read of data that ends before it tells what it
// is; err is what else there would be to say.
func (u *unpacked) unread(err error) error {
	if err == nil || u == nil || u.err == nil {
		return err
	}
	return fmt.Errorf("%w, before anything that can be read", u.err)
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		u.err = u.broken(err)
		if u.damaged != nil {
			u.damaged(u.err.Error() + "; what came before is shown")
		}
		err = io.EOF
	}
	return n, err
}

// Close lets the decompressor go.
func (u *unpacked) Close() error { return u.r.Close() }
