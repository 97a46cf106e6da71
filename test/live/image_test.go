//go:build linux

package livetest

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/stoop-project/stoop/test/lab"
)

// said is what a command prints while others look.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// daemonSet is what of the manifest says how the image runs.
type daemonSet struct {
	Kind string
	Spec struct {
		Template struct {
			Spec struct {
				Containers []struct {
					SecurityContext struct {
						Capabilities struct{ Add []string }
					} `yaml:"securityContext"`
					Mounts []struct {
						Name     string
						Path     string `yaml:"mountPath"`
						ReadOnly bool   `yaml:"readOnly"`
					} `yaml:"volumeMounts"`
				}
				Volumes []struct {
					Name string
					Host struct{ Path string } `yaml:"hostPath"`
				}
			}
		}
	}
}

// TestImage builds the image of deploy/Dockerfile and runs it with the
// capabilities and mounts of the DaemonSet, as far as they are the node's: it
// sees what happens in another container.
func TestImage(t *testing.T) {
	podman := lab.Podman(t)
	context := t.TempDir()
	for name, from := range map[string]string{"stoop": stoopPath(t), "ca-certificates.crt": "/etc/ssl/certs/ca-certificates.crt"} {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(context, name), text, 0o755); err != nil { //nolint:gosec // a program
			t.Fatal(err)
		}
	}
	if out, err := podman.Command(t.Context(), "build", "-q", "--network", "none", "-t", "stoop:test", "-f", "../../deploy/Dockerfile", context).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	args := []string{
		"run", "--rm", "--network", "none", "--pid", "host", "--read-only", "--cap-drop", "all",
		"--security-opt", "seccomp=unconfined", "--security-opt", "no-new-privileges", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096",
	}
	args = append(args, asInDaemonSet(t)...)
	args = append(args, "stoop:test", "watch", "live", "-r", "stoop", "-o", "json", "-f", "container.id != host")
	var out, errs said
	cmd := podman.Command(t.Context(), args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	c := lab.Runc(t, lab.RuncSpec{})
	const rule = `"rule":"Password hashes read in a container"`
	for end := time.Now().Add(time.Minute); !strings.Contains(out.String(), rule); time.Sleep(200 * time.Millisecond) {
		select {
		case err := <-ended:
			t.Fatalf("it ended: %v: %s", err, errs.String())
		default:
		}
		if time.Now().After(end) {
			t.Fatalf("it tells of nothing: %s%s", out.String(), errs.String())
		}
		c.Do(t, "sh", "-c", "echo x >/etc/shadow; cat /etc/shadow")
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil { // podman hands it on
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v: %s", err, errs.String())
	}
}

// asInDaemonSet are podman's words for what the manifest gives the container of
// the node.
func asInDaemonSet(t *testing.T) (args []string) {
	t.Helper()
	text, err := os.ReadFile("../../deploy/kubernetes/daemonset.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var set daemonSet
	for dec := yaml.NewDecoder(bytes.NewReader(text)); set.Kind != "DaemonSet"; {
		set = daemonSet{}
		if err := dec.Decode(&set); err != nil {
			t.Fatal(err)
		}
	}
	pod := set.Spec.Template.Spec
	c := pod.Containers[0]
	for _, name := range c.SecurityContext.Capabilities.Add {
		args = append(args, "--cap-add", name)
	}
	for _, m := range c.Mounts {
		for _, v := range pod.Volumes {
			// What stoop keeps is not put onto this machine.
			if path := v.Host.Path; v.Name == m.Name && path != "" && !slices.Contains([]string{"share", "state"}, v.Name) {
				mount := path + ":" + m.Path
				if m.ReadOnly {
					mount += ":ro"
				}
				args = append(args, "--volume", mount)
			}
		}
	}
	return append(args, "--tmpfs", "/tmp")
}
