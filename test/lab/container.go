//go:build linux

package lab

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Mount binds a host path into a container.
type Mount struct {
	Source   string // on the host
	Target   string // in the container
	ReadOnly bool
}

// Spec says what any runtime is to run.
type Spec struct {
	Image      Image // zero: Busybox
	Name       string
	Command    []string // empty: sleep until the end
	Env        []string // "NAME=value"
	Mounts     []Mount
	Privileged bool
}

func (s *Spec) setDefaults() {
	if s.Image.Ref == "" {
		s.Image = Busybox
	}
	if len(s.Command) == 0 {
		s.Command = idle
	}
}

// runArgs are what `podman run` and `docker run` are told, in the words that
// both know.
func (s *Spec) runArgs() []string {
	args := append([]string{"--network", "host", "--name", s.Name}, modestLimits...)
	for _, e := range s.Env {
		args = append(args, "--env", e)
	}
	for _, m := range s.Mounts {
		v := m.Source + ":" + m.Target
		if m.ReadOnly {
			v += ":ro"
		}
		args = append(args, "--volume", v)
	}
	if s.Privileged {
		args = append(args, "--privileged")
	}
	return append(append(args, s.Image.Ref), s.Command...)
}

// modestLimits are below what any machine allows: the defaults of podman are
// higher than the limits here, and raising one needs CAP_SYS_RESOURCE.
var modestLimits = []string{"--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"}

// Container is one running container and what the runtime itself says of it:
// the oracle for what stoop says.
type Container struct {
	Runtime string // "containerd", "runc", "podman" or "docker"
	ID      string // 64 hex digits
	Name    string
	Image   Image
	Pid     int    // of the container's init, in the host's pid namespace
	Bundle  string // directory of the OCI config.json
	LogPath string // the runtime's log of stdout and stderr; "" for none

	Pod PodIdentity // zero unless it belongs to a pod

	exec    func(context.Context, []string) (Output, error)
	command []string // of the host, before what is to run in the container
	stop    func() error
}

// PodIdentity tells which pod a container belongs to.
type PodIdentity struct {
	Namespace, Name, UID string
	SandboxID            string // 64 hex digits
	SandboxPid           int
	Labels               map[string]string
}

// Output is what a command in a container printed, and how it ended.
type Output struct {
	Stdout, Stderr string
	Exit           int
}

// Exec runs a command in the container and waits for it. The error tells that
// it could not be run; a command that ran and failed has an Exit other than 0.
func (c *Container) Exec(ctx context.Context, args ...string) (Output, error) {
	out, err := c.exec(ctx, args)
	if err != nil {
		return out, fmt.Errorf("exec %q in %s container %.12s: %w", args, c.Runtime, c.ID, err)
	}
	return out, nil
}

// Command returns a command of the host that runs another in the container,
// with the standard streams that the caller gives it: for what is to be talked
// to while it runs.
func (c *Container) Command(ctx context.Context, args ...string) *exec.Cmd {
	all := append(slices.Clone(c.command), args...)
	for i, a := range all {
		if a == execIDMark {
			all[i] = NewID()
		}
	}
	return exec.CommandContext(ctx, all[0], all[1:]...)
}

// execIDMark stands for an id that each command in a container needs.
const execIDMark = "{exec-id}"

// HostPath returns the path by which the host reaches a file of the container.
func (c *Container) HostPath(path string) string {
	return filepath.Join("/proc", strconv.Itoa(c.Pid), "root", path)
}

// Cgroups returns the lines of /proc/PID/cgroup of the container's init.
func (c *Container) Cgroups() ([]string, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", c.Pid))
	if err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimSpace(string(b)), "\n"), nil
}

// Stop kills and removes the container, and its pod if it has one.
func (c *Container) Stop() error {
	if c.stop == nil {
		return nil
	}
	stop := c.stop
	c.stop = nil
	return stop()
}

// NewID returns a random container id: 64 hex digits.
func NewID() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// newUID returns a random UUID, as Kubernetes gives each pod.
func newUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// command runs a program of the host, and returns its output and exit status.
func command(ctx context.Context, name string, args ...string) (Output, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	out := Output{Stdout: stdout.String(), Stderr: stderr.String(), Exit: cmd.ProcessState.ExitCode()}
	var exit *exec.ExitError
	if errors.As(err, &exit) && ctx.Err() == nil {
		err = nil
	}
	return out, err
}

// mustCommand is command with a failure of the program as an error.
func mustCommand(ctx context.Context, name string, args ...string) (string, error) {
	out, err := command(ctx, name, args...)
	if err == nil && out.Exit != 0 {
		err = fmt.Errorf("exit status %d", out.Exit)
	}
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(out.Stderr))
	}
	return out.Stdout, nil
}
