//go:build linux

package kernels

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// archOf tells from a kernel's image what it is for
// (Documentation/arch/x86/boot.rst, Documentation/arch/arm64/booting.rst).
func archOf(image string) (Arch, error) {
	f, err := os.Open(image)
	if err != nil {
		return "", err
	}
	defer f.Close()
	head := make([]byte, 0x206)
	if _, err := io.ReadFull(f, head); err != nil {
		return "", fmt.Errorf("%s: %w", image, err)
	}
	switch {
	case bytes.Equal(head[0x202:], []byte("HdrS")):
		return AMD64, nil
	case bytes.Equal(head[56:60], []byte("ARM\x64")):
		return ARM64, nil
	}
	return "", fmt.Errorf("%s is neither a bzImage nor an Image of arm64", image)
}
