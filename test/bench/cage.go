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
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/stoop-project/stoop/test/lab"
	"github.com/stoop-project/stoop/test/load"
)

// cage is a cgroup that looks like a container's: its name is an id of 64 hex
// digits. What is run in it costs what it costs in a container, without a
// runtime around it.
type cage struct {
	id  string
	dir string
	fd  *os.File
}

// newCage makes a cgroup at the root of the version 2 hierarchy.
func newCage() (*cage, error) {
	root, err := cgroup2()
	if err != nil {
		return nil, err
	}
	c := &cage{id: lab.NewID()}
	c.dir = filepath.Join(root, c.id)
	if err := os.Mkdir(c.dir, 0o755); err != nil {
		return nil, fmt.Errorf("make a cgroup: %w", err)
	}
	if c.fd, err = os.Open(c.dir); err != nil {
		return nil, errors.Join(err, os.Remove(c.dir))
	}
	return c, nil
}

// cgroup2 finds where the version 2 hierarchy is mounted.
func cgroup2() (string, error) {
	b, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 2 && f[2] == "cgroup2" {
			return f[1], nil
		}
	}
	return "", errors.New("no cgroup2 is mounted")
}

// put makes a command start in the cage.
func (c *cage) put(cmd *exec.Cmd) *exec.Cmd {
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(c.fd.Fd())}
	return cmd
}

// close removes the cgroup once its last process has gone.
func (c *cage) close() error {
	c.fd.Close()
	var err error
	for until := time.Now().Add(2 * time.Second); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		if err = os.Remove(c.dir); err == nil {
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
	cmd := g.cage.put(exec.CommandContext(ctx, "taskset", append(args, "--wait")...))
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
