//go:build linux

package decode

import (
	"testing"

	"github.com/stoop-project/stoop/bpf"
)

// The numbers are those of each kind of processor's fcntl.h.
func TestOpenFlags(t *testing.T) {
	for _, tt := range []struct {
		name       string
		arm, amd64 uint64
	}{
		{"O_RDWR|O_CREAT|O_CLOEXEC", 0x80042, 0x80042},
		{"O_RDONLY|O_DIRECTORY|O_CLOEXEC", 0x84000, 0x90000},
		{"O_RDWR|O_TMPFILE", 0x404002, 0x410002},
		{"O_RDONLY|O_NOFOLLOW", 0x8000, 0x20000},
		{"O_RDONLY|O_DIRECT", 0x10000, 0x4000},
		{"O_RDONLY|O_LARGEFILE", 0x20000, 0x8000},
		{"O_DIRECTORY|O_NOFOLLOW|O_DIRECT|O_LARGEFILE", 0x3c000, 0x3c000},
	} {
		if got := openFlags(bpf.ARM64, tt.arm); got != tt.amd64 {
			t.Errorf("%s of arm64: %#x, want %#x", tt.name, got, tt.amd64)
		}
		if got := openFlags(bpf.AMD64, tt.amd64); got != tt.amd64 {
			t.Errorf("%s of amd64: %#x, want %#x", tt.name, got, tt.amd64)
		}
	}
}
