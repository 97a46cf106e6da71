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
	"time"
)

// PodmanEngine is podman with its own storage, so that the machine's
// containers are neither seen nor touched.
type PodmanEngine struct {
	commandLine
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
	return podmanIn(dir), nil
}

// podmanIn is podman with its storage in a folder.
func podmanIn(dir string) *PodmanEngine {
	p := &PodmanEngine{commandLine: commandLine{
		program: "podman", dir: dir, run: []string{"--pull", "never"}, rm: []string{"--time", "0"},
		// vfs works on every file system, and cgroupfs without systemd.
		options: []string{
			"--root", filepath.Join(dir, "root"), "--runroot", filepath.Join(dir, "run"), "--tmpdir", filepath.Join(dir, "tmp"),
			"--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--events-backend", "file", "--runtime", "runc",
		},
	}}
	p.bundle = func(ctx context.Context, id string) (string, error) {
		config, err := p.Inspect(ctx, id, "{{.OCIConfigPath}}")
		return filepath.Dir(config), err
	}
	return p
}

// Command is podman with this engine's storage.
func (p *PodmanEngine) Command(ctx context.Context, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "podman", p.args(args...)...)
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

// Close ends the service and removes containers and storage.
func (p *PodmanEngine) Close() error {
	if p.service != nil {
		p.service.stop()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, err := p.do(ctx, "rm", "--all", "--force", "--time", "0")
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
