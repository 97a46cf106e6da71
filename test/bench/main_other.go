//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "bench: memory and processor time are read from /proc: it runs on Linux only")
	os.Exit(1)
}
