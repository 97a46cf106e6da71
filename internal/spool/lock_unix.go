//go:build unix

package spool

import (
	"errors"
	"os"
	"syscall"
)

// Lock makes and locks a file for this process, or returns ErrLocked at once
// when another one has. The lock ends with the process at the latest; unlock
// removes the file.
func Lock(path string) (unlock func(), err error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			f.Close()
			if errors.Is(err, syscall.EWOULDBLOCK) {
				return nil, ErrLocked
			}
			return nil, err
		}
		mine, err := f.Stat()
		there, gone := os.Stat(path)
		if err == nil && gone == nil && os.SameFile(mine, there) {
			return func() { _ = os.Remove(path); f.Close() }, nil
		}
		f.Close() // who had it has removed it meanwhile
	}
}
