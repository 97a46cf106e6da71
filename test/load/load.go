//go:build linux

package load

import (
	"bufio"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

//go:embed c/*.c c/*.h
var sources embed.FS

// Build compiles the generator into dir and returns its path. It needs cc with
// a static C library (gcc, libc6-dev).
func Build(dir string) (string, error) {
	src, err := os.MkdirTemp(dir, "load-src-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(src)
	tree, err := fs.Sub(sources, "c")
	if err != nil {
		return "", err
	}
	if err := os.CopyFS(src, tree); err != nil {
		return "", err
	}
	units, err := filepath.Glob(filepath.Join(src, "*.c"))
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "load")
	args := append([]string{"-O2", "-Wall", "-Wextra", "-Werror", "-static", "-pthread", "-o", program}, units...)
	if out, err := exec.Command("cc", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("cc: %w (hack/deps.sh installs gcc and libc6-dev)\n%s", err, out)
	}
	return program, nil
}

// Result is what a run made, as it counted itself.
type Result struct {
	Mode       string            `json:"mode"`
	Pid        int               `json:"pid"`  // in its own pid namespace
	Tids       []int             `json:"tids"` // of the threads that made the calls
	Seconds    float64           `json:"seconds"`
	CPUSeconds float64           `json:"cpu_seconds"`
	Rounds     uint64            `json:"rounds"`
	Failed     uint64            `json:"failed"`   // calls that did not do what they should
	NsRound    float64           `json:"ns_round"` // wall time of one round in one thread
	Rate       float64           `json:"rate"`     // rounds a second
	Made       map[string]uint64 `json:"made"`     // calls, by the kernel's name
}

// Total returns the number of calls with these names.
func (r Result) Total(names ...string) uint64 {
	var n uint64
	for _, name := range names {
		n += r.Made[name]
	}
	return n
}

// Running is a generator that stands ready: its set-up is done, and it makes
// no calls until [Running.Go].
type Running struct {
	Pid int // on the host if Start started it there

	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	stderr *strings.Builder
}

// Start starts the generator with a mode and its options (see `load --help`)
// and waits until it is ready.
func Start(ctx context.Context, program string, args ...string) (*Running, error) {
	return StartCommand(exec.CommandContext(ctx, program, append(args, "--wait")...))
}

// StartCommand is Start for a command that runs the generator elsewhere, in a
// container; it must pass --wait.
func StartCommand(cmd *exec.Cmd) (*Running, error) {
	r := &Running{cmd: cmd, stderr: &strings.Builder{}}
	cmd.Stderr = r.stderr
	var err error
	if r.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	r.stdout = bufio.NewReader(stdout)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := r.stdout.ReadString('\n')
	if err == nil {
		_, err = fmt.Sscanf(line, "ready %d\n", &r.Pid)
	}
	if err != nil {
		_ = r.stdin.Close()
		return nil, fmt.Errorf("load did not become ready: %w: %s", errors.Join(err, cmd.Wait()), r.stderr)
	}
	return r, nil
}

// Go lets the generator begin, and returns its counts when it has ended.
func (r *Running) Go() (Result, error) {
	if err := r.Begin(); err != nil {
		return Result{}, err
	}
	return r.Wait()
}

// Begin lets the generator begin.
func (r *Running) Begin() error {
	_, err := io.WriteString(r.stdin, "\n")
	return err
}

// End makes the generator end before its time; its counts stay exact.
func (r *Running) End() error {
	return r.cmd.Process.Signal(syscall.SIGTERM)
}

// Wait returns the counts when the generator has ended.
func (r *Running) Wait() (Result, error) {
	line, readErr := r.stdout.ReadString('\n')
	if err := r.cmd.Wait(); err != nil {
		return Result{}, fmt.Errorf("load: %w: %s", err, r.stderr)
	}
	if readErr != nil {
		return Result{}, fmt.Errorf("load printed no result: %w", readErr)
	}
	return parseResult([]byte(line))
}

func parseResult(line []byte) (Result, error) {
	var r Result
	if err := json.Unmarshal(line, &r); err != nil {
		return Result{}, fmt.Errorf("load's result: %w", err)
	}
	return r, nil
}
