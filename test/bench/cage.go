//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stoop-project/stoop/test/lab"
	"github.com/stoop-project/stoop/test/load"
)

// cage is a cgroup that looks like a container's: its name is an id of 64 hex
// digits. What is run in it costs what it costs in a container, without a
// runtime around it.
type cage struct {
	id   string
	dirs []string // its directory in every hierarchy that tells containers apart
}

// newCage makes the cgroup in version 2's hierarchy and in the memory
// controller's of version 1, where they are mounted.
func newCage() (*cage, error) {
	roots, err := hierarchies()
	if err != nil {
		return nil, err
	}
	c := &cage{id: lab.NewID()}
	for _, root := range roots {
		dir := filepath.Join(root, c.id)
		if err := os.Mkdir(dir, 0o755); err != nil {
			return nil, errors.Join(fmt.Errorf("make a cgroup: %w", err), c.close())
		}
		c.dirs = append(c.dirs, dir)
	}
	return c, nil
}

// hierarchies finds where cgroups are mounted.
func hierarchies() (roots []string, err error) {
	b, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) > 3 && (f[2] == "cgroup2" || f[2] == "cgroup" && slices.Contains(strings.Split(f[3], ","), "memory")) {
			roots = append(roots, f[1])
		}
	}
	if len(roots) == 0 {
		return nil, errors.New("no cgroups are mounted")
	}
	return roots, nil
}

// command returns a command that goes into the cage and becomes a program there.
func (c *cage) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	const enter = `n=$1; shift
while [ "$n" -gt 0 ]; do echo $$ >"$1/cgroup.procs" || exit 1; shift; n=$((n-1)); done
exec "$@"`
	all := append([]string{"-c", enter, "cage", strconv.Itoa(len(c.dirs))}, c.dirs...)
	return exec.CommandContext(ctx, "sh", append(append(all, name), args...)...)
}

// close removes the cgroup once its last process has gone.
func (c *cage) close() (err error) {
	for until := time.Now().Add(2 * time.Second); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		err = nil
		for _, dir := range c.dirs {
			if removeErr := os.Remove(dir); removeErr != nil && !errors.Is(removeErr, os.ErrNotExist) {
				err = removeErr
			}
		}
		if err == nil {
			return nil
		}
	}
	return err
}

// generator makes loads in a cage.
type generator struct {
	program string
	cage    *cage
}

// made is what a load made, and what it took.
type made struct {
	load.Result
	clockNS float64 // of one round
	cpuNS   float64 // processor time of one round, its children's with it
}

// start makes a load ready, on the machine's last core: where the scheduler
// would move it to is no part of what is measured.
func (g *generator) start(ctx context.Context, args ...string) (*load.Running, *exec.Cmd, error) {
	args = append([]string{"-c", strconv.Itoa(runtime.NumCPU() - 1), g.program}, args...)
	cmd := g.cage.command(ctx, "taskset", append(args, "--wait")...)
	r, err := load.StartCommand(cmd)
	return r, cmd, err
}

// run makes a load to its end. seen is called when it is ready, before it begins.
func (g *generator) run(ctx context.Context, seen func(pid int) error, args ...string) (made, error) {
	r, cmd, err := g.start(ctx, args...)
	if err != nil {
		return made{}, err
	}
	if seen != nil {
		if err := seen(r.Pid); err != nil {
			return made{}, errors.Join(err, r.End())
		}
	}
	result, err := r.Go()
	if err != nil {
		return made{}, err
	}
	if result.Failed > 0 || result.Rounds == 0 {
		return made{}, fmt.Errorf("load %v: %d of %d rounds failed", args, result.Failed, result.Rounds)
	}
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return made{result, result.NsRound, float64(cpu) / float64(result.Rounds)}, nil
}
