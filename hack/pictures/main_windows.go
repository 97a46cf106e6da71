package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "pictures are taken in a pty, which Windows has not")
	os.Exit(1)
}
