//go:build linux

package main

import (
	"os"
	"syscall"
)

func main() {
	if _, err := syscall.Open("/srv/by-32-bits", syscall.O_CREAT|syscall.O_WRONLY, 0o640); err != nil {
		os.Exit(1)
	}
}
