//go:build linux

package kernels

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stoop-project/stoop/test/lab"
)

// roots are what every machine of a kind has in its initramfs, built once.
var roots = map[Arch]func() ([]file, error){
	AMD64: sync.OnceValues(func() ([]file, error) { return buildRoot(AMD64) }),
	ARM64: sync.OnceValues(func() ([]file, error) { return buildRoot(ARM64) }),
}

func rootOf(t *testing.T, a Arch) []file {
	t.Helper()
	lab.Need(t, "apt-get", machines[a].cc)
	files, err := roots[a]()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// busybox is the static one of Debian 12, for any kind of processor.
func busybox(a Arch) (path string, err error) {
	fetching.Lock()
	defer fetching.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	dir, err := Release{"bookworm", a}.Package(ctx, "busybox-static", "bin/busybox")
	return filepath.Join(dir, "busybox"), err
}

// programs are built for a kind of processor, without a library.
func programs(a Arch, dir string) error {
	units, _ := filepath.Glob("../live/actor/*.c")
	for _, step := range []struct {
		goarch string
		args   []string
	}{
		{string(a), []string{"go", "build", "-trimpath", "-ldflags=-s -w", "-o", dir + "/stoop", "../../cmd/stoop"}},
		{string(a), []string{"go", "test", "-c", "-trimpath", "-ldflags=-s -w", "-o", dir + "/probe.test", "../../live/probe"}},
		{machines[a].narrow, []string{"go", "build", "-trimpath", "-ldflags=-s -w", "-o", dir + "/narrow", "./guest/narrow"}},
		{"", append([]string{machines[a].cc, "-O1", "-static", "-s", "-pthread", "-o", dir + "/actor"}, units...)},
	} {
		cmd := exec.Command(step.args[0], step.args[1:]...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+step.goarch)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", step.args[0], err, out)
		}
	}
	return nil
}

func buildRoot(a Arch) ([]file, error) {
	dir, err := os.MkdirTemp("", "stoop-kernels-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	box, err := busybox(a)
	if err != nil {
		return nil, err
	}
	if err := programs(a, dir); err != nil {
		return nil, err
	}
	files := []file{
		{"etc/ready", 0o644, []byte("ready\n")},
		{"srv/distinctive", 0o644, []byte("seen\n")},
		{"srv/the-last", 0o644, []byte("done\n")},
		{"srv/in-a-pid-namespace", 0o644, nil},
		{"srv/as-a-user", 0o644, nil},
		{"srv/on-a-terminal", 0o644, nil},
		{"etc/passwd", 0o644, []byte("root:x:0:0::/:/bin/sh\nuser:x:1234:2345::/:/bin/sh\n")},
		{"etc/group", 0o644, []byte("root:x:0:\nuser:x:2345:\n")},
	}
	for _, f := range []struct {
		path, from string
		mode       uint32
	}{
		{"bin/busybox", box, 0o755},
		{"bin/stoop", dir + "/stoop", 0o755},
		{"bin/actor", dir + "/actor", 0o755},
		{"bin/probe.test", dir + "/probe.test", 0o755},
		{"init", "guest/init", 0o755},
		{"deeds", "guest/deeds", 0o644},
		{"scenes/watch", "guest/watch", 0o644},
		{"scenes/v1", "guest/v1", 0o644},
		{"scenes/v2", "guest/v2", 0o644},
		{"scenes/lacking", "guest/lacking", 0o644},
		{"scenes/probe", "guest/probe", 0o644},
		{"scenes/calls", "guest/calls", 0o644},
		{"bin/narrow", dir + "/narrow", 0o755},
	} {
		body, err := os.ReadFile(f.from)
		if err != nil {
			return nil, err
		}
		files = append(files, file{f.path, f.mode, body})
	}
	return files, nil
}

// buildInitramfs writes the root of a machine that boots a kernel.
func buildInitramfs(path string, files []file, k Kernel) error {
	if k.Overlay != "" {
		body, err := os.ReadFile(k.Overlay)
		if err != nil {
			return err
		}
		files = append(files[:len(files):len(files)], file{filepath.Base(k.Overlay), 0o644, body})
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return writeInitramfs(f, files)
}
