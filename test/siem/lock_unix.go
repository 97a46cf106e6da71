//go:build unix

package siem

import (
	"errors"
	"os"
	"syscall"
)

// lock takes the exclusive lock of a file.
func lock(path string) (unlock func(), err error) { return flock(path, syscall.LOCK_EX) }

// share takes a shared lock of a file; it ends with the process at the latest.
func share(path string) (unlock func(), err error) { return flock(path, syscall.LOCK_SH) }

func flock(path string, how int) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}

// apart lets a program live on when the test's process group ends.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
