//go:build linux

package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) { os.Exit(Run(m)) }

var hexID = regexp.MustCompile(`^[0-9a-f]{64}$`)

// TestRuntimes starts a container with each runtime and checks it from the
// host's side: the kernel, not the runtime, must agree that it is there.
func TestRuntimes(t *testing.T) {
	shop := Spec{Name: "web", Image: Image{Ref: "docker.io/shop/web:2.4.1"}, Env: []string{"COLOUR=red"}}
	for _, tt := range []struct {
		runtime string
		start   func(*testing.T, Spec) *Container
		cgroup  func(*Container) string // end of the path in each hierarchy
	}{
		{
			"containerd",
			func(t *testing.T, s Spec) *Container {
				return Pod(t, PodSpec{Spec: s, Namespace: "shop", Pod: "web-0"})
			},
			func(c *Container) string { return "/kubepods/besteffort/pod" + c.Pod.UID + "/" + c.ID },
		},
		{
			"runc",
			func(t *testing.T, s Spec) *Container { return Runc(t, RuncSpec{Spec: s}) },
			func(c *Container) string { return "/" + c.ID },
		},
		{
			"podman",
			func(t *testing.T, s Spec) *Container { return Podman(t).Run(t, s) },
			func(c *Container) string { return "/libpod_parent/libpod-" + c.ID },
		},
		{
			"docker",
			func(t *testing.T, s Spec) *Container { return Docker(t).Run(t, s) },
			func(c *Container) string { return "/docker/" + c.ID },
		},
	} {
		t.Run(tt.runtime, func(t *testing.T) {
			shared := t.TempDir()
			spec := shop
			spec.Mounts = []Mount{{Source: shared, Target: "/shared"}}
			c := tt.start(t, spec)

			if c.Runtime != tt.runtime || !hexID.MatchString(c.ID) {
				t.Errorf("runtime %q id %q", c.Runtime, c.ID)
			}
			lines, err := c.Cgroups()
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range lines {
				if !strings.HasSuffix(line, tt.cgroup(c)) {
					t.Errorf("cgroup %q does not end in %q", line, tt.cgroup(c))
				}
			}
			if _, err := os.Stat(filepath.Join(c.Bundle, "config.json")); err != nil {
				t.Error(err)
			}

			c.Do(t, "sh", "-c", "echo $COLOUR > /shared/colour; echo inside > /tmp/own")
			if got := read(t, filepath.Join(shared, "colour")); got != "red\n" {
				t.Errorf("the mount has %q, want red", got)
			}
			if got := read(t, c.HostPath("/tmp/own")); got != "inside\n" {
				t.Errorf("the container's root has %q, want inside", got)
			}
			out, err := c.Exec(t.Context(), "sh", "-c", "echo wrong >&2; exit 3")
			if err != nil || out.Exit != 3 || out.Stderr != "wrong\n" {
				t.Errorf("a failing command: %+v, %v", out, err)
			}

			talk := c.Command(t.Context(), "sh", "-c", "read line; echo heard $line from $(readlink /proc/self/ns/pid)")
			talk.Stdin = strings.NewReader("hello\n")
			pidNamespace, _ := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", c.Pid))
			if said, err := talk.CombinedOutput(); err != nil || string(said) != "heard hello from "+pidNamespace+"\n" {
				t.Errorf("a conversation: %q, %v", said, err)
			}

			pid := c.Pid
			dirs, err := cgroupDirs(pid)
			if err != nil || len(dirs) == 0 {
				t.Fatal(dirs, err)
			}
			if err := c.Stop(); err != nil {
				t.Fatal(err)
			}
			if !eventually(func() bool { return !inCgroup(pid, c.ID) }) {
				t.Errorf("init %d lives on after Stop", pid)
			}
			for _, dir := range dirs {
				if _, err := os.Stat(dir); err == nil {
					t.Errorf("cgroup %s is left behind", dir)
				}
			}
		})
	}
}

