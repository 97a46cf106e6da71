//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// DockerEngine is a private dockerd with a containerd of its own, so that a
// Docker of the machine is not touched.
type DockerEngine struct {
	Socket string // path of the unix socket, which speaks Docker's API

	commandLine
	server *daemon
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
	socket := filepath.Join(dir, "docker.sock")
	d := &DockerEngine{Socket: socket, commandLine: commandLine{
		program: "docker", dir: dir, options: []string{"--config", dir, "--host", "unix://" + socket},
		bundle: func(_ context.Context, id string) (string, error) {
			return filepath.Join(dir, dockerTasks, "moby", id), nil
		},
	}}
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
		_, err := d.do(ctx, "version")
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

// dockerTasks is where dockerd's containerd keeps the bundles, by namespace and id.
const dockerTasks = "exec/containerd/daemon/io.containerd.runtime.v2.task"

// Close removes the containers that are left, ends dockerd and deletes its files.
func (d *DockerEngine) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var errs []error
	if left, err := d.do(ctx, "ps", "--all", "--quiet", "--no-trunc"); err == nil {
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
