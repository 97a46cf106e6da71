//go:build linux

package container

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Where OCI runtimes keep a container's state (ID/state.json), where the shims
// keep its bundle (ID/config.json), and where podman keeps its own.
var (
	stateDirs  = []string{"/run/runc", "/run/crun", "/run/docker/runtime-runc/moby", "/run/containerd/runc/k8s.io", "/run/containerd/runc/default"}
	bundleDirs = []string{
		"/run/containerd/io.containerd.runtime.v2.task/k8s.io", "/run/containerd/io.containerd.runtime.v2.task/default",
		"/run/containerd/io.containerd.runtime.v2.task/moby", "/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io",
	}
	podmanDirs = []string{"/var/lib/containers/storage/overlay-containers", "/var/lib/containers/storage/vfs-containers"}
)

// bundleRuntime is the runtime's name when only a bundle tells of a container.
const bundleRuntime = "oci"

// ociSpec is what is read of an OCI config.json
// (github.com/opencontainers/runtime-spec config.md).
type ociSpec struct {
	Hostname string `json:"hostname"`
	Process  struct {
		Env  []string `json:"env"`
		User struct {
			UID      uint32 `json:"uid"`
			Username string `json:"username"`
		} `json:"user"`
		Capabilities struct {
			Bounding []string `json:"bounding"`
		} `json:"capabilities"`
	} `json:"process"`
	Mounts []struct {
		Destination string   `json:"destination"`
		Type        string   `json:"type"`
		Source      string   `json:"source"`
		Options     []string `json:"options"`
	} `json:"mounts"`
	Annotations map[string]string `json:"annotations"`
	Linux       struct {
		CgroupsPath string `json:"cgroupsPath"`
		Namespaces  []struct {
			Type string `json:"type"`
			Path string `json:"path"`
		} `json:"namespaces"`
		MaskedPaths []string `json:"maskedPaths"`
		Resources   struct {
			Devices []struct {
				Allow  bool   `json:"allow"`
				Type   string `json:"type"`
				Major  *int64 `json:"major"`
				Access string `json:"access"`
			} `json:"devices"`
		} `json:"resources"`
	} `json:"linux"`
}

// into takes what a spec says and nothing else has said yet.
func (s *ociSpec) into(m *Meta) {
	m.Env = s.Process.Env
	if m.User == "" {
		m.User = s.Process.User.Username
		if m.User == "" {
			m.User = strconv.FormatUint(uint64(s.Process.User.UID), 10)
		}
	}
	own := make(map[string]bool)
	for _, n := range s.Linux.Namespaces {
		own[n.Type] = true
	}
	if len(s.Linux.Namespaces) > 0 {
		m.HostPID, m.HostNetwork, m.HostIPC = !own["pid"], !own["network"], !own["ipc"]
	}
	if !m.SecurityKnown {
		m.Privileged, m.SecurityKnown = s.privileged(), true
	}
	if len(m.Mounts) == 0 {
		s.mounts(m)
	}
	note := func(dst *string, keys ...string) {
		for _, k := range keys {
			if *dst == "" {
				*dst = s.Annotations[k]
			}
		}
	}
	note(&m.Image, "io.kubernetes.cri.image-name", "io.kubernetes.cri-o.ImageName", "org.opencontainers.image.ref.name")
	note(&m.Name, "io.kubernetes.cri.container-name", "io.kubernetes.container.name", "io.podman.annotations.name")
	note(&m.Pod, "io.kubernetes.cri.sandbox-name", labelPod)
	note(&m.Namespace, "io.kubernetes.cri.sandbox-namespace", labelNamespace)
	note(&m.PodUID, "io.kubernetes.cri.sandbox-uid", labelUID)
	note(&m.Sandbox, "io.kubernetes.cri.sandbox-id", "io.kubernetes.cri-o.SandboxID")
	if s.Annotations["io.kubernetes.cri.container-type"] == "sandbox" {
		m.IsPod = true
	}
}

