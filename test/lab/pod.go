//go:build linux

package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"time"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// PodSpec says which pod to run, with one container. The network is the host's.
type PodSpec struct {
	Spec

	Namespace   string // default "default"
	Pod         string // default "pod-" and random digits
	UID         string // default random
	Labels      map[string]string
	Annotations map[string]string
	TTY         bool // the container's init gets a terminal
}

func (s *PodSpec) setDefaults() {
	s.Spec.setDefaults()
	if s.Namespace == "" {
		s.Namespace = "default"
	}
	if s.Pod == "" {
		s.Pod = "pod-" + NewID()[:8]
	}
	if s.UID == "" {
		s.UID = newUID()
	}
	if s.Name == "" {
		s.Name = "main"
	}
}

// podLabels are those that kubelet puts on a sandbox; those of its containers
// also name the container, and do not carry the pod's own labels.
func (s *PodSpec) podLabels() map[string]string {
	return map[string]string{
		"io.kubernetes.pod.name":      s.Pod,
		"io.kubernetes.pod.namespace": s.Namespace,
		"io.kubernetes.pod.uid":       s.UID,
	}
}

func (s *PodSpec) sandboxConfig(logs string) *cri.PodSandboxConfig {
	labels := s.podLabels()
	maps.Copy(labels, s.Labels)
	return &cri.PodSandboxConfig{
		Metadata:     &cri.PodSandboxMetadata{Name: s.Pod, Namespace: s.Namespace, Uid: s.UID},
		LogDirectory: filepath.Join(logs, strings.Join([]string{s.Namespace, s.Pod, s.UID}, "_")),
		Labels:       labels,
		Annotations:  s.Annotations,
		Linux: &cri.LinuxPodSandboxConfig{
			CgroupParent: podParent + s.UID,
			SecurityContext: &cri.LinuxSandboxSecurityContext{
				NamespaceOptions: podNamespaces,
				Privileged:       s.Privileged,
			},
		},
	}
}

var podNamespaces = &cri.NamespaceOption{
	Network: cri.NamespaceMode_NODE,
	Pid:     cri.NamespaceMode_CONTAINER,
	Ipc:     cri.NamespaceMode_POD,
}

func (s *PodSpec) containerConfig() *cri.ContainerConfig {
	labels := s.podLabels()
	labels["io.kubernetes.container.name"] = s.Name
	config := &cri.ContainerConfig{
		Metadata: &cri.ContainerMetadata{Name: s.Name},
		Image:    &cri.ImageSpec{Image: s.Image.Ref},
		Command:  s.Command,
		Labels:   labels,
		LogPath:  filepath.Join(s.Name, "0.log"),
		Tty:      s.TTY,
		Linux: &cri.LinuxContainerConfig{
			SecurityContext: &cri.LinuxContainerSecurityContext{
				Privileged:       s.Privileged,
				NamespaceOptions: podNamespaces,
			},
		},
	}
	for _, e := range s.Env {
		key, value, _ := strings.Cut(e, "=")
		config.Envs = append(config.Envs, &cri.KeyValue{Key: key, Value: []byte(value)})
	}
	for _, m := range s.Mounts {
		config.Mounts = append(config.Mounts, &cri.Mount{HostPath: m.Source, ContainerPath: m.Target, Readonly: m.ReadOnly})
	}
	return config
}

// RunPod starts a pod and its container.
func (c *CRI) RunPod(ctx context.Context, spec PodSpec) (*Container, error) {
	spec.setDefaults()
	if err := c.Import(ctx, spec.Image); err != nil {
		return nil, err
	}
	sandboxConfig := spec.sandboxConfig(filepath.Join(c.dir, "logs"))
	sandbox, err := c.runtime.RunPodSandbox(ctx, &cri.RunPodSandboxRequest{Config: sandboxConfig})
	if err != nil {
		return nil, fmt.Errorf("sandbox of pod %s/%s: %w", spec.Namespace, spec.Pod, err)
	}
	container, err := c.runContainer(ctx, &spec, sandbox.PodSandboxId, sandboxConfig)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("container %s of pod %s/%s: %w", spec.Name, spec.Namespace, spec.Pod, err),
			c.stopSandbox(sandbox.PodSandboxId, spec.UID))
	}
	return container, nil
}

