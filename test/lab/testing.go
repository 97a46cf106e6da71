//go:build linux

package lab

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
)

// shared is the containerd that all tests of a binary use.
var shared struct {
	sync.Mutex
	cri *CRI
	err error
}

// Run runs a package's tests and then ends what they shared. Use it in every
// package that calls [Containerd] or [Pod]:
//
//	func TestMain(m *testing.M) { os.Exit(lab.Run(m)) }
func Run(m *testing.M) int {
	code := m.Run()
	shared.Lock()
	defer shared.Unlock()
	if shared.cri == nil {
		return code
	}
	if err := shared.cri.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "lab: cleanup:", err)
		return max(code, 1)
	}
	return code
}

// Containerd returns the test binary's containerd, started by the first call.
func Containerd(t testing.TB) *CRI {
	t.Helper()
	NeedRoot(t)
	Need(t, "containerd", "containerd-shim-runc-v2", "ctr", "runc", "busybox")
	shared.Lock()
	defer shared.Unlock()
	if shared.cri == nil && shared.err == nil {
		shared.cri, shared.err = StartCRI(context.Background())
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.cri
}

// Pod runs a pod in the shared containerd until the test ends.
func Pod(t testing.TB, spec PodSpec) *Container {
	t.Helper()
	return keep(t)(Containerd(t).RunPod(t.Context(), spec))
}

// Runc runs a container with plain runc until the test ends.
func Runc(t testing.TB, spec RuncSpec) *Container {
	t.Helper()
	NeedRoot(t)
	Need(t, "runc", "busybox")
	return keep(t)(RunRunc(t.Context(), spec))
}

// Podman returns a podman with its own storage until the test ends.
func Podman(t testing.TB) *PodmanEngine {
	t.Helper()
	NeedRoot(t)
	Need(t, "podman", "conmon", "runc", "busybox")
	engine, err := NewPodman()
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, engine.Close)
	return engine
}

// Run runs a container until the test ends.
func (p *PodmanEngine) Run(t testing.TB, spec Spec) *Container {
	t.Helper()
	return keep(t)(p.Start(t.Context(), spec))
}

// Docker returns a dockerd of its own until the test ends.
func Docker(t testing.TB) *DockerEngine {
	t.Helper()
	NeedRoot(t)
	Need(t, "dockerd", "docker", "containerd", "containerd-shim-runc-v2", "runc", "busybox")
	engine, err := StartDocker(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, engine.Close)
	return engine
}

// Run runs a container until the test ends.
func (d *DockerEngine) Run(t testing.TB, spec Spec) *Container {
	t.Helper()
	return keep(t)(d.Start(t.Context(), spec))
}

// closeAtEnd ends what a test stands on with the test.
func closeAtEnd(t testing.TB, end func() error) {
	t.Cleanup(func() {
		if err := end(); err != nil {
			t.Error(err)
		}
	})
}

// keep takes the result of a start: it fails the test on an error, and stops
// the container when the test ends.
func keep(t testing.TB) func(*Container, error) *Container {
	return func(c *Container, err error) *Container {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		closeAtEnd(t, c.Stop)
		return c
	}
}

// Do runs a command in the container and fails the test unless it exits with
// 0. It returns what the command printed.
func (c *Container) Do(t testing.TB, args ...string) string {
	t.Helper()
	out, err := c.Exec(t.Context(), args...)
	if err != nil {
		t.Fatal(err)
	}
	if out.Exit != 0 {
		t.Fatalf("%q in %s container %.12s: exit status %d: %s%s", args, c.Runtime, c.ID, out.Exit, out.Stdout, out.Stderr)
	}
	return out.Stdout
}
