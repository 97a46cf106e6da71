//go:build linux

package container

import (
	"encoding/binary"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// fileidKernfs is the type of kernfs file handles, which are the inode number
// alone (FILEID_KERNFS in the kernel's header on exporting filesystems).
const fileidKernfs = 0xfe

// pathOfKey finds the directory of a cgroup, below the mount of its hierarchy,
// by its number: for processes that were gone before they could be asked.
func pathOfKey(root string, key uint64) string {
	if root == "" || key == 0 {
		return ""
	}
	mount, err := unix.Open(root, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer unix.Close(mount)
	h := unix.NewFileHandle(fileidKernfs, binary.NativeEndian.AppendUint64(nil, key))
	fd, err := unix.OpenByHandleAt(mount, h, unix.O_PATH|unix.O_CLOEXEC)
	if err != nil {
		return ""
	}
	defer unix.Close(fd)
	path, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	if err != nil {
		return ""
	}
	below, ok := strings.CutPrefix(path, root)
	if !ok || strings.HasSuffix(below, " (deleted)") {
		return ""
	}
	if below == "" {
		return "/"
	}
	return below
}

func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}
