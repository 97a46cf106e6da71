//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// childEnv names the variable under which bench is a child of its own: it says
// which one. Its value goes with arguments as the child likes them.
const childEnv = "STOOP_BENCH_CHILD"

// children are what bench runs as a process of its own.
var children = map[string]func(ctx context.Context, args []string) (any, error){
	"store":  storeChild,
	"screen": screenChild,
	"rules":  rulesChild,
	"trail":  trailChild,
}

// runChild is main in a child: what it returns is printed as JSON.
func runChild(ctx context.Context, name string, args []string) error {
	run, ok := children[name]
	if !ok {
		return fmt.Errorf("no child %q", name)
	}
	result, err := run(ctx, args)
	if err != nil || result == nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}

// childCommand returns the command of a child.
func childCommand(ctx context.Context, name string, args ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = append(os.Environ(), childEnv+"="+name)
	return cmd, nil
}

// call runs a child and decodes its result.
func call(ctx context.Context, result any, name string, args ...string) error {
	cmd, err := childCommand(ctx, name, args...)
	if err != nil {
		return err
	}
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("child %s: %w", name, err)
	}
	return json.Unmarshal(out, result)
}

// spent is what a command took.
type spent struct {
	wall time.Duration
	cpu  time.Duration
}

// timed runs a command to its end.
func timed(cmd *exec.Cmd) (spent, error) {
	began := time.Now()
	err := cmd.Run()
	s := spent{wall: time.Since(began)}
	if cmd.ProcessState != nil {
		s.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	return s, err
}

// maxRSS is the greatest resident memory of a process that has ended, in bytes.
func maxRSS(p *os.ProcessState) int64 {
	if u, ok := p.SysUsage().(*syscall.Rusage); ok {
		return u.Maxrss << 10
	}
	return 0
}
