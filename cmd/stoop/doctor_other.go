//go:build !linux

package main

import (
	"context"
	"errors"
	"io"
	"runtime"
)

// taxLoopCmd has nothing to run.
type taxLoopCmd struct{}

// Run says so.
func (taxLoopCmd) Run() error { return errors.New("there is nothing to measure on " + runtime.GOOS) }

func examine(context.Context) []finding {
	return []finding{{
		name: "system", needed: true, detail: "the live source reads the kernel of a Linux node, and this is " + runtime.GOOS,
		remedy: "run stoop on the node, or open a recording",
	}}
}

func benchTax(context.Context, io.Writer) error {
	return errors.New("there is nothing to measure on " + runtime.GOOS)
}
