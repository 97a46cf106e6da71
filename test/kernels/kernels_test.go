//go:build linux

package kernels

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stoop-project/stoop/internal/testdata"
	"github.com/stoop-project/stoop/test/lab"
)

// debian is a kernel that a package of Debian depends on, and the scenes that it
// is for.
type debian struct {
	name    string
	release Release
	meta    string
	scenes  string
}

// kernels are those of Debian 12, which its mirrors carry. Each plays what may
// come out otherwise there than on the ones before.
var kernels = []debian{
	{"6.1", Release{"bookworm", AMD64}, "linux-image-cloud-amd64", "v2 v1 lacking probe"},
	{"6.12", Release{"bookworm", AMD64}, "linux-image-6.12-cloud-amd64", "v2 v1 lacking calls"},
	{"6.1-arm64", Release{"bookworm", ARM64}, "linux-image-cloud-arm64", "v2"},
	{"6.12-arm64", Release{"bookworm", ARM64}, "linux-image-6.12-cloud-arm64", "v2 lacking probe calls"},
}

// tooOld is the newest before 5.15 that there is a package of.
var tooOld = debian{"5.10", Release{"bullseye", AMD64}, "linux-image-cloud-amd64", "v2"}

// bootLimit is for one scene. It takes a tenth of it on an idle machine.
const bootLimit = 10 * time.Minute

// slots keeps no more machines running than this one has processors for.
var slots = make(chan struct{}, 2)

// eachKernel runs a scene on every kernel that is for it, and on your own, and
// hands its output to check. Kernels run side by side, scenes one after the other.
func eachKernel(t *testing.T, scene string, check func(t *testing.T, k Kernel, out Output)) {
	t.Helper()
	for _, d := range kernels {
		if !slices.Contains(strings.Fields(d.scenes), scene) {
			continue
		}
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			k := d.get(t)
			check(t, k, run(t, k, scene))
		})
	}
	for _, image := range filepath.SplitList(os.Getenv("STOOP_VMLINUZ")) {
		t.Run(filepath.Base(image), func(t *testing.T) {
			t.Parallel()
			arch, err := archOf(image)
			if err != nil {
				t.Fatal(err)
			}
			k := Kernel{Arch: arch, Image: image}
			check(t, k, run(t, k, scene))
		})
	}
}

// run boots a kernel, lets it run a scene and returns what it said.
func run(t *testing.T, k Kernel, scene string) Output {
	t.Helper()
	lab.Need(t, machines[k.Arch].qemu[0])
	image := filepath.Join(t.TempDir(), "initramfs")
	if err := buildInitramfs(image, rootOf(t, k.Arch), k); err != nil {
		t.Fatal(err)
	}
	slots <- struct{}{}
	defer func() { <-slots }()
	ctx, cancel := context.WithTimeout(t.Context(), bootLimit)
	defer cancel()
	out, err := Boot(ctx, k, image, scene)
	if err != nil {
		t.Fatalf("%v\n%s", err, out.Serial)
	}
	return out
}

// fetching keeps tests from fetching the same package twice.
var fetching sync.Mutex

func (d debian) get(t *testing.T) Kernel {
	t.Helper()
	lab.Need(t, "apt-get", "apt-cache", "dpkg-deb")
	fetching.Lock()
	defer fetching.Unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	k, err := d.release.Kernel(ctx, d.meta)
	if err != nil {
		testdata.Skipf(t, "no kernel %s: %v", d.name, err)
	}
	return k
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
