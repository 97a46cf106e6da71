package spool

import (
	"errors"
	"os"
	"syscall"
)

// Lock makes a file and opens it for this process alone, or returns ErrLocked
// at once when another one has. The lock ends with the process at the latest;
// unlock removes the file.
func Lock(path string) (unlock func(), err error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	const sharingViolation = syscall.Errno(32)
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, sharingViolation) {
		return nil, ErrLocked
	}
	if err != nil {
		return nil, err
	}
	return func() { _ = syscall.CloseHandle(h); _ = os.Remove(path) }, nil
}