// privileged guesses as the runtimes' own flag works: all devices may be used,
// nothing of /proc is masked, and no capability is taken away.
func (s *ociSpec) privileged() bool {
	allDevices := false
	for _, d := range s.Linux.Resources.Devices {
		if d.Allow && (d.Type == "" || d.Type == "a") && d.Major == nil && strings.Contains(d.Access, "w") {
			allDevices = true
		}
	}
	return allDevices && len(s.Linux.MaskedPaths) == 0 && len(s.Process.Capabilities.Bounding) >= 37
}

// mounts keeps those that come from the host, not those that every container
// has of the kernel.
func (s *ociSpec) mounts(m *Meta) {
	for _, mt := range s.Mounts {
		bind := mt.Type == "bind"
		out := Mount{Source: mt.Source, Destination: mt.Destination, Writable: true}
		for _, o := range mt.Options {
			switch o {
			case "bind", "rbind":
				bind = true
			case "ro":
				out.Writable = false
			case "private", "rprivate", "slave", "rslave", "shared", "rshared":
				out.Propagation = o
			}
		}
		if bind {
			m.Mounts = append(m.Mounts, out)
		}
	}
}

// bundles reads what runtimes leave on disk.
type bundles struct{ roots, states, podman []string }

func (b *bundles) Name() string { return bundleRuntime }

func (b *bundles) Ask(_ context.Context, id string) (*Meta, error) {
	if strings.ContainsAny(id, "/\x00") || id == "." || id == ".." {
		return nil, ErrNotFound
	}
	m := &Meta{Runtime: bundleRuntime}
	dir := b.dir(id, m)
	if dir == "" {
		return nil, ErrNotFound
	}
	text, err := readBounded(filepath.Join(dir, "config.json"), maxAnswer)
	if err != nil {
		return nil, ErrNotFound
	}
	var spec ociSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return nil, err
	}
	spec.into(m)
	b.podmanFacts(id, dir, m)
	if m.Name == "" {
		m.Name = shortID(id)
	}
	return m, nil
}

// dir finds the bundle of a container.
func (b *bundles) dir(id string, m *Meta) string {
	for _, root := range b.states {
		text, err := readBounded(filepath.Join(root, id, "state.json"), maxAnswer)
		if err != nil {
			continue
		}
		var state struct {
			InitPID int       `json:"init_process_pid"`
			Created time.Time `json:"created"`
			Config  struct {
				Labels []string `json:"labels"`
			} `json:"config"`
		}
		if json.Unmarshal(text, &state) != nil {
			continue
		}
		m.InitPID = state.InitPID
		if !state.Created.IsZero() {
			m.Created, m.Started = state.Created.UnixNano(), state.Created.UnixNano()
		}
		for _, l := range state.Config.Labels {
			if dir, ok := strings.CutPrefix(l, "bundle="); ok {
				return dir
			}
		}
	}
	for _, root := range b.roots {
		if dir := filepath.Join(root, id); hasConfig(dir) {
			return dir
		}
	}
	for _, root := range b.podman {
		if dir := filepath.Join(root, id, "userdata"); hasConfig(dir) {
			return dir
		}
	}
	return ""
}

func hasConfig(dir string) bool {
	st, err := os.Stat(filepath.Join(dir, "config.json"))
	return err == nil && st.Mode().IsRegular()
}

// podmanFacts reads the name and image that podman keeps beside its layers
// (containers/storage containers.json).
func (b *bundles) podmanFacts(id, dir string, m *Meta) {
	for _, root := range b.podman {
		if !strings.HasPrefix(dir, root+"/") {
			continue
		}
		text, err := readBounded(filepath.Join(root, "containers.json"), maxAnswer)
		if err != nil {
			return
		}
		var list []struct {
			ID       string   `json:"id"`
			Names    []string `json:"names"`
			Image    string   `json:"image"`
			Metadata string   `json:"metadata"`
		}
		if json.Unmarshal(text, &list) != nil {
			return
		}
		for _, c := range list {
			if c.ID != id {
				continue
			}
			m.Runtime = "podman"
			if len(c.Names) > 0 {
				m.Name = c.Names[0]
			}
			m.ImageID = c.Image
			var md struct {
				Image string `json:"image-name"`
			}
			if json.Unmarshal([]byte(c.Metadata), &md) == nil && md.Image != "" {
				m.Image = md.Image
			}
		}
		return
	}
}
