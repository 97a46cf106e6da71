//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// PodmanEngine is podman with its own storage, so that the machine's
// containers are neither seen nor touched.
type PodmanEngine struct {
	dir string

	mu      sync.Mutex
	loaded  map[string]bool // image references
	service *daemon
}

// NewPodman prepares the storage; nothing runs yet.
func NewPodman() (*PodmanEngine, error) {
	reapStale()
	dir, err := os.MkdirTemp("", dirPrefix+podmanPrefix)
	if err != nil {
		return nil, err
	}
	if err := writeOwner(dir); err != nil {
		return nil, err
	}
	return &PodmanEngine{dir: dir, loaded: map[string]bool{}}, nil
}

// args puts the options of the private storage before those of a command. vfs
// works on every file system, and cgroupfs without systemd.
func (p *PodmanEngine) args(rest ...string) []string {
	return append([]string{
		"--root", filepath.Join(p.dir, "root"), "--runroot", filepath.Join(p.dir, "run"), "--tmpdir", filepath.Join(p.dir, "tmp"),
		"--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--events-backend", "file", "--runtime", "runc",
	}, rest...)
}

func (p *PodmanEngine) podman(ctx context.Context, args ...string) (string, error) {
	return mustCommand(ctx, "podman", p.args(args...)...)
}

// Command is podman with this engine's storage.
func (p *PodmanEngine) Command(ctx context.Context, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "podman", p.args(args...)...)
}

// Start runs a container.
func (p *PodmanEngine) Start(ctx context.Context, spec Spec) (*Container, error) {
	spec.setDefaults()
	if err := p.load(ctx, spec.Image); err != nil {
		return nil, err
	}
	if spec.Name == "" {
		spec.Name = "lab-" + NewID()[:8]
	}
	stdout, err := p.podman(ctx, append([]string{"run", "--detach", "--pull", "never"}, spec.runArgs()...)...)
	if err != nil {
		return nil, err
	}
	id := strings.TrimSpace(stdout)
	c, err := p.describe(ctx, id, spec)
	if err != nil {
		return nil, errors.Join(err, p.remove(id))
	}
	return c, nil
}

func (p *PodmanEngine) describe(ctx context.Context, id string, spec Spec) (*Container, error) {
	said, err := p.podman(ctx, "inspect", "--format", "{{.State.Pid}} {{.OCIConfigPath}}", id)
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(said)
	if len(fields) != 2 {
		return nil, fmt.Errorf("podman inspect: unexpected %q", said)
	}
	pid, err := strconv.Atoi(fields[0])
	if err != nil || pid == 0 {
		return nil, fmt.Errorf("podman: container %.12s is not running: %q", id, said)
	}
	return &Container{
		Runtime: "podman",
		ID:      id,
		Name:    spec.Name,
		Image:   spec.Image,
		Pid:     pid,
		Bundle:  filepath.Dir(fields[1]),
		exec: func(ctx context.Context, args []string) (Output, error) {
			return command(ctx, "podman", p.args(append([]string{"exec", id}, args...)...)...)
		},
		command: append([]string{"podman"}, p.args("exec", "--interactive", id)...),
		stop:    func() error { return p.remove(id) },
	}, nil
}

func (p *PodmanEngine) load(ctx context.Context, im Image) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.loaded[im.Ref] {
		return nil
	}
	path, err := im.archive(p.dir)
	if err != nil {
		return err
	}
	defer os.Remove(path)
	if _, err := p.podman(ctx, "load", "--input", path); err != nil {
		return err
	}
	p.loaded[im.Ref] = true
	return nil
}

// Serve starts podman's API service, which also speaks Docker's API, and
// returns the path of its socket. Close ends it.
func (p *PodmanEngine) Serve(ctx context.Context) (string, error) {
	socket := filepath.Join(p.dir, "podman.sock")
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.service != nil {
		return socket, nil
	}
	service, err := startDaemon(exec.Command("podman", p.args("system", "service", "--time", "0", "unix://"+socket)...))
	if err != nil {
		return "", err
	}
	p.service = service
	for {
		if conn, err := net.Dial("unix", socket); err == nil {
			return socket, conn.Close()
		}
		select {
		case <-service.done:
			return "", fmt.Errorf("podman system service: %w", errors.Join(errEnded, service.err))
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (p *PodmanEngine) remove(id string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, err := p.podman(ctx, "rm", "--force", "--time", "0", id)
	return err
}

// Close ends the service and removes containers and storage.
func (p *PodmanEngine) Close() error {
	if p.service != nil {
		p.service.stop()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, err := p.podman(ctx, "rm", "--all", "--force", "--time", "0")
	unmountBelow(p.dir)
	return errors.Join(err, os.RemoveAll(p.dir))
}

// readPid reads a pid file.
func readPid(path string) (int, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(b)))
}
