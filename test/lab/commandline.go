//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// commandLine is a runtime that is asked by a program which speaks as docker does.
type commandLine struct {
	program string
	dir     string
	options []string                                             // before each command: which engine is meant
	run     []string                                             // of the run command, beside what every program takes
	rm      []string                                             // of the rm command
	bundle  func(ctx context.Context, id string) (string, error) // where a container's config.json lies

	mu     sync.Mutex
	loaded map[string]bool // image references
}

// args puts the options of the private engine before those of a command.
func (l *commandLine) args(rest ...string) []string {
	return append(append([]string{}, l.options...), rest...)
}

// do runs a command and returns what it wrote to stdout.
func (l *commandLine) do(ctx context.Context, args ...string) (string, error) {
	return mustCommand(ctx, l.program, l.args(args...)...)
}

// Start runs a container.
func (l *commandLine) Start(ctx context.Context, spec Spec) (*Container, error) {
	spec.setDefaults()
	if err := l.load(ctx, spec.Image); err != nil {
		return nil, err
	}
	if spec.Name == "" {
		spec.Name = "lab-" + NewID()[:8]
	}
	command := append([]string{"run", "--detach"}, l.run...)
	stdout, err := l.do(ctx, append(command, spec.runArgs()...)...)
	if err != nil {
		return nil, err
	}
	id := strings.TrimSpace(stdout)
	c, err := l.describe(ctx, id, spec)
	if err != nil {
		return nil, errors.Join(err, l.remove(id))
	}
	return c, nil
}

// Inspect asks for what a template of the inspect command says of a container.
func (l *commandLine) Inspect(ctx context.Context, id, format string) (string, error) {
	said, err := l.do(ctx, "inspect", "--format", format, id)
	return strings.TrimSpace(said), err
}

func (l *commandLine) describe(ctx context.Context, id string, spec Spec) (*Container, error) {
	said, err := l.Inspect(ctx, id, "{{.State.Pid}}")
	if err != nil {
		return nil, err
	}
	pid, err := strconv.Atoi(said)
	if err != nil || pid == 0 {
		return nil, fmt.Errorf("%s: container %.12s is not running: %q", l.program, id, said)
	}
	bundle, err := l.bundle(ctx, id)
	if err != nil {
		return nil, err
	}
	return &Container{
		Runtime: l.program,
		ID:      id,
		Name:    spec.Name,
		Image:   spec.Image,
		Pid:     pid,
		Bundle:  bundle,
		exec: func(ctx context.Context, args []string) (Output, error) {
			return command(ctx, l.program, l.args(append([]string{"exec", id}, args...)...)...)
		},
		command: append([]string{l.program}, l.args("exec", "--interactive", id)...),
		stop:    func() error { return l.remove(id) },
	}, nil
}

func (l *commandLine) load(ctx context.Context, im Image) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.loaded[im.Ref] {
		return nil
	}
	path, err := im.archive(l.dir)
	if err != nil {
		return err
	}
	defer os.Remove(path)
	if _, err := l.do(ctx, "load", "--input", path); err != nil {
		return err
	}
	if l.loaded == nil {
		l.loaded = make(map[string]bool)
	}
	l.loaded[im.Ref] = true
	return nil
}

func (l *commandLine) remove(id string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, err := l.do(ctx, append(append([]string{"rm", "--force"}, l.rm...), id)...)
	return err
}