func (c *CRI) runContainer(ctx context.Context, spec *PodSpec, sandbox string, sandboxConfig *cri.PodSandboxConfig) (*Container, error) {
	config := spec.containerConfig()
	created, err := c.runtime.CreateContainer(ctx, &cri.CreateContainerRequest{
		PodSandboxId: sandbox, Config: config, SandboxConfig: sandboxConfig,
	})
	if err != nil {
		return nil, err
	}
	id := created.ContainerId
	if _, err := c.runtime.StartContainer(ctx, &cri.StartContainerRequest{ContainerId: id}); err != nil {
		return nil, err
	}
	pid, err := c.containerPid(ctx, id)
	if err != nil {
		return nil, err
	}
	sandboxPid, err := c.sandboxPid(ctx, sandbox)
	if err != nil {
		return nil, err
	}
	return &Container{
		Runtime: "containerd",
		ID:      id,
		Name:    spec.Name,
		Image:   spec.Image,
		Pid:     pid,
		Bundle:  filepath.Join(c.State, "io.containerd.runtime.v2.task/k8s.io", id),
		LogPath: filepath.Join(sandboxConfig.LogDirectory, config.LogPath),
		Pod: PodIdentity{
			Namespace: spec.Namespace, Name: spec.Pod, UID: spec.UID,
			SandboxID: sandbox, SandboxPid: sandboxPid, Labels: spec.Labels,
		},
		exec: func(ctx context.Context, args []string) (Output, error) { return c.exec(ctx, id, args) },
		command: []string{
			"ctr", "--address", c.Socket, "--namespace", "k8s.io", "tasks", "exec", "--exec-id", execIDMark, id,
		},
		stop: func() error { return c.stopSandbox(sandbox, spec.UID) },
	}, nil
}

// containerPid returns the host's pid of a container's init. It is in the
// "info" that CRI gives on request, a JSON object of the runtime's own making.
func (c *CRI) containerPid(ctx context.Context, id string) (int, error) {
	status, err := c.runtime.ContainerStatus(ctx, &cri.ContainerStatusRequest{ContainerId: id, Verbose: true})
	if err != nil {
		return 0, err
	}
	if state := status.Status.State; state != cri.ContainerState_CONTAINER_RUNNING {
		return 0, fmt.Errorf("is %s with exit code %d (%s)", state, status.Status.ExitCode, status.Status.Reason)
	}
	return infoPid(status.Info)
}

func (c *CRI) sandboxPid(ctx context.Context, id string) (int, error) {
	status, err := c.runtime.PodSandboxStatus(ctx, &cri.PodSandboxStatusRequest{PodSandboxId: id, Verbose: true})
	if err != nil {
		return 0, err
	}
	return infoPid(status.Info)
}

func infoPid(info map[string]string) (int, error) {
	var v struct{ Pid int }
	if err := json.Unmarshal([]byte(info["info"]), &v); err != nil {
		return 0, fmt.Errorf("status info: %w", err)
	}
	if v.Pid <= 0 {
		return 0, errors.New("status info has no pid")
	}
	return v.Pid, nil
}

func (c *CRI) exec(ctx context.Context, id string, args []string) (Output, error) {
	r, err := c.runtime.ExecSync(ctx, &cri.ExecSyncRequest{ContainerId: id, Cmd: args})
	if err != nil {
		return Output{}, err
	}
	return Output{Stdout: string(r.Stdout), Stderr: string(r.Stderr), Exit: int(r.ExitCode)}, nil
}

// Status returns what the CRI says of a container, its runtime's own
// information included.
func (c *CRI) Status(ctx context.Context, id string) (*cri.ContainerStatusResponse, error) {
	return c.runtime.ContainerStatus(ctx, &cri.ContainerStatusRequest{ContainerId: id, Verbose: true})
}

// stopSandbox kills and removes a pod with its containers. It has its own time:
// that of the caller may be over.
func (c *CRI) stopSandbox(id, uid string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if _, err := c.runtime.StopPodSandbox(ctx, &cri.StopPodSandboxRequest{PodSandboxId: id}); err != nil {
		return fmt.Errorf("stop sandbox %.12s: %w", id, err)
	}
	if _, err := c.runtime.RemovePodSandbox(ctx, &cri.RemovePodSandboxRequest{PodSandboxId: id}); err != nil {
		return fmt.Errorf("remove sandbox %.12s: %w", id, err)
	}
	removePodCgroup(uid)
	return nil
}
