//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// DockerEngine is a private dockerd with a containerd of its own, so that a
// Docker of the machine is not touched.
type DockerEngine struct {
	Socket string // path of the unix socket, which speaks Docker's API

	dir    string
	server *daemon

	mu     sync.Mutex
	loaded map[string]bool // image references
}

// dockerStartTime bounds dockerd's start; it takes about a second.
const dockerStartTime = 30 * time.Second

// runcWithin runs runc without a capability that this machine may not have:
// dockerd gives a privileged container all that the kernel knows.
const runcWithin = `#!/bin/sh
for arg; do
	case $last in
	--bundle) asked=$arg/config.json ;; # create
	--process) asked=$arg ;;            # exec
	esac
	last=$arg
done
[ -z "$asked" ] || sed -i 's/"CAP_SYS_RESOURCE",//g' "$asked"
exec runc "$@"
`

// StartDocker starts a dockerd. It first clears what a killed run has left
// behind. The dockerd dies with this process; Close ends it properly.
func StartDocker(ctx context.Context) (*DockerEngine, error) {
	reapStale()
	dir, err := os.MkdirTemp("", dirPrefix+dockerPrefix)
	if err != nil {
		return nil, err
	}
	if err := writeOwner(dir); err != nil {
		return nil, err
	}
	d := &DockerEngine{Socket: filepath.Join(dir, "docker.sock"), dir: dir, loaded: map[string]bool{}}
	if err := d.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("dockerd: %w%s", err, lastLines(d.logPath())), d.Close())
	}
	return d, nil
}

func (d *DockerEngine) start(ctx context.Context) error {
	within := filepath.Join(d.dir, "runc-within")
	if err := os.WriteFile(within, []byte(runcWithin), 0o700); err != nil {
		return err
	}
	log, err := os.Create(d.logPath())
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command("dockerd", "--host", "unix://"+d.Socket, "--log-level", "warn",
		"--data-root", filepath.Join(d.dir, "data"), "--exec-root", filepath.Join(d.dir, "exec"), "--pidfile", filepath.Join(d.dir, "pid"),
		"--storage-driver", "vfs", "--exec-opt", "native.cgroupdriver=cgroupfs",
		"--add-runtime", "within="+within, "--default-runtime", "within",
		"--bridge", "none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false")
	cmd.Stdout, cmd.Stderr = log, log
	if d.server, err = startDaemon(cmd); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, dockerStartTime)
	defer cancel()
	for {
		_, err := d.docker(ctx, "version")
		if err == nil {
			return nil
		}
		select {
		case <-d.server.done:
			return fmt.Errorf("it ended while starting: %w", errors.Join(errEnded, d.server.err))
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (d *DockerEngine) logPath() string { return filepath.Join(d.dir, "dockerd.log") }

// args puts the options of the private dockerd before those of a command.
func (d *DockerEngine) args(rest ...string) []string {
	return append([]string{"--config", d.dir, "--host", "unix://" + d.Socket}, rest...)
}

func (d *DockerEngine) docker(ctx context.Context, args ...string) (string, error) {
	return mustCommand(ctx, "docker", d.args(args...)...)
}

// Start runs a container.
func (d *DockerEngine) Start(ctx context.Context, spec Spec) (*Container, error) {
	spec.setDefaults()
	if err := d.load(ctx, spec.Image); err != nil {
		return nil, err
	}
	if spec.Name == "" {
		spec.Name = "lab-" + NewID()[:8]
	}
	stdout, err := d.docker(ctx, append([]string{"run", "--detach"}, spec.runArgs()...)...)
	if err != nil {
		return nil, err
	}
	id := strings.TrimSpace(stdout)
	c, err := d.describe(ctx, id, spec)
	if err != nil {
		return nil, errors.Join(err, d.remove(id))
	}
	return c, nil
}

// Inspect asks for what a template of docker inspect says of a container.
func (d *DockerEngine) Inspect(ctx context.Context, id, format string) (string, error) {
	said, err := d.docker(ctx, "inspect", "--format", format, id)
	return strings.TrimSpace(said), err
}

func (d *DockerEngine) describe(ctx context.Context, id string, spec Spec) (*Container, error) {
	said, err := d.Inspect(ctx, id, "{{.State.Pid}}")
	if err != nil {
		return nil, err
	}
	pid, err := strconv.Atoi(said)
	if err != nil || pid == 0 {
		return nil, fmt.Errorf("docker: container %.12s is not running: %q", id, said)
	}
	return &Container{
		Runtime: "docker",
		ID:      id,
		Name:    spec.Name,
		Image:   spec.Image,
		Pid:     pid,
		Bundle:  filepath.Join(d.dir, dockerTasks, "moby", id),
		exec: func(ctx context.Context, args []string) (Output, error) {
			return command(ctx, "docker", d.args(append([]string{"exec", id}, args...)...)...)
		},
		command: append([]string{"docker"}, d.args("exec", "--interactive", id)...),
		stop:    func() error { return d.remove(id) },
	}, nil
}

// dockerTasks is where dockerd's containerd keeps the bundles, by namespace and id.
const dockerTasks = "exec/containerd/daemon/io.containerd.runtime.v2.task"

func (d *DockerEngine) load(ctx context.Context, im Image) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.loaded[im.Ref] {
		return nil
	}
	path, err := im.archive(d.dir)
	if err != nil {
		return err
	}
	defer os.Remove(path)
	if _, err := d.docker(ctx, "load", "--input", path); err != nil {
		return err
	}
	d.loaded[im.Ref] = true
	return nil
}

func (d *DockerEngine) remove(id string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, err := d.docker(ctx, "rm", "--force", id)
	return err
}

// Close removes the containers that are left, ends dockerd and deletes its files.
func (d *DockerEngine) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var errs []error
	if left, err := d.docker(ctx, "ps", "--all", "--quiet", "--no-trunc"); err == nil {
		for id := range strings.FieldsSeq(left) {
			errs = append(errs, d.remove(id))
		}
	}
	if d.server != nil {
		d.server.stop()
	}
	unmountBelow(d.dir)
	return errors.Join(append(errs, os.RemoveAll(d.dir))...)
}
