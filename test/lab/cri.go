//go:build linux

package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"text/template"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// CRI is a private containerd with its CRI service: its own root, state,
// socket and configuration, so that a containerd of the machine is not touched.
type CRI struct {
	Socket string // path of the unix socket, which speaks CRI and containerd's API
	State  string // containerd's state directory: bundles are below it

	dir     string
	server  *daemon
	conn    *grpc.ClientConn
	runtime cri.RuntimeServiceClient
	images  cri.ImageServiceClient

	mu       sync.Mutex
	imported map[string]bool // image references
}

// configTemplate is containerd's configuration. restrict_oom_score_adj keeps
// it from lowering oom_score_adj, which needs CAP_SYS_RESOURCE; the sandbox
// image is our own since there is no registry; no CNI: pods use the host's network.
var configTemplate = template.Must(template.New("config.toml").Parse(`version = 2
root = "{{.Dir}}/root"
state = "{{.Dir}}/state"
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]

[debug]
  level = "warn"

[grpc]
  address = "{{.Dir}}/containerd.sock"

[ttrpc]
  address = "{{.Dir}}/containerd.sock.ttrpc"

[plugins."io.containerd.internal.v1.opt"]
  path = "{{.Dir}}/opt"

[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
  sandbox_image = "{{.Pause}}"

  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "{{.Snapshotter}}"

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{{.Dir}}/cni"
    conf_dir = "{{.Dir}}/cni"
`))

// criStartTime bounds containerd's start; it takes about 0.2 s here.
const criStartTime = 30 * time.Second

// StartCRI starts a containerd and imports the images of sandboxes and of
// [Busybox]. It first clears what a killed run has left behind. The containerd
// dies with this process; Close ends it properly.
func StartCRI(ctx context.Context) (*CRI, error) {
	reapStale()
	dir, err := os.MkdirTemp("", dirPrefix)
	if err != nil {
		return nil, err
	}
	if err := writeOwner(dir); err != nil {
		return nil, err
	}
	c := &CRI{
		Socket:   filepath.Join(dir, "containerd.sock"),
		State:    filepath.Join(dir, "state"),
		dir:      dir,
		imported: map[string]bool{},
	}
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("containerd: %w%s", err, lastLines(c.logPath())), c.Close())
	}
	return c, nil
}

func (c *CRI) start(ctx context.Context) error {
	var config bytes.Buffer
	err := configTemplate.Execute(&config, map[string]string{
		"Dir": c.dir, "Pause": pauseImage.Ref, "Snapshotter": snapshotterFor(c.dir),
	})
	if err != nil {
		return err
	}
	configPath := filepath.Join(c.dir, "config.toml")
	if err := os.WriteFile(configPath, config.Bytes(), 0o600); err != nil {
		return err
	}
	log, err := os.Create(c.logPath())
	if err != nil {
		return err
	}
	defer log.Close()

	cmd := exec.Command("containerd", "--config", configPath)
	cmd.Stdout, cmd.Stderr = log, log
	server, err := startDaemon(cmd)
	if err != nil {
		return err
	}
	c.server = server

	c.conn, err = grpc.NewClient("unix://"+c.Socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	c.runtime, c.images = cri.NewRuntimeServiceClient(c.conn), cri.NewImageServiceClient(c.conn)
	ctx, cancel := context.WithTimeout(ctx, criStartTime)
	defer cancel()
	if err := c.waitReady(ctx); err != nil {
		return err
	}
	for _, im := range []Image{pauseImage, Busybox} {
		if err := c.Import(ctx, im); err != nil {
			return err
		}
	}
	return nil
}

func (c *CRI) waitReady(ctx context.Context) error {
	var last error
	for {
		status, err := c.runtime.Status(ctx, &cri.StatusRequest{})
		if err == nil {
			for _, condition := range status.Status.Conditions {
				if condition.Type == "RuntimeReady" && condition.Status {
					return nil
				}
			}
			err = errors.New("its CRI service is not ready")
		}
		if ctx.Err() == nil {
			last = err
		}
		select {
		case <-c.server.done:
			return fmt.Errorf("it ended while starting: %w", errors.Join(errEnded, c.server.err))
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w", last)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Import makes an image and stores it, once.
func (c *CRI) Import(ctx context.Context, im Image) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.imported[im.Ref] {
		return nil
	}
	archive, err := im.archive(c.dir)
	if err != nil {
		return err
	}
	defer os.Remove(archive)
	// --digests also stores repository@sha256:…, from which CRI reports the digest.
	_, err = mustCommand(ctx, "ctr", "--address", c.Socket, "--namespace", "k8s.io", "images", "import",
		"--snapshotter", snapshotterFor(c.dir), "--digests", "--base-name", im.repository(), archive)
	if err != nil {
		return err
	}
	// The CRI service learns of new images by an event.
	for {
		status, err := c.images.ImageStatus(ctx, &cri.ImageStatusRequest{Image: &cri.ImageSpec{Image: im.Ref}})
		if err != nil {
			return err
		}
		if status.Image != nil {
			c.imported[im.Ref] = true
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("image %s was imported but CRI does not list it: %w", im.Ref, ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Close removes every pod that is left, ends containerd and deletes its files.
func (c *CRI) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var errs []error
	if c.conn != nil {
		if list, err := c.runtime.ListPodSandbox(ctx, &cri.ListPodSandboxRequest{}); err == nil {
			for _, sandbox := range list.Items {
				errs = append(errs, c.stopSandbox(sandbox.Id, sandbox.Metadata.Uid))
			}
		}
		errs = append(errs, c.conn.Close())
	}
	if c.server != nil {
		c.server.stop()
	}
	unmountBelow(c.dir)
	return errors.Join(append(errs, os.RemoveAll(c.dir))...)
}

func (c *CRI) logPath() string { return filepath.Join(c.dir, "containerd.log") }

// snapshotterFor returns the snapshotter that works on the file system of dir:
// an overlay cannot be the upper layer of another one.
func snapshotterFor(dir string) string {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err == nil && fs.Type == unix.OVERLAYFS_SUPER_MAGIC {
		return "native"
	}
	return "overlayfs"
}
