//go:build linux

package kernels

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/testdata"
	"github.com/stoop-project/stoop/test/lab"
)

// kernels are those of Debian 12 that its mirrors carry.
var kernels = []struct{ name, meta string }{
	{"6.1", "linux-image-cloud-amd64"},
	{"6.12", "linux-image-6.12-cloud-amd64"},
}

// bootLimit is for one scene. It takes a tenth of it on an idle machine.
const bootLimit = 100 * time.Second

// slots keeps no more machines running than this one has processors for.
var slots = make(chan struct{}, 2)

// eachKernel runs a scene on every kernel and hands its output to check. Kernels
// run side by side, scenes one after the other.
func eachKernel(t *testing.T, scene string, check func(t *testing.T, k Kernel, out Output)) {
	t.Helper()
	lab.Need(t, "qemu-system-x86_64", "busybox", "cc")
	files := machineFiles(t)
	boot := func(t *testing.T, k Kernel) {
		t.Helper()
		image := filepath.Join(t.TempDir(), "initramfs")
		if err := buildInitramfs(image, files, k); err != nil {
			t.Fatal(err)
		}
		slots <- struct{}{}
		ctx, cancel := context.WithTimeout(context.Background(), bootLimit)
		out, err := Boot(ctx, k.Image, image, scene)
		cancel()
		<-slots
		if err != nil {
			t.Fatalf("%v\n%s", err, out.Serial)
		}
		check(t, k, out)
	}
	for _, kernel := range kernels {
		t.Run(kernel.name, func(t *testing.T) {
			t.Parallel()
			lab.Need(t, "apt-get", "apt-cache", "dpkg-deb")
			k, err := fetch(kernel.meta)
			if err != nil {
				testdata.Skipf(t, "%v", err)
			}
			boot(t, k)
		})
	}
	for _, image := range filepath.SplitList(os.Getenv("STOOP_VMLINUZ")) {
		t.Run(filepath.Base(image), func(t *testing.T) {
			t.Parallel()
			boot(t, Kernel{Image: image})
		})
	}
}

var fetching sync.Mutex

func fetch(meta string) (Kernel, error) {
	fetching.Lock()
	defer fetching.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	return Debian(ctx, meta)
}

var built struct {
	sync.Once
	files []file
	err   error
}

// machineFiles builds stoop and the actor and returns what every machine has.
func machineFiles(t *testing.T) []file {
	t.Helper()
	built.Do(func() { built.files, built.err = buildFiles() })
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.files
}

func buildFiles() ([]file, error) {
	dir, err := os.MkdirTemp("", "stoop-kernels-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		return nil, err
	}
	stoop, actor := filepath.Join(dir, "stoop"), filepath.Join(dir, "actor")
	units, _ := filepath.Glob("../live/actor/*.c")
	steps := []*exec.Cmd{
		exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", stoop, "../../cmd/stoop"),
		exec.Command("cc", append([]string{"-O1", "-static", "-s", "-pthread", "-o", actor}, units...)...),
	}
	steps[0].Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH=amd64")
	for _, step := range steps {
		if out, err := step.CombinedOutput(); err != nil {
			return nil, &buildError{step.Path, string(out), err}
		}
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
		{"bin/busybox", busybox, 0o755},
		{"bin/stoop", stoop, 0o755},
		{"bin/actor", actor, 0o755},
		{"init", "guest/init", 0o755},
		{"deeds", "guest/deeds", 0o644},
		{"scenes/watch", "guest/watch", 0o644},
		{"scenes/v1", "guest/v1", 0o644},
		{"scenes/v2", "guest/v2", 0o644},
		{"scenes/lacking", "guest/lacking", 0o644},
	} {
		body, err := os.ReadFile(f.from)
		if err != nil {
			return nil, err
		}
		files = append(files, file{f.path, f.mode, body})
	}
	return files, nil
}

// buildError is a compiler's.
type buildError struct {
	what, said string
	err        error
}

func (e *buildError) Error() string { return e.what + ": " + e.err.Error() + "\n" + e.said }

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

// oneSentence fails unless a report is a failure with one line that says what is
// missing and what to do.
func oneSentence(t *testing.T, out Output, name string, words ...string) {
	t.Helper()
	r, ok := out.Reports[name]
	if !ok {
		t.Errorf("no report %s", name)
		return
	}
	if r.Exit != 1 {
		t.Errorf("%s: exit status %d, want 1", name, r.Exit)
	}
	if strings.Count(r.Text, "\n") != 1 {
		t.Errorf("%s: want one line, not\n%s", name, r.Text)
	}
	for _, w := range words {
		if !strings.Contains(r.Text, w) {
			t.Errorf("%s: want %q in\n%s", name, w, r.Text)
		}
	}
}

func contains(t *testing.T, r Report, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(r.Text, w) {
			t.Errorf("want %q in\n%s", w, r.Text)
		}
	}
}

// Something that stoop needs is missing: it says so, and what to do, or does
// without.
func TestLacking(t *testing.T) {
	eachKernel(t, "lacking", func(t *testing.T, _ Kernel, out Output) {
		oneSentence(t, out, "no-btf", "/sys/kernel/btf/vmlinux", "CONFIG_DEBUG_INFO_BTF=y")
		oneSentence(t, out, "no-rights", "CAP_BPF", "root")
		contains(t, out.Reports["no-btf-doctor"], "FAIL  btf", "CONFIG_DEBUG_INFO_BTF=y")
		contains(t, out.Reports["no-tracefs-doctor"], "--    tracefs", "mount -t tracefs", "one raw tracepoint sees all system calls")
		contains(t, out.Reports["no-tracefs"], `"fd.name":"/etc/ready"`, `"evt.res":"SUCCESS"`, " 0 lost, 0 broken")
	})
}
