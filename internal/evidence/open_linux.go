package evidence

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// openProgram opens the file that a process runs, or ran: through the process, or
// where it has ended by its path in the root directory of one that is in the
// same mounts, if that is still the same file.
func openProgram(p Program) (*os.File, error) {
	f, err := openImage(p)
	if err == nil || p.Ino == 0 || p.Path == "" {
		return f, err
	}
	for _, pid := range p.Near {
		if f, err := openBelow(fmt.Sprintf("/proc/%d/root", pid), p.Path); err == nil {
			if inode(f) == p.Ino {
				return f, nil
			}
			_ = f.Close()
		}
	}
	return nil, errOther
}

// openBelow opens a file below a root directory that belongs to somebody else:
// no link leads out of it, and nothing is waited for.
func openBelow(root, path string) (*os.File, error) {
	dir, err := unix.Open(root, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(dir)
	fd, err := unix.Openat2(dir, path, &unix.OpenHow{
		Flags: unix.O_RDONLY | unix.O_CLOEXEC | unix.O_NONBLOCK | unix.O_NOCTTY, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	})
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}

func inode(f *os.File) uint64 {
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Ino
	}
	return 0
}

// fileID tells one content of a file from others.
type fileID struct {
	dev, ino     uint64
	size         int64
	mtime, ctime int64
}

func idOf(info os.FileInfo) fileID {
	id := fileID{size: info.Size(), mtime: info.ModTime().UnixNano()}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		id.dev, id.ino, id.ctime = st.Dev, st.Ino, st.Ctim.Nano()
	}
	return id
}
