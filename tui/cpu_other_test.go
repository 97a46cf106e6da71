//go:build !linux

package tui

import (
	"errors"
	"time"
)

func processTime(int) (time.Duration, error) {
	return 0, errors.New("processor time is read from /proc, which is Linux's")
}
