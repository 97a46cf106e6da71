package main

import (
	"os"
	"sync"
)

// output is where a verb prints. It keeps the first error of writing there, so
// that a verb fails whose output is not all there, whether it looked or not.
type output struct {
	file *os.File

	mu  sync.Mutex
	err error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.file.Write(p)
	if err != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.err == nil {
			o.err = err
		}
	}
	return n, err
}

// Fd makes a terminal known.
func (o *output) Fd() uintptr { return o.file.Fd() }

// failed returns the first error of writing.
func (o *output) failed() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}
