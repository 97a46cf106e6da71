//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "incident: pods run on Linux only")
	os.Exit(1)
}