// eventually waits for the machine's pid 1 to collect orphans.
func eventually(ok func() bool) bool {
	for range 100 {
		if ok() {
			return true
		}
		time.Sleep(20 * time.Millisecond)
	}
	return false
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestPodIdentity checks what CRI says against what was asked for.
func TestPodIdentity(t *testing.T) {
	image := Image{Ref: "docker.io/shop/web:2.4.1", Labels: map[string]string{"team": "shop"}}
	c := Pod(t, PodSpec{
		Spec:      Spec{Name: "web", Image: image, Privileged: true, Command: []string{"sh", "-c", "echo started; sleep 1000"}},
		Namespace: "shop", Pod: "web-0", Labels: map[string]string{"app": "web"},
	})
	status, err := Containerd(t).Status(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"io.kubernetes.pod.namespace":  "shop",
		"io.kubernetes.pod.name":       "web-0",
		"io.kubernetes.pod.uid":        c.Pod.UID,
		"io.kubernetes.container.name": "web",
	} {
		if got := status.Status.Labels[key]; got != want {
			t.Errorf("label %s = %q, want %q", key, got, want)
		}
	}
	if got := status.Status.Image.Image; got != image.Ref {
		t.Errorf("image %q", got)
	}
	if got := status.Status.ImageRef; !regexp.MustCompile(`^docker\.io/shop/web@sha256:[0-9a-f]{64}$`).MatchString(got) {
		t.Errorf("image reference %q has no digest", got)
	}
	if !strings.Contains(status.Info["info"], `"privileged":true`) {
		t.Errorf("not privileged: %s", status.Info["info"])
	}
	if !inCgroup(c.Pod.SandboxPid, "pod"+c.Pod.UID+"/"+c.Pod.SandboxID) {
		t.Errorf("sandbox %d is not in its pod's cgroup", c.Pod.SandboxPid)
	}
	if !eventually(func() bool { return strings.HasSuffix(read(t, c.LogPath), " stdout F started\n") }) {
		t.Errorf("log %q", read(t, c.LogPath))
	}
}

// TestPodmanServe checks that podman's socket speaks Docker's API.
func TestPodmanServe(t *testing.T) {
	p := Podman(t)
	c := p.Run(t, Spec{Name: "lonely"})
	socket, err := p.Serve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	Need(t, "curl")
	body, err := mustCommand(t.Context(), "curl", "-sS", "--unix-socket", socket, "http://d/v1.40/containers/"+c.ID+"/json")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(body, `"Id":"`+c.ID+`"`) || !strings.Contains(body, fmt.Sprintf(`"Pid":%d,`, c.Pid)) {
		t.Errorf("docker API says %s", body)
	}
}

func noPodCgroup(t *testing.T, uid string) {
	t.Helper()
	for _, pattern := range []string{podParent, "/*" + podParent} {
		if left, _ := filepath.Glob("/sys/fs/cgroup" + pattern + uid); len(left) > 0 {
			t.Errorf("cgroups are left behind: %v", left)
		}
	}
}

func anyInCgroup(id string) bool {
	return slices.ContainsFunc(pids(), func(pid int) bool { return inCgroup(pid, id) })
}

// TestRunPodFails checks that a container that cannot start leaves no pod.
func TestRunPodFails(t *testing.T) {
	node := Containerd(t)
	uid := newUID()
	_, err := node.RunPod(t.Context(), PodSpec{Spec: Spec{Command: []string{"/no/such/program"}}, UID: uid})
	if err == nil || !strings.Contains(err.Error(), "/no/such/program") {
		t.Errorf("error %v does not name the program", err)
	}
	if !eventually(func() bool { return !anyInCgroup(uid) }) {
		t.Error("a process of the failed pod lives on")
	}
	noPodCgroup(t, uid)
}

// TestReap leaves labs without an owner and checks that the next one ends them.
func TestReap(t *testing.T) {
	t.Run("containerd", func(t *testing.T) {
		Containerd(t) // for the conditions
		node, err := StartCRI(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		c, err := node.RunPod(t.Context(), PodSpec{})
		if err != nil {
			t.Fatal(err)
		}
		abandon(t, node.dir, node.server, c)
		reapStale()
		reaped(t, node.dir, c)
		noPodCgroup(t, c.Pod.UID)
	})
	t.Run("docker", func(t *testing.T) {
		Docker(t) // for the conditions
		engine, err := StartDocker(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		c, err := engine.Start(t.Context(), Spec{})
		if err != nil {
			t.Fatal(err)
		}
		cgroups, err := cgroupDirs(c.Pid)
		if err != nil {
			t.Fatal(err)
		}
		abandon(t, engine.dir, engine.server, c)
		reapStale()
		reaped(t, engine.dir, c)
		for _, dir := range cgroups {
			if _, err := os.Stat(dir); err == nil {
				t.Errorf("cgroup %s is left behind", dir)
			}
		}
	})
}

// abandon leaves a lab as a killed test binary does.
func abandon(t *testing.T, dir string, server *daemon, c *Container) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, ownerFile), []byte("1 0"), 0o600); err != nil {
		t.Fatal(err)
	}
	server.kill()
	if !inCgroup(c.Pid, c.ID) {
		t.Fatal("the container died with its server: nothing to reap")
	}
}

// reaped fails unless nothing of a lab is left.
func reaped(t *testing.T, dir string, c *Container) {
	t.Helper()
	if !eventually(func() bool { return !anyInCgroup(c.ID) && (c.Pod.UID == "" || !anyInCgroup(c.Pod.UID)) }) {
		t.Error("a process of the container lives on")
	}
	if _, err := os.Stat(dir); err == nil {
		t.Errorf("%s is left behind", dir)
	}
}
