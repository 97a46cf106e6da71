//go:build linux

package kernels

import (
	"fmt"
	"io"
	"path"
	"slices"
)

// file is one file of a machine's root.
type file struct {
	path string // without a leading slash
	mode uint32 // permissions
	body []byte
}

// Types of files (stat(2), st_mode).
const (
	modeDir  = 0o040000
	modeFile = 0o100000
)

// writeInitramfs writes files as the kernel unpacks them at boot: a cpio archive
// of the format "newc" (Documentation/driver-api/early-userspace/buffer-format.rst).
// Directories are made as needed.
func writeInitramfs(w io.Writer, files []file) error {
	a := archive{w: w}
	var made []string
	for _, f := range files {
		var missing []string
		for dir := path.Dir(f.path); dir != "." && !slices.Contains(made, dir); dir = path.Dir(dir) {
			missing = append(missing, dir)
		}
		for _, dir := range slices.Backward(missing) {
			a.entry(dir, modeDir|0o755, nil)
		}
		made = append(made, missing...)
		a.entry(f.path, modeFile|f.mode, f.body)
	}
	a.entry("TRAILER!!!", 0, nil)
	return a.err
}

// archive writes entries of an initramfs until one fails.
type archive struct {
	w     io.Writer
	inode int
	err   error
}

func (a *archive) entry(name string, mode uint32, body []byte) {
	a.inode++
	// magic, then: ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
	header := fmt.Sprintf("070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
		a.inode, mode, 0, 0, 1, fileTime, len(body), 0, 0, 0, 0, len(name)+1, 0)
	a.padded([]byte(header + name + "\x00"))
	a.padded(body)
}

// fileTime is when all files of a machine were last changed: long ago, so that
// it is told from what a kernel makes up.
const fileTime = 1_600_000_000

// padded writes bytes, and zeros up to a multiple of four.
func (a *archive) padded(b []byte) {
	if a.err == nil {
		_, a.err = a.w.Write(b)
	}
	if a.err == nil {
		_, a.err = a.w.Write(make([]byte, -len(b)&3))
	}
}
