//go:build linux

package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
)

// floor is the least that watching can cost on a machine: programs that do
// nothing, attached where stoop attaches its own. What it takes is the kernel's.
type floor []link.Link

// newFloor attaches an empty program to each point: "sys_exit" and "sys_enter",
// which every call passes, or a call's own tracepoint ("syscalls/sys_exit_reboot").
func newFloor(points ...string) (f floor, err error) {
	for _, point := range points {
		l, err := attachEmpty(point)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("attach an empty program to %s: %w", point, err), f.close())
		}
		f = append(f, l)
	}
	return f, nil
}

func attachEmpty(point string) (link.Link, error) {
	spec := &ebpf.ProgramSpec{
		License:      "Apache-2.0",
		Type:         ebpf.TracePoint,
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()},
	}
	group, name, perCall := strings.Cut(point, "/")
	if !perCall {
		spec.Type, spec.AttachType, spec.AttachTo = ebpf.Tracing, ebpf.AttachTraceRawTp, point
	}
	prog, err := ebpf.NewProgram(spec)
	if err != nil {
		return nil, err
	}
	defer prog.Close() // the link holds it
	if perCall {
		return link.Tracepoint(group, name, prog, nil)
	}
	return link.AttachTracing(link.TracingOptions{Program: prog})
}

func (f floor) close() error {
	var errs []error
	for _, l := range f {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}
